//! dbmate: `db/migrations/<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down`, either
//! with `transaction:false`.

use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use super::markers::{self, Half};
use super::source::{Source, folder_of, version_and_name};
use super::{DirectionPart, Draft, ImportedMigrations, OrderKey};

/// Characters that say nothing: white space, and a byte order mark.
const BLANK: [char; 5] = [' ', '\t', '\r', '\n', '\u{feff}'];

/// dbmate's own expressions: a marker begins a line.
static UP: LazyLock<Regex> = LazyLock::new(|| marker("up"));
static DOWN: LazyLock<Regex> = LazyLock::new(|| marker("down"));

#[expect(
    clippy::expect_used,
    reason = "both patterns are constant, and a test uses them"
)]
fn marker(direction: &str) -> Regex {
    Regex::new(&format!(r"(?m)^--[ \t]*migrate:{direction}(?:[ \t\r]|$)")).expect("a valid pattern")
}

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    let files = source.in_one_folder(|name| version_and_name(name.strip_suffix(".sql")?))?;
    for (file, (version, name)) in &files {
        taken.push((*file).to_owned());
        let text = source.text(file)?;
        let halves = markers::split(&text, &UP, &DOWN);
        let Some(up) = &halves.up else {
            let text = "has no line `-- migrate:up`, and was not imported";
            found.note_lost(
                file,
                text,
                "begin it with `-- migrate:up`, as dbmate demands",
            );
            continue;
        };
        if !text[halves.before.clone()].trim_matches(BLANK).is_empty() {
            found.note(
                file,
                "has text before `-- migrate:up`, which was not imported",
            );
        }
        let up = part(up, file, &text);
        let down = halves.down.as_ref().map(|down| part(down, file, &text));
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
    UP.is_match(text)
}

fn part(half: &Half<'_>, file: &str, text: &str) -> DirectionPart {
    let no_transaction = half
        .options
        .split_whitespace()
        .any(|option| option == "transaction:false");
    let mut part = DirectionPart::within(file, text.to_owned(), half.range.clone());
    part.no_transaction = no_transaction;
    part
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn both_directions_are_cut_out_of_one_file() {
        let files = [
            (
                "2_b.sql",
                "-- migrate:up transaction:false\nvacuum;\n-- migrate:down\n",
            ),
            (
                "1_a.sql",
                "-- about a\n-- migrate:up\nselect '-- migrate:down';\n-- migrate:down\nselect 2;\n",
            ),
            ("3_c.sql", "select 3;"),
            ("schema.sql", "select 4;"),
        ];
        let read = read_files(Layout::Dbmate, &files).expect("readable");
        assert_eq!(
            read,
            [
                "1 a | select '-- migrate:down'; | select 2;",
                "2 b | !vacuum; | ",
                "1_a.sql: has text before `-- migrate:up`, which was not imported",
                "3_c.sql: has no line `-- migrate:up`, and was not imported",
                "schema.sql: is not part of any migration, and was not imported",
            ]
        );
    }

    #[test]
    fn only_the_beginning_of_a_line_is_a_marker() {
        let text = "-- migrate:up\ncreate table t(); -- migrate:down drops it\n  -- migrate:down\n-- migrate:downwards\n\
                    create table u();\n--migrate:down\ndrop table u; drop table t;\n-- migrate:down\n-- migrate:up\n";
        let read = read_files(Layout::Dbmate, &[("1_t.sql", text)]).expect("readable");
        let (up, down) = read[0].split_once(" | drop").expect("two directions");
        assert!(
            up.contains("create table t()") && up.ends_with("create table u();"),
            "{read:?}"
        );
        assert!(down.starts_with(" table u; drop table t;"), "{read:?}");
    }
}
