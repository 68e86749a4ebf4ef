//! The options of `db-rollback`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::commands::database_lock::LockTimeouts;
use crate::commands::fleet::FleetRunOptions;
use crate::migrations::losses::given_names;

/// Options of `db-rollback`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Undo this migration and those after it; without it the last one is undone
    #[arg(conflicts_with_all = ["last", "to_branch"])]
    pub migration: Option<String>,

    /// Change nothing: apply, undo and apply again each migration (or the last N) on a scratch
    /// database, with rows
    #[arg(long, conflicts_with_all = ["migration", "to_branch", "dry_run", "backup", "accept_data_loss"])]
    pub test: bool,

    /// Undo the last N migrations
    #[arg(long, value_name = "N", conflicts_with = "to_branch")]
    pub last: Option<usize>,

    /// Undo what this branch, tag or commit does not have
    #[arg(long, value_name = "REF")]
    pub to_branch: Option<String>,

    /// Lose the data of this table, or of this column: `users`, `users.bio`; several with commas,
    /// names with dots, commas or quotes in quotes
    #[arg(long, value_name = "TABLE[.COLUMN]")]
    pub accept_data_loss: Vec<String>,

    /// Write the data that is lost to a new folder in this one before it is lost
    #[arg(long, value_name = "DIR")]
    pub backup: Option<PathBuf>,

    /// Show what would be undone and lost, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// How long to wait for locks.
    #[command(flatten)]
    pub lock_timeouts: LockTimeouts,

    /// The fleet.
    #[command(flatten)]
    pub fleet: FleetRunOptions,
}

impl Options {
    /// Whether they choose what is undone, or what happens to the data.
    pub(in crate::commands) fn chooses(&self) -> bool {
        self.migration.is_some()
            || self.last.is_some()
            || self.to_branch.is_some()
            || self.backup.is_some()
            || !self.accept_data_loss.is_empty()
    }

    /// The names of the objects that may be lost.
    pub(super) fn accepted(&self) -> BTreeSet<String> {
        given_names(self.accept_data_loss.iter().map(String::as_str))
    }
}
