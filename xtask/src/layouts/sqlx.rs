//! sqlx: `<version>_<name>.up.sql` and `.down.sql`, or `<version>_<name>.sql` without a way back. A
//! first line `-- no-transaction` means there what it means here.

use anyhow::Result;

use super::set_aside::{self, Undoes, VersionAndName};
use super::source::{Source, folder_of, title, version_and_name};
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
    let undone = undone(&files, simple);
    for (at, (file, (version, name))) in files.iter().enumerate() {
        taken.push((*file).to_owned());
        if let Some(undoes) = undone[at] {
            set_aside(file, undoes, &files, &mut found);
            continue;
        }
        let is_reversible = file.ends_with(".up.sql");
        let down = downs
            .iter()
            .position(|(of, _)| is_reversible && number(of) == number(version));
        let down = down.map(|at| downs.remove(at).1);
        taken.extend(down.map(str::to_owned));
        let named = undone.iter().position(|one| *one == Some(Undoes::One(at)));
        let down = down.or_else(|| named.map(|back| files[back].0));
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

/// A file, and its version and name.
type NamedFile<'s> = (&'s str, VersionAndName);

/// What each of `files` undoes by its name. Files that a suffix tells are what it says.
fn undone(files: &[NamedFile<'_>], simple: bool) -> Vec<Option<Undoes>> {
    if !simple {
        return vec![None; files.len()];
    }
    // The tree lists names as texts: `10_c` before `2_b`.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|at| {
        let digits = number(&files[*at].1.0);
        (digits.len(), digits)
    });
    let names: Vec<VersionAndName> = order.iter().map(|at| files[*at].1.clone()).collect();
    let mut undone = vec![None; files.len()];
    for (place, found) in set_aside::undone(&names).into_iter().enumerate() {
        let at = order[place];
        let is_suffixed = files[at].0.ends_with(".up.sql");
        undone[at] = found.filter(|_| !is_suffixed).map(|found| match found {
            Undoes::One(of) => Undoes::One(order[of]),
            Undoes::Several(of) => Undoes::Several(order[of]),
        });
    }
    undone
}

fn set_aside(file: &str, undoes: Undoes, files: &[NamedFile<'_>], found: &mut ImportedMigrations) {
    found.set_aside.push(file.to_owned());
    if let Undoes::Several(last) = undoes {
        let name = title(files[last].0);
        found.note(
            file,
            format!("undoes `{name}` and others by its name, and was not imported"),
        );
    }
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

    #[test]
    fn files_that_undo_others_by_their_names_are_not_run() {
        let files = [
            ("0001_init.sql", "select 1;"),
            ("0002_chain_columns.sql", "select 2;"),
            ("0003_chain_checks.sql", "select 3;"),
            ("0004_chain_rollback.sql", "select -3;"),
            ("0005_rls.sql", "select 5;"),
            ("0006_rls_rollback.sql", "select -5;"),
            ("0007_roles.sql", "select 7;"),
            ("0007_roles_down.sql", "select -7;"),
        ];
        let read = read_files(Layout::Sqlx, &files).expect("readable");
        assert_eq!(
            read,
            [
                "0001 init | select 1; | -",
                "0002 chain_columns | select 2; | -",
                "0003 chain_checks | select 3; | -",
                "0005 rls | select 5; | select -5;",
                "0007 roles | select 7; | select -7;",
                "0004_chain_rollback.sql: undoes `0003_chain_checks` and others by its name, and was not imported",
            ]
        );
    }
}
