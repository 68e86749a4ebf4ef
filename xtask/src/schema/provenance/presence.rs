//! Whether a schema shows that migrations were run, told by the names that they touch. It is a hint
//! and no proof: types, constraints and rows are not looked at.

use super::Provenance;
use crate::schema::model::{ObjectName, Schema};

/// The evidence in a schema that a migration was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Every table and column that it makes or changes is there.
    Made,
    /// It makes none, and the objects that it drops or renames are not there.
    Removed,
    /// An object is missing, or still there.
    Missing,
    /// It touches neither tables nor columns.
    Unknown,
}

impl Provenance {
    /// Returns the evidence in `schema` for the one migration that this provenance was read from.
    #[must_use]
    pub fn presence(&self, schema: &Schema) -> Presence {
        let made = || self.tables.keys().all(|table| has_relation(schema, table));
        let changed = || {
            self.columns
                .keys()
                .all(|(table, column)| has_column(schema, table, column))
        };
        let removed = || {
            let tables = self
                .gone_tables
                .keys()
                .all(|table| !has_relation(schema, table));
            tables
                && self
                    .gone
                    .keys()
                    .all(|(table, column)| !has_column(schema, table, column))
        };
        if !self.tables.is_empty() || !self.columns.is_empty() {
            return if made() && changed() {
                Presence::Made
            } else {
                Presence::Missing
            };
        }
        if self.gone.is_empty() && self.gone_tables.is_empty() {
            return Presence::Unknown;
        }
        if removed() {
            Presence::Removed
        } else {
            Presence::Missing
        }
    }
}

fn has_relation(schema: &Schema, name: &ObjectName) -> bool {
    schema.tables.contains_key(name) || schema.views.contains_key(name)
}

fn has_column(schema: &Schema, table: &ObjectName, column: &str) -> bool {
    schema
        .tables
        .get(table)
        .is_some_and(|table| table.column(column).is_some())
        || schema.views.contains_key(table)
}
