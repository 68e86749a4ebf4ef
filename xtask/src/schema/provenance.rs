//! Which migration line last touched a table or column: the place where a person finds out why it is as it is.

use std::collections::BTreeMap;

use super::model::ObjectName;
use crate::source::Location;

/// The places in migration files that last touched each table and column.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    tables: BTreeMap<ObjectName, Location>,
    columns: BTreeMap<(ObjectName, String), Location>,
}

impl Provenance {
    /// Records that the statement at `location` created or changed `table` as a whole.
    pub fn touch_table(&mut self, table: ObjectName, location: Location) {
        self.tables.insert(table, location);
    }

    /// Records that the clause at `location` created or changed a column.
    pub fn touch_column(&mut self, table: ObjectName, column: impl Into<String>, location: Location) {
        self.columns.insert((table, column.into()), location);
    }

    /// The place that last touched `table` as a whole.
    #[must_use]
    pub fn table(&self, table: &ObjectName) -> Option<&Location> {
        self.tables.get(table)
    }

    /// The place that last touched `column`, else its table.
    #[must_use]
    pub fn column(&self, table: &ObjectName, column: &str) -> Option<&Location> {
        self.columns.get(&(table.clone(), column.to_owned())).or_else(|| self.table(table))
    }
}
