//! Tables that stand in for earlier ones. Citus distributes a table otherwise by making a new one,
//! copying the rows, and dropping the old one (`undistribute_table`, `alter_distributed_table`,
//! `alter_table_set_access_method`). Its rows are then compared, and not counted as dropped.

use std::collections::BTreeMap;

use super::{StorageIdentity, Stored};

impl StorageIdentity {
    /// Gives each new table the identity of the table of `earlier` that is gone and had its name.
    /// Its file is another one, so that it counts as written anew. Only with Citus: elsewhere
    /// nothing makes a table again but a person, who is asked for consent.
    #[must_use]
    pub(in crate::migrations::losses) fn continuing(mut self, earlier: &Self) -> Self {
        if !self.has_citus {
            return self;
        }
        let mut identities: BTreeMap<u32, u32> = BTreeMap::new();
        for (oid, table) in &earlier.tables {
            if self.tables.contains_key(oid) {
                continue;
            }
            let new = self.table(&table.name).map(|(new, _)| new);
            if let Some(new) = new.filter(|new| !earlier.tables.contains_key(new)) {
                identities.insert(new, *oid);
            }
        }
        for (new, oid) in &identities {
            if let (Some(table), Some(gone)) = (self.tables.remove(new), earlier.tables.get(oid)) {
                self.tables.insert(*oid, table.numbered_as(gone));
            }
            if self.distributed.remove(new) {
                self.distributed.insert(*oid);
            }
        }
        for table in self.tables.values_mut() {
            let parent = table.parent.and_then(|parent| identities.get(&parent));
            table.parent = parent.copied().or(table.parent);
        }
        self
    }
}

impl Stored {
    /// Gives each column the number of the column of `earlier` that has its name, and numbers that
    /// `earlier` never used to the others.
    fn numbered_as(mut self, earlier: &Self) -> Self {
        let mut next = earlier.columns.keys().max().copied().unwrap_or_default();
        let mut numbers: BTreeMap<i16, i16> = BTreeMap::new();
        for (number, column) in &self.columns {
            let same = earlier
                .columns
                .iter()
                .find(|(_, other)| other.name == column.name);
            let renumbered = same.map(|(number, _)| *number).unwrap_or_else(|| {
                next += 1;
                next
            });
            numbers.insert(*number, renumbered);
        }
        let renumbered = |number: i16| numbers.get(&number).copied().unwrap_or(number);
        self.key = self.key.into_iter().map(renumbered).collect();
        let columns = self.columns.into_iter();
        self.columns = columns
            .map(|(number, column)| (renumbered(number), column))
            .collect();
        self
    }
}
