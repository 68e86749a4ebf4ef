//! A folder of a tree, as a tree.

use std::io;

use anyhow::Result;

use super::Tree;

/// The files below a folder, as if it were the root.
#[derive(Debug)]
pub struct Subtree<'t> {
    tree: &'t dyn Tree,
    folder: &'t str,
}

impl<'t> Subtree<'t> {
    /// The files of `tree` below `folder`; `""` for all of them.
    #[must_use]
    pub fn new(tree: &'t dyn Tree, folder: &'t str) -> Self {
        Self { tree, folder }
    }

    /// The path of `path` in the whole tree.
    #[must_use]
    pub fn inside(&self, path: &str) -> String {
        [self.folder, path]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("/")
    }
}

impl Tree for Subtree<'_> {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        let files = self.tree.files(&self.inside(folder))?;
        let relative = |path: String| match self.folder {
            "" => path,
            folder => path
                .strip_prefix(&format!("{folder}/"))
                .map_or(path.clone(), str::to_owned),
        };
        Ok(files.into_iter().map(relative).collect())
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.tree.read(&self.inside(path))
    }

    fn is_file(&self, path: &str) -> bool {
        self.tree.is_file(&self.inside(path))
    }
}
