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
//! A table of Drizzle that states no primary key at all is compared where other tables state theirs.
//! The order of the columns does not matter. What is unique among some rows only, or by an
//! expression, is no key that an ORM states. A key that only the database has is a warning, and so
//! is one that follows from a relation between single rows (TypeORM's `@OneToOne`): many
//! mean less. More than three of either are one finding.
//! A key with more or fewer columns than one of the database is that key, changed on one side.
//! Whether two nulls are the same (`NULLS NOT DISTINCT`) is compared where the ORM can say it and a
//! column of the key may be null.

use super::database_keys::{self, UniqueKey};
use super::one_cause::{self, Cause};
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
    let headline = |count: usize, cause: &str| format!("{count} keys {cause}");
    one_cause::together(model, &CHECK, findings, headline)
}

/// Findings, each with the cause that it may share with others.
type Caused = Vec<(Option<Cause>, Finding)>;

fn judge(compared: &TableComparison<'_, '_>, stated: &TableKeys, findings: &mut Caused) {
    let orm = compared.description.declaration.origin.id;
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
        findings.push((None, other_primary_key(compared, key, primary)));
    }
    if let Some(key) = primary.filter(|key| lacks_key(compared, stated, key)) {
        findings.push((None, no_primary_key(compared, key)));
    }
    let Some(uniques) = &stated.uniques else {
        return;
    };
    let is_stated = |columns: &[String]| {
        let of_uniques = uniques.iter().map(|key| &key.columns);
        let mut all = of_uniques.chain(stated.primary.iter().map(|key| &key.columns));
        all.any(|stated| is_same(stated, columns))
    };
    let not_stated = actual.iter().filter(|key| !is_stated(&key.columns));
    let mut unmatched: Vec<&UniqueKey<'_>> = not_stated.collect();
    for key in uniques {
        if !compared.has_columns(&key.columns) {
            continue;
        }
        if !is_unique(&key.columns) {
            let changed = take_changed(&mut unmatched, &key.columns);
            // A key that differs from one of the database is a change of that key.
            let is_of_relation = !key.written && changed.is_none();
            let cause = is_of_relation.then(|| (orm, OF_RELATIONS.to_owned()));
            findings.push((cause, not_unique(compared, key, changed)));
        } else if let Some(found) = of_other_nulls(compared, key, &actual) {
            findings.push((None, other_nulls(compared, key, found)));
        }
    }
    for key in unmatched {
        if compared.has_fields(&key.columns) {
            let cause = (orm, ONLY_IN_DATABASE.to_owned());
            findings.push((Some(cause), only_in_database(compared, key)));
        }
    }
}

/// Many mean no more than that a row leads to one other.
const OF_RELATIONS: &str = "of relations between single rows are not unique in the database";

/// A team that writes its migrations by hand may state no keys in its entities at all.
const ONLY_IN_DATABASE: &str = "are unique in the database only";

/// Whether a table states no key over the columns of the primary key, and has them.
fn lacks_key(compared: &TableComparison<'_, '_>, stated: &TableKeys, key: &[String]) -> bool {
    let mut uniques = stated.uniques.iter().flatten();
    stated.keyless && compared.has_fields(key) && !uniques.any(|one| is_same(&one.columns, key))
}

fn no_primary_key(compared: &TableComparison<'_, '_>, key: &[String]) -> Finding {
    let columns = wording::quoted(key);
    let message = format!(
        "The primary key of {} is not stated, and is {columns} in the database",
        compared.named()
    );
    compared
        .finding(&CHECK, key, message)
        .at(&compared.description.declaration.location, "no key here")
        .at_first_of(compared, key)
}

/// Takes out the key of the database that has some of the `columns` and more, or some and no other:
/// one side changed it. Of several, the one that differs in the fewest columns.
fn take_changed<'t, 'k>(
    unmatched: &mut Vec<&'k UniqueKey<'t>>,
    columns: &[String],
) -> Option<&'k UniqueKey<'t>> {
    let is_part = |one: &[String], other: &[String]| one.iter().all(|part| other.contains(part));
    let changed = unmatched
        .iter()
        .enumerate()
        .filter(|(_, key)| is_part(&key.columns, columns) || is_part(columns, &key.columns));
    let (at, _) = changed.min_by_key(|(_, key)| key.columns.len().abs_diff(columns.len()))?;
    Some(unmatched.remove(at))
}

