//! A relation of an ORM's table and the foreign keys of the database disagree: only one side has it,
//! it leads elsewhere, or deleting has another effect.
//!
//! ## Why
//! Without the foreign key, rows are left behind that lead nowhere, and what the ORM's types call
//! present is null. A foreign key with another action deletes rows that the code means to keep, or
//! refuses what the code means to delete.
//!
//! ## Example
//! ```sql
//! CREATE TABLE posts (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE);
//! ```
//! ```prisma
//! model posts {
//!   id      Int   @id
//!   user_id Int
//!   user    users @relation(fields: [user_id], references: [id], onDelete: Restrict)
//! }
//! ```
//! `RESTRICT` and `NO ACTION` refuse alike. An action that the schema leaves to the ORM's default is
//! judged only where the database deletes or changes rows that it would not. Only another action on
//! delete that the schema writes out is an error: teams drop foreign keys of large tables on purpose.
//! A foreign key that only the database has counts where a model describes the other table.

use super::database_keys::{self, DatabaseForeignKey};
use super::matching::Role;
use super::orm_tables::TableComparison;
use super::{Check, Model, wording};
use crate::facts::{ForeignKey, ReferentialAction, StatedAction};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::{ObjectName, Table};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_FOREIGN_KEY_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: false,
    source: include_str!("orm_foreign_key_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (comparison, stated) in TableComparison::of_keys(model) {
        if let Some(stated) = &stated.foreign {
            judge(&comparison, stated, &mut findings);
        }
    }
    findings
}

fn judge(compared: &TableComparison<'_, '_>, stated: &[ForeignKey], findings: &mut Vec<Finding>) {
    let actual = database_keys::foreign_keys(compared.table);
    for key in stated {
        // That a table or a column is missing is said of it.
        if !key.constrained || !can_be(compared, key) {
            continue;
        }
        let of_columns = || actual.iter().filter(|other| is_same_place(key, other));
        match of_columns().find(|other| is_named(&other.table, &key.table)) {
            Some(found) => findings.extend(other_actions(compared, key, found)),
            None => findings.push(missing(compared, key, of_columns().next())),
        }
    }
    for key in &actual {
        let is_stated = stated.iter().any(|stated| is_same_place(stated, key));
        if !is_stated && is_described(compared, &key.table) && compared.has_fields(key.columns) {
            findings.push(not_stated(compared, key));
        }
    }
}

fn can_be(compared: &TableComparison<'_, '_>, key: &ForeignKey) -> bool {
    let tables = &compared.model.input.schema.tables;
    let has = |table: &Table, columns: &[String]| {
        columns.iter().all(|column| table.column(column).is_some())
    };
    let mut named = tables.iter().filter(|(name, _)| is_named(name, &key.table));
    has(compared.table, &key.columns) && named.any(|(_, table)| has(table, &key.referenced))
}

/// Whether a table of an ORM describes this one too.
fn is_described(compared: &TableComparison<'_, '_>, table: &ObjectName) -> bool {
    let mut described = compared.model.described.iter();
    described.any(|other| other.entity.name == table && other.of_role(Role::Orm).next().is_some())
}

fn missing(
    compared: &TableComparison<'_, '_>,
    key: &ForeignKey,
    other: Option<&DatabaseForeignKey<'_>>,
) -> Finding {
    let actual = match other {
        Some(other) => format!("`{}` leads to `{}`", other.name, other.table),
        None => "there is no such foreign key in the database".to_owned(),
    };
    let message = format!(
        "Foreign key mismatch for {}: leads to `{}` in {}, and {actual}",
        wording::quoted(&key.columns),
        key.table,
        compared.named()
    );
    compared
        .finding(&CHECK, &key.columns, message)
        .at(&key.location, format!("leads to `{}` here", key.table))
        .at_first_of(compared, &key.columns)
        .as_warning()
}

fn not_stated(compared: &TableComparison<'_, '_>, key: &DatabaseForeignKey<'_>) -> Finding {
    let message = format!(
        "Foreign key mismatch for {}: `{}` leads to `{}` in the database, and {} has no such relation",
        wording::quoted(key.columns),
        key.name,
        key.table,
        compared.named()
    );
    let pairs = &compared.description.pairing.pairs;
    let of_key = pairs.iter().find(|pair| pair.column.name == key.columns[0]);
    let declared = &compared.description.declaration.location;
    let place = of_key.map_or(declared, |pair| &pair.field.location);
    compared
        .finding(&CHECK, key.columns, message)
        .at(place, "no relation by this")
        .at_first_of(compared, key.columns)
        .as_warning()
}

