//! The result of `db-rollback --test` for one migration.

use super::Verdict;

/// How a migration fared when it was applied, undone and applied again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// `V7__add_user_bio`
    pub name: String,
    /// How well its way back restored the schema.
    pub verdict: Verdict,
    /// Why there is no way back, where its down file says so.
    pub irreversible: Option<String>,
    /// Tables that had other rows after the way back, with how many of the generated ones were lost or changed.
    pub lost_rows: Vec<(String, usize)>,
    /// Tables that no row could be generated for, with why.
    pub empty_tables: Vec<(String, String)>,
    /// What failed on the way.
    pub error: Option<String>,
}

impl Rehearsal {
    /// Whether nothing speaks against the way back: the schema was restored, or it was not tried for a reason.
    #[must_use]
    pub fn passed(&self) -> bool {
        let restored = match &self.verdict {
            Verdict::Exact | Verdict::PhysicalOrderOnly | Verdict::Unknown(_) => true,
            Verdict::NotRestored(_) => false,
        };
        (restored || self.irreversible.is_some()) && self.error.is_none()
    }
}
