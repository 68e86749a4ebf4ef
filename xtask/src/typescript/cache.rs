//! What was parsed before, for whoever reads the same files again and again. A file is taken from here while its stamp
//! in the tree is the same; trees without stamps are read anew each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::discover::{Candidate, Roles};
use super::syntax::{Module, Text};
use crate::tree::{Stamp, Tree};

/// Parsed files by path.
#[derive(Default)]
pub struct Cache {
    modules: Mutex<HashMap<String, (Stamp, Arc<Module>)>>,
    /// Files that do not matter.
    unasked: Mutex<HashMap<String, Unasked>>,
}

/// A file that does not matter in these roles as far as is asked, with the names of its types.
struct Unasked {
    stamp: Stamp,
    roles: Roles,
    /// That of the demand.
    fingerprint: u64,
    names: Arc<[Text]>,
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

    /// The names of the types of a file that does not matter to the demand of this fingerprint, as was found when it was the
    /// same.
    pub(super) fn unasked(&self, file: &Candidate, stamp: Stamp, fingerprint: u64) -> Option<Arc<[Text]>> {
        let unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |known: &&Unasked| (known.stamp, known.roles, known.fingerprint) == (stamp, file.roles, fingerprint);
        unasked.get(&file.path).filter(is_same).map(|known| Arc::clone(&known.names))
    }

    /// Keeps a parsed file. The stamp must have been taken before the file was read.
    pub(super) fn keep(&self, path: &str, stamp: Stamp, module: &Arc<Module>) {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        modules.insert(path.to_owned(), (stamp, Arc::clone(module)));
    }

    /// Keeps that a file does not matter.
    pub(super) fn keep_unasked(&self, file: &Candidate, stamp: Stamp, fingerprint: u64, names: &Arc<[Text]>) {
        let mut unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Unasked { stamp, roles: file.roles, fingerprint, names: Arc::clone(names) };
        unasked.insert(file.path.clone(), known);
    }

    /// Forgets files that `tree` no longer has.
    pub fn forget_deleted(&self, tree: &dyn Tree) {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
        self.unasked.lock().unwrap_or_else(PoisonError::into_inner).retain(|path, _| tree.is_file(path));
    }
}
