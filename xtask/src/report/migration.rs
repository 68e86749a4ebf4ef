//! The result of `db-migrate`.

use std::time::Duration;

use super::{MigrationLoss, MigrationPlan, Timestamp, Verification};

/// One migration that was applied and committed by this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedMigration {
    /// `V7__add_user_bio`.
    pub name: String,
    /// From `BEGIN` to `COMMIT`.
    pub duration: Duration,
}

/// The result of `db-migrate`.
#[derive(Debug, Clone, PartialEq)]
pub struct MigrationResult {
    /// Whether everything asked for is applied and verified.
    pub success: bool,
    /// The migration that was asked for; none when all pending ones were.
    pub migration_name: Option<String>,
    /// When the run began.
    pub timestamp: Timestamp,
    /// The database, without a password.
    pub database: String,
    /// The migrations that were to be applied, in order.
    pub planned: Vec<String>,
    /// The monorepo's own command that applies them; none where this tool does.
    pub command: Option<String>,
    /// Whether the run ended before anything was tried.
    pub stopped_before: bool,
    /// The migrations that would be applied, for a run that was asked to apply nothing.
    pub plan: Option<MigrationPlan>,
    /// The checks that could not be done, with the reasons.
    pub unchecked: Vec<String>,
    /// The data that is lost: counted before anything runs, and once a migration ran, what it
    /// really lost.
    pub losses: Vec<MigrationLoss>,
    /// What a person should look at beside the verification.
    pub notes: Vec<String>,
    /// The verification before anything ran.
    pub pre: Verification,
    /// The verification after; none when nothing was applied.
    pub post: Option<Verification>,
    /// The command that tells what is done of the migration that failed; none where nothing is.
    pub in_doubt: Option<String>,
    /// Each migration that is now committed, in order.
    pub applied: Vec<AppliedMigration>,
    /// The output of applying the migrations, for people.
    pub output: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
}

impl MigrationResult {
    /// The result of a run against `database` that begins now. `plan` is whether it applies nothing.
    #[must_use]
    pub fn begun(database: String, plan: bool) -> Self {
        Self {
            success: false,
            migration_name: None,
            timestamp: Timestamp::now(),
            database,
            planned: Vec::new(),
            plan: plan.then(MigrationPlan::default),
            command: None,
            stopped_before: true,
            unchecked: Vec::new(),
            losses: Vec::new(),
            notes: Vec::new(),
            pre: Verification::empty("nothing yet"),
            post: None,
            in_doubt: None,
            applied: Vec::new(),
            output: None,
            error: None,
        }
    }
}
