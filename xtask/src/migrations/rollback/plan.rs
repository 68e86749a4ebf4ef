//! Plans which migrations are undone, and with which SQL.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::migrations::journal::{JournalEntry, Phase, Progress};
use crate::migrations::preflight::decides_elsewhere;
use crate::migrations::sql;
use crate::migrations::state::State;
use crate::migrations::{AppliedRow, Down, Migration};

/// One migration to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// Its row in the history.
    pub row: AppliedRow,
    /// The SQL that undoes it.
    pub sql: String,
    /// The file that holds, or once held, the SQL.
    pub file: String,
    /// Whether it runs statement by statement, without a transaction.
    pub no_transaction: bool,
    /// The source of the SQL.
    pub source: RollbackSource,
    /// Whether it is applied in part, so that the history has no row of it.
    pub in_part: bool,
    /// The progress of a migration that is applied in part, while no way back was begun.
    pub progress: Option<Progress>,
}

/// `V7__add_user_bio`
impl std::fmt::Display for Undo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.row.fmt(f)
    }
}

/// The source of the SQL of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackSource {
    /// The file; the journal says the same, or nothing.
    File,
    /// The file, which was changed since the migration was applied while the migration itself was
    /// not.
    ChangedFile,
    /// The journal: the files are gone.
    JournalFileGone,
    /// The journal: the migration's own file was changed since it was applied, so that its down
    /// file undoes another text.
    JournalFileChanged,
}

impl RollbackSource {
    /// Returns the explanation that a person needs of the source; `None` for the ordinary case.
    #[must_use]
    pub fn explanation(self) -> Option<&'static str> {
        match self {
            Self::File => None,
            Self::ChangedFile => Some(
                "its down file was changed since it was applied; the file is used, not the journal's copy",
            ),
            Self::JournalFileGone => {
                Some("its file is gone; the journal's copy of the down SQL is used")
            }
            Self::JournalFileChanged => Some(
                "its file was changed since it was applied; the journal's copy of the down SQL is used",
            ),
        }
    }
}

/// The migrations to undo, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Newest first; never empty.
    pub undo: Vec<Undo>,
}

impl Plan {
    /// Undoes every applied migration from version `from` on, also those that are applied
    /// `in_part`. Refused when one of them cannot be undone.
    pub fn new(
        state: &State<'_>,
        journal: &[JournalEntry],
        in_part: &BTreeSet<i64>,
        from: i64,
    ) -> Result<Self> {
        let newest_first = state
            .applied
            .iter()
            .rev()
            .take_while(|applied| applied.row.version >= from);
        let mut undo = Vec::new();
        for applied in newest_first {
            let entry = journal
                .iter()
                .find(|entry| entry.version == applied.row.version);
            undo.push(way_back(
                &applied.row,
                applied.file,
                entry,
                in_part.contains(&applied.row.version),
            )?);
        }
        Ok(Self { undo })
    }

    /// The oldest version that is undone.
    #[must_use]
    pub fn lowest(&self) -> Option<i64> {
        self.undo.last().map(|undo| undo.row.version)
    }
}

fn way_back(
    row: &AppliedRow,
    file: Option<&Migration>,
    entry: Option<&JournalEntry>,
    in_part: bool,
) -> Result<Undo> {
    let (down, source) = match (file, entry) {
        // The statements that are not done yet may be edited, and the way back must bear a
        // migration that is done in part. So the file is taken even where it was changed.
        (Some(file), Some(entry)) if in_part && same_way(&entry.down, &file.down) => {
            (&file.down, RollbackSource::File)
        }
        (Some(file), Some(_)) if in_part => (&file.down, RollbackSource::ChangedFile),
        _ => choose(row, file, entry)?,
    };
    match down {
        Down::Sql {
            file,
            sql,
            no_transaction,
        } => {
            // The preflight checks files, but the journal's copy may be older than that check.
            if let Some(command) = sql::statements(sql).iter().find_map(decides_elsewhere) {
                bail!(
                    "cannot undo `{row}`: `{command}` in `{file}` loses what cannot be seen from this database; take it out of \
                     the file, and run it by hand where it is meant"
                )
            }
            let applying = entry.filter(|entry| in_part && entry.phase == Phase::Applying);
            Ok(Undo {
                row: row.clone(),
                sql: sql.clone(),
                file: file.clone(),
                no_transaction: *no_transaction,
                source,
                in_part,
                progress: applying.and_then(|entry| entry.progress.clone()),
            })
        }
        Down::Irreversible { reason, .. } => bail!("`{row}` is irreversible: {reason}"),
    }
}

