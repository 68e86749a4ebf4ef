//! The tables and columns of a database by their identities in the catalogs. The schema alone does
//! not tell which data is gone: a column that is dropped and added again looks the same and is
//! empty. So the identities behind the names are compared, before and after the SQL ran.

mod change;
mod composites;
mod continuing;
mod names;
mod partitions;
mod reach;
mod reading;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use change::StorageChange;
pub use names::{ObjectNames, given};

use super::distributed_tables;
use crate::migrations::sql::{identifier, quoted};
use crate::schema::model::ObjectName;
use composites::Composites;
pub(super) use reach::TenantReach;

/// The tables and columns of a database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageIdentity {
    tables: BTreeMap<u32, Stored>,
    /// Foreign tables, whose rows lie elsewhere.
    foreign: BTreeMap<u32, ObjectName>,
    /// Whether the database has the catalog of Citus.
    has_citus: bool,
    /// Tables of `tables` whose rows Citus keeps on other servers.
    distributed: BTreeSet<u32>,
    /// The types of columns that consist of other types or of labels.
    composites: Composites,
    /// The namespace of the tenant to which the session is confined.
    tenant: Option<String>,
    /// The part of the database that was read, where not all of it was.
    reach: Option<TenantReach>,
}

/// A table that was written anew.
pub(super) struct Rewritten {
    pub oid: u32,
    /// The numbers of the columns that it had before.
    pub columns: Vec<i16>,
    /// Whether its rows are in another file. Otherwise the stored bytes are what they were, and only
    /// read as another type.
    pub has_new_file: bool,
}

/// A table as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub name: ObjectName,
    /// The number of its file, which changes with `TRUNCATE` and with a change of type.
    file: u32,
    /// Whether its rows lie in partitions.
    pub partitioned: bool,
    /// Its partitioned or inherited parent.
    parent: Option<u32>,
    /// Whether it is a partition of the parent.
    is_partition: bool,
    /// By number, without generated columns: their values are not lost, but computed again.
    pub columns: BTreeMap<i16, StoredColumn>,
    /// The numbers of the primary key's columns.
    pub key: Vec<i16>,
}

/// A column as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredColumn {
    pub name: String,
    /// OID and modifier of its type.
    pub kind: (u32, i32),
    /// Whether it comes from one parent alone, and goes with that one's.
    pub inherited: bool,
}

