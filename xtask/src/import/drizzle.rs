//! Drizzle: `<tag>.sql` in the order of `meta/_journal.json`, statements between `-->
//! statement-breakpoint`; newer ones have a folder for each migration and no journal. Drizzle has
//! no down migrations.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::source::{Source, folder_of, version_and_name};
use super::{DirectionPart, Draft, ImportedMigrations};
use crate::migrations::sql::{self, TokenKind};

const BREAKPOINT: &str = "--> statement-breakpoint";

#[derive(Deserialize)]
struct Journal {
    #[serde(default)]
    dialect: String,
    entries: Vec<DrizzleEntry>,
}

#[derive(Deserialize)]
struct DrizzleEntry {
    idx: i64,
    #[serde(default)]
    when: i64,
    tag: String,
}

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let is_journal = |file: &&str| *file == "_journal.json" || file.ends_with("meta/_journal.json");
    let journals: Vec<_> = source.files().filter(is_journal).collect();
    match journals.as_slice() {
        [] => read_folders(source),
        [journal] => read_journal(source, journal),
        several => bail!(
            "there are several journals, name the folder of one of them: `{}`",
            several.join("`, `")
        ),
    }
}

fn read_folders(source: &Source<'_>) -> Result<ImportedMigrations> {
    let mut found = super::folders::read(source, "migration.sql", "down.sql")?;
    found
        .drafts
        .iter_mut()
        .for_each(|draft| draft.up.text = without_breakpoints(&draft.up.text));
    Ok(found)
}

fn read_journal(source: &Source<'_>, file: &str) -> Result<ImportedMigrations> {
    let journal: Journal = serde_json::from_str(&source.text(file)?)
        .with_context(|| format!("cannot read the journal `{file}`"))?;
    if !["", "postgresql", "pg"].contains(&journal.dialect.as_str()) {
        bail!(
            "`{file}` says that these migrations are for `{}`, not for PostgreSQL",
            journal.dialect
        )
    }
    let folder = folder_of(folder_of(file));
    let mut entries = journal.entries;
    entries.sort_by_key(|entry| entry.idx);
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    note_skipped(file, &entries, &mut found);
    for entry in entries {
        let path = format!("{folder}/{}.sql", entry.tag)
            .trim_start_matches('/')
            .to_owned();
        if !source.has(&path) {
            found.note(
                file,
                format!(
                    "names `{}`, whose file `{path}` does not exist: it was not imported",
                    entry.tag
                ),
            );
            continue;
        }
        let (version, name) =
            version_and_name(&entry.tag).unwrap_or((entry.idx.to_string(), entry.tag));
        let text = without_breakpoints(&source.text(&path)?);
        let up = DirectionPart {
            file: path.clone(),
            text,
            no_transaction: false,
        };
        found.drafts.push(Draft {
            version,
            name,
            up,
            down: None,
        });
        taken.push(path);
    }
    source.note_orphans(folder, &taken, &mut found);
    Ok(found)
}

/// Notes entries that Drizzle may have skipped. It runs only entries that are younger than the
/// youngest that ran, so that an older one never runs on an existing database.
fn note_skipped(file: &str, entries: &[DrizzleEntry], found: &mut ImportedMigrations) {
    let mut newest = i64::MIN;
    for entry in entries {
        if entry.when < newest {
            let text = format!(
                "dates `{}` before the entry above it: databases that drizzle kept may lack it",
                entry.tag
            );
            found.note(file, text);
        }
        newest = newest.max(entry.when);
    }
}

/// Joins the pieces between breakpoints. Drizzle sends each by itself, so that its last `;` may be
/// missing.
fn without_breakpoints(text: &str) -> String {
    let pieces = text.split(BREAKPOINT).map(|piece| {
        let piece = piece.trim_matches(['\n', ' ']);
        // Comments may stand behind the last statement.
        let last = sql::tokens(piece)
            .into_iter()
            .rfind(|token| token.is_significant());
        match last {
            Some(last) if last.kind != TokenKind::Semicolon => {
                let end = last.span.range().end;
                format!("{};{}", &piece[..end], &piece[end..])
            }
            Some(_) | None => piece.to_owned(),
        }
    });
    pieces
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;
    use super::without_breakpoints;

    #[test]
    fn the_journal_says_what_runs_and_in_which_order() {
        let journal = r#"{"version":"7","dialect":"postgresql","entries":[
            {"idx":1,"when":5,"tag":"0001_second"},{"idx":0,"when":9,"tag":"0000_first"},{"idx":2,"when":10,"tag":"0002_gone"}]}"#;
        let files = [
            ("drizzle/meta/_journal.json", journal),
            (
                "drizzle/0000_first.sql",
                "create table a ();\n--> statement-breakpoint\ncreate table b ()",
            ),
            ("drizzle/0001_second.sql", "select 1;"),
            ("drizzle/0003_stray.sql", "select 2;"),
        ];
        let read = read_files(Layout::Drizzle, &files).expect("readable");
        assert_eq!(
            read,
            [
                "0000 first | create table a ();  create table b (); | -",
                "0001 second | select 1; | -",
                "drizzle/meta/_journal.json: dates `0001_second` before the entry above it: databases that drizzle \
                 kept may lack it",
                "drizzle/meta/_journal.json: names `0002_gone`, whose file `drizzle/0002_gone.sql` does not exist: \
                 it was not imported",
                "drizzle/0003_stray.sql: is not part of any migration, and was not imported",
            ]
        );
    }

    #[test]
    fn pieces_end_with_a_semicolon_before_their_comments() {
        assert_eq!(
            without_breakpoints("a--> statement-breakpoint\nb; -- c"),
            "a;\n\nb; -- c\n"
        );
        assert_eq!(
            without_breakpoints("a -- why\n--> statement-breakpoint\n"),
            "a; -- why\n"
        );
    }

    #[test]
    fn newer_projects_have_a_folder_for_each() {
        let files = [(
            "20240101000000_a/migration.sql",
            "select 1;--> statement-breakpoint\nselect 2;",
        )];
        let read = read_files(Layout::Drizzle, &files).expect("readable");
        assert_eq!(read, ["20240101000000 a | select 1;  select 2; | -"]);
    }

    #[test]
    fn a_broken_journal_and_another_dialect_are_errors() {
        assert!(read_files(Layout::Drizzle, &[("meta/_journal.json", "{")]).is_err());
        let mysql = r#"{"dialect":"mysql","entries":[]}"#;
        assert!(read_files(Layout::Drizzle, &[("meta/_journal.json", mysql)]).is_err());
    }
}
