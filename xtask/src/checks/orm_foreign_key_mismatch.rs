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
use super::entities::EntityKind;
use super::matching::{Description, Role, TableMatches};
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
    for (described, description) in model.types() {
        let table = model.input.schema.tables.get(described.entity.name);
        let keys = description.declaration.keys.as_deref();
        let stated = keys.and_then(|keys| keys.foreign.as_deref());
        if let (Some(table), Some(stated), EntityKind::Table) =
            (table, stated, described.entity.kind)
        {
            let comparison = ForeignKeyComparison {
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

struct ForeignKeyComparison<'c, 'a> {
    model: &'c Model<'a>,
    described: &'c TableMatches<'a>,
    description: &'c Description<'a>,
    table: &'c Table,
}

impl ForeignKeyComparison<'_, '_> {
    fn judge(&self, stated: &[ForeignKey], findings: &mut Vec<Finding>) {
        let actual = database_keys::foreign_keys(self.table);
        for key in stated {
            // That a table or a column is missing is said of it.
            if !self.can_be(key) {
                continue;
            }
            let of_columns = || actual.iter().filter(|other| is_same_place(key, other));
            match of_columns().find(|other| is_named(&other.table, &key.table)) {
                Some(found) => findings.extend(self.other_actions(key, found)),
                None => findings.push(self.missing(key, of_columns().next())),
            }
        }
        for key in &actual {
            let is_stated = stated.iter().any(|stated| is_same_place(stated, key));
            if !is_stated && self.is_described(&key.table) && self.has_fields(key.columns) {
                findings.push(self.not_stated(key));
            }
        }
    }

    fn can_be(&self, key: &ForeignKey) -> bool {
        let tables = &self.model.input.schema.tables;
        let has = |table: &Table, columns: &[String]| {
            columns.iter().all(|column| table.column(column).is_some())
        };
        let mut named = tables.iter().filter(|(name, _)| is_named(name, &key.table));
        has(self.table, &key.columns) && named.any(|(_, table)| has(table, &key.referenced))
    }

    /// Whether a table of an ORM describes this one too.
    fn is_described(&self, table: &ObjectName) -> bool {
        let mut described = self.model.described.iter();
        described
            .any(|other| other.entity.name == table && other.of_role(Role::Orm).next().is_some())
    }

    fn has_fields(&self, columns: &[String]) -> bool {
        let pairs = &self.description.pairing.pairs;
        columns
            .iter()
            .all(|column| pairs.iter().any(|pair| pair.column.name == *column))
    }

    fn missing(&self, key: &ForeignKey, other: Option<&DatabaseForeignKey<'_>>) -> Finding {
        let actual = match other {
            Some(other) => format!("`{}` leads to `{}`", other.name, other.table),
            None => "there is no such foreign key in the database".to_owned(),
        };
        let message = format!(
            "Foreign key mismatch for {}: leads to `{}` in {}, and {actual}",
            wording::quoted(&key.columns),
            key.table,
            self.named()
        );
        self.finding(&key.columns, message)
            .at(&key.location, format!("leads to `{}` here", key.table))
            .at_first_of(self, &key.columns)
            .as_warning()
    }

    fn not_stated(&self, key: &DatabaseForeignKey<'_>) -> Finding {
        let message = format!(
            "Foreign key mismatch for {}: `{}` leads to `{}` in the database, and {} has no such relation",
            wording::quoted(key.columns),
            key.name,
            key.table,
            self.named()
        );
        let pairs = &self.description.pairing.pairs;
        let of_key = pairs.iter().find(|pair| pair.column.name == key.columns[0]);
        let declared = &self.description.declaration.location;
        let place = of_key.map_or(declared, |pair| &pair.field.location);
        self.finding(key.columns, message)
            .at(place, "no relation by this")
            .at_first_of(self, key.columns)
            .as_warning()
    }

    fn other_actions(&self, key: &ForeignKey, found: &DatabaseForeignKey<'_>) -> Option<Finding> {
        let on_delete = differ(key.on_delete, found.on_delete);
        // The keys of rows hardly ever change.
        let on_update = key.on_update.written && differ(key.on_update, found.on_update);
        let (event, stated, actual) = if on_delete {
            ("DELETE", key.on_delete, found.on_delete)
        } else if on_update {
            ("UPDATE", key.on_update, found.on_update)
        } else {
            return None;
        };
        let by_default = if stated.written { "" } else { " by default" };
        let message = format!(
            "Foreign key mismatch for {}: ON {event} {}{by_default} in {}, {actual} in the database",
            wording::quoted(&key.columns),
            stated.action,
            self.named()
        );
        let finding = self
            .finding(&key.columns, message)
            .at(&key.location, format!("{}{by_default} here", stated.action))
            .at_first_of(self, &key.columns);
        Some(if on_delete && stated.written {
            finding
        } else {
            finding.as_warning()
        })
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
    fn at_first_of(self, comparison: &ForeignKeyComparison<'_, '_>, columns: &[String]) -> Self {
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

    macro_rules! model {
        ($relation:literal) => {
            concat!(
                "model users {\n  id Int @id\n  posts posts[]\n}\nmodel posts {\n  id Int @id\n  user_id Int\n",
                $relation,
                "\n}"
            )
        };
    }

    pub const CASES: Cases = Cases {
        failing: &[
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
        ],
        passing: &[
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
