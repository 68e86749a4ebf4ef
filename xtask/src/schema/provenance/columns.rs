//! The column names of each table after each migration. A declaration that agrees with an earlier
//! state, and not with the last, has not been changed since.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::ObjectName;

/// The names of the columns of one table.
pub type ColumnNames = BTreeSet<String>;

/// The names of the columns of each table, after each migration that changed them.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnHistory {
    names: BTreeMap<ObjectName, Vec<ColumnNames>>,
    /// The tables that the current migration changes.
    changed: BTreeSet<ObjectName>,
}

impl ColumnHistory {
    pub(super) fn change(&mut self, table: &ObjectName) {
        if !self.changed.contains(table) {
            self.changed.insert(table.clone());
        }
    }

    pub(super) fn forget(&mut self, table: &ObjectName) {
        self.names.remove(table);
        self.changed.remove(table);
    }

    pub(super) fn rename(&mut self, from: &ObjectName, to: &ObjectName) {
        if let Some(names) = self.names.remove(from) {
            self.names.insert(to.clone(), names);
        }
        if self.changed.remove(from) {
            self.changed.insert(to.clone());
        }
    }

    /// Ends a migration, after which `names` returns the names of a table's columns.
    pub(super) fn end_migration(&mut self, names: impl Fn(&ObjectName) -> ColumnNames) {
        for table in std::mem::take(&mut self.changed) {
            let now = names(&table);
            let known = self.names.entry(table).or_default();
            if known.last() != Some(&now) {
                known.push(now);
            }
        }
    }

    /// The oldest first; the last are those of today.
    pub(super) fn of(&self, table: &ObjectName) -> &[ColumnNames] {
        self.names.get(table).map_or(&[], Vec::as_slice)
    }
}