fn choose<'a>(
    row: &AppliedRow,
    file: Option<&'a Migration>,
    entry: Option<&'a JournalEntry>,
) -> Result<(&'a Down, RollbackSource)> {
    let recorded = entry.map(|entry| &entry.down);
    let Some(file) = file else {
        return match recorded {
            Some(down) => Ok((down, RollbackSource::JournalFileGone)),
            None => bail!(
                "`{row}` has no file, and the journal does not know how to undo it: restore its files from the \
                 version control"
            ),
        };
    };
    let unchanged = file.checksum == row.checksum;
    match recorded {
        Some(down) if !unchanged => Ok((down, RollbackSource::JournalFileChanged)),
        Some(down) if !same_way(down, &file.down) => Ok((&file.down, RollbackSource::ChangedFile)),
        None if !unchanged => bail!(
            "`{}` was changed since `{row}` was applied, and the journal does not know how to undo what was applied: \
             restore the file from the version control",
            file.file
        ),
        Some(_) | None => Ok((&file.down, RollbackSource::File)),
    }
}

/// Whether both have the same SQL or reason; the file may have moved.
fn same_way(a: &Down, b: &Down) -> bool {
    match (a, b) {
        (Down::Sql { sql: a, .. }, Down::Sql { sql: b, .. }) => a == b,
        (Down::Irreversible { reason: a, .. }, Down::Irreversible { reason: b, .. }) => a == b,
        (Down::Sql { .. }, Down::Irreversible { .. })
        | (Down::Irreversible { .. }, Down::Sql { .. }) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(migration: &Migration) -> AppliedRow {
        let Migration {
            version,
            name,
            checksum,
            ..
        } = migration.clone();
        AppliedRow {
            version,
            name,
            applied_on: "2024-01-15T10:30:00Z".into(),
            checksum,
        }
    }

    fn entry(migration: &Migration) -> JournalEntry {
        JournalEntry {
            version: migration.version,
            name: migration.name.clone(),
            phase: Phase::Applied,
            progress: None,
            checksum: migration.checksum.to_string(),
            down: migration.down.clone(),
            catalog_before: None,
            catalog_after: None,
        }
    }

    fn one(version: i64, sql: &str, down: &str) -> Migration {
        Migration::sample(version, "m", sql, down)
    }

    #[test]
    fn everything_from_the_version_on_is_undone_newest_first() {
        let files = [one(1, "a", "-a"), one(2, "b", "-b"), one(3, "c", "-c")];
        let state = State::new(files.iter().map(row).collect(), &files);
        let plan = Plan::new(&state, &[], &BTreeSet::new(), 2).expect("reversible");
        assert_eq!(
            plan.undo
                .iter()
                .map(|undo| undo.sql.as_str())
                .collect::<Vec<_>>(),
            ["-c", "-b"]
        );
        assert_eq!(plan.lowest(), Some(2));
    }

    #[test]
    fn file_and_journal_are_weighed_by_what_was_applied() {
        let applied = one(1, "a", "-a");
        let source = |file: Option<&Migration>, journal: bool| {
            let entry = entry(&applied);
            way_back(&row(&applied), file, journal.then_some(&entry), false)
                .map(|undo| (undo.sql, undo.source))
        };
        let sql = |text: &str, source| Some((text.to_owned(), source));
        assert_eq!(
            source(Some(&applied), true).ok(),
            sql("-a", RollbackSource::File)
        );
        assert_eq!(
            source(Some(&applied), false).ok(),
            sql("-a", RollbackSource::File)
        );
        assert_eq!(
            source(Some(&one(1, "a", "-fixed")), true).ok(),
            sql("-fixed", RollbackSource::ChangedFile)
        );
        assert_eq!(
            source(Some(&one(1, "edited", "-e")), true).ok(),
            sql("-a", RollbackSource::JournalFileChanged)
        );
        assert_eq!(
            source(None, true).ok(),
            sql("-a", RollbackSource::JournalFileGone)
        );
        assert!(source(None, false).is_err());
        assert!(source(Some(&one(1, "edited", "-e")), false).is_err());
    }

    #[test]
    fn an_irreversible_migration_is_refused_with_its_reason() {
        let mut file = one(1, "a", "-a");
        file.down = Down::Irreversible {
            file: "d".into(),
            reason: "the rows are gone".into(),
        };
        let error = way_back(&row(&file), Some(&file), None, false).expect_err("irreversible");
        assert!(error.to_string().contains("the rows are gone"), "{error}");
    }
}
