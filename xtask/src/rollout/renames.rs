//! The names that new migrations give to tables and columns that were there before. Two schemas
//! alone do not tell a column that is renamed from one that is dropped beside another that is added,
//! nor two that swap their names.

use std::collections::BTreeMap;

use crate::migrations::Migration;
use crate::migrations::provenance::SearchPath;
use crate::migrations::statements::{self, Effect, Reference, TableAction, TypeAction};
use crate::schema::model::{ObjectName, Schema};

/// The former names of tables and columns.
#[derive(Debug, Clone, Default)]
pub struct Renames {
    /// The former name of each table that got another one; none for one that is new.
    tables: BTreeMap<ObjectName, Option<ObjectName>>,
    /// The same of columns, by the table's name and theirs after the migrations.
    columns: BTreeMap<(ObjectName, String), Option<String>>,
    /// Labels of enums: the type's name, the former label, and the label.
    labels: Vec<(ObjectName, String, String)>,
}

impl Renames {
    /// Follows the statements of `migrations`, which are new since the schema `before`. Blocks of
    /// code are not followed.
    #[must_use]
    pub fn read(migrations: &[&Migration], before: &Schema) -> Self {
        let mut renames = Self::default();
        for migration in migrations {
            for statement in statements::read(&migration.sql, &SearchPath::default()) {
                for placed in &statement.effects {
                    renames.follow(&placed.effect, &statement.path, before);
                }
            }
        }
        renames
    }

    /// The former name of the table that is called `now`, where it is another one.
    #[must_use]
    pub fn other_table(&self, now: &ObjectName) -> Option<&ObjectName> {
        self.tables
            .get(now)?
            .as_ref()
            .filter(|former| *former != now)
    }

    /// The former name of the column that is called `now`, where it is another one.
    #[must_use]
    pub fn other_column(&self, table: &ObjectName, now: &str) -> Option<&str> {
        let former = self.columns.get(&(table.clone(), now.to_owned()))?;
        former.as_deref().filter(|former| *former != now)
    }

    /// The name that the former table `table` has now, where it is another one.
    #[must_use]
    pub fn table_now(&self, table: &ObjectName) -> Option<&ObjectName> {
        let mut renamed = self.tables.iter();
        let (now, _) =
            renamed.find(|(now, former)| former.as_ref() == Some(table) && *now != table)?;
        Some(now)
    }

    /// The name that the former column `column` has in the table that is called `table` now.
    #[must_use]
    pub fn column_now(&self, table: &ObjectName, column: &str) -> Option<&str> {
        let mut renamed = self.columns.iter();
        let ((_, now), _) =
            renamed.find(|((of, _), former)| of == table && former.as_deref() == Some(column))?;
        Some(now)
    }

    /// The name of a table in the other schema, whichever of the two is the older one, where it has
    /// another one there.
    #[must_use]
    pub fn other_name(&self, table: &ObjectName) -> Option<&ObjectName> {
        self.table_now(table).or_else(|| self.other_table(table))
    }

    /// The same of a column of a table, of which both names are given.
    #[must_use]
    pub fn other_column_name(
        &self,
        (table, other): (&ObjectName, &ObjectName),
        column: &str,
    ) -> Option<&str> {
        let now = self.column_now(other, column);
        now.or_else(|| self.other_column(table, column))
    }

