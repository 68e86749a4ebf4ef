//! The context of a branch's report: the findings that are left out, and the facts that are
//! reported beside the findings.

use super::DeployOrder;

/// The commit that a report was compared with, and the changes of the schema by a branch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// The branch, tag or commit that was named: `origin/main`.
    pub reference: String,
    /// The merge base of the branch and `reference`, in full.
    pub merge_base: String,
    /// The commit that is judged, in full; none where the staged files are judged.
    pub head: Option<String>,
    /// The number of findings that are left out because they were there before.
    pub known: usize,
    /// The findings that the branch resolves, a line each.
    pub resolved: Vec<String>,
    /// The changes of the schema by the branch, one per line; `None` where they are not known.
    pub schema: Option<Vec<String>>,
    /// The order in which migrations and code may go live; `None` where the schema stays, or the
    /// earlier state is not known.
    pub deploy_order: Option<DeployOrder>,
    /// The parts that were not judged, with the reasons.
    pub notes: Vec<String>,
}

impl Since {
    /// `what commit 1a2b3c4 introduces since it left `origin/main` at 9f8e7d6`
    #[must_use]
    pub fn title(&self) -> String {
        let after = self.head.as_deref().map_or_else(
            || "what is staged introduces since this branch".to_owned(),
            |head| format!("what commit {} introduces since it", short(head)),
        );
        format!(
            "{after} left `{}` at {}",
            self.reference,
            short(&self.merge_base)
        )
    }
}

/// The first digits of a commit, as git shows them.
fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}
