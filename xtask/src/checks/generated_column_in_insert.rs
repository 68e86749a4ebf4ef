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
//! A field that may be absent is a warning, and so is a field of an ORM's table, or of a type that
//! says of a row and of what is inserted at once (kysely's `Generated<string>`): inserts get their
//! types from it.

use super::matching::{Description, Role, Strength, TableMatches};
use super::pairing::Pair;
use super::{Check, Model};
use crate::facts::{Kind, SqlColumn};
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
    let pairs = model.judged().flat_map(|(described, description)| {
        let generated = description
            .pairing
            .pairs
            .iter()
            .filter(|pair| pair.column.must_be_omitted() && is_inserted(description, pair));
        generated.map(move |pair| finding(model, described, description, pair))
    });
    pairs.collect()
}

/// Whether the description lets what is inserted carry the field.
fn is_inserted(description: &Description<'_>, pair: &Pair<'_>) -> bool {
    let field = pair.field;
    match description.role {
        // A request also holds what says which row is meant.
        Role::Insert | Role::Update | Role::InsertSchema | Role::UpdateSchema => {
            description.strength != Strength::Message && can_be_set(pair)
        }
        // Types of inserts are made of it. What is left to the database may stay out of them.
        Role::Orm => {
            let is_inserted = |sql: &SqlColumn| !sql.database_default && !sql.apart.never_inserted;
            field.sql.as_deref().is_some_and(is_inserted)
        }
        Role::Row => says_what_is_inserted(description) && !field.has_default,
        Role::Domain | Role::Schema | Role::OutputSchema => false,
    }
}

/// Whether a type says of a row and of what is inserted at once, as kysely's `Generated<string>`
/// does.
fn says_what_is_inserted(description: &Description<'_>) -> bool {
    let fields = &description.declaration.fields;
    description.declaration.origin.is_type() && fields.iter().any(|field| field.has_default)
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
        .with_help(if description.role.is_written() {
            "leave the field out"
        } else {
            "declare it as what the database always generates, so that no insert carries it"
        });
    if description.role.is_validation() {
        found.category = Category::ValidationSchemas;
    }
    let only_may_be =
        pair.field.optional || description.role.is_update() || !description.role.is_written();
    if only_may_be {
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

    const LOUD: &str = "CREATE TABLE calls (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, loud text GENERATED ALWAYS AS (upper(name)) STORED);";

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
            Case::failing(
                LOUD,
                "import type { Generated } from 'kysely';\nexport interface CallTable { id: Generated<number>; name: string;\n loud: string | null }",
                (3, "loud"),
            ),
            Case {
                configuration: "types = []\ndrizzle = ['**/*.ts']",
                ..Case::failing(
                    LOUD,
                    "import { integer, pgTable, text } from 'drizzle-orm/pg-core';\nexport const calls = pgTable('calls', { id: integer().generatedAlwaysAsIdentity().primaryKey(), name: text().notNull(),\n loud: text() });",
                    (3, "loud"),
                )
            },
        ],
        passing: &[
            // TypeORM reads it, and leaves it out of inserts.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, twice integer NOT NULL GENERATED ALWAYS AS (id * 2) STORED);",
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('users') export class User { @PrimaryColumn() id: number; @Column({ insert: false, update: false }) twice: number }",
            ),
            // A row that says nothing of inserts.
            Case::passing(
                LOUD,
                "export interface CallTable { id: number; name: string; loud: string | null }",
            ),
            Case::passing(
                LOUD,
                "import type { Generated, GeneratedAlways } from 'kysely';\nexport interface CallTable { id: Generated<number>; name: string; loud: GeneratedAlways<string | null> }",
            ),
            // Rows that are read hold the computed values.
            Case {
                configuration: "types = []\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE heats (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lane text NOT NULL);",
                    "import { createInsertSchema, createSelectSchema } from 'drizzle-zod';\nimport { bigint, pgTable, text } from 'drizzle-orm/pg-core';\nexport const heats = pgTable('heats', { id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(), lane: text().notNull() });\nexport const readHeat = createSelectSchema(heats);\nexport const insertHeat = createInsertSchema(heats);",
                )
            },
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
