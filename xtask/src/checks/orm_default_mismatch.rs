//! A column of an ORM's table has another default than the column of the database, or only one of
//! the two has one.
//!
//! ## Why
//! The ORM lets every insert leave the column out, and leaves it to the database to fill it in:
//! without a default there, a `NOT NULL` column refuses the row, and any other silently holds null.
//! Where only the database has one, the types of inserts demand the value, and the next migration
//! that is generated drops the default.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid NOT NULL, filed_at timestamp with time zone NOT NULL);
//! ```
//! ```ts
//! export const bills = pgTable('bills', {
//!   id: uuid('id').defaultRandom().primaryKey(),
//!   filedAt: timestamp('filed_at', { withTimezone: true }).defaultNow().notNull(),
//! });
//! ```
//! What only the program fills in (`.$default(…)`) needs no default in the database. Of a column
//! that can be null it is a warning, and so is another default, where both are written out or call
//! one function (Prisma's `now()`, `dbgenerated("…")`): the row is not what the code says. A default
//! that only the database has is a warning too, unless the table of the ORM lets the column be null
//! that the database does not: that says it all. More than three of them that the report cannot
//! propose a change for are one finding.

mod expressions;
mod literals;

use super::one_cause::{self, Cause};
use super::{Check, Compared, Model, edits};
use crate::facts::{SqlColumn, SqlDefault};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Column;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_DEFAULT_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: false,
    source: include_str!("orm_default_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let of_tables = model.type_fields().filter(Compared::is_of_table);
    let findings = of_tables.filter_map(|compared| judge(model, compared));
    let headline = |count: usize, cause: &str| format!("Defaults of {count} columns {cause}");
    one_cause::together(model, &CHECK, findings.collect(), headline)
}

/// The finding about a column, with the cause that it may share with others.
fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<(Option<Cause>, Finding)> {
    let field = compared.field();
    let sql = field.sql.as_deref()?;
    let column = compared.pair.column;
    if !sql.database_default {
        // What the program fills in may be what it means to.
        if field.has_default {
            return None;
        }
        let finding = only_in_database(model, compared)?;
        let cause = "are in the database only".to_owned();
        let orm = compared.description.declaration.origin.id;
        return Some((Some((orm, cause)), finding));
    }
    if !has_default(column) {
        let what = |table: &str| {
            format!("the database fills it in, says {table}, but the column has no default")
        };
        let found = finding(model, compared, what);
        let found = if column.not_null {
            found
        } else {
            found.as_warning()
        };
        return Some((None, found));
    }
    Some((None, another(model, compared, sql)?))
}

/// The default of the column that the table of the ORM does not have.
fn only_in_database(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let column = compared.pair.column;
    // That it can be null in the table of the ORM is the finding then.
    if column.not_null && compared.field().nullable {
        return None;
    }
    let actual = match (&column.default, &column.identity) {
        _ if column.generated.is_some() => return None,
        (Some(default), _) if literals::is_null(default) => return None,
        (Some(default), _) => format!("DEFAULT {default}"),
        (None, Some(_)) => "an identity".to_owned(),
        (None, None) => return None,
    };
    let what = |table: &str| format!("`{actual}` in the database, none in {table}");
    let literal = column.default.as_deref().and_then(literals::literal);
    let proposal = edits::add_default(
        compared.field(),
        compared.description,
        column,
        literal.as_deref(),
    );
    let found = finding_at(model, compared, what, "no default here");
    Some(found.as_warning().with_proposal(proposal))
}

/// Another default than that of the column, where both are written out.
fn another(model: &Model<'_>, compared: Compared<'_, '_>, sql: &SqlColumn) -> Option<Finding> {
    let stated = sql.default_value.as_ref()?;
    let expression = compared.pair.column.default.as_deref()?;
    let actual = match stated {
        SqlDefault::Value { text, json } => {
            literals::differing((text.as_deref(), json), expression, &compared.facts.ty)?
        }
        SqlDefault::Expression(stated) => {
            let is_another = expressions::is_another(stated, expression, &compared.facts.ty);
            is_another.then(|| expression.to_owned())?
        }
    };
    let what = |table: &str| format!("`{stated}` in {table}, `{actual}` in the database");
    Some(finding(model, compared, what).as_warning())
}

fn has_default(column: &Column) -> bool {
    column.default.is_some() || column.identity.is_some() || column.generated.is_some()
}

fn finding(
    model: &Model<'_>,
    compared: Compared<'_, '_>,
    what: impl FnOnce(&str) -> String,
) -> Finding {
    finding_at(model, compared, what, "a default here")
}

