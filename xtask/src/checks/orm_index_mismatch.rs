//! A table of an ORM states an index that the database does not have, or leaves out one that it has.
//!
//! ## Why
//! Without the index, the queries that it is meant for read the whole table, which nobody notices
//! until it is large. An index that only the database has is dropped by the next migration that is
//! generated.
//!
//! ## Example
//! ```sql
//! CREATE TABLE posts (id integer PRIMARY KEY, author_id integer NOT NULL);
//! ```
//! ```prisma
//! model posts {
//!   id        Int @id
//!   author_id Int
//!
//!   @@index([author_id])
//! }
//! ```
//! Judged are the indexes of Prisma's models (`@@index`), by their columns in their order and their
//! method. A key with the same columns is an index, too. Names, the direction of each column and
//! operator classes do not count. An index of the database over an expression, of some rows only or
//! with included columns is not one that a schema states, so that it is not missed there; one of
//! some rows only is enough where the schema states it of all.

use super::database_keys::{self, DatabaseIndex};
use super::orm_tables::TableComparison;
use super::{Check, Model, wording};
use crate::facts::{StatedIndex, TableKeys};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "ORM_INDEX_MISMATCH",
    category: Category::TypeAlignment,
    severity: Severity::Warning,
    critical: false,
    source: include_str!("orm_index_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

/// The method of indexes that constraints own, and of those that name none.
const DEFAULT_METHOD: &str = "btree";

fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (comparison, stated) in TableComparison::of_keys(model) {
        if let Some(indexes) = &stated.indexes {
            judge(&comparison, &stated, indexes, &mut findings);
        }
    }
    findings
}

fn judge(
    compared: &TableComparison<'_, '_>,
    stated: &TableKeys,
    indexes: &[StatedIndex],
    findings: &mut Vec<Finding>,
) {
    let actual = database_keys::indexes(compared.table);
    let uniques = database_keys::unique_keys(compared.table);
    let primary = database_keys::primary_key(compared.table);
    let is_key = |columns: &[String]| {
        primary == Some(columns) || uniques.iter().any(|key| key.columns == columns)
    };
    for index in indexes {
        let mut alike = actual.iter().filter(|one| one.columns == index.columns);
        let is_there = alike.clone().any(|one| one.method == index.method)
            || (index.method == DEFAULT_METHOD && is_key(&index.columns));
        if !is_there && compared.has_columns(&index.columns) {
            findings.push(not_there(compared, index, alike.next()));
        }
    }
    // One that differs by its method is told already.
    let is_stated = |columns: &[String]| {
        let mut keys = stated.uniques.iter().flatten().chain(&stated.primary);
        indexes.iter().any(|index| index.columns == columns)
            || keys.any(|key| key.columns == columns)
    };
    for index in actual
        .iter()
        .filter(|index| !index.unique && !index.special)
    {
        if !is_stated(&index.columns) && compared.has_fields(&index.columns) {
            findings.push(not_stated(compared, index));
        }
    }
}

fn not_there(
    compared: &TableComparison<'_, '_>,
    index: &StatedIndex,
    other: Option<&DatabaseIndex<'_>>,
) -> Finding {
    let columns = wording::quoted(&index.columns);
    let what = match other {
        Some(other) => format!(
            "{} in {}, {} in the database by `{}`",
            index.method,
            compared.named(),
            other.method,
            other.name
        ),
        None => format!("in {}, not in the database", compared.named()),
    };
    let message = format!("Index mismatch for {columns}: {what}");
    compared
        .finding(&CHECK, &index.columns, message)
        .at(&index.location, "stated here")
        .at_first_of(compared, &index.columns)
        .with_help("write the migration that makes the index, or take it out of the schema")
}

fn not_stated(compared: &TableComparison<'_, '_>, index: &DatabaseIndex<'_>) -> Finding {
    let columns = wording::quoted(&index.columns);
    let message = format!(
        "Index mismatch for {columns}: in the database by `{}`, not in {}",
        index.name,
        compared.named()
    );
    compared
        .finding(&CHECK, &index.columns, message)
        .at(compared.place_of_first(&index.columns), "no index here")
        .at_first_of(compared, &index.columns)
        .with_help("state the index in the schema, or write the migration that drops it")
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    pub const CASES: Cases = Cases {
        failing: &[
            Case::prisma(
                "CREATE TABLE posts (id integer PRIMARY KEY, author_id integer NOT NULL);",
                "model posts {\n  id Int @id\n  authorId Int @map(\"author_id\")\n  @@index([authorId])\n}",
                (4, "author_id"),
            ),
            // Its order is another one.
            Case::prisma(
                "CREATE TABLE posts (id integer PRIMARY KEY, a integer NOT NULL, b integer NOT NULL, INDEX USING btree (b, a), INDEX USING btree (a));",
                "model posts {\n  id Int @id\n  a Int\n  b Int\n  @@index([a])\n  @@index([b, a])\n  @@index([a, b])\n}",
                (7, "a, b"),
            ),
            Case::prisma(
                "CREATE TABLE posts (id integer PRIMARY KEY, tags text[] NOT NULL, INDEX USING btree (tags));",
                "model posts {\n  id Int @id\n  tags String[]\n  @@index([tags(ops: ArrayOps)], type: Gin)\n}",
                (4, "tags"),
            ),
            // The other way round.
            Case::prisma(
                "CREATE TABLE posts (id integer PRIMARY KEY, author_id integer NOT NULL, INDEX USING btree (author_id DESC));",
                "model posts {\n  id Int @id\n  author_id Int\n}",
                (3, "author_id"),
            ),
        ],
        passing: &[
            Case::prisma_passing(
                "CREATE TABLE posts (id integer PRIMARY KEY, a integer NOT NULL, b integer NOT NULL, tags text[] NOT NULL, UNIQUE (b), INDEX USING btree (a, b DESC), INDEX USING gin (tags));",
                "model posts {\n  id Int @id\n  a Int\n  b Int @unique\n  tags String[]\n  @@index([id])\n  @@index([b])\n  @@index([a, b(sort: Desc)], map: \"one\")\n  @@index(fields: [tags], type: Gin)\n}",
            ),
            // An index that a schema cannot state is not missed in it.
            Case::prisma_passing(
                "CREATE TABLE posts (id integer PRIMARY KEY, a integer NOT NULL, b text NOT NULL, INDEX USING btree (a) WHERE (a > 0), INDEX USING btree (lower(b)), INDEX USING btree (b) INCLUDE (a));",
                "model posts {\n  id Int @id\n  a Int\n  b String\n  @@index([a])\n}",
            ),
        ],
    };
}
