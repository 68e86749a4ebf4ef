//! A column of an ORM's table has another SQL type than the column of the database.
//!
//! ## Why
//! The ORM writes and reads by its own description: a number too large for `integer`, a time
//! shifted by a time zone, a text too long for its column. TypeScript shows none of it: `integer`
//! and `bigint` both are `number`.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bills (id integer NOT NULL, filed_at timestamp with time zone NOT NULL);
//! ```
//! ```ts
//! export const bills = pgTable('bills', {
//!   id: integer('id').notNull(),
//!   filedAt: timestamp('filed_at').notNull(),
//! });
//! ```
//! Another length or precision, `text` for `varchar` and `json` for `jsonb` are warnings. Custom
//! types are not judged, nor are types that nobody wrote: TypeORM takes them from the type of the
//! property. Text with a `CHECK` on its values may stand in the place of an enum. Where more than
//! three columns of one ORM differ in the same harmless way, that is one finding.

use super::accepted_kinds;
use super::entities::ColumnFacts;
use super::{Check, Compared, Model, edits, one_cause, wording};
use crate::facts::{SqlScalar, SqlType};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::ObjectName;
use crate::schema::types::{ColumnType, Scalar};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_TYPE_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("orm_type_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let judge = |compared: Compared<'_, '_>| {
        let Compared { facts, pair, .. } = compared;
        let sql = pair.field.sql.as_ref().filter(|_| compared.is_of_table())?;
        let stated = &sql.ty;
        if sql.apart.inferred_type && !states_length_of(stated, &facts.ty) {
            return None;
        }
        // What TypeScript shows too is said there already.
        let shown = !accepted_kinds::accepts(
            &facts.ty,
            &pair.field.kind,
            compared.layer(),
            model.input.config,
        );
        if holds_values_of(stated, facts) {
            return None;
        }
        let told = shown || are_values_told(stated, facts);
        let difference = difference(stated, &facts.ty).filter(|_| !told)?;
        let finding = finding(model, compared, stated);
        let is_harmless = match difference {
            TypeDifference::Type => false,
            TypeDifference::Name => !compared.description.declaration.origin.queries_name_types,
            TypeDifference::Harmless => true,
        };
        let origin = compared.description.declaration.origin;
        Some(match (is_harmless, difference) {
            (false, _) => (None, finding),
            (true, TypeDifference::Name) => (
                Some((origin.id, "other names of enums".to_owned())),
                finding.as_warning(),
            ),
            (true, _) => {
                let found = wording::bare_column_type(facts.column);
                let stated = wording::sql_type(&stated.to_string());
                let cause = format!("{stated} in the source, {found} in the database");
                (Some((origin.id, cause)), finding.as_warning())
            }
        })
    };
    let headline =
        |count: usize, cause: &str| format!("SQL types of {count} columns differ: {cause}");
    one_cause::together(
        model,
        &CHECK,
        model.type_fields().filter_map(judge).collect(),
        headline,
    )
}

/// Whether the column is a text with other values than those of the stated enum, which is told of
/// the values.
fn are_values_told(stated: &SqlType, facts: &ColumnFacts<'_>) -> bool {
    match (&stated.scalar, &facts.demands.values) {
        (SqlScalar::Enum(_, labels), Some(allowed)) => {
            facts.ty.is_text()
                && (labels.len() != allowed.len()
                    || labels.iter().any(|label| !allowed.contains(label)))
        }
        _ => false,
    }
}

/// Whether an inferred type has a written length, for a column of that type.
fn states_length_of(stated: &SqlType, ty: &ColumnType) -> bool {
    match (&stated.scalar, &ty.scalar) {
        (SqlScalar::Named(name, modifiers), Scalar::Builtin(found)) => {
            name == found && !modifiers.is_empty()
        }
        _ => false,
    }
}

/// How much two types differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TypeDifference {
    /// They hold different values.
    Type,
    /// They are enums of other names.
    Name,
    /// They hold the same kind of values, of other lengths at most.
    Harmless,
}

