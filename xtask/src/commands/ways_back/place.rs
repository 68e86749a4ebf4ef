//! The down file of each migration: where it belongs in the layout of the monorepo, and whether a
//! generated one may take its place.

use anyhow::{Result, bail};

use crate::called_as;
use crate::config::{Layout, MigrationsConfig};
use crate::migrations::preflight::irreversible_reason;
use crate::migrations::{Migration, reversal, sql};
use crate::tree::Tree;

/// The first words of the down file that `db-new` makes, which its author has not written yet.
const UNWRITTEN: &str = "-- Undoes ";

/// The first words of the down file that `db-import` makes of a migration without one.
const IMPORTED: &str = "-- irreversible: imported from ";

/// The down file of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownFile {
    /// Relative to the root.
    pub path: String,
    /// Whether a generated way back may be written there: there is none, or nobody wrote it.
    pub is_free: bool,
    /// Whether a generated way back is there already, which nobody changed.
    pub is_generated: bool,
    /// Why none can be there, where the layout has no place for it.
    pub no_place: Option<String>,
}

/// The down file of each of `migrations`.
///
/// # Errors
/// When a file cannot be read.
pub fn down_files(
    tree: &dyn Tree,
    config: &MigrationsConfig,
    migrations: &[Migration],
) -> Result<Vec<DownFile>> {
    let each = migrations.iter().map(|migration| {
        let (path, no_place) = match place(config, migration) {
            Ok(path) => (path, None),
            Err(reason) => (migration.down.file().to_owned(), Some(reason)),
        };
        // A file that cannot be read is there as well, and is not overwritten.
        let text = match tree.read(&path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_missing) => None,
        };
        let is_generated = text.as_deref().is_some_and(reversal::is_unedited);
        Ok(DownFile {
            is_generated,
            is_free: no_place.is_none() && text.is_none_or(|text| is_free(&text)),
            path,
            no_place,
        })
    });
    each.collect()
}

/// Whether nobody wrote `text`.
fn is_free(text: &str) -> bool {
    let is_empty = sql::statements(text).is_empty();
    let first = text.lines().next().unwrap_or_default();
    let is_imported = text.starts_with(IMPORTED) && text.trim_end().lines().count() == 1;
    let is_unwritten = first.starts_with(UNWRITTEN) && irreversible_reason(text).is_none();
    text.trim().is_empty()
        || reversal::is_unedited(text)
        || (is_empty && (is_imported || is_unwritten))
}

/// The path of the down file; the reason where the layout has no place for one.
fn place(config: &MigrationsConfig, migration: &Migration) -> Result<String, String> {
    let file = migration.file.as_str();
    let beside = |end: &str, other: &str| {
        file.strip_suffix(end)
            .map(|stem| format!("{stem}{other}"))
            .ok_or_else(|| {
                format!(
                    "`{file}` is no `*{end}`, beside which {} has a way back",
                    config.tool()
                )
            })
    };
    match config.layout {
        None if config.are_foreign() => {
            Err("these migrations are code: their ways back stand in it".to_owned())
        }
        None => beside(".sql", ".down.sql"),
        Some(Layout::GolangMigrate | Layout::Sqlx) => beside(".up.sql", ".down.sql"),
        // `001.do.users.sql`: the version has no dot, so that the first one is meant.
        Some(Layout::Postgrator) => {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let undo = name.replacen(".do.", ".undo.", 1);
            let slash = if folder.is_empty() { "" } else { "/" };
            Ok(format!("{folder}{slash}{undo}"))
        }
        Some(Layout::Diesel | Layout::Hasura) => beside("/up.sql", "/down.sql"),
        Some(Layout::Flyway) => {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let undo = name
                .strip_prefix('V')
                .ok_or_else(|| format!("`{file}` has no version: Flyway undoes only those"))?;
            let slash = if folder.is_empty() { "" } else { "/" };
            Ok(format!("{folder}{slash}U{undo}"))
        }
        Some(layout @ (Layout::Dbmate | Layout::NodePgMigrate)) => Err(format!(
            "{} keeps the way back in the file of the migration, and this tool changes no file of another",
            layout.name()
        )),
        Some(layout @ (Layout::Drizzle | Layout::Prisma | Layout::Supabase)) => Err(format!(
            "{} has no ways back: copy the migrations with `{} --from {} --downs --to <folder>` to have them",
            layout.name(),
            called_as::command("import"),
            layout.name()
        )),
    }
}

/// Refuses a migration whose down file a person wrote, or that has no place for one.
///
/// # Errors
/// With the next step.
pub fn ensure_free(migration: &Migration, file: &DownFile) -> Result<()> {
    if let Some(reason) = &file.no_place {
        bail!("cannot write the way back of `{migration}`: {reason}")
    }
    if !file.is_free {
        bail!(
            "cannot write the way back of `{migration}`: `{}` is there, and a person wrote or changed it; move it away to have it \
             written anew, or keep it and prove it with `{} --test`",
            file.path,
            called_as::command("rollback")
        )
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_free;

    #[test]
    fn only_what_nobody_wrote_may_be_replaced() {
        for free in [
            "",
            "\n",
            "-- Undoes V1__a: afterwards the schema is what it was before.\n-- If there is no way back, write one line \
             instead: `-- irreversible: <why>`\n\n",
            "-- irreversible: imported from prisma without a down migration\n",
        ] {
            assert!(is_free(free), "{free}");
        }
        for kept in [
            "DROP TABLE t;",
            "-- Undoes V1__a\nDROP TABLE t;",
            "-- Undoes V1__a\n-- irreversible: the values are gone",
            "-- irreversible: the values are gone",
            "-- irreversible: imported from prisma without a down migration\n-- ask Ada first\n",
            "-- generated way back of V1__a (0000000000000000)\nDROP TABLE t;",
            "-- to do",
        ] {
            assert!(!is_free(kept), "{kept}");
        }
    }
}
