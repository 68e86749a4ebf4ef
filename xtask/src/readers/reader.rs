//! The trait of a reader. It stands apart from the list of readers, so that readers need not know
//! each other.

use anyhow::Result;

use super::cache::Cache;
use crate::config::Config;
use crate::facts::{Facts, Origin};
use crate::tree::Tree;

/// The input of readers.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The files: those on disk, those that are staged, or those of a commit.
    pub tree: &'a dyn Tree,
    /// The files to read in each role, and the settings for reading them.
    pub config: &'a Config,
    /// The results of earlier readings; none in a process that reads once.
    pub cache: Option<&'a Cache>,
}

/// Reads descriptions in one language.
pub trait Reader: Sync {
    /// The origins of the declarations that it makes. Each has a name in JSON that no other reader
    /// uses.
    fn origins(&self) -> &'static [Origin];

    /// Reads the files that the configuration names for it, and records the roles for which it
    /// names some. The same files give the same facts in the same order.
    ///
    /// A part that cannot be understood is no error: it is `unresolved`, with its reason. A file
    /// that cannot be read whole is one of the facts' problems.
    ///
    /// # Errors
    /// When a configured folder does not exist.
    fn read(&self, input: &Input<'_>) -> Result<Facts>;

    /// Whether a change of the file `path` can change its facts. For other files a hook does
    /// nothing, and `--watch` waits on.
    fn concerns(&self, config: &Config, path: &str) -> bool;
}
