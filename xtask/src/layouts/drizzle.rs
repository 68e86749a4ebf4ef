//! Drizzle: `<tag>.sql` in the order of `meta/_journal.json`, statements between `-->
//! statement-breakpoint`; newer ones have a folder for each migration and no journal. Drizzle has
//! no down migrations.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, ImportedMigrations, OrderKey};

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

/// Whether `text` is divided as Drizzle divides its migrations.
pub(super) fn has_breakpoints(text: &str) -> bool {
    text.contains(BREAKPOINT)
}

fn read_folders(source: &Source<'_>) -> Result<ImportedMigrations> {
    let mut found = super::folders::read(source, "migration.sql", "down.sql", false)?;
    for draft in &mut found.drafts {
        draft.up = draft.up.clone().separated_by(BREAKPOINT);
    }
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
            let text = format!(
                "names `{}`, whose file `{path}` does not exist: it was not imported",
                entry.tag
            );
            found.note_lost(file, text, "restore the file, or remove the entry");
            continue;
        }
        // Drizzle itself only compares these times.
        let order = OrderKey {
            numbers: vec![u64::try_from(entry.when).unwrap_or_default()],
            text: entry.tag.clone(),
        };
        let (version, name) =
            version_and_name(&entry.tag).unwrap_or((entry.idx.to_string(), entry.tag));
        let up = source.part(&path)?.separated_by(BREAKPOINT);
        found.drafts.push(Draft {
            version,
            name,
            up,
            down: None,
            order,
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

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

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
