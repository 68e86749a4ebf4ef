//! Flyway: `V<version>__<name>.sql`, undone by `U<version>__<name>.sql`; versions may have dots.
//! Repeatable migrations (`R__`), baselines (`B`) and callbacks have no place in a list of
//! versions, and are listed.

use anyhow::Result;

use super::source::{Source, folder_of};
use super::{Draft, ImportedMigrations, OrderKey};

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let files = source.in_one_folder(|name| versioned(name, 'V'))?;
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    for (file, (version, name)) in &files {
        let undo = source.files().find(|other| {
            folder_of(other) == folder_of(file)
                && versioned(last(other), 'U').is_some_and(|undo| undo.0 == *version)
        });
        let mut up = source.part(file)?;
        // Flyway reads the settings of a script from a file beside it.
        let settings = format!("{file}.conf");
        up.no_transaction = source.has(&settings) && runs_outside(&source.text(&settings)?);
        let down = undo.map(|undo| source.part(undo)).transpose()?;
        taken.extend([Some(*file), undo].into_iter().flatten().map(str::to_owned));
        found.drafts.push(Draft {
            version: version.clone(),
            name: name.clone(),
            up,
            down,
            order: OrderKey::default(),
        });
    }
    if let Some((first, _)) = files.first() {
        note_others(source, folder_of(first), &mut taken, &mut found)?;
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    Ok(found)
}

fn note_others(
    source: &Source<'_>,
    folder: &str,
    taken: &mut Vec<String>,
    found: &mut ImportedMigrations,
) -> Result<()> {
    for file in source.files().filter(|file| folder_of(file) == folder) {
        if last(file).starts_with("R__") {
            found.note(file, "is repeatable, and was not imported: make it the next migration each time it changes");
            taken.push(file.to_owned());
            let name = last(file)
                .trim_start_matches("R__")
                .trim_end_matches(".sql");
            found.repeatable.push(Draft {
                version: String::new(),
                name: name.to_owned(),
                up: source.part(file)?,
                down: None,
                order: OrderKey {
                    numbers: vec![u64::MAX],
                    text: name.to_owned(),
                },
            });
        }
    }
    found.repeatable.sort_by(|a, b| a.order.cmp(&b.order));
    Ok(())
}

/// `V1_2__add_bio.sql` is version `1.2`, name `add_bio`.
pub(crate) fn versioned(name: &str, prefix: char) -> Option<(String, String)> {
    let (version, name) = name
        .strip_suffix(".sql")?
        .strip_prefix(prefix)?
        .split_once("__")?;
    let version = version.replace('_', ".");
    let numbers = version
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.then(|| (version, name.to_owned()))
}

fn runs_outside(settings: &str) -> bool {
    settings.lines().any(|line| {
        line.replace(' ', "")
            .eq_ignore_ascii_case("executeInTransaction=false")
    })
}

fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn versions_are_in_order_of_their_numbers() {
        let files = [
            ("V1.10__c.sql", "select 3;"),
            ("V1_2__b.sql", "vacuum;"),
            ("V1_2__b.sql.conf", "executeInTransaction = false\n"),
            ("V1__a.sql", "select 1;"),
            ("U1__a.sql", "select 0;"),
            ("R__views.sql", "select 9;"),
            ("afterMigrate.sql", "select 8;"),
        ];
        let read = read_files(Layout::Flyway, &files).expect("readable");
        assert_eq!(
            read,
            [
                "1 a | select 1; | select 0;",
                "1.2 b | !vacuum; | -",
                "1.10 c | select 3; | -",
                "R__views.sql: is repeatable, and was not imported: make it the next migration each time it changes",
                "afterMigrate.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
