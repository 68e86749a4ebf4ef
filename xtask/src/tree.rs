//! The origins of files. Everything that is judged (migrations, snapshot, TypeScript) is read
//! through a [`Tree`], so that the same code checks the working tree, the staged files, and another
//! commit.

mod git;
mod ignore_rules;
mod joined;
mod listed_once;
mod listing;
mod memory;
mod overlay;
mod stamp;
mod subtree;

use std::fmt::Debug;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::regular_file::Boundary;
pub use git::GitTree;
pub use ignore_rules::IgnoreRules;
pub use joined::joined;
pub use listed_once::ListedOnce;
pub use memory::MemoryTree;
pub use overlay::Overlay;
pub use stamp::Stamp;
pub use subtree::Subtree;

/// A set of files below one root. Paths are relative to it, with `/` on every platform.
pub trait Tree: Debug + Send + Sync {
    /// The files below the folder `folder` (`""` is the root), sorted. Ignored folders
    /// (`node_modules`, `.git`, `target`, `dist`) are left out. A folder that does not exist is an
    /// error.
    fn files(&self, folder: &str) -> Result<Vec<String>>;

    /// The bytes of one file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The bytes of one file in `buffer`, whose room is used again for the next.
    fn read_in<'b>(&self, path: &str, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        *buffer = self.read(path)?;
        Ok(buffer)
    }

    /// Whether `path` is a file of this tree.
    fn is_file(&self, path: &str) -> bool;

    /// The rules by which git would ignore files of this tree; none where all of it comes from git.
    fn ignore_rules(&self) -> IgnoreRules {
        IgnoreRules::default()
    }

    /// Returns a stamp by which an unchanged file is recognised later. `None` where reading the
    /// file is the only way to recognise it.
    fn stamp(&self, _path: &str) -> Option<Stamp> {
        None
    }
}

impl<T: Tree + ?Sized> Tree for Arc<T> {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        (**self).files(folder)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        (**self).read(path)
    }

    fn read_in<'b>(&self, path: &str, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        (**self).read_in(path, buffer)
    }

    fn is_file(&self, path: &str) -> bool {
        (**self).is_file(path)
    }

    fn ignore_rules(&self) -> IgnoreRules {
        (**self).ignore_rules()
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        (**self).stamp(path)
    }
}

/// Folders that never hold sources that a person wrote.
pub const IGNORED_FOLDERS: &[&str] = &[
    "node_modules",
    ".git",
    "target",
    "dist",
    ".next",
    "coverage",
];

/// The bytes that a buffer has room for at first: hardly any source file is longer.
const ROOM: usize = 64 * 1024;

/// The files on disk, as far as they are regular files of the repository.
#[derive(Debug, Clone)]
pub struct WorkingTree {
    root: PathBuf,
    boundary: Boundary,
}

impl WorkingTree {
    /// The tree below `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            boundary: Boundary::around(&root),
            root,
        }
    }
}

impl Tree for WorkingTree {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        listing::files(&self.root, &self.boundary, folder)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.boundary.read(&self.root.join(path))
    }

    fn read_in<'b>(&self, path: &str, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let mut file = self.boundary.open(&self.root.join(path))?;
        let mut filled = 0;
        loop {
            // The buffer keeps its length between files, so that it is zeroed only once.
            if filled == buffer.len() {
                buffer.resize((2 * filled).max(ROOM), 0);
            }
            match file.read(&mut buffer[filled..]) {
                Ok(0) => return Ok(&buffer[..filled]),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn is_file(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    fn ignore_rules(&self) -> IgnoreRules {
        IgnoreRules::of(&self.root, &self.boundary)
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        Stamp::of(&self.root.join(path))
    }
}

/// Whether a file lies in an ignored folder; `path` begins below the folder that is listed.
fn is_ignored(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders
        .split('/')
        .any(|folder| IGNORED_FOLDERS.contains(&folder))
}
