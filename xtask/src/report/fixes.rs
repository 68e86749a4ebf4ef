//! The changes that `--fix` made in the sources.

/// The changes of one run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fixes {
    /// The number of findings that are gone.
    pub fixed: usize,
    /// The files that were changed.
    pub files: Vec<String>,
    /// The suggested changes that were not made.
    pub left: Vec<Left>,
}

/// A suggested change that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The file, relative to the root.
    pub file: String,
    /// 1-based line of the change.
    pub line: u32,
    /// The description of the change: "rename `a` to `b`".
    pub text: String,
    /// Why it was not made.
    pub reason: String,
}
