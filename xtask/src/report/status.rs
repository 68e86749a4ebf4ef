//! The state of a database: the result of `db-status`.

use super::{Finding, Severity};

/// One migration, as history, files and journal see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// `V7__add_user_bio`
    pub name: String,
    /// Its state.
    pub state: MigrationState,
    /// The problem with this migration, and how to resolve it.
    pub problem: Option<String>,
}

/// The state of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationState {
    /// Recorded in the history, at this time.
    Applied {
        /// RFC 3339; `None` where the tool that applied it does not write it down.
        at: Option<String>,
    },
    /// Begun by another tool, and not ended.
    Failed,
    /// Not applied yet.
    Pending,
    /// It runs without a transaction and was interrupted while it was applied.
    PartlyApplied {
        /// The progress.
        standing: String,
    },
    /// Its way back runs without a transaction and was interrupted.
    PartlyUndone {
        /// The progress.
        standing: String,
    },
    /// Older than the last applied one, and not applied.
    OutOfOrder,
}

/// The result of `db-status`.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The database, without a password.
    pub database: String,
    /// Every migration that is recorded or has a file, by version.
    pub migrations: Vec<MigrationStatus>,
    /// Indexes that are not valid: nothing uses them, and each write pays for them.
    pub invalid_indexes: Vec<String>,
    /// The session that migrates or rolls back at this moment.
    pub locked_by: Option<String>,
    /// Problems of the migration files themselves.
    pub file_problems: Vec<String>,
    /// Changes that were made in the database outside its migrations.
    pub drift: Vec<Finding>,
    /// The checks that were not made, each with the reason.
    pub unchecked: Vec<String>,
}

impl Status {
    /// Whether every migration is applied and nothing is wrong.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let settled = |one: &MigrationStatus| {
            one.problem.is_none() && matches!(one.state, MigrationState::Applied { .. })
        };
        let is_as_made = self
            .drift
            .iter()
            .all(|finding| finding.severity != Severity::Error);
        self.migrations.iter().all(settled)
            && self.invalid_indexes.is_empty()
            && self.file_problems.is_empty()
            && is_as_made
    }

    /// The number of migrations in a state.
    #[must_use]
    pub fn count(&self, is_it: impl Fn(&MigrationState) -> bool) -> usize {
        self.migrations
            .iter()
            .filter(|one| is_it(&one.state))
            .count()
    }
}
