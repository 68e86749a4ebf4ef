//! Layouts with a folder for each migration: Prisma, Diesel, Hasura, newer Drizzle.

use anyhow::{Result, bail};

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, ImportedMigrations, OrderKey};

/// One migration for each folder `<version>_<name>` that holds the file `up`; `down` is the file
/// beside it. `of_any_name` takes folders without a version, too.
pub(super) fn read(
    source: &Source<'_>,
    up: &str,
    down: &str,
    of_any_name: bool,
) -> Result<ImportedMigrations> {
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    let mut parent: Option<&str> = None;
    for file in source
        .files()
        .filter(|file| file.rsplit('/').next() == Some(up))
    {
        let folder = folder_of(file);
        let stem = folder.rsplit('/').next().unwrap_or(folder);
        let unversioned = || of_any_name.then(|| (String::new(), stem.to_owned()));
        let Some((version, name)) = version_and_name(stem).or_else(unversioned) else {
            continue;
        };
        let above = folder_of(folder);
        if *parent.get_or_insert(above) != above {
            bail!(
                "there are migrations in several folders, name one of them: `{}`, `{above}`",
                parent.unwrap_or_default()
            )
        }
        let back = format!("{folder}/{down}");
        let draft = Draft {
            version,
            name,
            up: source.part(file)?,
            down: source.down(&back)?,
            order: OrderKey::default(),
        };
        taken.extend([file.to_owned(), back]);
        found.drafts.push(draft);
    }
    if let Some(parent) = parent {
        source.note_orphans(parent, &taken, &mut found);
    }
    Ok(found)
}