fn other_actions(
    compared: &TableComparison<'_, '_>,
    key: &ForeignKey,
    found: &DatabaseForeignKey<'_>,
) -> Option<Finding> {
    let on_delete = key
        .on_delete
        .filter(|stated| differ(*stated, found.on_delete));
    // The keys of rows hardly ever change.
    let on_update = key
        .on_update
        .filter(|stated| stated.written && differ(*stated, found.on_update));
    let (event, stated, actual) = match (on_delete, on_update) {
        (Some(stated), _) => ("DELETE", stated, found.on_delete),
        (None, Some(stated)) => ("UPDATE", stated, found.on_update),
        (None, None) => return None,
    };
    let by_default = if stated.written { "" } else { " by default" };
    let message = format!(
        "Foreign key mismatch for {}: ON {event} {}{by_default} in {}, {actual} in the database",
        wording::quoted(&key.columns),
        stated.action,
        compared.named()
    );
    let finding = compared
        .finding(&CHECK, &key.columns, message)
        .at(&key.location, format!("{}{by_default} here", stated.action))
        .at_first_of(compared, &key.columns);
    Some(if on_delete.is_some() && stated.written {
        finding
    } else {
        finding.as_warning()
    })
}

/// Whether both are of the same columns, and lead to the same ones.
fn is_same_place(stated: &ForeignKey, actual: &DatabaseForeignKey<'_>) -> bool {
    let leads = |column: &String, referenced: &String| {
        let mut pairs = actual.columns.iter().zip(&actual.referenced);
        pairs.any(|(one, other)| one == column && other == referenced)
    };
    stated.columns.len() == actual.columns.len()
        && stated
            .columns
            .iter()
            .zip(&stated.referenced)
            .all(|(column, referenced)| leads(column, referenced))
}

fn is_named(name: &ObjectName, written: &str) -> bool {
    match written.split_once('.') {
        Some((namespace, table)) => name.namespace == namespace && name.name == table,
        None => name.name == written,
    }
}

