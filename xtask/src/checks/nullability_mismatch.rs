//! A field may be null where its column may not, or the other way round.
//!
//! ## Why
//! A column that can be null behind a field that cannot is the crash that the compiler should have
//! prevented; the opposite makes every reader handle a case that never happens, and every writer
//! believe that it may.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL, bio text);
//! ```
//! ```ts
//! export interface UserTable {
//!   id: string;
//!   bio: string;
//! }
//! ```
//! A `CHECK (bio IS NOT NULL)` counts as `NOT NULL`. Of the columns of a view PostgreSQL does not
//! know it: they are not judged. A field that is optional but not nullable (`bio?: string`) is a
//! warning: drivers return `null`. Where the compiler does not check null (`strictNullChecks`), types
//! say nothing about it, and the coverage of the report says that. What a decorator of an ORM says
//! (`nullable: true`) counts beside the type of its property.

use super::entities::ColumnFacts;
use super::matching::{BesideRows, Role};
use super::{Check, Compared, Model, edits, wording};
use crate::facts::{Field, Kind};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "NULLABILITY_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("nullability_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let of_tables = model.type_fields().filter(Compared::is_of_table);
    of_tables
        .filter_map(|compared| judge(model, compared))
        .collect()
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let description = compared.description;
    let partial = description.is_partial();
    if partial && description.pairing.is_projection(description.declaration) {
        return None;
    }
    let verdict = verdict(description.role, compared.facts, compared.pair.field)?;
    // A part may say null of what is not there yet; what it takes for granted must be.
    if description.beside_rows == BesideRows::Part && verdict != NullabilityVerdict::NotNullable {
        return None;
    }
    if description.declaration.null_unchecked
        && stated_apart(compared.pair.field).is_none()
        && verdict != NullabilityVerdict::Nullable
    {
        return None;
    }
    let finding = finding(model, compared, verdict);
    // What is joined is null where nothing matches, and a query may leave the nulls out.
    Some(if partial || description.beside_rows == BesideRows::Part {
        finding.as_warning()
    } else {
        finding
    })
}

/// The disagreement about a field's nullability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NullabilityVerdict {
    /// The column can be null, the field cannot.
    NotNullable,
    /// The column can be null, the field can only be absent.
    OptionalOnly,
    /// The column can be null as far as PostgreSQL knows: it is computed.
    Computed,
    /// The column cannot be null, the field can.
    Nullable,
    /// The column cannot be null, the field can be absent.
    Optional,
}

fn verdict(role: Role, facts: &ColumnFacts<'_>, field: &Field) -> Option<NullabilityVerdict> {
    if let Some(stated) = stated_apart(field) {
        return of_statement(facts, field, stated);
    }
    let is_read_as_empty = facts.null_is_empty && !field.nullable && !field.optional;
    if matches!(field.kind, Kind::Any | Kind::Unresolved(_)) || is_read_as_empty {
        return None;
    }
    match role {
        Role::Row | Role::Orm => of_row(facts, field),
        // What is loaded of the thing, and how null is mapped, is its own business; a value that
        // can be null is not.
        Role::Domain => of_row(facts, field).filter(|verdict| {
            matches!(
                verdict,
                NullabilityVerdict::NotNullable | NullabilityVerdict::Nullable
            )
        }),
        Role::Insert | Role::Update => {
            (facts.not_null && field.nullable).then_some(NullabilityVerdict::Nullable)
        }
        Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => None,
    }
}

/// Whether the column may be null, where an ORM says so apart from the type of the field.
fn stated_apart(field: &Field) -> Option<bool> {
    field.sql.as_ref()?.apart.nullable
}

/// The verdict on a column whose ORM says whether it may be null. The type of the field must hold
/// null as well where the column does. Where it does not, the type may leave it to the ORM.
fn of_statement(
    facts: &ColumnFacts<'_>,
    field: &Field,
    stated: bool,
) -> Option<NullabilityVerdict> {
    let is_computed = facts.column.generated.is_some();
    match (facts.not_null, stated) {
        (true, true) => Some(NullabilityVerdict::Nullable),
        (false, false) if is_computed => Some(NullabilityVerdict::Computed),
        (false, false) => Some(NullabilityVerdict::NotNullable),
        (false, true) if !field.nullable => Some(NullabilityVerdict::NotNullable),
        (true, false) | (false, true) => None,
    }
}

