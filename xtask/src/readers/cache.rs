//! The results of reading files, kept for a process that reads the same files repeatedly. A result
//! is used while the stamp of the file in the tree is the same; trees without stamps are read anew
//! each time.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tree::{Stamp, Tree};

/// The results of reading files. A reader may keep one value for each file, of a type that it
/// chooses.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<HashMap<TypeId, OfFiles>>,
}

type OfFiles = HashMap<String, (Stamp, Arc<dyn Any + Send + Sync>)>;

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    /// The `T` that was made of the file `path`, if the file is still the same.
    pub fn get<T: Any + Send + Sync>(&self, path: &str, stamp: Stamp) -> Option<Arc<T>> {
        let kept = self.lock();
        let (known, made) = kept.get(&TypeId::of::<T>())?.get(path)?;
        let made = (*known == stamp).then(|| Arc::clone(made))?;
        drop(kept);
        made.downcast().ok()
    }

    /// Keeps the result of reading the file `path`. The stamp must have been taken before the file
    /// was read: else a change in between would go unnoticed.
    pub fn keep<T: Any + Send + Sync>(&self, path: &str, stamp: Stamp, made: Arc<T>) {
        self.lock()
            .entry(TypeId::of::<T>())
            .or_default()
            .insert(path.to_owned(), (stamp, made));
    }

    /// Forgets files that `tree` no longer has.
    pub fn forget_deleted(&self, tree: &dyn Tree) {
        for of_files in self.lock().values_mut() {
            of_files.retain(|path, _| tree.is_file(path));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TypeId, OfFiles>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
