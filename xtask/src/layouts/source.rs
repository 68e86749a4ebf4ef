//! The files of the other tool, and their texts as they are.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::{DirectionPart, ImportedMigrations};
use crate::tree::Tree;

/// Everything below the folder that is imported.
pub(super) struct Source<'a> {
    tree: &'a dyn Tree,
    files: Vec<String>,
}

impl<'a> Source<'a> {
    pub fn new(tree: &'a dyn Tree) -> Result<Self> {
        Ok(Self {
            files: tree.files("")?,
            tree,
        })
    }

    /// The files, relative to the folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    pub fn has(&self, file: &str) -> bool {
        self.files.iter().any(|known| known == file)
    }

    /// The text of `file`.
    pub fn text(&self, file: &str) -> Result<String> {
        let bytes = self
            .tree
            .read(file)
            .with_context(|| format!("cannot read `{file}`"))?;
        String::from_utf8(bytes).with_context(|| format!("cannot read `{file}`: it is not UTF-8"))
    }

    /// `file` as one direction of a migration.
    pub fn part(&self, file: &str) -> Result<DirectionPart> {
        Ok(DirectionPart::whole(file, self.text(file)?))
    }

    /// `file` as the way back, if it is there and holds something.
    pub fn down(&self, file: &str) -> Result<Option<DirectionPart>> {
        if self.has(file) {
            self.part(file).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The files that `matcher` accepts, each with its result. All are of one folder, sorted by
    /// name.
    pub fn in_one_folder<T>(&self, matcher: impl Fn(&str) -> Option<T>) -> Result<Vec<(&str, T)>> {
        let mut folders: BTreeMap<&str, Vec<(&str, T)>> = BTreeMap::new();
        for file in self.files() {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            if let Some(made) = matcher(name) {
                folders.entry(folder).or_default().push((file, made));
            }
        }
        if folders.len() > 1 {
            // A user who names a folder means the files directly in it.
            if let Some(own) = folders.remove("") {
                return Ok(own);
            }
            bail!(
                "there are migrations in several folders, name one of them: {}",
                list(folders.into_keys())
            )
        }
        Ok(folders.into_values().next().unwrap_or_default())
    }

    /// Notes the files that look like migrations and are not among those `taken`.
    pub fn note_orphans(&self, folder: &str, taken: &[String], found: &mut ImportedMigrations) {
        let is_inside = |file: &&str| folder.is_empty() || file.starts_with(&format!("{folder}/"));
        // Tools keep migrations in files of these kinds. Others (locks, snapshots) are no orphans.
        let extensions = [".sql", ".js", ".ts", ".go", ".yaml", ".rb", ".py"];
        let is_code = |file: &&str| extensions.iter().any(|extension| file.ends_with(extension));
        for file in self.files().filter(is_inside).filter(is_code) {
            if !taken.iter().any(|known| known == file) {
                found.note(file, "is not part of any migration, and was not imported");
            }
        }
    }
}

/// The folder of `file`.
pub(super) fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name of the migration that `file` applies, as the other tool shows it: the name of its
/// folder, where the file itself is called like all others.
pub(super) fn title(file: &str) -> &str {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    if ["migration.sql", "up.sql"].contains(&name) {
        return folder.rsplit('/').next().unwrap_or(folder);
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.strip_suffix(".up").unwrap_or(stem)
}

/// `2024-01-15-103000_create_users` is version `2024-01-15-103000`, name `create_users`.
pub(super) fn version_and_name(stem: &str) -> Option<(String, String)> {
    let is_version = |character: char| character.is_ascii_digit() || matches!(character, '-' | '.');
    let rest = stem.trim_start_matches(is_version);
    let version = stem[..stem.len() - rest.len()].trim_end_matches(['-', '.']);
    // A version ends at a `_` or at the end of the name: `1abc` has none.
    let separated =
        rest.is_empty() || rest.starts_with('_') || stem[version.len()..].starts_with(['-', '.']);
    let begins = version.starts_with(|character: char| character.is_ascii_digit());
    (begins && separated).then(|| (version.to_owned(), rest.trim_start_matches('_').to_owned()))
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names
        .map(|name| format!("`{}`", if name.is_empty() { "." } else { name }))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_taken_apart_as_each_tool_writes_them() {
        let parts =
            |stem| version_and_name(stem).map(|(version, name)| format!("{version} {name}"));
        assert_eq!(parts("0007_add_bio").as_deref(), Some("0007 add_bio"));
        assert_eq!(
            parts("2024-01-15-103000_create_users").as_deref(),
            Some("2024-01-15-103000 create_users")
        );
        assert_eq!(
            parts("1599065830454_alter-table").as_deref(),
            Some("1599065830454 alter-table")
        );
        assert_eq!(parts("20240115").as_deref(), Some("20240115 "));
        assert_eq!(parts("0001-init").as_deref(), Some("0001 init"));
        assert_eq!(parts("1st_try"), None);
        assert_eq!(parts("schema"), None);
    }
}