fn of_row(facts: &ColumnFacts<'_>, field: &Field) -> Option<NullabilityVerdict> {
    match (facts.not_null, field.nullable, field.optional) {
        (false, false, false) if facts.column.generated.is_some() => {
            Some(NullabilityVerdict::Computed)
        }
        (false, false, false) => Some(NullabilityVerdict::NotNullable),
        (false, false, true) => Some(NullabilityVerdict::OptionalOnly),
        (true, true, _) => Some(NullabilityVerdict::Nullable),
        (true, false, true) => Some(NullabilityVerdict::Optional),
        (false, true, _) | (true, false, false) => None,
    }
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>, verdict: NullabilityVerdict) -> Finding {
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let (column, field) = (pair.column, pair.field);
    let (here, there) = match verdict {
        NullabilityVerdict::NotNullable | NullabilityVerdict::Computed => {
            ("cannot be null", "nullable")
        }
        NullabilityVerdict::OptionalOnly => ("may be absent but not null", "nullable"),
        NullabilityVerdict::Nullable => ("can be null", "NOT NULL"),
        NullabilityVerdict::Optional => ("may be absent", "NOT NULL"),
    };
    let message = format!(
        "Nullability mismatch for field '{}': {here} in {} `{}`, {there} in the database",
        column.name,
        description.noun(),
        description.declaration.name
    );
    let finding = CHECK
        .finding(&described.entity.title(), message)
        .about(description, &column.name)
        .at(&field.location, label(field, verdict))
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseNullable", !column.not_null)
        .with_detail("typescriptType", wording::field_type(field));
    match verdict {
        NullabilityVerdict::NotNullable => {
            let proposal = edits::add_null(field, description);
            let of_column = || edits::change_null(field, description, false);
            finding.with_proposal(proposal.or_else(of_column))
        }
        NullabilityVerdict::Nullable => {
            finding.with_proposal(edits::change_null(field, description, true))
        }
        NullabilityVerdict::Optional => finding,
        NullabilityVerdict::OptionalOnly | NullabilityVerdict::Computed => finding.as_warning(),
    }
}

/// The words for the field. Of what an ORM states apart from its type, the statement counts.
fn label(field: &Field, verdict: NullabilityVerdict) -> String {
    let says_nullable = verdict == NullabilityVerdict::Nullable;
    match stated_apart(field) {
        Some(true) if says_nullable => "`nullable` here".to_owned(),
        Some(false) if !says_nullable => "not `nullable` here".to_owned(),
        Some(_) | None => format!("`{}` here", wording::field_type(field)),
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const KEYED: &str = "CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);";
    const TABLE: &str = "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, bio text);";

    pub const CASES: Cases = Cases {
        failing: &[
            // The value of the column is passed on as it is, under another name.
            Case::failing(
                "CREATE TABLE topics (slug text PRIMARY KEY, title text NOT NULL, step_order integer);",
                "export type TopicRow = { slug: string; title: string;\n step: number };\nexport async function list(pool: Pool): Promise<TopicRow[]> { const r = await pool.query(`SELECT slug, title, step_order AS step FROM topics`); return r.rows.map((x) => ({ slug: x.slug, title: x.title, step: x.step })); }",
                (2, "step_order"),
            ),
            // A part of the row takes for granted what may be null.
            Case::failing(
                "CREATE TABLE deploys (id uuid PRIMARY KEY, name text NOT NULL, slug text, config jsonb, note text);",
                "import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const deploys = pgTable('deploys', { id: uuid().primaryKey(), name: text().notNull(), slug: text(), config: jsonb(), note: text() });\nexport interface Deploy { id: string; name: string;\n slug: string }",
                (4, "slug"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string;\n bio: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string;\n bio?: string }",
                (2, "bio"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string;\n email: string | null; bio: string | null }",
                (2, "email"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string;\n email?: string; bio: string | null }",
                (2, "email"),
            ),
            Case::failing(
                TABLE,
                "export interface UserTable { id: string; email: string; bio: string | null }\nexport interface NewUser { id: string;\n email: string | null }",
                (3, "email"),
            ),
            // A decorator counts beside the type of its property.
            Case::failing(
                KEYED,
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('users') export class User { @PrimaryColumn() id: string; @Column() email: string;\n @Column({ nullable: false }) bio: string | null }",
                (3, "bio"),
            ),
            Case::failing(
                KEYED,
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('users') export class User { @PrimaryColumn() id: string; @Column() email: string;\n @Column({ nullable: true }) bio: string }",
                (3, "bio"),
            ),
            Case::failing(
                KEYED,
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('users') export class User { @PrimaryColumn() id: string;\n @Column({ nullable: true }) email: string; @Column({ nullable: true }) bio?: string }",
                (3, "email"),
            ),
        ],
        passing: &[
            // The value is computed, by the query or by code.
            Case::passing(
                "CREATE TABLE topics (slug text PRIMARY KEY, title text, step_order integer);",
                "export type TopicRow = { slug: string; title: string; step: number };\nexport async function list(pool: Pool): Promise<TopicRow[]> { const r = await pool.query(`SELECT slug, coalesce(title, '') AS title, step_order FROM topics`); return r.rows.map((x) => ({ slug: x.slug, title: x.title, step: x.step_order ?? 0 })); }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; email: string; bio: string | null }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable { id: string; email: string; bio: string | null }\nexport interface NewUser { id: string; email: string; bio?: string }",
            ),
            Case::passing(
                "CREATE TABLE users (id uuid NOT NULL, bio text, CHECK (bio IS NOT NULL));",
                "export interface UserTable { id: string; bio: string }",
            ),
            Case::passing(
                "CREATE VIEW active_users (id uuid, bio text);",
                "export interface ActiveUserRow { id: string; bio: string }",
            ),
        ],
    };
}
