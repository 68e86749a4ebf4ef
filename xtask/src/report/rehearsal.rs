//! The result of `db-rollback --test` for one migration.

use super::RollbackVerdict;

/// The result of applying a migration, undoing it, and applying it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// `V7__add_user_bio`
    pub name: String,
    /// How well its way back restored the schema.
    pub verdict: RollbackVerdict,
    /// Why there is no way back, where its down file says so.
    pub irreversible: Option<String>,
    /// Tables that had other rows after the way back, with the number of generated rows that were
    /// lost or changed.
    pub lost_rows: Vec<(String, usize)>,
    /// The columns in which these rows were changed: namespace, table and column. A row that is gone
    /// stands as namespace and table.
    pub changed_values: Vec<Vec<String>>,
    /// Tables that no row could be generated for, with the reason.
    pub empty_tables: Vec<(String, String)>,
    /// The error that made the rehearsal fail.
    pub error: Option<String>,
    /// Rows at which the way back fails, though the migration allows them.
    pub warnings: Vec<String>,
    /// Failures that generated rows cause, and not the way back.
    pub notes: Vec<String>,
}

impl Rehearsal {
    /// The rehearsal of the migration `name`, which passes until a problem is found.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self {
            name,
            verdict: RollbackVerdict::Exact,
            irreversible: None,
            lost_rows: Vec::new(),
            changed_values: Vec::new(),
            empty_tables: Vec::new(),
            error: None,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether the way back passed: the schema was restored, or the way back was not tried for a
    /// reason.
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
