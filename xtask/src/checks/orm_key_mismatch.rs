//! A table of an ORM states another primary key or other unique keys than the database has.
//!
//! ## Why
//! The ORM's types let code ask for the one row of a key, and insert or update by it: where the
//! database lets two rows have it, the wrong one is read or changed, and `ON CONFLICT` fails. A key
//! that only the database has refuses rows that the code believes in, and the next migration that is
//! generated drops it.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);
//! ```
//! ```prisma
//! model users {
//!   id    Int    @id
//!   email String @unique
//! }
//! ```
//! The order of the columns does not matter. What is unique among some rows only, or by an
//! expression, is no key that an ORM states. A key that only the database has is a warning, and so
//! is one that follows from a relation between single rows (TypeORM's `@OneToOne`): many mean less.

use super::database_keys::{self, UniqueKey};
use super::orm_tables::TableComparison;
use super::{Check, Model, wording};
use crate::facts::{StatedKey, TableKeys};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_KEY_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: false,
    source: include_str!("orm_key_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (comparison, stated) in TableComparison::of_keys(model) {
        judge(&comparison, &stated, &mut findings);
    }
    findings
}

fn judge(compared: &TableComparison<'_, '_>, stated: &TableKeys, findings: &mut Vec<Finding>) {
    let actual = database_keys::unique_keys(compared.table);
    let primary = database_keys::primary_key(compared.table);
    let is_unique = |columns: &[String]| {
        primary.is_some_and(|key| is_same(key, columns))
            || actual.iter().any(|key| is_same(&key.columns, columns))
    };
    if let Some(key) = &stated.primary
        && compared.has_columns(&key.columns)
        // Where a table has no primary key, Prisma takes a unique one for it.
        && !primary.map_or_else(|| is_unique(&key.columns), |found| is_same(found, &key.columns))
    {
        findings.push(other_primary_key(compared, key, primary));
    }
    let Some(uniques) = &stated.uniques else {
        return;
    };
    for key in uniques {
        if compared.has_columns(&key.columns) && !is_unique(&key.columns) {
            findings.push(not_unique(compared, key));
        }
    }
    let is_stated = |columns: &[String]| {
        let of_uniques = uniques.iter().map(|key| &key.columns);
        let mut all = of_uniques.chain(stated.primary.iter().map(|key| &key.columns));
        all.any(|stated| is_same(stated, columns))
    };
    for key in &actual {
        if !is_stated(&key.columns) && compared.has_fields(&key.columns) {
            findings.push(not_stated(compared, key));
        }
    }
}

fn other_primary_key(
    compared: &TableComparison<'_, '_>,
    key: &StatedKey,
    actual: Option<&[String]>,
) -> Finding {
    let stated = wording::quoted(&key.columns);
    let actual = match actual {
        Some(columns) => format!("is {} in the database", wording::quoted(columns)),
        None => "does not exist in the database".to_owned(),
    };
    let message = format!(
        "The primary key of {} is {stated}, and {actual}",
        compared.named()
    );
    compared
        .finding(&CHECK, &key.columns, message)
        .at(&key.location, format!("{stated} here"))
        .at_some(
            compared
                .model
                .input
                .provenance
                .table(compared.described.entity.name),
            format!(
                "`{}` was last changed here",
                compared.described.entity.title()
            ),
        )
}

fn not_unique(compared: &TableComparison<'_, '_>, key: &StatedKey) -> Finding {
    let columns = wording::quoted(&key.columns);
    let (stated, here) = if key.written {
        ("unique", "unique here")
    } else {
        ("of one row at most", "a relation between single rows")
    };
    let message = format!(
        "Key mismatch for {columns}: {stated} in {}, not in the database",
        compared.named()
    );
    let finding = compared
        .finding(&CHECK, &key.columns, message)
        .at(&key.location, here)
        .at_first_of(compared, &key.columns);
    if key.written {
        finding
    } else {
        finding.as_warning()
    }
}

fn not_stated(compared: &TableComparison<'_, '_>, key: &UniqueKey<'_>) -> Finding {
    let columns = wording::quoted(&key.columns);
    let message = format!(
        "Key mismatch for {columns}: unique in the database by `{}`, not in {}",
        key.name,
        compared.named()
    );
    compared
        .finding(&CHECK, &key.columns, message)
        .at(compared.place_of_first(&key.columns), "not unique here")
        .at_first_of(compared, &key.columns)
        .as_warning()
}

