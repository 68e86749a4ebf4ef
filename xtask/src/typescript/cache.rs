//! What was parsed before, for whoever reads the same files again and again. A file is taken from here while its stamp
//! in the tree is the same; trees without stamps are read anew each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::discover::{Candidate, Roles};
use super::syntax::Module;
use crate::tree::{Stamp, Tree};

/// Parsed files by path.
#[derive(Default)]
pub struct Cache {
    modules: Mutex<HashMap<String, (Stamp, Arc<Module>)>>,
    /// Files that cannot matter in these roles.
    irrelevant: Mutex<HashMap<String, (Stamp, Roles)>>,
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
        modules.get(path).filter(|(known, _)| *known == stamp).map(|(_, module)| Arc::clone(module))
    }

    /// Whether the file cannot matter, as was found when it was the same.
    pub(super) fn is_irrelevant(&self, file: &Candidate, stamp: Stamp) -> bool {
        let irrelevant = self.irrelevant.lock().unwrap_or_else(PoisonError::into_inner);
        irrelevant.get(&file.path).is_some_and(|known| *known == (stamp, file.roles))
    }

    /// Keeps a parsed file. The stamp must have been taken before the file was read.
    pub(super) fn keep(&self, path: &str, stamp: Stamp, module: &Arc<Module>) {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        modules.insert(path.to_owned(), (stamp, Arc::clone(module)));
    }

    /// Keeps that a file cannot matter.
    pub(super) fn keep_irrelevant(&self, file: &Candidate, stamp: Stamp) {
        let mut irrelevant = self.irrelevant.lock().unwrap_or_else(PoisonError::into_inner);
        irrelevant.insert(file.path.clone(), (stamp, file.roles));
    }

    /// Forgets files that `tree` no longer has.
    pub fn forget_deleted(&self, tree: &dyn Tree) {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
        self.irrelevant.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
    }
}
