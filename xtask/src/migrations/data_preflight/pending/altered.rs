//! Follows the clauses of `ALTER TABLE`.

use anyhow::Result;

use super::{Pending, PendingTable, Place};
use crate::migrations::data_preflight::target::Target;
use crate::migrations::statements::{AddedColumn, TableAction};
use crate::schema::model::ObjectName;

impl Pending {
    pub(super) fn alter(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        name: &ObjectName,
        action: &TableAction,
    ) -> Result<()> {
        match action {
            TableAction::RenameTo(_) | TableAction::SetSchema(_) => {
                self.rename(name, action);
                return Ok(());
            }
            TableAction::Inherit(above) | TableAction::NoInherit(above) => {
                return self.move_below(target, place, above);
            }
            TableAction::AttachPartition { .. } | TableAction::DetachPartition(_) => {
                let why = format!("the statement at {} changes its partitions", place.at());
                self.change_relatives(target, name, (None, &why))?;
            }
            _keeps_names => {}
        }
        let value = match action {
            TableAction::AddColumn(column) => Some(self.value_of(target, column)?),
            _other => None,
        };
        let new_type = match action {
            TableAction::AddColumn(column) => {
                let reference = column.type_reference.as_ref();
                let is_pending = reference.is_some_and(|name| self.is_pending_type(name.name()));
                (!is_pending).then(|| column.type_name.clone())
            }
            _other => None,
        };
        let Some(table) = self.tables.get_mut(name) else {
            return Ok(());
        };
        let why = |what: &str| format!("the statement at {} {what}", place.at());
        match action {
            TableAction::AddColumn(column) => {
                if column.if_not_exists && table.columns.contains(&column.name) {
                    return Ok(());
                }
                match value {
                    Some(Ok(value)) => {
                        table.layer(
                            |one| Some(one.to_owned()),
                            Some((column.name.clone(), value)),
                        );
                    }
                    Some(Err(why)) => {
                        table.unknown.insert(column.name.clone(), why);
                    }
                    None => {}
                }
                table.columns.push(column.name.clone());
                table
                    .types
                    .extend(new_type.map(|new| (column.name.clone(), new)));
            }
            TableAction::DropColumn { column, .. } => {
                table.layer(|one| (one != column).then(|| one.to_owned()), None);
                table.unknown.remove(column);
            }
            TableAction::RenameColumn { from, to } => {
                table.layer(
                    |one| Some(if one == from { to } else { one }.to_owned()),
                    None,
                );
                if let Some(why) = table.unknown.remove(from) {
                    table.unknown.insert(to.clone(), why);
                }
                if let Some(kind) = table.types.remove(from) {
                    table.types.insert(to.clone(), kind);
                }
            }
            TableAction::SetType { column, .. } => {
                let why = why("changes its type");
                table.unknown.insert(column.clone(), why);
            }
            TableAction::SetExpression(column, _) => {
                let why = why("changes its values");
                table.unknown.insert(column.clone(), why);
            }
            TableAction::AddConstraint(constraint) => {
                if let Some(named) = &constraint.name {
                    let key = (name.clone(), named.clone());
                    self.constraints.insert(key, (**constraint).clone());
                }
            }
            TableAction::AttachPartition { .. } | TableAction::DetachPartition(_) => {
                table.change(None, why("changes its partitions"));
            }
            TableAction::Restructure(what) => table.change(None, why(what)),
            _keeps_rows => {}
        }
        Ok(())
    }

    fn rename(&mut self, name: &ObjectName, action: &TableAction) {
        let renamed = match action {
            TableAction::RenameTo(to) => ObjectName {
                namespace: name.namespace.clone(),
                name: to.clone(),
            },
            TableAction::SetSchema(to) => ObjectName {
                namespace: to.clone(),
                name: name.name.clone(),
            },
            _other => return,
        };
        if let Some(mut table) = self.tables.remove(name) {
            if let Some(source) = &mut table.source {
                source.alias.clone_from(&renamed.name);
            }
            self.tables.insert(renamed, table);
        }
        self.tables.insert(name.clone(), PendingTable::made(true));
    }

    /// The value of a new column in rows that are there, as SQL; or why it is not known.
    pub(in crate::migrations::data_preflight) fn value_of(
        &self,
        target: &mut Target<'_>,
        column: &AddedColumn,
    ) -> Result<Result<String, String>> {
        if column.numbered {
            return Ok(Err("a sequence numbers the rows".into()));
        }
        let is_pending = column
            .type_reference
            .as_ref()
            .is_some_and(|name| self.is_pending_type(name.name()));
        // A type that is not there yet: what matters of NULL is that it is NULL.
        let type_name = if is_pending {
            "text"
        } else {
            &column.type_name
        };
        match column.generated.as_ref().or(column.default.as_ref()) {
            None => Ok(Ok(format!("NULL::{type_name}"))),
            Some(value) if value.is_null() => Ok(Ok(format!("NULL::{type_name}"))),
            Some(_) if is_pending => Ok(Err(format!(
                "a pending statement makes or changes the type `{}`",
                column.type_name
            ))),
            Some(value) => match self.why_unclear(target, value)? {
                Some(why) => Ok(Err(why)),
                None => Ok(Ok(format!("({})::{type_name}", value.sql))),
            },
        }
    }
}
