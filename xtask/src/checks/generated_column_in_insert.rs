//! An insert or update type, or its validation schema, has a field for a column that the database
//! computes.
//!
//! ## Why
//! PostgreSQL refuses any value for a generated column or a `GENERATED ALWAYS AS IDENTITY`: an
//! insert that carries it fails.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id bigint GENERATED ALWAYS AS IDENTITY, title text NOT NULL);
//! ```
//! ```ts
//! export interface NewBill {
//!   id: number;
//!   title: string;
//! }
//! ```
//! A field that may be absent is a warning.

use super::matching::{Description, Strength, TableMatches};
use super::pairing::Pair;
use super::{Check, Model};
use crate::facts::Kind;
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "GENERATED_COLUMN_IN_INSERT",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("generated_column_in_insert.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    // A request also holds what says which row is meant.
    let is_written =
        |one: &Description<'_>| one.role.is_written() && one.strength != Strength::Message;
    let written = model
        .judged()
        .filter(|(_, description)| is_written(description));
    let pairs = written.flat_map(|(described, description)| {
        let generated = description
            .pairing
            .pairs
            .iter()
            .filter(|pair| pair.column.must_be_omitted() && can_be_set(pair));
        generated.map(move |pair| finding(model, described, description, pair))
    });
    pairs.collect()
}

/// `id?: never` says that it cannot be.
fn can_be_set(pair: &Pair<'_>) -> bool {
    match &pair.field.kind {
        Kind::Unresolved(_) => false,
        Kind::Union(members) => !members.is_empty(),
        _any => true,
    }
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
) -> Finding {
    let name = &description.declaration.name;
    let message = format!(
        "Field '{}' of {} `{name}` is for a column that the database computes",
        pair.column.name,
        description.noun()
    );
    let mut found = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, "must not be given")
        .at_column(described.entity.name, pair.column, model.input.provenance)
        .with_help("leave the field out");
    if description.role.is_validation() {
        found.category = Category::ValidationSchemas;
    }
    if pair.field.optional || description.role.is_update() {
        found.as_warning()
    } else {
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id bigint GENERATED ALWAYS AS IDENTITY, title text NOT NULL, slug text GENERATED ALWAYS AS (lower(title)) STORED);";
    const ROW: &str =
        "export interface BillRow { id: string; title: string; slug: string | null }\n";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing(
                TABLE,
                "export interface BillRow { id: string; title: string; slug: string | null }\nexport interface NewBill { title: string;\n id: string }",
                (3, "id"),
            ),
            Case::failing(
                TABLE,
                "export interface BillRow { id: string; title: string; slug: string | null }\nexport interface NewBill { title: string;\n slug?: string }",
                (3, "slug"),
            ),
        ],
        passing: &[
            // It says which row is meant.
            Case::valid(
                "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);",
                "export const UpdateUserRequestSchema = z.object({ id: z.number().int(), name: z.string().optional() });",
            ),
            Case::passing(TABLE, ROW),
            Case::passing(
                TABLE,
                "export interface BillRow { id: string; title: string; slug: string | null }\nexport interface NewBill { title: string }",
            ),
        ],
    };
}
