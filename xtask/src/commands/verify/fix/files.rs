//! Which files `--fix` may write, and how: whole or not at all, with the mode that they have.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::commands::Context;

/// The files that are not to be touched.
#[derive(Debug)]
pub(super) struct Refusals {
    root: PathBuf,
    /// Files of a merge that is not finished.
    unmerged: BTreeSet<String>,
}

impl Refusals {
    /// Of the monorepo of `context`.
    pub(super) fn new(context: &Context) -> Self {
        Self { root: context.root.clone(), unmerged: unmerged(&context.root) }
    }

    /// Why `file` is not to be touched; none where it may be.
    pub(super) fn why(&self, file: &str) -> Option<String> {
        if self.unmerged.contains(file) {
            return Some("the file has merge conflicts: resolve them first".into());
        }
        let Ok(path) = self.root.join(file).canonicalize() else { return Some("the file cannot be found".into()) };
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        if !path.starts_with(root) {
            return Some("the file is a link to outside of the monorepo".into());
        }
        let read_only = path.metadata().is_ok_and(|metadata| metadata.permissions().readonly());
        read_only.then(|| "the file is read-only".to_owned())
    }
}

/// The files with conflicts, relative to `root`; none where there is no git.
fn unmerged(root: &Path) -> BTreeSet<String> {
    let mut git = std::process::Command::new("git");
    let output = git.arg("-C").arg(root).args(["ls-files", "--unmerged", "-z"]).output();
    let Ok(output) = output else { return BTreeSet::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // `<mode> <object> <stage>\t<path>`
    text.split('\0').filter_map(|entry| entry.split_once('\t')).map(|(_, path)| path.to_owned()).collect()
}

/// Replaces the content of `file`; whether it still was `before`.
pub(super) fn write(context: &Context, file: &str, before: &str, after: &str) -> Result<bool> {
    let named = context.root.join(file);
    let attempt = || -> std::io::Result<bool> {
        // A link stays one: what it leads to is written.
        let path = named.canonicalize()?;
        if std::fs::read(&path)? != before.as_bytes() {
            return Ok(false);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut staging = tempfile::NamedTempFile::new_in(folder)?;
        staging.write_all(after.as_bytes())?;
        staging.as_file().set_permissions(path.metadata()?.permissions())?;
        staging.as_file().sync_all()?;
        staging.persist(&path).map_err(|error| error.error)?;
        Ok(true)
    };
    attempt().with_context(|| format!("cannot write `{}`", named.display()))
}