impl StorageIdentity {
    /// Lists the changes from this state to `later`. Partitions are named as their partitioned
    /// table.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<StorageChange> {
        let later = match later.has_citus {
            true => Cow::Owned(later.clone().continuing(self)),
            false => Cow::Borrowed(later),
        };
        self.changes_except(&later, &BTreeSet::new())
    }

    /// Lists the changes to a state that is [continued](Self::continuing), as [`Self::changes`] does.
    /// Tables that are `intact` were written anew without a change of their rows.
    pub(super) fn changes_except(
        &self,
        later: &Self,
        intact: &BTreeSet<u32>,
    ) -> Vec<StorageChange> {
        let mut changes = Vec::new();
        for (oid, table) in &self.tables {
            match later.tables.get(oid) {
                Some(now) => {
                    let gone = table
                        .columns
                        .iter()
                        .filter(|(number, _)| !now.columns.contains_key(number));
                    let gone =
                        gone.filter(|(_, column)| !self.is_gone_with_whole(table, column, later));
                    changes.extend(gone.map(|(_, column)| {
                        StorageChange::DroppedColumn(table.name.clone(), column.name.clone())
                    }));
                    changes.extend(self.gone_attributes(table, now, later));
                    let is_rewritten = table.is_rewritten(now) && !intact.contains(oid);
                    if is_rewritten || self.is_read_otherwise(table, later) {
                        changes.extend(self.touched(*oid, later));
                    }
                }
                // The rows of a partitioned table are those of its parts: it alone is named. A table
                // that only inherits is one of its own, with rows that no consent to the parent covers.
                None if self.goes_with_whole(table, later) => {}
                None => changes.push(StorageChange::DroppedTable(table.name.clone())),
            }
        }
        changes.sort();
        // Each partition reports the same partitioned table.
        changes.dedup();
        changes
    }

    /// Whether there is no table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.foreign.is_empty()
    }

    /// The names of the tables.
    pub(super) fn table_names(&self) -> impl Iterator<Item = &ObjectName> {
        self.tables.values().map(|table| &table.name)
    }

    /// The tables of a namespace, without parts of others of them.
    pub(super) fn in_schema(&self, namespace: &str) -> Vec<ObjectName> {
        let is_in = |table: &Stored| table.name.namespace == namespace;
        let mut found = Vec::new();
        for table in self.tables.values().filter(|table| is_in(table)) {
            let whole = self.partitioned_parent(table);
            let whole = whole.and_then(|parent| self.tables.get(&parent));
            if !whole.is_some_and(is_in) {
                found.push(table.name.clone());
            }
        }
        found
    }

    /// Leaves out the tables that are neither among `tables` nor partitions of them.
    #[must_use]
    pub(super) fn only(mut self, tables: &BTreeSet<u32>) -> Self {
        let is_meant = |oid: &u32| tables.contains(oid) || tables.contains(&self.whole(*oid));
        let kept: BTreeSet<u32> = self.tables.keys().copied().filter(is_meant).collect();
        self.tables.retain(|oid, _| kept.contains(oid));
        self
    }

    /// The tables that are written anew in `later`, or have columns of another type.
    pub(super) fn rewritten(&self, later: &Self) -> Vec<Rewritten> {
        let mut all = Vec::new();
        for (oid, table) in &self.tables {
            let Some(now) = later.tables.get(oid).filter(|now| table.is_rewritten(now)) else {
                continue;
            };
            all.push(Rewritten {
                oid: *oid,
                columns: table.columns.keys().copied().collect(),
                has_new_file: table.file != now.file,
            });
        }
        all
    }

    /// The attributes of composite types that are gone from the values of a table's columns. Those
    /// of a partition are reported with the partitioned table alone.
    fn gone_attributes(&self, table: &Stored, now: &Stored, later: &Self) -> Vec<StorageChange> {
        let has_whole = self
            .partitioned_parent(table)
            .is_some_and(|parent| later.tables.contains_key(&parent));
        let is_same = |(number, column): &(&i16, &StoredColumn)| {
            now.columns
                .get(number)
                .is_some_and(|now| now.kind == column.kind)
                && !(has_whole && column.inherited)
        };
        let gone = |(_, column): (&i16, &StoredColumn)| {
            let all = self
                .composites
                .gone(column.kind.0, &later.composites)
                .into_iter();
            let named = |path| {
                StorageChange::DroppedAttribute(table.name.clone(), column.name.clone(), path)
            };
            all.map(named).collect::<Vec<_>>()
        };
        table
            .columns
            .iter()
            .filter(is_same)
            .flat_map(gone)
            .collect()
    }

    /// Whether stored values are read as others in `later`, although no row was written: a value of
    /// an enum has got the name of another.
    fn is_read_otherwise(&self, table: &Stored, later: &Self) -> bool {
        let mut columns = table.columns.values();
        columns.any(|column| {
            self.composites
                .are_swapped(column.kind.0, &later.composites)
        })
    }

    /// Reports that rows of the table `oid` were changed, under the name of the table in which they
    /// are counted; `None` where that is new or gone.
    pub(super) fn touched(&self, oid: u32, later: &Self) -> Option<StorageChange> {
        // Where the partitioned table is gone, a partition that was detached may be left.
        let counted = Some(self.whole(oid))
            .filter(|whole| later.tables.contains_key(whole))
            .unwrap_or(oid);
        let table = self
            .tables
            .get(&counted)
            .filter(|_| later.tables.contains_key(&counted))?;
        Some(StorageChange::TouchedTable(table.name.clone()))
    }

    /// Returns the change as it is counted: a partition as its partitioned table, a foreign table
    /// as one of rows that are not counted.
    #[must_use]
    pub fn counted_in(&self, change: &StorageChange) -> StorageChange {
        let StorageChange::TouchedTable(table) = change else {
            return change.clone();
        };
        if self.foreign.values().any(|name| name == table) {
            return StorageChange::WrittenForeignTable(table.clone());
        }
        let touched = self
            .table(table)
            .and_then(|(oid, _)| self.touched(oid, self));
        touched.unwrap_or_else(|| change.clone())
    }

    /// Whether the object of `change` exists here.
    #[must_use]
    pub fn holds(&self, change: &StorageChange) -> bool {
        match change {
            StorageChange::LargeObjects => true,
            StorageChange::WrittenForeignTable(table) => {
                self.foreign.values().any(|name| name == table)
            }
            StorageChange::DroppedTable(table) | StorageChange::TouchedTable(table) => {
                self.table(table).is_some()
            }
            StorageChange::DroppedColumn(table, column) => self.column(table, column).is_some(),
            StorageChange::DroppedAttribute(table, column, path) => {
                self.select(table, column, path).is_some()
            }
        }
    }

    fn column(&self, table: &ObjectName, name: &str) -> Option<&StoredColumn> {
        self.table(table)
            .and_then(|(_, table)| table.columns.values().find(|column| column.name == name))
    }

    /// A query for the values of an attribute of a composite type in a column; none where there is
    /// no such attribute.
    pub(super) fn select(
        &self,
        table: &ObjectName,
        column: &str,
        attributes: &[String],
    ) -> Option<String> {
        let kind = self.column(table, column)?.kind.0;
        let values = format!(
            "SELECT {} AS v FROM {}",
            identifier(column),
            self.source(table)
        );
        self.composites.select(kind, attributes, &values)
    }

    /// The part of the database that was read; none where all of it was.
    pub(super) fn reach(&self) -> Option<&TenantReach> {
        self.reach.as_ref()
    }

    /// Returns the foreign tables by their OIDs.
    pub(super) fn foreign(&self) -> &BTreeMap<u32, ObjectName> {
        &self.foreign
    }

    /// Returns the OIDs of the tables whose rows Citus keeps on other servers.
    pub(super) fn distributed(&self) -> &BTreeSet<u32> {
        &self.distributed
    }

    /// Whether the database has the catalog of Citus.
    pub(super) fn has_citus(&self) -> bool {
        self.has_citus
    }

    /// Returns the naming of the objects in it.
    #[must_use]
    pub fn names(&self) -> ObjectNames {
        let tables = self
            .tables
            .values()
            .map(|table| &table.name)
            .chain(self.foreign.values());
        let others = self.reach.iter().flat_map(|reach| &reach.other_namespaces);
        ObjectNames::new(
            tables
                .map(|name| name.namespace.as_str())
                .chain(others.map(String::as_str)),
            self.tenant.as_deref(),
        )
    }

    /// The table of this name, with its OID.
    pub(super) fn table(&self, name: &ObjectName) -> Option<(u32, &Stored)> {
        self.tables
            .iter()
            .find(|(_, table)| table.name == *name)
            .map(|(oid, table)| (*oid, table))
    }

    /// The source of the rows that are counted and told under the name `table`: its own, and those
    /// of its parts where it is partitioned.
    pub(super) fn source(&self, table: &ObjectName) -> String {
        let stored = self.table(table);
        stored.map_or_else(|| quoted(table), |(_, stored)| stored.source())
    }

    /// The tables that a statement about `table` concerns as well, unless it says `ONLY`: those that
    /// inherit from it, at whatever depth. Partitions are no tables of their own here.
    pub(super) fn heirs(&self, table: &ObjectName) -> Vec<ObjectName> {
        let mut heirs = Vec::new();
        let Some((oid, _)) = self.table(table) else {
            return heirs;
        };
        let is_heir = |table: &&Stored| table.parent == Some(oid) && !table.is_partition;
        for heir in self.tables.values().filter(is_heir) {
            heirs.push(heir.name.clone());
            heirs.extend(self.heirs(&heir.name));
        }
        heirs
    }

    /// The table with this OID.
    pub(super) fn table_of(&self, oid: u32) -> Option<&Stored> {
        self.tables.get(&oid)
    }
}

impl Stored {
    /// The names of its columns, without generated ones.
    pub(super) fn column_names(&self) -> Vec<&str> {
        self.columns
            .values()
            .map(|column| column.name.as_str())
            .collect()
    }

    /// The names of the primary key's columns.
    pub(super) fn key_names(&self) -> Vec<&str> {
        self.key
            .iter()
            .filter_map(|number| self.columns.get(number))
            .map(|column| column.name.as_str())
            .collect()
    }

    /// The source of the table's own rows. Tables that inherit from it are compared by themselves,
    /// but a partitioned table has no rows outside its partitions.
    pub(super) fn source(&self) -> String {
        let only = if self.partitioned { "" } else { "ONLY " };
        format!("{only}{}", quoted(&self.name))
    }

    /// Whether its rows were written anew, or have another type now.
    fn is_rewritten(&self, now: &Self) -> bool {
        let is_converted = |(number, column): (&i16, &StoredColumn)| {
            now.columns
                .get(number)
                .is_some_and(|now| now.kind != column.kind)
        };
        // Some changes of type leave the file alone (`varchar` to `text`), so types are compared
        // too.
        self.file != now.file || self.columns.iter().any(is_converted)
    }
}

#[cfg(test)]
mod tests;