fn difference(stated: &SqlType, ty: &ColumnType) -> Option<TypeDifference> {
    let (name, same) = match (&stated.scalar, &ty.scalar) {
        (SqlScalar::Unknown(_), _) => return None,
        (SqlScalar::Named(name, _), Scalar::Builtin(found)) => (name, name == found),
        (SqlScalar::Named(name, _), Scalar::Other(found)) => (name, *name == found.name),
        (SqlScalar::Named(name, _), Scalar::Enum(..)) => (name, false),
        (SqlScalar::Enum(None, _), Scalar::Enum(..)) => return None,
        (SqlScalar::Enum(Some(name), _), Scalar::Enum(found, _)) => {
            let same = is_named(found, name);
            if !same && stated.array == ty.array {
                return Some(TypeDifference::Name);
            }
            (name, same)
        }
        (SqlScalar::Enum(..), Scalar::Builtin(_) | Scalar::Other(_)) => {
            return Some(TypeDifference::Type);
        }
    };
    if same && stated.array == ty.array {
        return (!has_modifiers_of(stated, ty)).then_some(TypeDifference::Harmless);
    }
    let family = |name: &str| FAMILIES.iter().position(|family| family.contains(&name));
    let found = match &ty.scalar {
        Scalar::Builtin(found) => family(found),
        Scalar::Other(found) => family(&found.name),
        Scalar::Enum(..) => None,
    };
    let related = stated.array == ty.array && found.is_some() && family(name) == found;
    Some(if related {
        TypeDifference::Harmless
    } else {
        TypeDifference::Type
    })
}

/// Whether a column of text holds the values of the enum in whose place it stands, by a CHECK.
fn holds_values_of(stated: &SqlType, facts: &ColumnFacts<'_>) -> bool {
    let SqlScalar::Enum(_, values) = &stated.scalar else {
        return false;
    };
    let held = facts.demands.values.as_ref();
    facts.ty.is_text() && held.is_some_and(|held| held.iter().all(|value| values.contains(value)))
}

/// Types whose values are the same.
const FAMILIES: [&[&str]; 2] = [&["text", "character varying", "citext"], &["json", "jsonb"]];

/// Whether an enum has the written name. A connection may say in which schema of PostgreSQL a name
/// without one is.
fn is_named(found: &ObjectName, written: &str) -> bool {
    found.name == written || format!("{}.{}", found.namespace, found.name) == written
}

/// Whether the lengths, precisions and scales are the same. Those below a domain are the domain's
/// business.
fn has_modifiers_of(stated: &SqlType, ty: &ColumnType) -> bool {
    let found: Vec<u32> = ty.length.into_iter().chain(ty.scale).collect();
    match &stated.scalar {
        SqlScalar::Named(name, modifiers) => {
            let meant = |modifiers: &[u32]| meant(name, modifiers);
            !ty.domains.is_empty() || meant(modifiers) == meant(&found)
        }
        SqlScalar::Enum(..) | SqlScalar::Unknown(_) => true,
    }
}

/// The modifiers without those that mean what PostgreSQL does anyway: a time has six digits.
fn meant(name: &str, modifiers: &[u32]) -> Vec<u32> {
    let is_time = name.starts_with("time") || name.starts_with("interval");
    match modifiers {
        [6] if is_time => Vec::new(),
        given => given.to_vec(),
    }
}

