//! The result of `db-rollback --test` for one migration.

use super::RollbackVerdict;

/// How a migration fared when it was applied, undone and applied again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// `V7__add_user_bio`
    pub name: String,
    /// How well its way back restored the schema.
    pub verdict: RollbackVerdict,
    /// Why there is no way back, where its down file says so.
    pub irreversible: Option<String>,
    /// Tables that had other rows after the way back, with how many of the generated ones were lost
    /// or changed.
    pub lost_rows: Vec<(String, usize)>,
    /// Tables that no row could be generated for, with why.
    pub empty_tables: Vec<(String, String)>,
    /// The error that made the rehearsal fail.
    pub error: Option<String>,
    /// Rows that the way back does not bear, though they are allowed after the migration.
    pub warnings: Vec<String>,
    /// Failures that made-up rows are to blame for, and not the way back.
    pub notes: Vec<String>,
}

impl Rehearsal {
    /// The rehearsal of the migration `name`, as far as nothing speaks against it yet.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self {
            name,
            verdict: RollbackVerdict::Exact,
            irreversible: None,
            lost_rows: Vec::new(),
            empty_tables: Vec::new(),
            error: None,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether nothing speaks against the way back: the schema was restored, or it was not tried
    /// for a reason.
    #[must_use]
    pub fn passed(&self) -> bool {
        let restored = match &self.verdict {
            RollbackVerdict::Exact
            | RollbackVerdict::PhysicalOrderOnly
            | RollbackVerdict::Unknown(_) => true,
            RollbackVerdict::PrivilegesDiffer(_) | RollbackVerdict::NotRestored(_) => false,
        };
        (restored || self.irreversible.is_some()) && self.error.is_none()
    }
}
