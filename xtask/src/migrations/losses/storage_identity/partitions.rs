//! Partitions: their rows are the partitioned table's.

use super::{StorageIdentity, Stored, StoredColumn};
use crate::schema::model::ObjectName;

impl StorageIdentity {
    /// The table under whose name rows of `table` are counted before each COMMIT: the partitioned one
    /// for a partition, else itself.
    pub(in crate::migrations::losses) fn counted_as<'n>(
        &'n self,
        table: &'n ObjectName,
    ) -> &'n ObjectName {
        let whole = self
            .table(table)
            .and_then(|(oid, _)| self.tables.get(&self.whole(oid)));
        whole.map_or(table, |whole| &whole.name)
    }

    /// The partitioned table of which `oid` is a part, at whatever depth; otherwise `oid` itself.
    pub(super) fn whole(&self, oid: u32) -> u32 {
        let table = self.tables.get(&oid);
        let parent = table.and_then(|table| self.partitioned_parent(table));
        parent.map_or(oid, |parent| self.whole(parent))
    }

    /// The partitioned table whose direct part `table` is.
    pub(super) fn partitioned_parent(&self, table: &Stored) -> Option<u32> {
        let parent = table.parent.filter(|_| table.is_partition);
        parent.filter(|parent| self.tables.contains_key(parent))
    }

    /// Whether a partition is gone together with the partitioned table, which is then reported alone.
    pub(super) fn goes_with_whole(&self, table: &Stored, later: &Self) -> bool {
        self.partitioned_parent(table)
            .is_some_and(|parent| !later.tables.contains_key(&parent))
    }

    /// Whether a column of a partition is gone together with that of the partitioned table, which is
    /// then reported alone: its values include these.
    pub(super) fn is_gone_with_whole(
        &self,
        table: &Stored,
        column: &StoredColumn,
        later: &Self,
    ) -> bool {
        let Some(parent) = self.partitioned_parent(table).filter(|_| column.inherited) else {
            return false;
        };
        let Some(before) = self.tables.get(&parent) else {
            return false;
        };
        let number = before
            .columns
            .iter()
            .find(|(_, other)| other.name == column.name)
            .map(|(number, _)| number);
        let now = later.tables.get(&parent);
        number.is_some_and(|number| now.is_none_or(|now| !now.columns.contains_key(number)))
    }
}
