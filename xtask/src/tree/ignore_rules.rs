//! The rules of the `.gitignore` files of a checkout. Other rules (in `.git/info/exclude` or a
//! user's own file) do not count: they would give two people two verdicts on the same commit.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::regular_file::Boundary;

/// Tells whether git would ignore files of one checkout. Each `.gitignore` is read when it is first
/// needed.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    /// The folder that paths are relative to, and the repository around it; none where nothing is
    /// ignored.
    checkout: Option<(PathBuf, Boundary)>,
    folders: HashMap<PathBuf, Folder>,
}

/// The ignore rules that apply in one folder.
#[derive(Debug, Clone, Default)]
struct Folder {
    /// Whether the folder is ignored itself. As in git, nothing below it can then be included
    /// again.
    is_ignored: bool,
    /// The `.gitignore` files that apply to its entries, the nearest first.
    rules: Vec<Arc<Gitignore>>,
}

impl IgnoreRules {
    /// The rules for paths below `root`, in the repository that `boundary` surrounds.
    pub(super) fn of(root: &Path, boundary: &Boundary) -> Self {
        // The boundary has no links in it: a path that is compared with it must have none either.
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        Self {
            checkout: Some((root, boundary.clone())),
            folders: HashMap::new(),
        }
    }

    /// Whether git would ignore the file `path`, if it does not keep it already.
    pub fn is_ignored(&mut self, path: &str) -> bool {
        let Some((root, boundary)) = &self.checkout else {
            return false;
        };
        let file = root.join(path);
        let Some(parent) = file.parent() else {
            return false;
        };
        let folder = folder(&mut self.folders, boundary, parent);
        folder.is_ignored || is_matched(&folder.rules, &file, false)
    }
}

/// Returns the ignore rules of the folder at `path`, which lies within the boundary.
fn folder<'f>(
    folders: &'f mut HashMap<PathBuf, Folder>,
    boundary: &Boundary,
    path: &Path,
) -> &'f Folder {
    if !folders.contains_key(path) {
        let above = path.parent().filter(|_| path != boundary.folder());
        let mut inherited = above
            .map(|above| folder(folders, boundary, above).clone())
            .unwrap_or_default();
        if !inherited.is_ignored {
            inherited.is_ignored = is_matched(&inherited.rules, path, true);
            inherited.rules.splice(0..0, own_rules(boundary, path));
        }
        folders.insert(path.to_path_buf(), inherited);
    }
    &folders[path]
}

/// Whether the nearest of `rules` that speaks of `path` ignores it.
fn is_matched(rules: &[Arc<Gitignore>], path: &Path, is_folder: bool) -> bool {
    let verdict = rules
        .iter()
        .map(|rules| rules.matched(path, is_folder))
        .find(|verdict| !verdict.is_none());
    matches!(verdict, Some(Match::Ignore(_)))
}

/// The `.gitignore` in a folder; none where there is none, or where it cannot be read.
fn own_rules(boundary: &Boundary, folder: &Path) -> Option<Arc<Gitignore>> {
    let path = folder.join(".gitignore");
    let bytes = boundary.read(&path).ok()?;
    let mut rules = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(&bytes)
        .trim_start_matches('\u{feff}')
        .lines()
    {
        // git skips a line that is no pattern.
        let _ = rules.add_line(Some(path.clone()), line);
    }
    rules.build().ok().map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Whether each of `paths` is ignored in a repository with these files, seen from its folder
    /// `from`.
    fn ignored(files: &[(&str, &str)], from: &str, paths: &[&str]) -> Vec<bool> {
        let repository = tempfile::tempdir().unwrap();
        fs::create_dir(repository.path().join(".git")).unwrap();
        for (path, text) in files {
            let path = repository.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = repository.path().join(from);
        let mut rules = IgnoreRules::of(&root, &Boundary::around(&root));
        paths.iter().map(|path| rules.is_ignored(path)).collect()
    }

    #[test]
    fn the_nearest_file_decides_and_an_ignored_folder_is_ignored_whole() {
        let files = [
            (".gitignore", "*.gen.ts\n/build/\nlib\n[\n"),
            ("src/.gitignore", "!kept.gen.ts\n"),
            ("build/.gitignore", "!*\n"),
        ];
        let paths = [
            "a.ts",
            "a.gen.ts",
            "src/kept.gen.ts",
            "src/a.gen.ts",
            "build/a.ts",
            "src/build/a.ts",
            "src/lib/b/a.ts",
        ];
        assert_eq!(
            ignored(&files, "", &paths),
            [false, true, false, true, true, false, true]
        );
    }

    #[test]
    fn rules_above_the_root_count_up_to_the_repository() {
        let files = [
            (".gitignore", "/packages/db/generated\n*.gen.ts"),
            ("packages/db/a.ts", ""),
        ];
        assert_eq!(
            ignored(
                &files,
                "packages/db",
                &["generated/a.ts", "a.gen.ts", "a.ts"]
            ),
            [true, true, false]
        );
    }

    #[test]
    fn a_link_out_of_the_repository_is_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("rules"), "*.ts").unwrap();
        let repository = tempfile::tempdir().unwrap();
        fs::create_dir(repository.path().join(".git")).unwrap();
        std::os::unix::fs::symlink(
            outside.path().join("rules"),
            repository.path().join(".gitignore"),
        )
        .unwrap();
        let mut rules = IgnoreRules::of(repository.path(), &Boundary::around(repository.path()));
        assert!(!rules.is_ignored("a.ts"));
    }
}
