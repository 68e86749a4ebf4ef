//! Diesel: `<version>_<name>/up.sql` and `down.sql`, with `run_in_transaction = false` in
//! `metadata.toml`.

use anyhow::{Context, Result};

use super::ImportedMigrations;
use super::source::{Source, folder_of};

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let mut found = super::folders::read(source, "up.sql", "down.sql", false)?;
    for draft in &mut found.drafts {
        let metadata = format!("{}/metadata.toml", folder_of(&draft.up.file));
        if source.has(&metadata) {
            let text = source.text(&metadata)?;
            let table: toml::Table = text
                .parse()
                .with_context(|| format!("cannot read `{metadata}`"))?;
            let no_transaction = table
                .get("run_in_transaction")
                .and_then(toml::Value::as_bool)
                == Some(false);
            draft.up.no_transaction = no_transaction;
            draft
                .down
                .iter_mut()
                .for_each(|down| down.no_transaction = no_transaction);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn the_transaction_of_both_directions_is_in_the_metadata() {
        let files = [
            ("00000000000000_diesel_initial_setup/up.sql", "select 0;"),
            ("00000000000000_diesel_initial_setup/down.sql", ""),
            ("2024-01-15-103000_a/up.sql", "vacuum;"),
            ("2024-01-15-103000_a/down.sql", "select 1;"),
            (
                "2024-01-15-103000_a/metadata.toml",
                "run_in_transaction = false",
            ),
        ];
        let read = read_files(Layout::Diesel, &files).expect("readable");
        assert_eq!(
            read,
            [
                "00000000000000 diesel_initial_setup | select 0; | ",
                "2024-01-15-103000 a | !vacuum; | !select 1;"
            ]
        );
    }
}
