//! Supabase: `supabase/migrations/<version>_<name>.sql`, forward only.

use anyhow::Result;

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, ImportedMigrations, OrderKey};

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    let files = source.in_one_folder(|name| version_and_name(name.strip_suffix(".sql")?))?;
    let mut found = ImportedMigrations::default();
    for (file, (version, name)) in &files {
        found.drafts.push(Draft {
            version: version.clone(),
            name: name.clone(),
            up: source.part(file)?,
            down: None,
            order: OrderKey::default(),
        });
    }
    if let Some((first, _)) = files.first() {
        let taken: Vec<_> = files.iter().map(|(file, _)| (*file).to_owned()).collect();
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn each_file_is_a_migration() {
        let files = [
            ("migrations/20240102000000_b.sql", "select 2;"),
            ("migrations/20240101000000_a.sql", "\u{feff}select 1;\r\n"),
            ("seed.sql", "select 3;"),
        ];
        let read = read_files(Layout::Supabase, &files).expect("readable");
        assert_eq!(
            read,
            [
                "20240101000000 a | select 1; | -",
                "20240102000000 b | select 2; | -"
            ]
        );
    }
}
