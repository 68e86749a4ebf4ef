//! An insert type lacks a column that `INSERT` needs, or lets it be absent.
//!
//! ## Why
//! The code that inserts compiles, and the insert fails.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid DEFAULT gen_random_uuid() NOT NULL, title text NOT NULL, summary text NOT NULL);
//! ```
//! ```ts
//! export interface NewBill {
//!   title: string;
//! }
//! ```
//! What has a default, is computed or may be null can be left out. In a type called `Create…`, which often is of a
//! request, it is a warning, and foreign keys may be missing: the server knows them.

use super::matching::{Described, Description, Role};
use super::{Check, Model, edits, names};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;
use crate::typescript::facts::Field;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_COLUMN_IN_INSERT",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_column_in_insert.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let inserts = model.judged().filter(|(_, description)| description.role == Role::Insert);
    let resolved = inserts.filter(|(_, description)| description.declaration.unresolved.is_none());
    resolved.flat_map(|(described, description)| findings(model, described, description)).collect()
}

fn findings(model: &Model<'_>, described: &Described<'_>, description: &Description<'_>) -> Vec<Finding> {
    let pairing = &description.pairing;
    let required = |column: &Column| column.not_null && !column.may_be_omitted();
    let renamed = pairing.renamed.iter().filter(|pair| required(pair.column));
    let renamed = renamed.map(|pair| (pair.column, Some(pair.field)));
    let optional = pairing.pairs.iter().filter(|pair| required(pair.column) && pair.field.optional);
    let optional = optional.map(|pair| (pair.column, Some(pair.field)));
    let missing =
        pairing.missing.iter().filter(|column| required(column) && !is_excused(described, description, column));
    let missing = missing.map(|column| (*column, None));
    let all = renamed.chain(optional).chain(missing);
    all.map(|(column, field)| finding(model, described, description, column, field)).collect()
}

fn is_excused(described: &Described<'_>, description: &Description<'_>, column: &Column) -> bool {
    let foreign_key = described.entity.column(&column.name).is_some_and(|facts| facts.foreign_key);
    let known_to_server = foreign_key || description.pairing.counterpart(column).is_some();
    described.is_missing_in_base(description, column) || (is_of_request(description) && known_to_server)
}

fn is_of_request(description: &Description<'_>) -> bool {
    names::words(&description.declaration.name).iter().any(|word| word == "create")
}

fn finding(
    model: &Model<'_>,
    described: &Described<'_>,
    description: &Description<'_>,
    column: &Column,
    field: Option<&Field>,
) -> Finding {
    let name = &description.declaration.name;
    let place = field.map_or(&description.declaration.location, |field| &field.location);
    let renamed = field.filter(|field| names::key(&field.name) != names::key(&column.name));
    let what = match (field, renamed) {
        (_, Some(other)) => {
            format!("Missing field '{}' in insert type `{name}`, which has '{}'", column.name, other.name)
        }
        (Some(_), None) => format!("Field '{}' of insert type `{name}` may be absent", column.name),
        (None, None) => format!("Missing field '{}' in insert type `{name}`", column.name),
    };
    let found = CHECK
        .finding(&described.entity.title(), format!("{what}, and the column is NOT NULL without a default"))
        .about(description, &column.name)
        .at(place, "every insert needs it")
        .at_column(described.entity.name, column, model.input.provenance)
        .with_suggestion(match field {
            None => edits::add_field(description, &described.entity, column, model.input.config),
            Some(_) => None,
        });
    let found = match renamed {
        Some(other) => found.with_detail("found", other.name.as_str()),
        None => found,
    };
    if is_of_request(description) { found.as_warning() } else { found }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid NOT NULL DEFAULT gen_random_uuid(), title text NOT NULL, summary text NOT NULL, note text);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing(
                TABLE,
                "export interface BillRow { id: string; title: string; summary: string; note: string | null }\nexport interface NewBill { title: string }",
                (2, "summary"),
            ),
            Case::failing(
                TABLE,
                "export interface BillRow { id: string; title: string; summary: string; note: string | null }\nexport interface NewBill { title: string;\n summary?: string }",
                (3, "summary"),
            ),
        ],
        passing: &[
            Case::passing(
                TABLE,
                "export interface BillRow { id: string; title: string; summary: string; note: string | null }\nexport interface NewBill { title: string; summary: string }",
            ),
            Case::passing(
                TABLE,
                "export interface BillRow { id: string; title: string; summary: string; note: string | null }\nexport type NewBill = Omit<BillRow, 'id' | 'note'> & { id?: string; note?: string | null };",
            ),
        ],
    };
}
