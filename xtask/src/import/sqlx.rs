//! sqlx: `<version>_<name>.up.sql` and `.down.sql`, or `<version>_<name>.sql` without a way back. A first line
//! `-- no-transaction` means there what it means here.

use anyhow::Result;

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, Found};

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    read_suffixed(source, true)
}

/// Files named `.up.sql` and `.down.sql`; `simple` takes plain `.sql` too.
pub(super) fn read_suffixed(source: &Source<'_>, simple: bool) -> Result<Found> {
    let files = source.in_one_folder(|name| {
        let stem = name.strip_suffix(".sql").filter(|stem| !stem.ends_with(".down"))?;
        let plain = stem.strip_suffix(".up");
        version_and_name(if simple { plain.unwrap_or(stem) } else { plain? })
    })?;
    let mut found = Found::default();
    let mut taken = Vec::new();
    for (file, (version, name)) in &files {
        let down = file.strip_suffix(".up.sql").map(|stem| format!("{stem}.down.sql"));
        let back = down.as_ref().map(|down| source.down(down)).transpose()?.flatten();
        taken.extend([Some((*file).to_owned()), down].into_iter().flatten());
        found.drafts.push(Draft { version: version.clone(), name: name.clone(), up: source.part(file)?, down: back });
    }
    if let Some((first, _)) = files.first() {
        source.note_orphans(folder_of(first), &taken, &mut found);
    }
    super::versions::sort(&mut found.drafts);
    Ok(found)
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
        ];
        let read = read_files(Layout::Sqlx, &files).expect("readable");
        assert_eq!(
            read,
            [
                "2 b | -- no-transaction vacuum; | select 2;",
                "10 c | select 3; | -",
                "9_lost.down.sql: is not part of any migration, and was not imported",
            ]
        );
    }
}
