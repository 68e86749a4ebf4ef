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
//! expression, is no key that an ORM states. A key that only the database has is a warning.

use super::database_keys::{self, UniqueKey};
use super::entities::EntityKind;
use super::matching::{Description, TableMatches};
use super::{Check, Model, wording};
use crate::facts::{StatedKey, TableKeys};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::Table;

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
    for (described, description) in model.types() {
        let table = model.input.schema.tables.get(described.entity.name);
        let stated = description.declaration.keys.as_deref();
        if let (Some(table), Some(stated), EntityKind::Table) =
            (table, stated, described.entity.kind)
        {
            let comparison = KeyComparison {
                model,
                described,
                description,
                table,
            };
            comparison.judge(stated, &mut findings);
        }
    }
    findings
}

struct KeyComparison<'c, 'a> {
    model: &'c Model<'a>,
    described: &'c TableMatches<'a>,
    description: &'c Description<'a>,
    table: &'c Table,
}

impl KeyComparison<'_, '_> {
    fn judge(&self, stated: &TableKeys, findings: &mut Vec<Finding>) {
        let actual = database_keys::unique_keys(self.table);
        let primary = database_keys::primary_key(self.table);
        let is_unique = |columns: &[String]| {
            primary.is_some_and(|key| is_same(key, columns))
                || actual.iter().any(|key| is_same(&key.columns, columns))
        };
        if let Some(key) = &stated.primary
            && self.has_columns(&key.columns)
            // Where a table has no primary key, Prisma takes a unique one for it.
            && !primary.map_or_else(|| is_unique(&key.columns), |found| is_same(found, &key.columns))
        {
            findings.push(self.other_primary_key(key, primary));
        }
        let Some(uniques) = &stated.uniques else {
            return;
        };
        for key in uniques {
            if self.has_columns(&key.columns) && !is_unique(&key.columns) {
                findings.push(self.not_unique(key));
            }
        }
        let is_stated = |columns: &[String]| {
            let of_uniques = uniques.iter().map(|key| &key.columns);
            let mut all = of_uniques.chain(stated.primary.iter().map(|key| &key.columns));
            all.any(|stated| is_same(stated, columns))
        };
        for key in &actual {
            if !is_stated(&key.columns) && self.has_fields(&key.columns) {
                findings.push(self.not_stated(key));
            }
        }
    }

    /// Whether the table has all columns of a key. That one is missing is said of the field.
    fn has_columns(&self, columns: &[String]) -> bool {
        columns
            .iter()
            .all(|column| self.table.column(column).is_some())
    }

    /// Whether the declaration has a field for each.
    fn has_fields(&self, columns: &[String]) -> bool {
        let pairs = &self.description.pairing.pairs;
        columns
            .iter()
            .all(|column| pairs.iter().any(|pair| pair.column.name == *column))
    }

    fn other_primary_key(&self, key: &StatedKey, actual: Option<&[String]>) -> Finding {
        let stated = wording::quoted(&key.columns);
        let actual = match actual {
            Some(columns) => format!("is {} in the database", wording::quoted(columns)),
            None => "does not exist in the database".to_owned(),
        };
        let message = format!(
            "The primary key of {} is {stated}, and {actual}",
            self.named()
        );
        self.finding(&key.columns, message)
            .at(&key.location, format!("{stated} here"))
            .at_some(
                self.model
                    .input
                    .provenance
                    .table(self.described.entity.name),
                format!("`{}` was last changed here", self.described.entity.title()),
            )
    }

    fn not_unique(&self, key: &StatedKey) -> Finding {
        let columns = wording::quoted(&key.columns);
        let message = format!(
            "Key mismatch for {columns}: unique in {}, not in the database",
            self.named()
        );
        self.finding(&key.columns, message)
            .at(&key.location, "unique here")
            .at_columns(self, &key.columns)
    }

    fn not_stated(&self, key: &UniqueKey<'_>) -> Finding {
        let columns = wording::quoted(&key.columns);
        let message = format!(
            "Key mismatch for {columns}: unique in the database by `{}`, not in {}",
            key.name,
            self.named()
        );
        let pairs = &self.description.pairing.pairs;
        let of_key = pairs.iter().find(|pair| pair.column.name == key.columns[0]);
        let declared = &self.description.declaration.location;
        let place = of_key.map_or(declared, |pair| &pair.field.location);
        self.finding(&key.columns, message)
            .at(place, "not unique here")
            .at_columns(self, &key.columns)
            .as_warning()
    }

    fn named(&self) -> String {
        let name = &self.description.declaration.name;
        format!("{} `{name}`", self.description.noun())
    }

    fn finding(&self, columns: &[String], message: String) -> Finding {
        CHECK
            .finding(&self.described.entity.title(), message)
            .about(self.description, &columns.join(", "))
    }
}

impl Finding {
    /// Adds the migration line that last touched the first of the columns.
    fn at_columns(self, comparison: &KeyComparison<'_, '_>, columns: &[String]) -> Self {
        let column = columns
            .first()
            .and_then(|name| comparison.table.column(name));
        match column {
            Some(column) => self.at_column(
                comparison.described.entity.name,
                column,
                comparison.model.input.provenance,
            ),
            None => self,
        }
    }
}

fn is_same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

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
        ],
        passing: &[
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
