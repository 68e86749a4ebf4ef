//! Follows tables that inherit from each other, and partitions: the rows of one are rows of those above
//! it as well, and its columns are columns of those below it.

use anyhow::Result;

use super::{Pending, PendingTable, Place};
use crate::migrations::data_preflight::target::{Related, Target};
use crate::migrations::statements::{Reference, TableAction};
use crate::schema::model::ObjectName;

impl Pending {
    /// Notes that rows of a table change, with those of its relatives.
    pub(super) fn change_relatives(
        &mut self,
        target: &mut Target<'_>,
        name: &ObjectName,
        (columns, why): (Option<&[String]>, &str),
    ) -> Result<()> {
        let Some(oid) = self.oid(name) else {
            return Ok(());
        };
        let relatives = target.relatives(oid)?;
        for relative in relatives.above.iter().chain(&relatives.below) {
            if let Some(table) = self.known(target, relative)? {
                table.change(columns.map(<[String]>::to_vec), why.to_owned());
            }
        }
        Ok(())
    }

    /// Notes that rows of `name` are rows of a table above it from now on, or no longer.
    pub(super) fn move_below(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        above: &Reference,
    ) -> Result<()> {
        let Some(above) = self.resolve(target, place, above)? else {
            return Ok(());
        };
        let why = format!("the statement at {} changes what inherits", place.at());
        if let Some(table) = self.tables.get_mut(&above) {
            table.change(None, why.clone());
        }
        self.change_relatives(target, &above, (None, &why))
    }

    /// Makes the change of a column in the tables below as well.
    pub(super) fn alter_below(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        (name, action): (&ObjectName, &TableAction),
    ) -> Result<()> {
        let is_of_column = matches!(
            action,
            TableAction::AddColumn(_)
                | TableAction::DropColumn { .. }
                | TableAction::RenameColumn { .. }
                | TableAction::SetType { .. }
                | TableAction::SetExpression(..)
        );
        let Some(oid) = self.oid(name).filter(|_| is_of_column) else {
            return Ok(());
        };
        for below in target.relatives(oid)?.below {
            let Some(table) = self.known(target, &below)? else {
                continue;
            };
            let has_already = matches!(action, TableAction::AddColumn(column) if table.columns.contains(&column.name));
            let now = self.name_of(below.oid);
            if let Some(now) = now.filter(|_| !has_already) {
                self.alter(target, place, &now, action)?;
            }
        }
        Ok(())
    }

    /// Notes that a table is dropped: rows of those above it go, and those below it may go with it.
    pub(super) fn drop_table(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        (name, cascade): (ObjectName, bool),
    ) -> Result<()> {
        if let Some(oid) = self.oid(&name) {
            let relatives = target.relatives(oid)?;
            let why = format!("the statement at {} drops `{name}`", place.at());
            for above in &relatives.above {
                if let Some(table) = self.known(target, above)? {
                    table.change(None, why.clone());
                }
            }
            for below in relatives.below.iter().filter(|_| cascade) {
                if let Some(table) = self.known(target, below)? {
                    *table = PendingTable::made(true);
                }
            }
        }
        self.tables.insert(name, PendingTable::made(true));
        Ok(())
    }

    fn oid(&self, name: &ObjectName) -> Option<u32> {
        Some(self.table(name)?.table.as_ref()?.oid)
    }

    /// The name that a table of the target has by now.
    fn name_of(&self, oid: u32) -> Option<ObjectName> {
        let is_it =
            |table: &PendingTable| table.table.as_ref().is_some_and(|table| table.oid == oid);
        let mut all = self.tables.iter();
        all.find(|(_, table)| is_it(table))
            .map(|(name, _)| name.clone())
    }

    /// A table of the target under the name that it has by now; `None` where it is gone.
    pub(super) fn known(
        &mut self,
        target: &mut Target<'_>,
        table: &Related,
    ) -> Result<Option<&mut PendingTable>> {
        let now = match self.name_of(table.oid) {
            Some(now) => Some(now),
            None => self
                .is_there(target, &table.name)?
                .then(|| table.name.clone()),
        };
        Ok(now.and_then(|now| self.tables.get_mut(&now)))
    }
}
