//! The files that an index or a commit holds, below the folder of a [`Repository`].

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Repository, list};

/// A file as git knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitEntry {
    /// The kind of entry.
    pub mode: EntryMode,
    /// The name of its object, in hexadecimal.
    pub object: String,
    /// Whether it stands in the index in several versions, which a person has to merge.
    pub conflicted: bool,
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryMode {
    /// A file, executable or not.
    File,
    /// A symbolic link; the object holds its target.
    Link,
    /// The commit of another repository.
    Submodule,
}

/// Entries by path; paths are relative to the folder of the repository.
pub type Entries = BTreeMap<String, GitEntry>;

/// The object of an empty file, as SHA-1 and as SHA-256.
const EMPTY: [&str; 2] = [
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
];

/// Lists the files that are staged.
///
/// # Errors
/// When git fails.
pub fn staged(repository: &Repository) -> Result<Entries> {
    let listed = repository.bytes(&["ls-files", "--stage", "-z"])?;
    let mut entries: Entries = list(&listed)
        .filter_map(|line| parse_staged(&line))
        .collect();
    // A file of `--intent-to-add` is listed with the empty object: without one, two more commands
    // are saved.
    if entries
        .values()
        .any(|entry| EMPTY.contains(&entry.object.as_str()))
    {
        for path in only_intended(repository)? {
            entries.remove(&path);
        }
    }
    Ok(entries)
}

/// Lists the files of `commit`.
///
/// # Errors
/// When git fails.
pub fn committed(repository: &Repository, commit: &str) -> Result<Entries> {
    let listed = repository.bytes(&["ls-tree", "-r", "-z", "--end-of-options", commit])?;
    Ok(list(&listed)
        .filter_map(|line| parse_committed(&line))
        .collect())
}

/// `100644 78981922613b2afb6025042ff6bd878ac1994e85 0\tname`
fn parse_staged(line: &str) -> Option<(String, GitEntry)> {
    let (head, path) = line.split_once('\t')?;
    let [mode, object, stage] = words(head)?;
    Some((
        path.to_owned(),
        GitEntry {
            mode: parse_mode(mode)?,
            object: object.to_owned(),
            conflicted: stage != "0",
        },
    ))
}

/// `100644 blob 78981922613b2afb6025042ff6bd878ac1994e85\tname`
fn parse_committed(line: &str) -> Option<(String, GitEntry)> {
    let (head, path) = line.split_once('\t')?;
    let [mode, _kind, object] = words(head)?;
    Some((
        path.to_owned(),
        GitEntry {
            mode: parse_mode(mode)?,
            object: object.to_owned(),
            conflicted: false,
        },
    ))
}

fn words(text: &str) -> Option<[&str; 3]> {
    let mut words = text.split_ascii_whitespace();
    Some([words.next()?, words.next()?, words.next()?])
}

fn parse_mode(mode: &str) -> Option<EntryMode> {
    // The first three digits are the type, the others the permissions.
    match mode.get(..3)? {
        "100" => Some(EntryMode::File),
        "120" => Some(EntryMode::Link),
        "160" => Some(EntryMode::Submodule),
        _folder => None,
    }
}

/// The files of `git add --intent-to-add`, which are in the index and will not be in the commit.
fn only_intended(repository: &Repository) -> Result<Vec<String>> {
    let changed = |option: &str| -> Result<BTreeSet<String>> {
        let options = [
            "diff",
            "--cached",
            "--name-only",
            "--no-renames",
            "--relative",
            "-z",
            option,
        ];
        Ok(list(&repository.bytes(&options)?).collect())
    };
    // A file of `--intent-to-add` differs from `HEAD` only with the option that makes it visible.
    let committed = changed("--ita-invisible-in-index")?;
    Ok(changed("--ita-visible-in-index")?
        .into_iter()
        .filter(|path| !committed.contains(path))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_lists_are_taken_apart() {
        let entry = |mode, conflicted| GitEntry {
            mode,
            object: "789819".into(),
            conflicted,
        };
        let (path, found) = parse_staged("100755 789819 0\ta \"b\"\tc.ts").expect("an entry");
        assert_eq!(
            (path.as_str(), found),
            ("a \"b\"\tc.ts", entry(EntryMode::File, false))
        );
        assert_eq!(
            parse_staged("120000 789819 2\tx").expect("an entry").1,
            entry(EntryMode::Link, true)
        );
        assert_eq!(
            parse_committed("160000 commit 789819\tx")
                .expect("an entry")
                .1,
            entry(EntryMode::Submodule, false)
        );
        assert_eq!(parse_staged("040000 789819 0\tfolder/"), None);
    }
}