fn finding(model: &Model<'_>, compared: Compared<'_, '_>, stated: &SqlType) -> Finding {
    let Compared {
        described,
        description,
        facts,
        pair,
        ..
    } = compared;
    let stated = wording::sql_type(&stated.to_string());
    let message = format!(
        "SQL type mismatch for field '{}': {stated} in {} `{}`, {} in the database",
        pair.column.name,
        description.noun(),
        description.declaration.name,
        wording::bare_column_type(facts.column)
    );
    CHECK
        .finding(&described.entity.title(), message)
        .about(description, &pair.column.name)
        .at(&pair.field.location, format!("{stated} here"))
        .at_column(described.entity.name, pair.column, model.input.provenance)
        .with_detail("databaseType", pair.column.type_name.as_str())
        .with_detail("ormType", stated)
        .with_proposal(edits::change_type(pair.field, description, facts))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TYPE role AS ENUM ('admin', 'user'); CREATE TYPE other AS ENUM ('admin', 'user'); CREATE TABLE bills (id bigint NOT NULL, \
        name varchar(50) NOT NULL, role role NOT NULL, filed_at timestamptz NOT NULL, cost numeric(12,2) NOT NULL, \
        tags text[] NOT NULL, data jsonb NOT NULL);";

    /// A table like [`TABLE`] with the line of one column replaced.
    macro_rules! table {
        ($id:literal, $name:literal, $role:literal, $filed_at:literal) => {
            concat!(
                "import { pgTable, pgEnum, bigint, integer, smallint, varchar, text, timestamp, numeric, jsonb } from 'drizzle-orm/pg-core';\n",
                "export const role = pgEnum('role', ['admin', 'user']); export const other = pgEnum('other', ['admin', 'user']);\n",
                "export const bills = pgTable('bills', {\n",
                "id: ", $id, ".notNull(),\n",
                "name: ", $name, ".notNull(),\n",
                "role: ", $role, "('role').notNull(),\n",
                "filedAt: ", $filed_at, ".notNull(),\n",
                "cost: numeric({ precision: 12, scale: 2 }).notNull(), tags: text().array().notNull(), data: jsonb().notNull() });"
            )
        };
    }

    const RIGHT: &str = table!(
        "bigint({ mode: 'number' })",
        "varchar('name', { length: 50 })",
        "role",
        "timestamp('filed_at', { withTimezone: true })"
    );

    pub const CASES: Cases = Cases {
        failing: &[
            // The length is written, whatever the type follows from.
            Case::failing(
                "CREATE TABLE shops (id varchar(10) PRIMARY KEY, name varchar(20) NOT NULL);",
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('shops') export class Shop { @PrimaryColumn({ length: 10 }) id: string;\n @Column({ length: 30 }) name: string }",
                (3, "name"),
            ),
            // A helper that makes a column, and asks an option.
            Case::failing(
                "CREATE TABLE shops (id varchar(24) PRIMARY KEY, owner varchar(20) NOT NULL);",
                "import { pgTable, varchar } from 'drizzle-orm/pg-core';\nfunction cuid(name: string): ReturnType<typeof varchar>;\nfunction cuid(name: string, options?: { default?: boolean }) { const column = varchar(name, { length: 24 }); return options?.default === false ? column : column.$defaultFn(() => make()) }\nexport const shops = pgTable('shops', { id: cuid('id').primaryKey(),\n owner: cuid('owner', { default: false }).notNull() });",
                (5, "owner"),
            ),
            Case::failing(
                TABLE,
                table!(
                    "integer()",
                    "varchar('name', { length: 50 })",
                    "role",
                    "timestamp('filed_at', { withTimezone: true })"
                ),
                (4, "id"),
            ),
            Case::failing(
                TABLE,
                table!(
                    "bigint({ mode: 'number' })",
                    "varchar('name', { length: 80 })",
                    "role",
                    "timestamp('filed_at', { withTimezone: true })"
                ),
                (5, "name"),
            ),
            Case::failing(
                TABLE,
                table!(
                    "bigint({ mode: 'number' })",
                    "text('name')",
                    "role",
                    "timestamp('filed_at', { withTimezone: true })"
                ),
                (5, "name"),
            ),
            Case::failing(
                TABLE,
                table!(
                    "bigint({ mode: 'number' })",
                    "varchar('name', { length: 50 })",
                    "other",
                    "timestamp('filed_at', { withTimezone: true })"
                ),
                (6, "role"),
            ),
            Case::failing(
                TABLE,
                table!(
                    "bigint({ mode: 'number' })",
                    "varchar('name', { length: 50 })",
                    "role",
                    "timestamp('filed_at')"
                ),
                (7, "filed_at"),
            ),
            Case::prisma(
                "CREATE TABLE bills (id bigint PRIMARY KEY, name varchar(100) NOT NULL);",
                "model bills {\n  id BigInt @id\n  name String @db.VarChar(255)\n}",
                (3, "name"),
            ),
        ],
        passing: &[
            // What only follows from the type of a property is written by nobody, and text with a
            // CHECK holds the values of an enum.
            Case::passing(
                "CREATE TABLE shops (id text PRIMARY KEY, opened timestamptz NOT NULL, floors smallint NOT NULL, state text NOT NULL, CHECK ((state = ANY (ARRAY['open'::text, 'shut'::text]))));",
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('shops') export class Shop { @PrimaryColumn() id: string; @Column() opened: Date; @Column() floors: number; @Column({ type: 'enum', enum: ['open', 'shut'] }) state: string }",
            ),
            Case::passing(TABLE, RIGHT),
            // Six digits are what a time has without saying so.
            Case::prisma_passing(
                "CREATE TABLE bills (id bigint PRIMARY KEY, filed_at timestamptz NOT NULL);",
                "model bills {\n  id BigInt @id\n  filed_at DateTime @db.Timestamptz(6)\n}",
            ),
            Case::passing(
                "CREATE DOMAIN code AS varchar(5); CREATE TABLE codes (code code NOT NULL, path ltree NOT NULL);",
                "import { pgTable, varchar, customType } from 'drizzle-orm/pg-core';\nconst ltree = customType<{ data: string }>({ dataType: () => 'ltree' });\nexport const codes = pgTable('codes', { code: varchar().notNull(), path: ltree().notNull() });",
            ),
        ],
    };
}
