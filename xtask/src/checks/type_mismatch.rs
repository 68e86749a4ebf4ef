//! A field's type does not match the type of its column.
//!
//! ## Why
//! The compiler believes the type and lets code through that fails on the value the driver really
//! returns.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id uuid NOT NULL, vote_count integer NOT NULL);
//! ```
//! ```ts
//! export interface BillTable {
//!   id: string;
//!   vote_count: string;
//! }
//! ```
//! What int8, numeric and dates arrive as depends on the driver: without one, everything plausible
//! is accepted. `driver = "node-postgres"` and `type-map` in the configuration make it exact.

use super::accepted_kinds::{self, DescriptionLayer};
use super::matching::{BesideRows, Description, Role};
use super::{Check, Compared, Model, edits, wording};
use crate::facts::{Field, Kind};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "TYPE_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("type_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    model
        .type_fields()
        .filter_map(|compared| judge(model, compared))
        .collect()
}

fn judge(model: &Model<'_>, compared: Compared<'_, '_>) -> Option<Finding> {
    let Compared {
        description,
        facts,
        pair,
        ..
    } = compared;
    if is_value_object(description, pair.field) || compared.is_of_custom_type() {
        return None;
    }
    let (ty, kind) = (&facts.ty, &pair.field.kind);
    if accepted_kinds::is_json_text(ty, kind) {
        // GraphQL knows no JSON: what is asked for is sent as its text. PostgreSQL takes it so.
        // A part of the row may show one text of several.
        let is_right = description.declaration.graphql
            || description.role.is_written()
            || description.beside_rows == BesideRows::Part;
        return (!is_right).then(|| of_json_text(finding(model, compared)));
    }
    let accepted = accepted_kinds::accepts(ty, kind, compared.layer(), model.input.config);
    (!accepted).then(|| finding(model, compared))
}

/// Each value of the column may be a string of JSON, which cannot be seen from here.
fn of_json_text(found: Finding) -> Finding {
    found.as_warning().with_help(
        "drivers return JSON parsed: declare what it holds, or `unknown`; a plain `string` is right \
         where each value is a JSON string",
    )
}

