//! Files in memory, for tests.

use std::collections::BTreeMap;
use std::io;

use crate::tree::Tree;

/// Files in memory.
#[derive(Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// Path and content of each file.
    pub fn new(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect() }
    }
}

impl Tree for MemoryTree {
    fn files(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let inside = |path: &&String| folder.is_empty() || path.starts_with(&format!("{folder}/"));
        Ok(self.files.keys().filter(inside).cloned().collect())
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}
