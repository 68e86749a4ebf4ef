//! Layouts with a folder for each migration: Prisma, Diesel, Hasura, newer Drizzle.

use anyhow::{Result, bail};

use super::source::{Source, folder_of, version_and_name};
use super::{Draft, ImportedMigrations};

/// One migration for each folder `<version>_<name>` that holds the file `up`; `down` is the file
/// beside it.
pub(super) fn read(source: &Source<'_>, up: &str, down: &str) -> Result<ImportedMigrations> {
    let mut found = ImportedMigrations::default();
    let mut taken = Vec::new();
    let mut parent: Option<&str> = None;
    for file in source
        .files()
        .filter(|file| file.rsplit('/').next() == Some(up))
    {
        let folder = folder_of(file);
        let stem = folder.rsplit('/').next().unwrap_or(folder);
        let Some((version, name)) = version_and_name(stem) else {
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
        };
        taken.extend([file.to_owned(), back]);
        found.drafts.push(draft);
    }
    if let Some(parent) = parent {
        source.note_orphans(parent, &taken, &mut found);
    }
    super::versions::sort(&mut found.drafts);
    Ok(found)
}
