//! node-pg-migrate: `<version>_<name>.sql` with `-- Up Migration` and `-- Down Migration`.
//! Migrations in JavaScript build their SQL while they run; they are listed, not read.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use super::markers;
use super::source::{Source, folder_of, version_and_name};
use super::{DirectionPart, Draft, ImportedMigrations, OrderKey};

/// node-pg-migrate's own expressions: `-- Up Migration`, ` --- down   migration ---`, at the
/// beginning of a line.
static UP: LazyLock<Regex> = LazyLock::new(|| marker("up"));
static DOWN: LazyLock<Regex> = LazyLock::new(|| marker("down"));

#[expect(
    clippy::expect_used,
    reason = "both patterns are constant, and a test uses them"
)]
fn marker(direction: &str) -> Regex {
    Regex::new(&format!(r"(?mi)^\s*--[\s-]*{direction}\s+migration")).expect("a valid pattern")
}

/// The help for migrations that are programs.
const PROGRAM: &str = "let your own tool run all of them on a scratch database: write `replay = \"<command>\"` instead of \
    `layout` in `migrations`";

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    let files = source.in_one_folder(|name| {
        let extension = [".sql", ".js", ".ts", ".cjs", ".mjs"]
            .into_iter()
            .find(|end| name.ends_with(end))?;
        Some((version_and_name(name.strip_suffix(extension)?)?, extension))
    })?;
    for (file, ((version, name), extension)) in &files {
        taken.push((*file).to_owned());
        if *extension != ".sql" {
            let text = "is a program, not SQL, and was not imported: run it on an empty database and dump what it made";
            found.note_lost(file, text, PROGRAM);
            continue;
        }
        let text = source.text(file)?;
        let halves = markers::split(&text, &UP, &DOWN);
        let part = |range| DirectionPart::within(file, text.clone(), range);
        let up = part(halves.up.map_or(halves.before, |half| half.range));
        let down = halves.down.map(|half| part(half.range));
        found.drafts.push(Draft {
            version: version.clone(),
            name: name.clone(),
            up,
            down,
            order: OrderKey::default(),
        });
    }
    if let Some((first, _)) = files.first() {
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    Ok(found)
}

/// Whether `text` holds a marker.
pub(crate) fn has_markers(text: &str) -> bool {
    UP.is_match(text) || DOWN.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn sql_is_read_and_programs_are_listed() {
        let files = [
            (
                "1600000000001_a.sql",
                "-- Up Migration\nselect 1;\n\n-- Down Migration\nselect 2;",
            ),
            ("1600000000002_b.sql", "select 3;"),
            ("1600000000003_c.js", "exports.up = pgm => {}"),
        ];
        let read = read_files(Layout::NodePgMigrate, &files).expect("readable");
        assert_eq!(
            read[..2],
            [
                "1600000000001 a | select 1; | select 2;",
                "1600000000002 b | select 3; | -"
            ]
        );
        assert!(
            read[2].starts_with("1600000000003_c.js: is a program, not SQL"),
            "{read:?}"
        );
    }

    #[test]
    fn only_the_beginning_of_a_line_is_a_marker() {
        let text = "create table t(); -- Down Migration drops it\ncreate table u();\n";
        let down = "drop table u; drop table t;\n";
        let files = [
            (
                "1_a.sql",
                format!("-- Up Migration\n{text}-- Down Migration\n{down}"),
            ),
            (
                "2_b.sql",
                format!("  --- down   MIGRATION ---\n{down}-- Up Migration\n{text}"),
            ),
        ];
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        for read in read_files(Layout::NodePgMigrate, &files).expect("readable") {
            assert!(
                read.ends_with("drops it create table u(); | drop table u; drop table t;"),
                "{read}"
            );
        }
    }
}
