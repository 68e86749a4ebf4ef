//! What a report of a branch leaves out, and what it says beside the findings.

/// What a report was compared with, and how a branch changes the schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// The branch, tag or commit that was named: `origin/main`.
    pub reference: String,
    /// The commit in which the branch parted from it, in full.
    pub merge_base: String,
    /// The commit that is judged, in full; none where what is staged is judged.
    pub head: Option<String>,
    /// How many findings are left out because they were there before.
    pub known: usize,
    /// The findings that the branch resolves, a line each.
    pub resolved: Vec<String>,
    /// What the branch changes in the schema, a line each; none where that is not known.
    pub schema: Option<Vec<String>>,
    /// What was not judged, and why.
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
        format!("{after} left `{}` at {}", self.reference, short(&self.merge_base))
    }
}

/// The first digits of a commit, as git shows them.
fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}
