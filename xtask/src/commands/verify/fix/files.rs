//! The files that `--fix` may write. A file is written whole or not at all, and keeps its mode.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::commands::Context;
use crate::git::Repository;

/// The files that are not to be touched.
#[derive(Debug)]
pub(super) struct Refusals {
    root: PathBuf,
    /// Files of a merge that is not finished.
    unmerged: BTreeSet<String>,
}

impl Refusals {
    /// Collects the refusals for the monorepo of `context`.
    pub(super) fn new(context: &Context) -> Self {
        Self {
            root: context.root.clone(),
            unmerged: unmerged(&context.root),
        }
    }

    /// Why `file` is not to be touched; none where it may be.
    pub(super) fn why(&self, file: &str) -> Option<String> {
        if self.unmerged.contains(file) {
            return Some("the file has merge conflicts: resolve them first".into());
        }
        let Ok(path) = self.root.join(file).canonicalize() else {
            return Some("the file cannot be found".into());
        };
        let root = self
            .root
            .canonicalize()
            .unwrap_or_else(|_| self.root.clone());
        if !path.starts_with(root) {
            return Some("the file is a link to outside of the monorepo".into());
        }
        let read_only = path
            .metadata()
            .is_ok_and(|metadata| metadata.permissions().readonly());
        read_only.then(|| "the file is read-only".to_owned())
    }
}

/// The files with conflicts, relative to `root`; none where there is no git.
fn unmerged(root: &Path) -> BTreeSet<String> {
    let listed = Repository::open(root)
        .and_then(|repository| repository.text(&["ls-files", "--unmerged", "-z"]));
    let text = listed.unwrap_or_default();
    // `<mode> <object> <stage>\t<path>`
    text.split('\0')
        .filter_map(|entry| entry.split_once('\t'))
        .map(|(_, path)| path.to_owned())
        .collect()
}

/// Replaces the content of `file` below `root`, if it still is `before`. Returns whether it was.
pub(super) fn write(root: &Path, file: &str, before: &str, after: &str) -> Result<bool> {
    let named = root.join(file);
    let attempt = || -> std::io::Result<bool> {
        // A link stays one: its target is written.
        let path = named.canonicalize()?;
        if std::fs::read(&path)? != before.as_bytes() {
            return Ok(false);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        // Beside the file: a rename is atomic only within one file system.
        let mut staging = tempfile::NamedTempFile::new_in(folder)?;
        staging.write_all(after.as_bytes())?;
        staging
            .as_file()
            .set_permissions(path.metadata()?.permissions())?;
        // The content reaches the disk before the name leads to it: a crash leaves no empty file.
        staging.as_file().sync_all()?;
        staging.persist(&path).map_err(|error| error.error)?;
        Ok(true)
    };
    attempt().with_context(|| format!("cannot write `{}`", named.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.ts");
        std::fs::write(&file, "read").expect("a file");
        assert!(write(folder.path(), "a.ts", "read", "fixed").expect("written"));
        assert!(!write(folder.path(), "a.ts", "read", "fixed again").expect("nothing to write"));
        assert_eq!(std::fs::read_to_string(&file).expect("readable"), "fixed");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is left behind"
        );
        assert!(write(folder.path(), "b.ts", "", "x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_within_the_monorepo_stays_one_and_others_are_not_followed() {
        let (folder, other) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        std::fs::write(folder.path().join("a.ts"), "read").expect("a file");
        std::fs::write(other.path().join("b.ts"), "read").expect("a file");
        std::os::unix::fs::symlink("a.ts", folder.path().join("near.ts")).expect("a link");
        std::os::unix::fs::symlink(other.path().join("b.ts"), folder.path().join("far.ts"))
            .expect("a link");
        assert!(write(folder.path(), "near.ts", "read", "fixed").expect("written"));
        assert!(folder.path().join("near.ts").is_symlink());
        assert_eq!(
            std::fs::read_to_string(folder.path().join("a.ts")).expect("readable"),
            "fixed"
        );
        let refusals = Refusals {
            root: folder.path().to_path_buf(),
            unmerged: BTreeSet::from(["a.ts".to_owned()]),
        };
        let why = |file: &str| refusals.why(file).unwrap_or_default();
        assert!(
            why("far.ts").contains("outside")
                && why("a.ts").contains("conflicts")
                && why("c.ts").contains("found")
        );
        assert_eq!(refusals.why("near.ts"), None);
    }
}