/// The key of the database over the same columns that treats nulls in another way; none where a key
/// agrees, and where no column may be null.
fn of_other_nulls<'t, 'k>(
    compared: &TableComparison<'_, '_>,
    key: &StatedKey,
    actual: &'k [UniqueKey<'t>],
) -> Option<&'k UniqueKey<'t>> {
    let stated = key.nulls_distinct?;
    let may_be_null = |name: &String| {
        let column = compared.table.column(name);
        column.is_some_and(|column| !column.not_null && !column.not_null_by_domain)
    };
    if !key.columns.iter().any(may_be_null) {
        return None;
    }
    let same = || {
        actual
            .iter()
            .filter(|found| is_same(&found.columns, &key.columns))
    };
    if same().any(|found| found.nulls_distinct == stated) {
        return None;
    }
    same().next()
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

/// A finding about a key that the database does not have; where it has it with other columns,
/// `changed`.
fn not_unique(
    compared: &TableComparison<'_, '_>,
    key: &StatedKey,
    changed: Option<&UniqueKey<'_>>,
) -> Finding {
    let columns = wording::quoted(&key.columns);
    let (stated, here) = if key.written {
        ("unique", "unique here")
    } else {
        ("of one row at most", "a relation between single rows")
    };
    let in_database = match changed {
        Some(found) => format!(
            "while `{}` of the database is over {}",
            found.name,
            wording::quoted(&found.columns)
        ),
        None => "not in the database".to_owned(),
    };
    let message = format!(
        "Key mismatch for {columns}: {stated} in {}, {in_database}",
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

fn other_nulls(
    compared: &TableComparison<'_, '_>,
    key: &StatedKey,
    found: &UniqueKey<'_>,
) -> Finding {
    let columns = wording::quoted(&key.columns);
    let named = compared.named();
    let (message, here) = if found.nulls_distinct {
        let message = format!(
            "Key mismatch for {columns}: NULLS NOT DISTINCT in {named}, not in the database (`{}`)",
            found.name
        );
        (message, "two nulls are the same here")
    } else {
        let message = format!(
            "Key mismatch for {columns}: NULLS NOT DISTINCT in the database by `{}`, not in {named}",
            found.name
        );
        (message, "two nulls differ here")
    };
    let finding = compared
        .finding(&CHECK, &key.columns, message)
        .at(&key.location, here)
        .at_first_of(compared, &key.columns);
    // Where only the database takes nulls for the same, it refuses rows: as with a key that only it
    // has.
    if found.nulls_distinct {
        finding
    } else {
        finding.as_warning()
    }
}

fn only_in_database(compared: &TableComparison<'_, '_>, key: &UniqueKey<'_>) -> Finding {
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
            // The key is gone from one table, beside the columns or at one of them.
            Case::failing(
                "CREATE TABLE teams (id integer PRIMARY KEY); CREATE TABLE members (team_id integer NOT NULL, user_id integer NOT NULL, PRIMARY KEY (team_id, user_id));",
                concat!(
                    drizzle!(),
                    "export const teams = pgTable('teams', { id: integer().primaryKey() });\nexport const members = pgTable('members', { teamId: integer('team_id').notNull(), userId: integer('user_id').notNull() });"
                ),
                (3, "team_id, user_id"),
            ),
            Case::failing(
                "CREATE TABLE teams (id integer PRIMARY KEY); CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);",
                concat!(
                    drizzle!(),
                    "export const teams = pgTable('teams', { id: integer().primaryKey() });\nexport const plans = pgTable('plans', { id: integer().notNull(), name: text().notNull() });"
                ),
                (3, "id"),
            ),
            // A team whose entities state no keys gets one finding.
            Case::failing_entity(
                "CREATE TABLE users (id integer PRIMARY KEY, a integer NOT NULL, b integer NOT NULL, c integer NOT NULL, d integer NOT NULL, UNIQUE (a), UNIQUE (b), UNIQUE (c), UNIQUE (d));",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') export class User { @PrimaryColumn() id: number;\n @Column() a: number; @Column() b: number; @Column() c: number; @Column() d: number }"
                ),
                3,
            ),
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
            // A key that one side widened is one finding.
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (team_id, email));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(),\n email: text().notNull().unique(), teamId: integer().notNull() });"
                ),
                (3, "email"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text, team_id integer NOT NULL, UNIQUE (team_id, email));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text(), teamId: integer().notNull() }, (t) => [\n unique('members').on(t.teamId, t.email).nullsNotDistinct()]);"
                ),
                (3, "team_id, email"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text, UNIQUE NULLS NOT DISTINCT (email));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(),\n email: text().unique() });"
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
            // No table of Drizzle states its key: the migrations have them.
            Case::passing(
                "CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);",
                concat!(
                    drizzle!(),
                    "export const plans = pgTable('plans', { id: integer().notNull(), name: text().notNull() });"
                ),
            ),
            // Which columns are the key is not known.
            Case::passing(
                "CREATE TABLE teams (id integer PRIMARY KEY); CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL);",
                concat!(
                    drizzle!(),
                    "import { key } from 'far';\nexport const teams = pgTable('teams', { id: integer().primaryKey() });\nexport const plans = pgTable('plans', { id: integer().notNull(), name: text().notNull() }, (t) => [key(t)]);"
                ),
            ),
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, team_id integer NOT NULL, UNIQUE (email, team_id));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().notNull(), teamId: integer().notNull() }, (t) => [index('a').on(t.email), unique('b').on(t.teamId, t.email), uniqueIndex('c').on(sql`lower(${t.email})`), uniqueIndex('d').on(t.teamId).where(sql`true`), check('e', sql`true`)]);"
                ),
            ),
            // Nulls are the same on both sides, there are none, or Drizzle cannot say it.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, email text, code text, label text NOT NULL, note text, UNIQUE NULLS NOT DISTINCT (email), UNIQUE NULLS NOT DISTINCT (code), UNIQUE NULLS NOT DISTINCT (label), UNIQUE NULLS NOT DISTINCT (note));",
                concat!(
                    drizzle!(),
                    "export const users = pgTable('users', { id: integer().primaryKey(), email: text().unique('a', { nulls: 'not distinct' }), code: text(), label: text().notNull().unique(), note: text() }, (t) => [unique('b').on(t.code).nullsNotDistinct(), uniqueIndex('notes').on(t.note)]);"
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
