//! The files of an index or a commit, without a checkout. A file on disk is read where it has the
//! very content that git names, which saves thousands of requests to git. Other content of the work
//! tree is not used.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, bail};
use sha2::{Digest as _, Sha256};

use super::{Tree, is_ignored};
use crate::git::Repository;
use crate::git::entries::{self, Entries, EntryMode, GitEntry};
use crate::git::objects::Objects;
use crate::regular_file::Boundary;

/// The number of symbolic links that are followed, as on Linux: more is a cycle.
const LINKS: u32 = 40;

/// The files that git knows, of one index or commit.
#[derive(Debug)]
pub struct GitTree {
    repository: Repository,
    /// For messages: `what is staged`, `commit 1a2b3c4`.
    name: String,
    entries: Entries,
    objects: Objects,
    boundary: Boundary,
    /// Folder → the files of the repository that is mounted there; none where it is not checked
    /// out.
    submodules: BTreeMap<String, OnceLock<Option<Box<Self>>>>,
}

/// The target of a path, once links and submodules were followed.
enum ResolvedPath<'t> {
    File(&'t GitEntry, String),
    Inside(&'t GitTree, String),
}

impl GitTree {
    /// Opens the staged files below the folder of `repository`.
    ///
    /// # Errors
    /// When git fails.
    pub fn staged(repository: Repository) -> Result<Self> {
        let entries = entries::staged(&repository)?;
        Ok(Self::new(repository, "what is staged".to_owned(), entries))
    }

    /// Opens the files of `commit` below the folder of `repository`.
    ///
    /// # Errors
    /// When git fails.
    pub fn committed(repository: Repository, commit: &str) -> Result<Self> {
        let entries = entries::committed(&repository, commit)?;
        Ok(Self::new(
            repository,
            format!("commit {}", commit.get(..7).unwrap_or(commit)),
            entries,
        ))
    }

    fn new(repository: Repository, name: String, entries: Entries) -> Self {
        let submodules = entries
            .iter()
            .filter(|(_, entry)| entry.mode == EntryMode::Submodule);
        let submodules = submodules
            .map(|(path, _)| (path.clone(), OnceLock::new()))
            .collect();
        let boundary = Boundary::around(repository.folder());
        Self {
            objects: Objects::new(repository.clone()),
            boundary,
            repository,
            name,
            entries,
            submodules,
        }
    }

    fn submodule(&self, path: &str) -> Option<&Self> {
        let open = || {
            let entry = self.entries.get(path)?;
            let folder = self.repository.folder().join(path);
            // Without this git would find the repository around it.
            folder.join(".git").exists().then_some(())?;
            let repository = Repository::open_submodule(&folder).ok()?;
            Self::committed(repository, &entry.object)
                .ok()
                .map(Box::new)
        };
        self.submodules.get(path)?.get_or_init(open).as_deref()
    }

    /// Follows the links and submodules on the way to `path`.
    fn place(&self, path: &str, left: u32) -> Option<ResolvedPath<'_>> {
        if let Some(entry) = self.entries.get(path) {
            return match entry.mode {
                EntryMode::File => Some(ResolvedPath::File(entry, path.to_owned())),
                EntryMode::Link => self.place(&self.target(path, entry)?, left.checked_sub(1)?),
                EntryMode::Submodule => {
                    Some(ResolvedPath::Inside(self.submodule(path)?, String::new()))
                }
            };
        }
        let parents = path
            .match_indices('/')
            .map(|(at, _)| (&path[..at], &path[at + 1..]));
        let (parent, rest) = parents
            .into_iter()
            .find(|(parent, _)| self.entries.contains_key(*parent))?;
        let entry = self.entries.get(parent)?;
        match entry.mode {
            EntryMode::File => None,
            EntryMode::Link => {
                let target = self.target(parent, entry)?;
                let path = if target.is_empty() {
                    rest.to_owned()
                } else {
                    format!("{target}/{rest}")
                };
                self.place(&path, left.checked_sub(1)?)
            }
            EntryMode::Submodule => Some(ResolvedPath::Inside(
                self.submodule(parent)?,
                rest.to_owned(),
            )),
        }
    }

    /// The target of the link at `path`, below the root; none where it lies outside.
    fn target(&self, path: &str, entry: &GitEntry) -> Option<String> {
        let target = String::from_utf8(self.objects.read(&entry.object).ok()?).ok()?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        (!target.starts_with('/')).then(|| parts.join("/"))
    }

    /// The real name of `folder`, with the links on the way followed.
    fn real_folder(&self, folder: &str, left: u32) -> Option<String> {
        let prefixes = folder
            .match_indices('/')
            .map(|(at, _)| at)
            .chain(std::iter::once(folder.len()));
        for end in prefixes {
            let (head, rest) = (&folder[..end], folder[end..].trim_start_matches('/'));
            if let Some(entry) = self
                .entries
                .get(head)
                .filter(|entry| entry.mode == EntryMode::Link)
            {
                let target = self.target(head, entry)?;
                let joined = [target.as_str(), rest]
                    .iter()
                    .filter(|part| !part.is_empty())
                    .copied()
                    .collect::<Vec<_>>();
                return self.real_folder(&joined.join("/"), left.checked_sub(1)?);
            }
        }
        Some(folder.to_owned())
    }

    /// The files below `folder`, which is no link, relative to it: `src/a.ts`.
    fn below(&self, folder: &str) -> Result<Vec<String>> {
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let inside = self
            .entries
            .range(start.clone()..)
            .take_while(|(path, _)| path.starts_with(&start));
        let mut files = Vec::new();
        for (path, entry) in inside {
            let rest = &path[start.len()..];
            match entry.mode {
                _ if is_ignored(rest) => {}
                EntryMode::File | EntryMode::Link => files.push(rest.to_owned()),
                EntryMode::Submodule => {
                    let nested = self
                        .submodule(path)
                        .map(|tree| tree.files(""))
                        .transpose()?;
                    files.extend(
                        nested
                            .unwrap_or_default()
                            .into_iter()
                            .map(|file| format!("{rest}/{file}")),
                    );
                }
            }
        }
        // A folder that only holds ignored files is empty, not missing.
        if files.is_empty() && !self.entries.keys().any(|path| path.starts_with(&start)) {
            return self.below_submodule(folder);
        }
        Ok(files)
    }

    fn below_submodule(&self, folder: &str) -> Result<Vec<String>> {
        let holds = |path: &&String| {
            folder
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some(path) = self.submodules.keys().find(holds) else {
            bail!("`{folder}` is not in {}", self.name)
        };
        let nested = self.submodule(path).ok_or_else(|| {
            anyhow!("the submodule `{path}` is not checked out: run `git submodule update --init -- {path}`")
        })?;
        let inner = folder[path.len()..].trim_start_matches('/');
        let files = nested.files(inner)?.into_iter();
        Ok(files
            .map(|file| file[inner.len()..].trim_start_matches('/').to_owned())
            .collect())
    }

    fn content(&self, path: &str, entry: &GitEntry) -> io::Result<Vec<u8>> {
        if entry.conflicted {
            let why = "it has a merge conflict: resolve it and `git add` it";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let bytes = match self.on_disk(path, entry) {
            Some(bytes) => bytes,
            None => self.objects.read(&entry.object)?,
        };
        match pointer(&bytes) {
            Some(digest) => self.large_file(digest),
            None => Ok(bytes),
        }
    }

    /// The file of the work tree, if it has the content of the entry.
    fn on_disk(&self, path: &str, entry: &GitEntry) -> Option<Vec<u8>> {
        let bytes = self
            .boundary
            .read(&self.repository.folder().join(path))
            .ok()?;
        (object_name(&bytes, entry.object.len())? == entry.object).then_some(bytes)
    }

    /// The file that a pointer of Git LFS stands for, from the clone's own store.
    fn large_file(&self, digest: &str) -> io::Result<Vec<u8>> {
        let common = self.repository.common_folder().map_err(io::Error::other)?;
        let file = common
            .join("lfs/objects")
            .join(&digest[..2])
            .join(&digest[2..4])
            .join(digest);
        std::fs::read(file).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "it is kept in Git LFS and was not fetched: run `git lfs fetch`",
            )
        })
    }
}

