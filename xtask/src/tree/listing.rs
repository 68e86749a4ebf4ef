//! The files below a folder on disk. Listing a monorepo takes as long as reading a good part of it:
//! where threads are at hand, folders beside each other are listed at once.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::IGNORED_FOLDERS;
use crate::regular_file::Boundary;

/// The files below `folder` of `root`, as [`super::Tree::files`] gives them. Links on the way to
/// the folder stay within `boundary`.
pub(super) fn files(root: &Path, boundary: &Boundary, folder: &str) -> Result<Vec<String>> {
    let top = root.join(folder);
    let cannot = || format!("cannot list `{}`", top.display());
    let prefix = folder
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect::<Vec<_>>()
        .join("/");
    let real = top.canonicalize().with_context(cannot)?;
    boundary.ensure_inside(&real).with_context(cannot)?;
    if !real.is_dir() {
        return Ok(vec![prefix]);
    }
    let prefix = if prefix.is_empty() {
        prefix
    } else {
        prefix + "/"
    };
    below(&top, &prefix).with_context(cannot)
}

/// The files below `folder`, whose paths start with `prefix`. Names that are not UTF-8 are kept
/// readable, not exact.
fn below(folder: &Path, prefix: &str) -> io::Result<Vec<String>> {
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.and_then(|entry| FolderEntry::of(&entry)))
                .collect::<io::Result<Vec<_>>>()
        })
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
    entries.retain(|entry| {
        !entry.is_folder || !IGNORED_FOLDERS.iter().any(|ignored| entry.name == *ignored)
    });
    entries.sort_unstable_by(|a, b| a.place_among_paths().cmp(b.place_among_paths()));
    let folders: Vec<&FolderEntry> = entries.iter().filter(|entry| entry.is_folder).collect();
    let inside = |entry: &&FolderEntry| {
        below(
            &folder.join(&entry.name),
            &format!("{prefix}{}/", entry.name.to_string_lossy()),
        )
    };
    // Only in a pool are threads at hand: elsewhere rayon would start a pool for this.
    let listed: Vec<_> = match rayon::current_thread_index() {
        Some(_) if folders.len() > 1 => folders.par_iter().map(inside).collect(),
        _ => folders.iter().map(inside).collect(),
    };
    let mut listed = listed.into_iter();
    let mut files = Vec::with_capacity(entries.len());
    for entry in &entries {
        if !entry.is_folder {
            files.push([prefix, &entry.name.to_string_lossy()].concat());
        } else if let Some(inside) = listed.next() {
            files.append(&mut inside?);
        }
    }
    Ok(files)
}

/// The name of an entry in a folder, and whether the entry is a folder.
struct FolderEntry {
    name: OsString,
    /// A link to a folder does not count as one.
    is_folder: bool,
}

impl FolderEntry {
    fn of(entry: &fs::DirEntry) -> io::Result<Self> {
        Ok(Self {
            name: entry.file_name(),
            is_folder: entry.file_type()?.is_dir(),
        })
    }

    /// The bytes by which this entry is sorted. The paths in a folder go on with `/`, so that all
    /// trees list the same files in the same order.
    fn place_among_paths(&self) -> impl Iterator<Item = u8> {
        let end = self.is_folder.then_some(b'/');
        self.name.as_encoded_bytes().iter().copied().chain(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_their_paths() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "b/c.ts",
            "b/a/x.ts",
            "b-a.ts",
            "a.ts",
            "b/node_modules/d.ts",
            "dist",
            "b/.env",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let boundary = Boundary::around(root.path());
        let files = |folder: &str| files(root.path(), &boundary, folder);
        let all = ["a.ts", "b-a.ts", "b/.env", "b/a/x.ts", "b/c.ts", "dist"];
        assert!(all.is_sorted());
        assert_eq!(files("").unwrap(), all);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| files("").unwrap()), all);
        assert_eq!(files("./b/").unwrap(), all[2..5]);
        assert_eq!(files("b/c.ts").unwrap(), ["b/c.ts"]);
        let error = format!("{:#}", files("nothing").unwrap_err());
        assert!(
            error.starts_with("cannot list `") && error.contains("nothing`: "),
            "{error}"
        );
    }
}