fn is_same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    macro_rules! drizzle {
        () => {
            "import { check, index, integer, pgTable, primaryKey, text, unique, uniqueIndex } from 'drizzle-orm/pg-core';\n"
        };
    }

    const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL);";

    /// The first line of a file with entities.
    macro_rules! TYPEORM {
        () => {
            "import { Column, Entity, Index, JoinColumn, OneToOne, PrimaryColumn, Unique } from 'typeorm';\n"
        };
    }

    pub const CASES: Cases = Cases {
        failing: &[
            Case::prisma(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);",
                "model users {\n  id Int @id\n  email String @unique\n}",
                (3, "email"),
            ),
            Case::prisma(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email));",
                "model users {\n  id Int @id\n  email String @unique\n  team Int @map(\"team_id\")\n  @@unique([team, email])\n}",
                (5, "team_id, email"),
            ),
            Case::prisma(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, UNIQUE (email));",
                "model users {\n  id Int @id\n  email String\n}",
                (3, "email"),
            ),
            Case::prisma(
                "CREATE TABLE users (id integer NOT NULL, email text PRIMARY KEY);",
                "model users {\n  id Int @id\n  email String\n}",
                (2, "id"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer('id').primaryKey(),\n email: text('email').notNull().unique() });"
                ),
                (3, "email"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().notNull().unique(), teamId: integer().notNull() }, (table) => ({\n members: uniqueIndex('members').on(table.teamId, table.email.asc()) }));"
                ),
                (3, "team_id, email"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, code text NOT NULL, UNIQUE (email), UNIQUE (code));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer('id').primaryKey(), code: text('code').notNull().unique(),\n email: text('email').notNull() });"
                ),
                (3, "email"),
            ),
            Case::failing(
                "CREATE TABLE members (team integer NOT NULL, person integer PRIMARY KEY);",
                concat!(
                    drizzle!(),
                    "export const members = pgTable('members', { team: integer('team').notNull(), person: integer('person').notNull() }, (t) => [\n primaryKey({ columns: [t.team, t.person] })]);"
                ),
                (3, "team, person"),
            ),
            Case::failing(
                USERS,
                concat!(
                    TYPEORM!(),
                    "@Entity('users') @Unique(['email', 'team']) @Index(['email'])\nexport class User { @PrimaryColumn() id: number; @Column() email: string; @Column({ name: 'team_id' }) team: number }"
                ),
                (2, "email, team_id"),
            ),
            Case::failing(
                USERS,
                concat!(
                    TYPEORM!(),
                    "@Entity('users') export class User { @PrimaryColumn() id: number; @Column() email: string;\n@Column({ name: 'team_id', unique: true }) team: number }"
                ),
                (3, "team_id"),
            ),
            // One row at most leads to the other one.
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, boss_id integer NOT NULL REFERENCES users(id));",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') export class User { @PrimaryColumn() id: number;\n@OneToOne(() => User, { nullable: false }) @JoinColumn({ name: 'boss_id' }) boss: User }"
                ),
                (3, "boss_id"),
            ),
        ],
        passing: &[
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email, team_id));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().notNull(), teamId: integer().notNull() }, (t) => [index('a').on(t.email), unique('b').on(t.teamId, t.email), uniqueIndex('c').on(sql`lower(${t.email})`), uniqueIndex('d').on(t.teamId).where(sql`true`), check('e', sql`true`)]);"
                ),
            ),
            // Where no table of Drizzle states a unique key, the migrations have them alone.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, UNIQUE (email));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().notNull() });"
                ),
            ),
            // The function that makes the keys is not read.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, code text NOT NULL, UNIQUE (email), UNIQUE (code));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().notNull().unique(), code: text().notNull() }, (table) => keysOf(table));"
                ),
            ),
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email), UNIQUE (team_id, email));",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') @Unique('both', ['email', 'team']) @Index(['team'], { unique: true, where: 'email IS NULL' })\nexport class User { @PrimaryColumn() id: number; @Index({ unique: true }) @Column() email: string; @Column({ name: 'team_id' }) team: number }"
                ),
            ),
            // An index that the migrations keep may be unique.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, UNIQUE (email));",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') @Index('users_email', { synchronize: false })\nexport class User { @PrimaryColumn() id: number; @Column() email: string }"
                ),
            ),
            Case::prisma_passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email), UNIQUE (email, team_id));",
                "model users {\n  id Int @id @unique\n  email String @unique\n  team Int @map(\"team_id\")\n  @@unique([team, email(sort: Desc)], map: \"one\")\n}",
            ),
            // Prisma takes a unique key for the primary one, and a key without a field says nothing.
            Case::prisma_passing(
                "CREATE TABLE users (id integer NOT NULL, UNIQUE (id));",
                "model users {\n  id Int @id\n}",
            ),
        ],
    };
}