/// A class of the domain may hold an `Email` where the row holds text.
fn is_value_object(description: &Description<'_>, field: &Field) -> bool {
    description.role == Role::Domain && field.kind == Kind::Json && field.reference.is_some()
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>) -> Finding {
    let Compared {
        described,
        description,
        facts,
        pair,
        ..
    } = compared;
    let (column, field) = (pair.column, pair.field);
    let (kind, expected) = (
        wording::kind(&field.kind),
        accepted_kinds::describe(&facts.ty, DescriptionLayer::Driver, model.input.config),
    );
    let message = format!(
        "Type mismatch for field '{}': `{}` in {} `{}`, {} in the database",
        column.name,
        kind,
        description.noun(),
        description.declaration.name,
        wording::column_type(column)
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &column.name)
        .at(&field.location, format!("`{kind}` here"))
        .at_column(described.entity.name, column, model.input.provenance)
        .with_detail("databaseType", column.type_name.as_str())
        .with_detail("typescriptType", kind)
        .with_detail("expected", expected.as_str())
        .with_help(format!(
            "{} is described by `{expected}`",
            wording::bare_column_type(column)
        ))
        .with_proposal(edits::change_type(field, description, facts))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bills (id uuid NOT NULL, vote_count integer NOT NULL, tags text[] NOT NULL, \
        budget numeric(12,2) NOT NULL, data jsonb NOT NULL, filed_on date NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            // node-postgres parses the items of `numeric[]`, though not `numeric`.
            Case {
                configuration: "driver = 'node-postgres'",
                ..Case::failing(
                    "CREATE TABLE samples (id integer NOT NULL, prices numeric[] NOT NULL, took interval NOT NULL, price numeric NOT NULL);",
                    "export interface SampleRow { id: number; took: { hours: number }; price: string;\n prices: string[] }",
                    (2, "prices"),
                )
            },
            Case {
                configuration: "driver = 'postgres-js'",
                ..Case::failing(
                    "CREATE TABLE samples (id integer NOT NULL, prices numeric[] NOT NULL, took interval NOT NULL, spot point NOT NULL);",
                    "export interface SampleRow { id: number; prices: string[]; spot: string;\n took: { hours: number } }",
                    (2, "took"),
                )
            },
            // A plain string is rarely what JSON holds.
            Case::failing(
                "CREATE TABLE settings (key text NOT NULL, value jsonb NOT NULL);",
                "export interface SettingRow { key: string;\n value: string }",
                (2, "value"),
            ),
            Case::failing(
                TABLE,
                "export interface BillTable {\n id: string;\n vote_count: string;\n tags: string[]; budget: string; data: unknown; filed_on: Date }",
                (3, "vote_count"),
            ),
            Case::failing(
                TABLE,
                "export interface BillTable {\n id: string;\n vote_count: number;\n tags: string; budget: string; data: unknown; filed_on: Date }",
                (4, "tags"),
            ),
            Case::failing(
                TABLE,
                "type BillId = number;\nexport interface Bill {\n id: BillId;\n voteCount: number; tags: string[]; budget: number; data: object; filedOn: Date }",
                (3, "id"),
            ),
            // What an ORM makes a table of as well is its row.
            Case::failing(
                "CREATE TABLE shortcodes (id text PRIMARY KEY, request jsonb NOT NULL, created_on timestamp NOT NULL DEFAULT now());",
                "import { Field, ID, ObjectType } from 'type-graphql';\nimport { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';\n@ObjectType() @Entity('shortcodes')\nexport class Shortcode {\n @PrimaryColumn() id: string;\n @Column('jsonb') request: string;\n @CreateDateColumn({ name: 'created_on' }) createdOn: Date }",
                (6, "request"),
            ),
            Case {
                configuration: "driver = 'node-postgres'",
                ..Case::failing(
                    TABLE,
                    "export interface Bill { id: string; voteCount: number; tags: string[];\n budget: number; data: object; filedOn: Date }",
                    (2, "budget"),
                )
            },
            Case {
                configuration: "driver = 'prisma'",
                ..Case::failing(
                    "CREATE TABLE notes (id text NOT NULL, body text NOT NULL, made_at timestamp NOT NULL, updated_at timestamp NOT NULL);",
                    "export interface Note { id: string; body: string;\n madeAt: string; updatedAt: Date }",
                    (2, "made_at"),
                )
            },
            Case {
                configuration: "driver = 'prisma'",
                ..Case::failing(
                    "CREATE TABLE notes (id text NOT NULL, body text NOT NULL, made_at timestamp NOT NULL);",
                    "import { Notes } from '@prisma/client';\nexport class Note implements Notes { id!: string; body!: string;\n madeAt!: string }",
                    (3, "made_at"),
                )
            },
        ],
        passing: &[
            // JSON holds scalars, and PostgreSQL takes it as text.
            Case {
                configuration: "driver = 'node-postgres'",
                ..Case::passing(
                    "CREATE TABLE settings (key text NOT NULL, value jsonb NOT NULL, theme jsonb NOT NULL, cells integer[] NOT NULL, moods macaddr8[] NOT NULL);",
                    "export interface SettingRow { key: string; value: string | number | boolean; theme: 'light' | 'dark'; cells: number[][]; moods: string }\nexport interface SettingInsert { key: string; value: string; theme: string; cells: number[]; moods: string[] }",
                )
            },
            // GraphQL's answers hold JSON as its text.
            Case::passing(
                "CREATE TABLE shortcodes (id text PRIMARY KEY, request jsonb NOT NULL, embed json, created_on timestamp NOT NULL);",
                "import { Field, ID, ObjectType } from '@nestjs/graphql';\n@ObjectType()\nexport class Shortcode {\n @Field(() => ID) id: string;\n @Field() request: string;\n @Field({ nullable: true }) embed: string | null;\n @Field() createdOn: Date }",
            ),
            // Prisma types its rows itself: what has a string for each instant is of their JSON.
            Case {
                configuration: "driver = 'prisma'",
                ..Case::passing(
                    "CREATE TABLE notes (id text NOT NULL, body text NOT NULL, made_at timestamp NOT NULL, updated_at timestamp NOT NULL);",
                    "export interface Note { id: string; body: string; madeAt: string; updatedAt: string }",
                )
            },
            // Drizzle converts what the driver returns, as its columns say.
            Case {
                configuration: "driver = 'node-postgres'",
                ..Case::passing(
                    "CREATE TABLE ticks (id bigint NOT NULL, day date NOT NULL, at timestamptz NOT NULL);",
                    "import { pgTable, bigint, date, customType } from 'drizzle-orm/pg-core';\nconst millis = customType<{ data: number }>({ dataType: () => 'timestamptz' });\nexport const ticks = pgTable('ticks', { id: bigint('id', { mode: 'number' }).notNull(), day: date('day').notNull(), when: Object.assign(millis('at'), { own: 1 }).notNull() });\nexport type TickRow = typeof ticks.$inferSelect;",
                )
            },
            Case::passing(
                TABLE,
                "type BillId = string & { readonly __brand: 'BillId' };\nexport interface Bill { id: BillId; voteCount: number; tags: string[]; budget: string; data: Record<string, unknown>; filedOn: string }",
            ),
            Case {
                configuration: "driver = 'node-postgres'\ntype-map = { numeric = ['number'] }",
                ..Case::passing(
                    TABLE,
                    "export interface Bill { id: string; voteCount: number; tags: string[]; budget: number; data: object; filedOn: Date }",
                )
            },
        ],
    };
}
