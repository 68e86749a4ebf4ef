//! The rows that a statement concerns, as a `FROM` clause.

use super::super::destructive::Name;
use super::super::storage_identity::StorageIdentity;
use crate::migrations::sql::identifier;
use crate::migrations::statements::AffectedRows;
use crate::schema::model::ObjectName;

/// The rows of one table that a statement concerns.
pub(super) struct Source {
    /// The table as `FROM` takes it: each that inherits from another is counted by itself.
    table: String,
    /// The name by which the statement qualifies columns, whichever table they are of.
    alias: String,
    /// `WHERE …`, where there is one.
    condition: String,
}

impl Source {
    pub(super) fn new(
        storage: &StorageIdentity,
        (table, named): (&ObjectName, &Name),
        rows: &AffectedRows,
    ) -> Self {
        let condition = rows.condition.as_ref();
        Self {
            table: storage.source(table),
            alias: identifier(rows.alias.as_ref().unwrap_or(&named.name)),
            condition: condition
                .map(|condition| format!(" WHERE {condition}"))
                .unwrap_or_default(),
        }
    }

    pub(super) fn from(&self) -> String {
        format!("FROM {} AS {}{}", self.table, self.alias, self.condition)
    }

    pub(super) fn qualified(&self, column: &str) -> String {
        format!("{}.{}", self.alias, identifier(column))
    }
}
