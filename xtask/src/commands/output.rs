//! The places that the configuration gives to outputs. A branch may hold links, or name folders,
//! that lead out of the repository: nothing is written there unless the command line says so.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::git::Repository;
use crate::regular_file::Boundary;
use crate::whole_file;

/// The absolute path of `configured`, which is relative to the root.
///
/// # Errors
/// When a link on its way leads out of the repository, and is not one that only this checkout has.
pub fn path(context: &Context, configured: &Path) -> Result<PathBuf> {
    let refused = || {
        format!(
            "cannot write `{}`, which the configuration names",
            configured.display()
        )
    };
    ensure_inside(&context.root, configured).with_context(refused)?;
    Ok(context.root.join(configured))
}

/// The absolute path of `named`, which the option `option` of the command line names, relative to the
/// root.
///
/// # Errors
/// As [`path`].
pub fn named_path(context: &Context, named: &Path, option: &str) -> Result<PathBuf> {
    let refused = || {
        format!(
            "cannot write `{}`, which `{option}` names: name a folder of the repository `{}`",
            named.display(),
            context.root.display()
        )
    };
    ensure_inside(&context.root, named).with_context(refused)?;
    Ok(context.root.join(named))
}

/// Writes the result of a command to the file of `--output`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &Path, text: &str) -> Result<()> {
    // A pipe or `/dev/stdout` cannot be replaced as a whole.
    let is_special = file.metadata().is_ok_and(|found| !found.is_file());
    let written = if is_special {
        std::fs::write(file, text)
    } else {
        std::path::absolute(file).and_then(|file| whole_file::write(&file, text, 0o644))
    };
    written.with_context(|| format!("cannot write `{}`", file.display()))
}

fn ensure_inside(root: &Path, configured: &Path) -> io::Result<()> {
    let boundary = Boundary::around(root);
    let ancestors = configured
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty());
    // A path that does not exist yet has no links: the first existing folder above it decides.
    let Some(existing) = ancestors
        .map(|part| root.join(part))
        .find(|path| path.exists())
    else {
        return Ok(());
    };
    let inside = boundary.ensure_inside(&existing.canonicalize()?);
    match inside.is_err() && is_own_link(root, configured) {
        // A link `target` to another disk, for example, which git ignores.
        true => Ok(()),
        false => inside,
    }
}

/// Whether git does not track the first link on the way.
fn is_own_link(root: &Path, configured: &Path) -> bool {
    let mut way: Vec<&Path> = configured.ancestors().collect();
    way.reverse();
    let Some(link) = way.into_iter().find(|part| root.join(part).is_symlink()) else {
        return false;
    };
    let listed =
        |repository: Repository| repository.text(&["ls-files", "--", &*link.to_string_lossy()]);
    Repository::open(root)
        .and_then(listed)
        .is_ok_and(|listed| listed.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_out_of_the_repository_are_followed_only_where_git_does_not_know_them() {
        let (root, elsewhere) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let root = root.path();
        std::fs::create_dir(root.join("reports")).expect("a folder");
        symlink(elsewhere.path(), root.join("far")).expect("a link");
        symlink("reports", root.join("near")).expect("a link");
        let is_inside = |path: &str| ensure_inside(root, Path::new(path)).is_ok();
        assert!(is_inside("reports/a/b.json") && is_inside("near/a") && is_inside("new/a"));
        assert!(
            !is_inside("far") && !is_inside("far/a/b.json"),
            "no repository says whose link it is"
        );
        let git = |arguments: &[&str]| {
            let status = std::process::Command::new("git")
                .current_dir(root)
                .args(arguments)
                .status();
            assert!(status.expect("git").success());
        };
        git(&["init", "-q"]);
        assert!(is_inside("far/a/b.json"));
        git(&["add", "far"]);
        assert!(!is_inside("far/a/b.json"));
    }
}
