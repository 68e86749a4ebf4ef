//! Parsed files, kept for a process that reads the same files again and again. A file is taken from here while its stamp
//! in the tree is the same; trees without stamps are read anew each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::discover::{Candidate, Roles};
use super::syntax::Module;
use crate::tree::{Stamp, Tree};

/// Files by path.
#[derive(Default)]
pub struct Cache {
    modules: Mutex<HashMap<String, (Stamp, Arc<Module>)>>,
    /// The files that the prefilter left out, with the roles that they had then.
    left_out: Mutex<HashMap<String, (Stamp, Roles)>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    /// The file `path` as it was parsed, if it is still the same.
    pub(super) fn module(&self, path: &str, stamp: Stamp) -> Option<Arc<Module>> {
        let modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, module) = modules.get(path)?;
        (*known == stamp).then(|| Arc::clone(module))
    }

    /// Whether the prefilter left `file` out, and it is still the same.
    pub(super) fn is_left_out(&self, file: &Candidate, stamp: Stamp) -> bool {
        let left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.get(&file.path) == Some(&(stamp, file.roles))
    }

    /// Keeps a parsed file. The stamp must have been taken before the file was read.
    pub(super) fn keep(&self, path: &str, stamp: Stamp, module: &Arc<Module>) {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        modules.insert(path.to_owned(), (stamp, Arc::clone(module)));
    }

    /// Keeps that the prefilter left `file` out.
    pub(super) fn leave_out(&self, file: &Candidate, stamp: Stamp) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.insert(file.path.clone(), (stamp, file.roles));
    }

    /// Forgets files that `tree` no longer has.
    pub fn forget_deleted(&self, tree: &dyn Tree) {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
    }
}