/// Makes a finding from `what`, which is told the name of the ORM's table, and the label `here`.
fn finding_at(
    model: &Model<'_>,
    compared: Compared<'_, '_>,
    what: impl FnOnce(&str) -> String,
    here: &str,
) -> Finding {
    let Compared {
        described,
        description,
        pair,
        ..
    } = compared;
    let table = format!("{} `{}`", description.noun(), description.declaration.name);
    let message = format!(
        "Default mismatch for field '{}': {}",
        pair.column.name,
        what(&table)
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, here)
        .at_column(described.entity.name, pair.column, model.input.provenance)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, name text NOT NULL);",
                "import { pgTable, serial, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: serial().primaryKey(),\n name: text().notNull() });",
                (3, "id"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, name text);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n name: text().default('?') });",
                (4, "name"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'draft');",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n state: text().notNull().default('open') });",
                (4, "state"),
            ),
            // How the monorepo writes its entities, and no change of four columns.
            Case::failing_entity(
                "CREATE TABLE bills (id integer PRIMARY KEY, a integer NOT NULL DEFAULT 1, b integer NOT NULL DEFAULT 2, c integer NOT NULL DEFAULT 3, d integer NOT NULL DEFAULT 4);",
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('bills') export class Bill { @PrimaryColumn() id: number;\n @Column() a: number; @Column() b: number; @Column() c: number; @Column() d: number }",
                3,
            ),
            // The other way round.
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'draft');",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n state: text().notNull() });",
                (4, "state"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, state text);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n state: text() });",
                (3, "id"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, marks text[] NOT NULL DEFAULT '{new}'::text[]);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n marks: text().array().notNull().default([]) });",
                (4, "marks"),
            ),
            Case::prisma(
                "CREATE TABLE bills (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), made_at timestamp(3) NOT NULL DEFAULT '2020-01-01'::timestamp);",
                "model bills {\n  id String @id @default(dbgenerated(\"gen_random_uuid()\")) @db.Uuid\n  made_at DateTime @default(now())\n}",
                (3, "made_at"),
            ),
            Case::prisma(
                "CREATE TABLE bills (id integer PRIMARY KEY, data jsonb NOT NULL DEFAULT '[]'::jsonb);",
                "model bills {\n  id Int @id\n  data Json @default(dbgenerated(\"'{}'::jsonb\"))\n}",
                (3, "data"),
            ),
            Case::failing(
                "CREATE TABLE bills (id integer PRIMARY KEY, data jsonb NOT NULL DEFAULT '{\"a\": 1}'::jsonb);",
                "import { pgTable, integer, jsonb } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(),\n data: jsonb().notNull().default({ a: 2 }) });",
                (4, "data"),
            ),
        ],
        passing: &[
            // PostgreSQL keeps no default that is null.
            Case::passing(
                "CREATE TABLE users (id uuid PRIMARY KEY, team text);",
                "import { sql } from 'drizzle-orm';\nimport { pgTable, text, uuid } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: uuid().primaryKey(), team: text().default(sql`null`) });",
            ),
            // What the program fills in is its own business, and so is null.
            Case::passing(
                "CREATE TABLE bills (id integer PRIMARY KEY, code text NOT NULL DEFAULT 'x', note text DEFAULT NULL::text);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(), code: text().notNull().$default(() => 'y'), note: text() });",
            ),
            // The text of JSON is written into the migration as it is.
            Case::passing(
                "CREATE TABLE bills (id integer PRIMARY KEY, data jsonb DEFAULT '{}'::jsonb, list json NOT NULL DEFAULT '[]'::json);",
                "import { pgTable, integer, json, jsonb } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(), data: jsonb().default('{}'), list: json().notNull().default('[]') });",
            ),
            Case::passing(
                "CREATE TABLE bills (id integer PRIMARY KEY, marks text[] NOT NULL DEFAULT '{}'::text[], data jsonb NOT NULL DEFAULT '{\"a\": [1]}'::jsonb, cost numeric NOT NULL DEFAULT 0, share real NOT NULL DEFAULT 0.5, size bigint NOT NULL DEFAULT 5);",
                "import { pgTable, integer, text, jsonb, numeric, real, bigint } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey(), marks: text().array().notNull().default([]), data: jsonb().notNull().default({ a: [1] }), cost: numeric().notNull().default('0.00'), share: real().notNull().default(0.5), size: bigint({ mode: 'bigint' }).notNull().default(5n) });",
            ),
            Case::passing(
                "CREATE TABLE bills (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT '?', code text NOT NULL);",
                "import { pgTable, integer, text } from 'drizzle-orm/pg-core';\nexport const bills = pgTable('bills', {\n id: integer().primaryKey().generatedAlwaysAsIdentity(),\n name: text().notNull().default('?'), code: text().notNull().$default(() => 'x') });",
            ),
        ],
    };
}