    /// The labels of the enum `name` that got another text, each with that text.
    pub fn labels<'r>(
        &'r self,
        name: &'r ObjectName,
    ) -> impl Iterator<Item = (&'r str, &'r str)> + 'r {
        let of_type = self.labels.iter().filter(move |(of, _, _)| of == name);
        of_type.map(|(_, from, to)| (from.as_str(), to.as_str()))
    }

    fn follow(&mut self, effect: &Effect, path: &SearchPath, before: &Schema) {
        match effect {
            Effect::CreateTable(created) => {
                if let Some(name) = created.name.object(path, |_| false) {
                    self.tables.entry(name).or_insert(None);
                }
            }
            Effect::AlterTable { table, action, .. } => {
                if let Some(table) = self.existing(table, path, before) {
                    self.alter(&table, action);
                }
            }
            Effect::DropTables { tables, .. } => {
                for table in tables {
                    if let Some(table) = self.existing(table, path, before) {
                        self.columns.retain(|(of, _), _| *of != table);
                        self.tables.insert(table, None);
                    }
                }
            }
            Effect::AlterType {
                name,
                action: TypeAction::RenameValue { from, to },
            } => {
                let name = name.object(path, |name| before.enums.contains_key(name));
                self.labels
                    .extend(name.map(|name| (name, from.clone(), to.clone())));
            }
            _of_no_names => {}
        }
    }

    /// The table of that name: where the search path finds none, the only one that is called so.
    fn existing(
        &self,
        reference: &Reference,
        path: &SearchPath,
        before: &Schema,
    ) -> Option<ObjectName> {
        let is_known =
            |name: &ObjectName| before.tables.contains_key(name) || self.tables.contains_key(name);
        let found = reference.object(path, is_known)?;
        if is_known(&found) || reference.is_qualified() {
            return Some(found);
        }
        let mut named = before.tables.keys().filter(|name| name.name == found.name);
        let only = named.next().filter(|_| named.next().is_none());
        Some(only.cloned().unwrap_or(found))
    }

    fn alter(&mut self, table: &ObjectName, action: &TableAction) {
        let column = |name: &str| (table.clone(), name.to_owned());
        match action {
            TableAction::AddColumn(added) => {
                self.columns.insert(column(&added.name), None);
            }
            TableAction::DropColumn { column: name, .. } => {
                self.columns.insert(column(name), None);
            }
            TableAction::RenameColumn { from, to } => {
                let former = self.columns.insert(column(from), None);
                let former = former.unwrap_or_else(|| Some(from.clone()));
                self.columns.insert(column(to), former);
            }
            TableAction::RenameTo(name) => self.rename(
                table,
                ObjectName {
                    namespace: table.namespace.clone(),
                    name: name.clone(),
                },
            ),
            TableAction::SetSchema(namespace) => self.rename(
                table,
                ObjectName {
                    namespace: namespace.clone(),
                    name: table.name.clone(),
                },
            ),
            _of_no_names => {}
        }
    }

    fn rename(&mut self, from: &ObjectName, to: ObjectName) {
        let former = self.tables.insert(from.clone(), None);
        let former = former.unwrap_or_else(|| Some(from.clone()));
        let of_table = self.columns.extract_if(.., |(of, _), _| of == from);
        let columns: Vec<_> = of_table.map(|((_, name), former)| (name, former)).collect();
        for (name, former) in columns {
            self.columns.insert((to.clone(), name), former);
        }
        self.tables.insert(to, former);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Table;

    fn renames(sql: &str) -> Renames {
        let mut before = Schema::default();
        for name in ["a", "b"] {
            let name = ObjectName::public(name);
            before.tables.insert(name, Table::default());
        }
        Renames::read(&[&Migration::sample(1, "x", sql, "")], &before)
    }

    #[test]
    fn names_that_are_swapped_are_told_from_names_that_are_given_again() {
        let (a, b) = (ObjectName::public("a"), ObjectName::public("b"));
        let swapped = renames(
            "alter table a rename to t; alter table b rename to a; alter table t rename to b",
        );
        assert_eq!(swapped.other_table(&a), Some(&b));
        assert_eq!(swapped.other_table(&b), Some(&a));
        let swapped = renames(
            "alter table a rename x to t; alter table a rename y to x; alter table a rename t to y",
        );
        assert_eq!(swapped.other_column(&a, "x"), Some("y"));
        assert_eq!(swapped.other_column(&a, "y"), Some("x"));
        assert_eq!(swapped.other_column(&b, "y"), None);
        // The usual way to change a type: the column of the old name is new.
        let replaced =
            renames("alter table a add x2 int; alter table a drop x; alter table a rename x2 to x");
        assert_eq!(replaced.other_column(&a, "x"), None);
        let back = renames("alter table a rename x to y; alter table a rename y to x");
        assert_eq!(back.other_column(&a, "x"), None);
    }

    #[test]
    fn a_table_is_followed_with_its_columns() {
        let moved = renames(
            "alter table a rename x to y; alter table a rename to c; alter table c set schema app",
        );
        let now = ObjectName {
            namespace: "app".into(),
            name: "c".into(),
        };
        assert_eq!(moved.table_now(&ObjectName::public("a")), Some(&now));
        assert_eq!(moved.column_now(&now, "x"), Some("y"));
        assert_eq!(moved.table_now(&ObjectName::public("b")), None);
    }
}
