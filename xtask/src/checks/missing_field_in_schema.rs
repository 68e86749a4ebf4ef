//! A TypeScript type has a field that its table has no column for.
//!
//! ## Why
//! The field is always `undefined` in what the database returns, and an insert that carries it
//! fails.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL, email text NOT NULL);
//! ```
//! ```ts
//! export interface UserTable {
//!   id: string;
//!   email: string;
//!   nickname: string;
//! }
//! ```
//! A field whose type is another entity is a relation and needs no column. In a type that describes
//! the thing rather than the row (`User` beside `UserTable`) the field may be computed: there it is
//! a warning, and only where the type agrees with nearly all of the table, or a migration took the
//! column away.

use super::matching::{Description, Role, Strength, TableMatches};
use super::pairing::Pair;
use super::{Check, Model, wording};
use crate::facts::Field;
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_FIELD_IN_SCHEMA",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_field_in_schema.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let of_type = |(described, description)| findings(model, described, description);
    model.types().flat_map(of_type).collect()
}

fn findings(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
) -> Vec<Finding> {
    let pairing = &description.pairing;
    let whole = is_judged(described, description);
    let outlives =
        |field: &&Field| description.role == Role::Domain && pairing.outlives_its_column(field);
    let extra = pairing
        .extra
        .iter()
        .copied()
        .filter(|field| whole || outlives(field))
        .filter(|field| !is_added(described, description, field))
        // A column that could not be read may have any name.
        .filter(|field| description.role != Role::Orm || !field.is_unread_column());
    let renamed = pairing
        .renamed
        .iter()
        .filter(|pair| whole && is_written(described, description, pair));
    let unknown = extra.chain(renamed.map(|pair| pair.field));
    unknown
        .map(|field| finding(model, described, description, field))
        .collect()
}

/// Whether the field is added to the row's own type: `interface Page extends Omit<DbPage, 'html'> {
/// content: Block[] }` is of what code makes of the row.
fn is_added(described: &TableMatches<'_>, description: &Description<'_>, field: &Field) -> bool {
    let is_row = |base: &&Description<'_>| {
        let is_of_row = matches!(base.role, Role::Row | Role::Orm);
        (is_of_row || base.is_whole()) && base.pairing.odd() == 0
    };
    description.role == Role::Domain
        && described.bases_of(description).iter().any(is_row)
        && !description.pairing.outlives_its_column(field)
}

/// Whether the field is written under a name that its column no longer has. Of rows that is a
/// column that is missing; so it is of inserts that need it.
fn is_written(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
) -> bool {
    let needed = !pair.column.may_be_omitted() && !described.is_filled_in(pair.column);
    let written = description.role == Role::Update || (description.role == Role::Insert && !needed);
    let is_inherited = || {
        let bases = described.bases_of(description);
        bases
            .iter()
            .flat_map(|base| &base.pairing.renamed)
            .any(|other| other.field.location == pair.field.location)
    };
    written && !is_inherited()
}

/// Returns whether all fields of the type are judged. A request, or a type that only is called like
/// the table, may have other fields. Such a type is judged where nearly all its fields are columns.
/// Where a query lists what the type is made of, each of these fields names a column.
fn is_judged(described: &TableMatches<'_>, description: &Description<'_>) -> bool {
    match description.role {
        _ if description.selected => true,
        Role::Domain => description.is_whole(),
        _of_rows => {
            let few =
                description.strength != Strength::Bare && description.pairing.has_few_odd_fields();
            (few && !described.is_of_request(description)) || described.is_firm(description)
        }
    }
}

fn finding(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
    field: &Field,
) -> Finding {
    let entity = described.entity.title();
    let message = format!(
        "Field '{}' of {} `{}` has no column in table '{entity}'",
        field.name,
        description.noun(),
        description.declaration.name
    );
    let finding = CHECK
        .finding(&entity, message)
        .about(description, &field.name)
        .at(&field.location, format!("`{entity}` has no such column"))
        .at_table_without(described.entity.name, field, model.input.provenance)
        .with_detail("typescriptType", wording::field_type(field));
    if described.is_firm(description) {
        finding
    } else {
        finding.as_warning()
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            // The query lists a column that is not there.
            Case::failing(
                "CREATE TABLE topics (slug text PRIMARY KEY, title text NOT NULL, html text NOT NULL);",
                "export type Topic = { slug: string; title: string;\n body: string };\nexport async function get(pool: Pool): Promise<Topic | null> { const r = await pool.query(`SELECT slug, title, body FROM topics WHERE slug = $1`, ['a']); const x = r.rows[0]; return { slug: x.slug, title: x.title, body: x.body }; }",
                (2, "body"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable {\n  id: string;\n  email: string;\n  nickname: string;\n}",
                (4, "nickname"),
            ),
            Case::failing(
                TABLE,
                "export class UserRow {\n  id!: string;\n  email!: string;\n  age?: number;\n}",
                (4, "age"),
            ),
        ],
        passing: &[
            // Code adds to the row's own type what it makes of the row.
            Case::passing(
                "CREATE TABLE pages (id integer PRIMARY KEY, title text NOT NULL, parent_id text, state text NOT NULL, body text, a text, b text, c text, d text);",
                "export interface PageTable { id: number; title: string; parent_id: string | null; state: string; body: string | null; a: string | null; b: string | null; c: string | null; d: string | null }\nexport interface Page extends Omit<PageTable, 'parent_id'> { parent_id: string | null; content?: unknown; permalink: string }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; email: string }",
            ),
            Case::passing(
                TABLE,
                "interface Post { title: string }\nexport interface User { id: string; email: string; posts: Post[]; pinned?: Post }",
            ),
            // The creator is joined by `created_by`.
            Case::passing(
                "CREATE TABLE flows (id uuid PRIMARY KEY, name text NOT NULL, created_by uuid REFERENCES users);",
                "export interface FlowRow { id: string; name: string; createdBy: string | null; creator?: { name: string } | null }",
            ),
            // What is joined may be of a package.
            Case::passing(
                "CREATE TABLE sessions (id uuid PRIMARY KEY, email text NOT NULL, sent_at text NOT NULL, locked_at text);",
                "import { Payment } from 'core';\n/** @table sessions */\nexport interface Sent { id: string; email: string; sentAt: string; lockedAt: string | null; sessions: Payment[] }",
            ),
        ],
    };
}
