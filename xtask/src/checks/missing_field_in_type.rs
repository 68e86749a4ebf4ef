//! A column is missing in the TypeScript type that describes its table.
//!
//! ## Why
//! The column arrives with every row and nobody can use it; code that builds a row from the type loses it.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL, bio text);
//! ```
//! ```ts
//! export interface UserTable {
//!   id: string;
//! }
//! ```
//! In a type that describes the thing rather than the row (`User` beside `UserTable`) it is a warning.
//! A type that holds only some of the columns on purpose says so with the tag `@projection`; a type that lacks most of
//! the columns is taken for one.

use super::matching::{Described, Description, Role};
use super::pairing::Pair;
use super::{Check, Model, edits};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_FIELD_IN_TYPE",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_field_in_type.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let complete = model.types().filter(|(_, description)| must_be_complete(description));
    complete.flat_map(|(described, description)| findings(model, described, description)).collect()
}

fn must_be_complete(description: &Description<'_>) -> bool {
    let role = matches!(description.role, Role::Row | Role::Orm | Role::Domain);
    role && description.declaration.unresolved.is_none()
}

fn findings(model: &Model<'_>, described: &Described<'_>, description: &Description<'_>) -> Vec<Finding> {
    let pairing = &description.pairing;
    let renamed = pairing.renamed.iter().map(|pair| renamed(model, described, description, pair));
    if pairing.is_projection(description.declaration) {
        // The coverage of the report names it.
        return renamed.collect();
    }
    let missing = pairing.missing.iter().filter(|column| !described.is_missing_in_base(description, column));
    renamed.chain(missing.map(|column| missing_field(model, described, description, column))).collect()
}

fn missing_field(
    model: &Model<'_>,
    described: &Described<'_>,
    description: &Description<'_>,
    column: &Column,
) -> Finding {
    let declaration = description.declaration;
    let noun = description.role.noun();
    CHECK
        .finding(&described.entity.title(), format!("Missing field '{}' in {noun} `{}`", column.name, declaration.name))
        .about(description, &column.name)
        .at(&declaration.location, format!("`{}` has no field for `{}`", declaration.name, column.name))
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseType", column.type_name.as_str())
        .with_suggestion(edits::add_field(description, &described.entity, column, model.input.config))
        .softened(description)
}

fn renamed(model: &Model<'_>, described: &Described<'_>, description: &Description<'_>, pair: &Pair<'_>) -> Finding {
    let (column, field) = (pair.column, pair.field);
    let noun = description.role.noun();
    let message = format!(
        "Missing field '{}' in {noun} `{}`, which has '{}'",
        column.name, description.declaration.name, field.name
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &column.name)
        .at(&field.location, format!("no column is called `{}`", field.name))
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("found", field.name.as_str())
        .with_suggestion(edits::rename(description, column, field))
        .softened(description)
}

impl Finding {
    /// What the thing is that a row is about may leave out what only the database needs.
    fn softened(self, description: &Description<'_>) -> Self {
        if description.role == Role::Domain { self.as_warning() } else { self }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str =
        "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, display_name text NOT NULL, bio text);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing(
                TABLE,
                "export interface UserTable {\n  id: string; email: string; display_name: string\n}",
                (1, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string;\n display_name: string; bio_text: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface User {\n  id: string;\n  email: string;\n  displayName: string;\n  biography: string | null;\n}",
                (5, "bio"),
            ),
            Case::failing(
                TABLE,
                "interface Base { id: string; email: string }\nexport interface UserRow extends Base { displayName: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string; display_name: string }\nexport type UserRow = UserTable;",
                (1, "bio"),
            ),
        ],
        passing: &[
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; email: string; display_name: string; bio: string | null }",
            ),
            Case::passing(
                TABLE,
                "export interface User { id: string; email: string; displayName: string; bio: string | null }",
            ),
            Case::passing(TABLE, "/** @projection */\nexport interface UserTable { id: string; email: string }"),
            Case::passing(
                TABLE,
                "export interface UserRow { id: string; email: string; display_name: string; bio: string | null }\n/** @projection */\nexport interface User { id: string; email: string; displayName: string }",
            ),
        ],
    };
}
