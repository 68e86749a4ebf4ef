//! A tree with some of its files replaced, so that the result of a change is judged before it is
//! written.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use anyhow::Result;

use super::{IgnoreRules, Tree};

/// Files in memory in front of those of another tree. It has no files that the other one has not.
#[derive(Debug)]
pub struct Overlay {
    below: Arc<dyn Tree>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Overlay {
    /// `below`, with the content of `files` in place of its own.
    pub fn new(
        below: Arc<dyn Tree>,
        files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>,
    ) -> Self {
        Self {
            below,
            files: files
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        }
    }
}

// Without stamps: a cache would take the files on disk for the changed ones.
impl Tree for Overlay {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        self.below.files(folder)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .map_or_else(|| self.below.read(path), |bytes| Ok(bytes.clone()))
    }

    fn is_file(&self, path: &str) -> bool {
        self.below.is_file(path)
    }

    fn ignore_rules(&self) -> IgnoreRules {
        self.below.ignore_rules()
    }
}
