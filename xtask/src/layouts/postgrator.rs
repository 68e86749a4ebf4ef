//! Postgrator: `<version>.do.<name>.sql` and `<version>.undo.<name>.sql`. The version pairs them, and
//! the name may be missing.

use anyhow::Result;

use super::source::{Source, folder_of};
use super::{Draft, ImportedMigrations, OrderKey};

/// The word of a direction in the name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Do,
    Undo,
}

/// The version, the action and the name in `001.do.create-users.sql`.
fn parts(file: &str) -> Option<(&str, Action, &str)> {
    let stem = file.strip_suffix(".sql")?;
    let (version, rest) = stem.split_once('.')?;
    let (action, name) = rest.split_once('.').unwrap_or((rest, ""));
    let action = match action {
        "do" => Action::Do,
        "undo" => Action::Undo,
        _other => return None,
    };
    let is_number = !version.is_empty() && version.bytes().all(|one| one.is_ascii_digit());
    is_number.then_some((version, action, name))
}

/// Whether a file is called like one of Postgrator.
pub(super) fn is_named_so(file: &str) -> bool {
    parts(file).is_some()
}

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let files = source.in_one_folder(|name| {
        let (version, action, rest) = parts(name)?;
        Some((version.to_owned(), action, rest.to_owned()))
    })?;
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    let number = |version: &str| version.trim_start_matches('0').to_owned();
    for (file, (version, action, name)) in &files {
        if *action == Action::Undo {
            continue;
        }
        let back = files.iter().find(|(_, (other, action, _))| {
            *action == Action::Undo && number(other) == number(version)
        });
        taken.push((*file).to_owned());
        taken.extend(back.map(|(file, _)| (*file).to_owned()));
        found.drafts.push(Draft {
            version: version.clone(),
            name: name.clone(),
            up: source.part(file)?,
            down: back.map(|(file, _)| source.part(file)).transpose()?,
            order: OrderKey::default(),
        });
    }
    if let Some((first, _)) = files.first() {
        let folder = folder_of(first);
        let code: Vec<String> = source
            .files()
            .filter(|file| folder_of(file) == folder && is_code(file))
            .map(str::to_owned)
            .collect();
        for file in code {
            found.note_lost(
                &file,
                "is code, and was not imported",
                "let `migrations.replay` name the command that runs Postgrator, instead of `layout`",
            );
            taken.push(file);
        }
        source.note_orphans(folder, &taken, &mut found);
    }
    Ok(found)
}

/// Whether a file is a migration that makes its SQL when it runs: `002.do.seed.js`.
fn is_code(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = [".js", ".mjs", ".cjs", ".ts"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| is_named_so(&format!("{stem}.sql")))
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn versions_pair_both_directions_and_order_as_numbers() {
        let files = [
            ("10.do.sql", "select 10;"),
            ("009.do.add-bio.sql", "select 9;"),
            ("9.undo.anything.sql", "select -9;"),
            ("2.undo.lost.sql", "select -2;"),
            (
                "11.do.seed.js",
                "module.exports.generateSql = () => 'select 11'",
            ),
            ("README.md", ""),
        ];
        let read = read_files(Layout::Postgrator, &files).expect("readable");
        assert_eq!(
            read,
            [
                "009 add-bio | select 9; | select -9;",
                "10  | select 10; | -",
                "11.do.seed.js: is code, and was not imported",
                "2.undo.lost.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
