//! node-pg-migrate: `<version>_<name>.sql` with `-- Up Migration` and `-- Down Migration`. Migrations in JavaScript
//! build their SQL while they run; they are listed, not read.

use anyhow::Result;

use super::markers::{self, Half};
use super::source::{Source, folder_of, version_and_name};
use super::{Draft, Found, Part};

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut taken = Vec::new();
    let files = source.in_one_folder(|name| {
        let extension = [".sql", ".js", ".ts", ".cjs", ".mjs"].into_iter().find(|end| name.ends_with(end))?;
        Some((version_and_name(name.strip_suffix(extension)?)?, extension))
    })?;
    for (file, ((version, name), extension)) in &files {
        taken.push((*file).to_owned());
        if *extension != ".sql" {
            found.note(
                file,
                "is a program, not SQL, and was not imported: run it on an empty database and dump what it made",
            );
            continue;
        }
        let text = source.text(file)?;
        let (before, halves) = markers::split(&text, direction);
        let up = side(&halves, file, false).unwrap_or_else(|| part(file, before));
        let draft = Draft { version: version.clone(), name: name.clone(), up, down: side(&halves, file, true) };
        found.drafts.push(draft);
    }
    if let Some((first, _)) = files.first() {
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    super::versions::sort(&mut found.drafts);
    Ok(found)
}

/// `-- Up Migration`, `--- DOWN migration ---`
fn direction(comment: &str) -> Option<(bool, &str)> {
    let mut words = comment.split(|character: char| character.is_whitespace() || character == '-');
    let mut next = || words.by_ref().find(|word| !word.is_empty()).map(str::to_ascii_lowercase);
    let (first, second) = (next()?, next()?);
    (second == "migration" && (first == "up" || first == "down")).then(|| (first == "down", ""))
}

fn side(halves: &[Half<'_>], file: &str, down: bool) -> Option<Part> {
    halves.iter().find(|half| half.down == down).map(|half| part(file, half.text))
}

fn part(file: &str, text: &str) -> Part {
    Part { file: file.to_owned(), text: text.trim_start().to_owned(), no_transaction: false }
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn sql_is_read_and_programs_are_listed() {
        let files = [
            ("1600000000001_a.sql", "-- Up Migration\nselect 1;\n\n-- Down Migration\nselect 2;"),
            ("1600000000002_b.sql", "select 3;"),
            ("1600000000003_c.js", "exports.up = pgm => {}"),
        ];
        let read = read_files(Layout::NodePgMigrate, &files).expect("readable");
        assert_eq!(read[..2], ["1600000000001 a | select 1; | select 2;", "1600000000002 b | select 3; | -"]);
        assert!(read[2].starts_with("1600000000003_c.js: is a program, not SQL"), "{read:?}");
    }
}