/// Whether the database does another thing. Where the schema leaves the action to the ORM, only what
/// changes rows is told.
fn differ(stated: StatedAction, actual: ReferentialAction) -> bool {
    let refuses = |action| {
        matches!(
            action,
            ReferentialAction::NoAction | ReferentialAction::Restrict
        )
    };
    let is_same = stated.action == actual || (refuses(stated.action) && refuses(actual));
    !is_same && (stated.written || !refuses(actual))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY);";

    macro_rules! posts {
        ($reference:literal) => {
            concat!(
                "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE posts (id integer PRIMARY KEY, user_id integer NOT NULL",
                $reference,
                ");"
            )
        };
    }

    /// The tables of Drizzle, of which `users` comes last.
    macro_rules! drizzle {
        ($tables:literal) => {
            concat!(
                "import { foreignKey, integer, pgTable, type AnyPgColumn } from 'drizzle-orm/pg-core';\n",
                $tables,
                "\nexport const users = pgTable('users', { id: integer('id').primaryKey() });"
            )
        };
    }

    macro_rules! model {
        ($relation:literal) => {
            concat!(
                "model users {\n  id Int @id\n  posts posts[]\n}\nmodel posts {\n  id Int @id\n  user_id Int\n",
                $relation,
                "\n}"
            )
        };
    }

    /// The first line of a file with entities.
    macro_rules! TYPEORM {
        () => {
            "import { Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';\n"
        };
    }

    pub const CASES: Cases = Cases {
        failing: &[
            // Tables may refer to others that are declared later.
            Case::failing(
                posts!(""),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer('id').primaryKey(),\n userId: integer('user_id').notNull().references((): AnyPgColumn => users.id) });"
                ),
                (3, "user_id"),
            ),
            Case::failing(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer('id').primaryKey(),\n userId: integer('user_id').notNull().references(() => users.id, { onDelete: 'restrict' }) });"
                ),
                (3, "user_id"),
            ),
            Case::failing(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer('id').primaryKey(), userId: integer('user_id').notNull() }, (table) => [\n foreignKey({ columns: [table.userId], foreignColumns: [users.id], name: 'k' })]);"
                ),
                (3, "user_id"),
            ),
            Case::failing(
                concat!(
                    posts!(" REFERENCES users(id)"),
                    " CREATE TABLE notes (id integer PRIMARY KEY, post_id integer NOT NULL REFERENCES posts(id));"
                ),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer('id').primaryKey(),\n userId: integer('user_id').notNull() });\nexport const notes = pgTable('notes', { id: integer('id').primaryKey(), postId: integer('post_id').notNull().references(() => posts.id) });"
                ),
                (3, "user_id"),
            ),
            Case::prisma(
                posts!(""),
                model!("  user users @relation(fields: [user_id], references: [id])"),
                (8, "user_id"),
            ),
            Case::prisma(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                model!(
                    "  user users @relation(fields: [user_id], references: [id], onDelete: Restrict)"
                ),
                (8, "user_id"),
            ),
            Case::prisma(
                posts!(" REFERENCES users(id)"),
                model!(
                    "  user users @relation(fields: [user_id], references: [id], onDelete: Cascade)"
                ),
                (8, "user_id"),
            ),
            // By default nothing is deleted.
            Case::prisma(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                model!("  user users @relation(fields: [user_id], references: [id])"),
                (8, "user_id"),
            ),
            Case::prisma(
                posts!(" REFERENCES users(id)"),
                "model users {\n  id Int @id\n}\nmodel posts {\n  id Int @id\n  user_id Int\n}",
                (6, "user_id"),
            ),
            Case::failing(
                "CREATE TABLE users (id integer PRIMARY KEY, boss_id integer REFERENCES users(id) ON DELETE CASCADE);",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') export class User { @PrimaryColumn() id: number;\n@ManyToOne(() => User, { nullable: true, onDelete: 'SET NULL' }) @JoinColumn({ name: 'boss_id' }) boss?: User }"
                ),
                (3, "boss_id"),
            ),
        ],
        passing: &[
            Case::passing(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer().primaryKey(), userId: integer().notNull() }, (table) => ({ user: foreignKey({ columns: [table.userId], foreignColumns: [users.id] }).onDelete('cascade') }));"
                ),
            ),
            // Where no table of Drizzle states a foreign key, the migrations have them alone.
            Case::passing(
                posts!(" REFERENCES users(id)"),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer().primaryKey(), userId: integer().notNull() });"
                ),
            ),
            // The other table is not read.
            Case::passing(
                concat!(
                    posts!(" REFERENCES users(id)"),
                    " CREATE TABLE notes (id integer PRIMARY KEY, post_id integer NOT NULL REFERENCES posts(id));"
                ),
                drizzle!(
                    "export const posts = pgTable('posts', { id: integer().primaryKey(), userId: integer().notNull().references(() => other.id) });\nexport const notes = pgTable('notes', { id: integer('id').primaryKey(), postId: integer('post_id').notNull().references(() => posts.id) });"
                ),
            ),
            // The database decides about an action that nobody writes, and about a key that TypeORM keeps to
            // itself.
            Case::passing(
                "CREATE TABLE users (id integer PRIMARY KEY, boss_id integer REFERENCES users(id) ON DELETE CASCADE, peer_id integer);",
                concat!(
                    TYPEORM!(),
                    "@Entity('users') export class User { @PrimaryColumn() id: number;\n@ManyToOne(() => User, { nullable: true }) @JoinColumn({ name: 'boss_id' }) boss?: User;\n@ManyToOne(() => User, { nullable: true, createForeignKeyConstraints: false }) @JoinColumn({ name: 'peer_id' }) peer?: User }"
                ),
            ),
            Case::prisma_passing(
                posts!(" REFERENCES users(id)"),
                model!("  user users @relation(fields: [user_id], references: [id])"),
            ),
            Case::prisma_passing(
                posts!(" REFERENCES users(id) ON DELETE CASCADE"),
                model!(
                    "  user users @relation(fields: [user_id], references: [id], onDelete: Cascade)"
                ),
            ),
            // Prisma itself looks after the relation.
            Case::prisma_passing(
                posts!(""),
                concat!(
                    "datasource db {\n provider = \"postgresql\"\n relationMode = \"prisma\"\n}\n",
                    model!("  user users @relation(fields: [user_id], references: [id])")
                ),
            ),
            Case::prisma_passing(USERS, "model users {\n  id Int @id\n}"),
        ],
    };
}
