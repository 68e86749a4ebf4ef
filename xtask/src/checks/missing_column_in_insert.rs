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
//! What has a default, in the database or in the ORM, is computed or may be null can be left out.
//! A type that says of a row and of what is inserted at once (kysely's `Generated<string>`) is judged
//! without an insert type beside it. In a type called `Create…`, which often is of a request, it is a warning, and foreign keys may
//! be missing: the server knows them.

use super::matching::{Description, Role, TableMatches};
use super::{Check, Model, edits, names, wording};
use crate::facts::{Field, Kind};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

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
    let resolved = || {
        let judged = model.judged();
        judged.filter(|(_, description)| description.declaration.unresolved.is_none())
    };
    let inserts = resolved().filter(|(_, description)| description.role == Role::Insert);
    let of_inserts =
        inserts.flat_map(|(described, description)| findings(model, described, description));
    let rows = resolved().filter(|(_, description)| description.role == Role::Row);
    let of_rows = rows.flat_map(|(described, description)| left_out(model, described, description));
    of_inserts.chain(of_rows).collect()
}

/// Returns findings about a type that says of a row and of what is inserted at once, as kysely's
/// `Generated<string>` does.
fn left_out(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
) -> Vec<Finding> {
    let wrong = description.pairing.pairs.iter().filter(|pair| {
        let may_be_left_out = pair.field.has_default && !pair.field.optional;
        may_be_left_out && !pair.column.may_be_omitted() && !described.is_filled_in(pair.column)
    });
    wrong
        .map(|pair| {
            let message = format!(
                "An insert may leave out field '{}' of `{}`, and the column is NOT NULL without a default",
                pair.column.name, description.declaration.name
            );
            CHECK
                .finding(&described.entity.title(), message)
                .about(description, &pair.column.name)
                .at(&pair.field.location, "every insert needs it")
                .at_column(described.entity.name, pair.column, model.input.provenance)
                .with_help("take off what lets an insert leave it out, or give the column a default")
                .with_detail("optional", true)
        })
        .collect()
}

fn findings(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
) -> Vec<Finding> {
    let pairing = &description.pairing;
    let required = |column: &Column| !column.may_be_omitted() && !described.is_filled_in(column);
    let renamed = pairing.renamed.iter().filter(|pair| required(pair.column));
    let renamed = renamed.map(|pair| (pair.column, Some(pair.field)));
    let optional = pairing
        .pairs
        .iter()
        .filter(|pair| required(pair.column) && pair.field.optional);
    // JSON may be null, which is a value.
    let optional = optional.filter(|pair| pair.field.kind != Kind::Any);
    let optional = optional.map(|pair| (pair.column, Some(pair.field)));
    let missing = pairing
        .missing
        .iter()
        .filter(|column| required(column) && !is_excused(described, description, column));
    let missing = missing.map(|column| (*column, None));
    let all: Vec<_> = renamed.chain(optional).chain(missing).collect();
    // A type that leaves out much of what the table needs is of what a request asks for.
    let columns =
        (pairing.named() + pairing.missing.len()).min(description.declaration.fields.len());
    if !described.is_firm(description) && all.len() > (columns / 5).max(1) {
        return Vec::new();
    }
    all.into_iter()
        .map(|(column, field)| finding(model, described, description, column, field))
        .collect()
}

fn is_excused(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
) -> bool {
    let foreign_key = described
        .entity
        .column(&column.name)
        .is_some_and(|facts| facts.foreign_key);
    let known_to_server = foreign_key || description.pairing.counterpart(column).is_some();
    let is_made_later = description.held && !described.is_firm(description);
    described.is_missing_in_base(description, column)
        || is_made_later
        || (!described.is_firm(description) && known_to_server)
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
    field: Option<&Field>,
) -> Finding {
    let name = &description.declaration.name;
    let place = field.map_or(&description.declaration.location, |field| &field.location);
    let renamed = field.filter(|field| names::key(&field.name) != names::key(&column.name));
    let what = match (field, renamed) {
        (_, Some(other)) => {
            format!(
                "Missing field '{}' in insert type `{name}`, {}",
                column.name,
                wording::instead(column, other)
            )
        }
        (Some(_), None) => format!(
            "Field '{}' of insert type `{name}` may be absent",
            column.name
        ),
        (None, None) => format!("Missing field '{}' in insert type `{name}`", column.name),
    };
    let found = CHECK
        .finding(
            &described.entity.title(),
            format!("{what}, and the column is NOT NULL without a default"),
        )
        .about(description, &column.name)
        .at(place, "every insert needs it")
        .at_column(described.entity.name, column, model.input.provenance)
        .with_proposal(match field {
            None => edits::add_field(model, description, described, column),
            Some(_) => None,
        });
    let is_optional = field.is_some() && renamed.is_none();
    let found = if is_optional {
        found.with_detail("optional", true)
    } else {
        found
    };
    let found = match renamed {
        Some(other) => found.with_detail("found", other.name.as_str()),
        None => found,
    };
    if described.is_firm(description) {
        found
    } else {
        found.as_warning()
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid NOT NULL DEFAULT gen_random_uuid(), title text NOT NULL, summary text NOT NULL, note text);";

    const BILLS: &str = "CREATE TABLE bills (id uuid DEFAULT gen_random_uuid() NOT NULL, title text NOT NULL, summary text NOT NULL);";

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
            // The insert side stands in the type of the row, with or without another type.
            Case::failing(
                BILLS,
                "import type { Generated } from 'kysely';\nexport interface BillTable { id: Generated<string>;\n title: string;\n summary: Generated<string> }",
                (4, "summary"),
            ),
            Case::failing(
                BILLS,
                "import type { Generated, Insertable } from 'kysely';\nexport interface BillTable { id: Generated<string>;\n title: string;\n summary: Generated<string> }\nexport type NewBill = Insertable<BillTable>;",
                (4, "summary"),
            ),
            // A value that is inserted as it is needs every column, whoever else holds it.
            Case::failing(
                BILLS,
                "export interface BillTable { id: string; title: string; summary: string }\nexport type NewBill = { title: string };\nexport class Filing { constructor(readonly bill: NewBill) {} }\nexport async function add(db: Db, bill: NewBill) { await db.insertInto('bills').values(bill).execute(); }",
                (2, "summary"),
            ),
        ],
        passing: &[
            // A part of what is inserted.
            Case::passing(
                BILLS,
                "export interface BillTable { id: string; title: string; summary: string }\nexport type NewBill = { title: string };\nexport class Filing { constructor(readonly bill: NewBill) {} }\nexport async function add(db: Db, bill: NewBill) { await db.insertInto('bills').values({ ...bill, summary }).execute(); }",
            ),
            // What a builder takes, which makes the rest.
            Case::passing(
                BILLS,
                "export interface BillTable { id: string; title: string; summary: string }\nexport type NewBill = { title: string };\nexport class Filing { constructor(readonly bill: NewBill) {} }",
            ),
            // What a request asks for is little of what is inserted.
            Case::passing(
                "CREATE TABLE invitations (id uuid PRIMARY KEY, name text NOT NULL, email text NOT NULL, preview jsonb NOT NULL, amount integer NOT NULL, paid_at text, note text, kind text, place text, reason text);",
                "export interface Invitation { id: string; name: string; email: string; preview: unknown; amount: number; paidAt: string | null; note: string | null; kind: string | null; place: string | null; reason: string | null }\nexport type CreateInvitation = { name: string; email: string; note: string | null; kind: string | null; previewOf: string[] };",
            ),
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
