//! A tree whose folders are listed once, though several readers look for files in them.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::{IgnoreRules, Stamp, Tree};

/// A tree that remembers the files of the folders that it listed. Files that come or go meanwhile
/// are not seen, so it serves one reading.
#[derive(Debug)]
pub struct ListedOnce<'t> {
    tree: &'t dyn Tree,
    listed: Mutex<HashMap<String, Vec<String>>>,
}

impl<'t> ListedOnce<'t> {
    /// The files of `tree`.
    #[must_use]
    pub fn new(tree: &'t dyn Tree) -> Self {
        Self {
            tree,
            listed: Mutex::default(),
        }
    }
}

impl Tree for ListedOnce<'_> {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        // The lock is held meanwhile: another reader waits for the list rather than make it too.
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listed.get(folder) {
            return Ok(known.clone());
        }
        let files = self.tree.files(folder)?;
        listed.insert(folder.to_owned(), files.clone());
        Ok(files)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.tree.read(path)
    }

    fn read_in<'b>(&self, path: &str, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        self.tree.read_in(path, buffer)
    }

    fn is_file(&self, path: &str) -> bool {
        self.tree.is_file(path)
    }

    fn ignore_rules(&self) -> IgnoreRules {
        self.tree.ignore_rules()
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.tree.stamp(path)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::tree::MemoryTree;

    /// A tree that counts how often a folder is listed.
    #[derive(Debug)]
    struct Counting(MemoryTree, AtomicUsize);

    impl Tree for Counting {
        fn files(&self, folder: &str) -> Result<Vec<String>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.files(folder)
        }

        fn read(&self, path: &str) -> io::Result<Vec<u8>> {
            self.0.read(path)
        }

        fn is_file(&self, path: &str) -> bool {
            self.0.is_file(path)
        }
    }

    #[test]
    fn a_folder_is_listed_once() {
        let files = MemoryTree::new([("a/b.ts", "1"), ("c.ts", "2")]);
        let counting = Counting(files, AtomicUsize::new(0));
        let tree = ListedOnce::new(&counting);
        for _ in 0..2 {
            assert_eq!(tree.files("").expect("a list"), ["a/b.ts", "c.ts"]);
        }
        assert_eq!(tree.files("a").expect("a list"), ["a/b.ts"]);
        assert_eq!(counting.1.load(Ordering::Relaxed), 2);
    }
}
