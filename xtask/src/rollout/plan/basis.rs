//! The inputs of a plan: both commits, and what lies between them.

use crate::rollout::commit::Commit;
use crate::rollout::places::MigrationPlaces;
use crate::rollout::renames::Renames;
use crate::schema::model::{Column, ObjectName, Table};

/// The inputs of a plan.
#[derive(Clone, Copy)]
pub(in crate::rollout) struct Basis<'b> {
    /// Code and schema that run.
    pub running: Commit<'b>,
    /// Code and schema of the branch.
    pub new: Commit<'b>,
    /// The branch's new migrations.
    pub places: &'b MigrationPlaces<'b>,
    /// The names that they change.
    pub renames: &'b Renames,
    /// The major version of PostgreSQL.
    pub major: u32,
}

impl<'b> Basis<'b> {
    /// A table of the running schema.
    pub(super) fn old_table(&self, table: &ObjectName) -> Option<&'b Table> {
        self.running.schema.tables.get(table)
    }

    /// A table of the new schema.
    pub(super) fn new_table(&self, table: &ObjectName) -> Option<&'b Table> {
        self.new.schema.tables.get(table)
    }

    /// A column of the running schema.
    pub(super) fn old_column(&self, table: &ObjectName, column: &str) -> Option<&'b Column> {
        self.old_table(table)?.column(column)
    }

    /// A column of the new schema.
    pub(super) fn new_column(&self, table: &ObjectName, column: &str) -> Option<&'b Column> {
        self.new_table(table)?.column(column)
    }

    /// The column of the new schema that `column` of the running one is called now, in a table that
    /// keeps its name.
    pub(super) fn renamed(&self, table: &ObjectName, column: &str) -> Option<&'b Column> {
        let now = self.renames.column_now(table, column)?;
        self.new_column(table, now)
    }
}