impl Tree for GitTree {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        let real = self.real_folder(folder, LINKS).ok_or_else(|| {
            anyhow!(
                "cannot list `{folder}`: a symbolic link on its path leads out of {}",
                self.name
            )
        })?;
        let below = self.below(&real)?;
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut files: Vec<String> = below
            .into_iter()
            .map(|rest| format!("{prefix}{rest}"))
            .collect();
        files.sort();
        Ok(files)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.place(path, LINKS) {
            Some(ResolvedPath::File(entry, path)) => self.content(&path, entry),
            Some(ResolvedPath::Inside(nested, rest)) => nested.read(&rest),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_file(&self, path: &str) -> bool {
        match self.place(path, LINKS) {
            Some(ResolvedPath::File(..)) => true,
            Some(ResolvedPath::Inside(nested, rest)) => nested.is_file(&rest),
            None => false,
        }
    }
}

/// The name that git gives an object of this content, in hexadecimal with `length` digits.
fn object_name(bytes: &[u8], length: usize) -> Option<String> {
    let head = format!("blob {}\0", bytes.len());
    let digest = match length {
        40 => sha1::Sha1::new()
            .chain_update(head)
            .chain_update(bytes)
            .finalize()
            .to_vec(),
        64 => Sha256::new()
            .chain_update(head)
            .chain_update(bytes)
            .finalize()
            .to_vec(),
        _unknown => return None,
    };
    Some(hexadecimal(&digest))
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    };
    bytes.iter().flat_map(digits).map(char::from).collect()
}

/// The SHA-256 that a pointer of Git LFS names.
fn pointer(bytes: &[u8]) -> Option<&str> {
    // The specification of Git LFS keeps pointers below 1024 bytes.
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(1024))?).ok()?;
    let body = text.strip_prefix("version https://git-lfs.github.com/spec/")?;
    let digest = body
        .lines()
        .find_map(|line| line.strip_prefix("oid sha256:"))?;
    (digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digest)
}

#[cfg(test)]
mod tests;
