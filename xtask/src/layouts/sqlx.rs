//! sqlx: `<version>_<name>.up.sql` and `.down.sql`, or `<version>_<name>.sql` without a way back. A
//! first line `-- no-transaction` means there what it means here.

use anyhow::Result;

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, ImportedMigrations, OrderKey};

pub(super) fn read(source: &Source<'_>) -> Result<ImportedMigrations> {
    read_suffixed(source, true)
}

/// Files named `.up.sql` and `.down.sql`; `simple` takes plain `.sql` too. Two files of one version
/// belong together, whatever their names.
pub(super) fn read_suffixed(source: &Source<'_>, simple: bool) -> Result<ImportedMigrations> {
    let files = source.in_one_folder(|name| {
        let stem = name
            .strip_suffix(".sql")
            .filter(|stem| !stem.ends_with(".down"))?;
        let plain = stem.strip_suffix(".up");
        version_and_name(if simple {
            plain.unwrap_or(stem)
        } else {
            plain?
        })
    })?;
    let Some(folder) = files.first().map(|(first, _)| folder_of(first)) else {
        return Ok(ImportedMigrations::default());
    };
    let mut downs = downs(source, folder);
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    for (file, (version, name)) in &files {
        taken.push((*file).to_owned());
        let is_reversible = file.ends_with(".up.sql");
        let down = downs
            .iter()
            .position(|(of, _)| is_reversible && number(of) == number(version));
        let down = down.map(|at| downs.remove(at).1);
        taken.extend(down.map(str::to_owned));
        let down = down.map(|down| source.part(down)).transpose()?;
        found.drafts.push(Draft {
            version: version.clone(),
            name: name.clone(),
            up: source.part(file)?,
            down,
            order: OrderKey::default(),
        });
    }
    source.note_orphans(folder, &taken, &mut found);
    Ok(found)
}

/// The ways back in `folder`, by their versions.
fn downs<'s>(source: &'s Source<'_>, folder: &str) -> Vec<(String, &'s str)> {
    let inside = source.files().filter(|file| folder_of(file) == folder);
    let down = |file: &'s str| {
        let name = file.rsplit('/').next().unwrap_or(file);
        let (version, _) = version_and_name(name.strip_suffix(".down.sql")?)?;
        Some((version, file))
    };
    inside.filter_map(down).collect()
}

/// `1` and `001` are one version.
fn number(version: &str) -> &str {
    version.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::super::tests::read_files;

    #[test]
    fn reversible_and_simple_migrations_are_read() {
        let files = [
            ("10_c.sql", "select 3;"),
            ("2_b.up.sql", "-- no-transaction\nvacuum;"),
            ("2_b.down.sql", "select 2;"),
            ("9_lost.down.sql", "select 9;"),
            ("010_no_way_back.down.sql", "select 8;"),
        ];
        let read = read_files(Layout::Sqlx, &files).expect("readable");
        assert_eq!(
            read,
            [
                "2 b | -- no-transaction vacuum; | select 2;",
                "10 c | select 3; | -",
                "010_no_way_back.down.sql: is not part of any migration, and was not imported",
                "9_lost.down.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
