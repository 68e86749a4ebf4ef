//! The result of `db-rollback`.

use super::{Loss, Timestamp, Verification};

/// The result of comparing the schema after a rollback with the one before the migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackVerdict {
    /// The same, down to the order of columns.
    Exact,
    /// The same but for physical order: columns that were dropped and added again stand last.
    PhysicalOrderOnly,
    /// The same, perhaps except for physical order; but privileges or owners differ. Holds them, in
    /// words. They can be granted again, so a real rollback is not undone for them.
    PrivilegesDiffer(String),
    /// Different; the rollback was itself undone. Holds the difference, as a readable diff.
    NotRestored(String),
    /// There is nothing to compare with; holds the reason.
    Unknown(String),
}

/// One migration that was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBackMigration {
    /// `V7__add_user_bio`.
    pub name: String,
    /// How well the schema was restored.
    pub verdict: RollbackVerdict,
}

/// The restoration analysis of the specification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restoration {
    /// No more type alignment errors than before.
    pub type_alignment_restored: bool,
    /// No more contract errors than before.
    pub api_contracts_restored: bool,
    /// No more validation errors than before.
    pub validation_schemas_restored: bool,
    /// Critical issues that were not there before.
    pub new_issues_introduced: Vec<String>,
    /// Critical issues that are gone.
    pub issues_resolved: Vec<String>,
}

/// The result of `db-rollback`.
#[derive(Debug, Clone, PartialEq)]
pub struct RollbackResult {
    /// Whether everything asked for is undone and restored.
    pub success: bool,
    /// The migration that was asked for; none when the last one was.
    pub migration_name: Option<String>,
    /// When the run began.
    pub timestamp: Timestamp,
    /// The database, without a password.
    pub database: String,
    /// The migrations that were to be undone, newest first, each with the explanation that a person
    /// needs about its SQL.
    pub planned: Vec<(String, Option<String>)>,
    /// Whether the run only shows its plan and undoes nothing.
    pub dry_run: bool,
    /// The checks that could not be done, and the points that need a look.
    pub notes: Vec<String>,
    /// The verification before anything ran.
    pub pre: Verification,
    /// The verification after; none when nothing was undone.
    pub post: Option<Verification>,
    /// The command that tells what is done of the migration that failed; none where nothing is.
    pub in_doubt: Option<String>,
    /// Each migration that is now undone, newest first.
    pub rolled_back: Vec<RolledBackMigration>,
    /// The data that is lost with the rollback.
    pub losses: Vec<Loss>,
    /// The output of rolling back, for people.
    pub output: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The command for the rest, where a part of the plan is undone and committed.
    pub go_on: Option<String>,
    /// The comparison of before and after.
    pub restoration: Restoration,
}

impl RollbackResult {
    /// Whether all three alignments are as good as before.
    #[must_use]
    pub fn alignment_restored(&self) -> bool {
        let restoration = &self.restoration;
        restoration.type_alignment_restored
            && restoration.api_contracts_restored
            && restoration.validation_schemas_restored
    }
}
