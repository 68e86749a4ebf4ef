//! A column is missing in the validation schema of its table.
//!
//! ## Why
//! `z.object` drops keys that it does not know: the value is lost on its way, without an error.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);
//! ```
//! ```ts
//! export const UserSchema = z.object({
//!   id: z.uuid(),
//!   email: z.string(),
//! });
//! ```
//! A schema that holds the primary key describes the whole row; it says with `@projection` that it does not. A schema of
//! what comes in needs only what `INSERT` needs; what the server knows by itself (a key, `password_hash` behind
//! a `password`) may be missing there, and the rest is a warning.

use super::matching::{Described, Description, Role};
use super::{Check, Model, edits};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_FIELD_IN_VALIDATION",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_field_in_validation.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let schemas = model.schemas().filter(|(_, description)| description.declaration.unresolved.is_none());
    schemas.flat_map(|(described, description)| findings(model, described, description)).collect()
}

fn findings(model: &Model<'_>, described: &Described<'_>, description: &Description<'_>) -> Vec<Finding> {
    let pairing = &description.pairing;
    let renamed = pairing.renamed.iter().map(|pair| {
        finding(model, described, description, pair.column, &format!(", which has '{}'", pair.field.name))
            .first_at(&pair.field.location, format!("no column is called `{}`", pair.field.name))
            .with_detail("found", pair.field.name.as_str())
            .with_suggestion(edits::rename(description, pair.column, pair.field))
    });
    // What comes in is never the whole row.
    let partial = match description.role {
        Role::InsertSchema => description.declaration.tags.projection,
        _of_rows => pairing.is_projection(description.declaration),
    };
    if partial {
        return renamed.collect();
    }
    let missing = pairing.missing.iter().filter(|column| !described.is_missing_in_base(description, column));
    renamed.chain(missing.filter_map(|column| missing_field(model, described, description, column))).collect()
}

fn missing_field(
    model: &Model<'_>,
    described: &Described<'_>,
    description: &Description<'_>,
    column: &Column,
) -> Option<Finding> {
    let whole_row = match description.role {
        Role::Schema => description.holds_primary_key(&described.entity),
        Role::OutputSchema => true,
        Role::InsertSchema => false,
        Role::UpdateSchema | Role::Row | Role::Domain | Role::Insert | Role::Update | Role::Orm => return None,
    };
    let facts = described.entity.column(&column.name)?;
    let known_to_server = facts.foreign_key || facts.primary_key || description.pairing.counterpart(column).is_some();
    if !whole_row && (column.may_be_omitted() || known_to_server) {
        return None;
    }
    let found = finding(model, described, description, column, "").with_suggestion(edits::add_schema_field(
        description,
        &described.entity,
        column,
    ));
    Some(if whole_row { found } else { found.as_warning() })
}

fn finding(
    model: &Model<'_>,
    described: &Described<'_>,
    description: &Description<'_>,
    column: &Column,
    instead: &str,
) -> Finding {
    let name = &description.declaration.name;
    CHECK
        .finding(
            &described.entity.title(),
            format!("Validation schema missing '{}' field: `{name}`{instead}", column.name),
        )
        .about(description, &column.name)
        .at(&description.declaration.location, format!("`{name}` has no field for `{}`", column.name))
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseType", column.type_name.as_str())
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, password_hash text NOT NULL, team_id uuid NOT NULL REFERENCES teams, bio text);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid() });",
                (2, "bio"),
            ),
            Case::validation(
                TABLE,
                "export const UserSchema = z.object({ id: z.uuid(), email: z.string(), passwordHash: z.string(), teamId: z.uuid(),\n biography: z.string().nullable() });",
                (3, "bio"),
            ),
            Case::validation(
                TABLE,
                "export const CreateUserSchema = z.object({ password: z.string(), teamId: z.uuid(), bio: z.string().optional() });",
                (2, "email"),
            ),
        ],
        passing: &[
            Case::valid(
                TABLE,
                "export const CreateUserSchema = z.object({ email: z.string(), password: z.string() });",
            ),
            Case::valid(
                TABLE,
                "/** @projection */\nexport const UserSchema = z.object({ id: z.uuid(), email: z.string() });",
            ),
            Case::valid(
                TABLE,
                "export const UpdateUserSchema = z.object({ email: z.string().optional(), bio: z.string().nullish() });",
            ),
        ],
    };
}
