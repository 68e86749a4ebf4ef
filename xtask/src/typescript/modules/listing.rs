//! The files that a walk has found. An import may mean one of many names, and asking the disk for
//! each of them costs more than reading the file itself.

use rustc_hash::FxHashSet;

use crate::tree::{IGNORED_FOLDERS, Tree};

/// The files below some folders.
#[derive(Debug, Default)]
pub struct Listing {
    folders: Vec<String>,
    /// Sorted: a walk gives them nearly so, and few of them are asked for.
    files: Vec<String>,
    /// The files whose names have no extension: each may be a link to a folder.
    unclear: FxHashSet<String>,
}

impl Listing {
    /// Adds `files`, which are all files below `folder`.
    pub fn add(&mut self, folder: &str, files: Vec<String>) {
        self.folders.push(folder.to_owned());
        let is_clear = |file: &String| {
            file.rsplit_once('/')
                .map_or(&**file, |(_, name)| name)
                .contains('.')
        };
        let (mut clear, unclear): (Vec<_>, Vec<_>) = files.into_iter().partition(is_clear);
        self.files.append(&mut clear);
        self.files.sort();
        self.unclear.extend(unclear);
    }

    /// Whether `path` is a file of `tree`.
    pub(super) fn is_file(&self, tree: &dyn Tree, path: &str) -> bool {
        let is_listed = self
            .files
            .binary_search_by(|file| file.as_str().cmp(path))
            .is_ok();
        is_listed || !self.knows(path) && tree.is_file(path)
    }

    /// Whether a file at `path` would be listed.
    fn knows(&self, path: &str) -> bool {
        let folders = || path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut names = path.split('/');
        // A walk leaves ignored folders out, so the listing says nothing about them.
        self.folders.iter().any(|folder| is_below(path, folder))
            && !names.any(|name| IGNORED_FOLDERS.contains(&name))
            && (self.unclear.is_empty()
                || !folders()
                    .chain([path])
                    .any(|folder| self.unclear.contains(folder)))
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    #[test]
    fn only_what_the_walk_cannot_have_seen_is_asked_for() {
        let there =
            ["src/a.ts", "src/link/b.ts", "src/dist/c.ts", "other/d.ts"].map(|path| (path, ""));
        let tree = MemoryTree::new(there);
        let mut listing = Listing::default();
        listing.add("src", vec!["src/a.ts".to_owned(), "src/link".to_owned()]);
        let empty = MemoryTree::default();
        assert!(listing.is_file(&empty, "src/a.ts") && !listing.is_file(&tree, "src/nothing.ts"));
        assert!(
            ["src/link/b.ts", "src/dist/c.ts", "other/d.ts"]
                .iter()
                .all(|path| listing.is_file(&tree, path))
        );
    }
}
