//! The state of the database as its own tables tell it, before its catalogs are read.

use anyhow::{Result, bail};
use postgres::Client;

use crate::called_as;
use crate::migrations::catalog_stamp::CatalogStamper;
use crate::migrations::journal::{JournalEntry, Phase};
use crate::migrations::state::State;
use crate::migrations::tables::{Records, Tables};
use crate::migrations::{AppliedRow, Migration};

/// The state of the database before its catalogs are read.
#[derive(Debug)]
pub(super) struct Survey<'f> {
    /// The history against the files.
    pub(super) state: State<'f>,
    /// The rows of the history.
    pub(super) history: Vec<AppliedRow>,
    /// The entries of the journal.
    pub(super) journal: Vec<JournalEntry>,
    /// The tables that hold them.
    pub(super) tables: Tables,
    /// The stamp of the catalogs, where the journal keeps stamps.
    pub(super) stamp: Option<String>,
    /// Whether nothing changed in the catalogs since a run compared them with the schema of the
    /// applied migrations.
    pub(super) is_unchanged: bool,
    /// See [`Records::noted_digest`].
    noted_digest: Option<String>,
}

impl<'f> Survey<'f> {
    /// Asks the database, and takes its stamp with `stamper`: a dry run, which has none, compares
    /// the whole catalogs.
    ///
    /// # Errors
    /// When a query fails, rows were changed by hand, or a migration is undone in part.
    pub(super) fn take(
        client: &mut Client,
        history_table: &str,
        stamper: Option<&CatalogStamper>,
        files: &'f [Migration],
    ) -> Result<Self> {
        let mut tables = Tables::find(client, history_table)?;
        if stamper.is_some() {
            tables = tables.with_stamps(client, history_table);
        }
        let (records, stamp) = read_records(client, tables, history_table, stamper)?;
        let is_unchanged =
            stamp.is_some() && stamp == records.last_stamp && records.is_as_recorded();
        let noted_digest = records.noted_digest().map(str::to_owned);
        let Records {
            history, journal, ..
        } = records;
        if let Some(entry) = journal
            .iter()
            .find(|entry| entry.phase == Phase::RollingBack)
        {
            let name = format!("V{}__{}", entry.version, entry.name);
            let rollback = called_as::command("rollback");
            bail!("`{name}` is undone in part: go on with `{rollback} {name}` first")
        }
        Ok(Self {
            state: State::new(history.clone(), files),
            history,
            journal,
            tables,
            stamp,
            is_unchanged,
            noted_digest,
        })
    }

    /// The migration without transaction that is applied in part, if there is one. Until it is
    /// complete, the live schema is none of the known ones.
    pub(super) fn interrupted(&self) -> Option<&JournalEntry> {
        self.journal
            .iter()
            .find(|entry| entry.phase == Phase::Applying)
    }

    /// The files of the applied migrations.
    pub(super) fn applied(&self) -> Vec<&'f Migration> {
        self.state.applied_files().collect()
    }

    /// Whether there is nothing to do and nothing to find out.
    pub(super) fn is_settled(&self) -> bool {
        self.state.pending.is_empty() && self.is_unchanged
    }

    /// The version of the newest applied migration; before all versions where none is.
    pub(super) fn newest(&self) -> i64 {
        self.history.last().map_or(i64::MIN, |row| row.version)
    }

    /// See [`Records::noted_digest`].
    pub(super) fn noted_digest(&self) -> Option<&str> {
        self.noted_digest.as_deref()
    }
}

/// Reads history and journal, and the stamp of the catalogs with them.
fn read_records(
    client: &mut Client,
    tables: Tables,
    history_table: &str,
    stamper: Option<&CatalogStamper>,
) -> Result<(Records, Option<String>)> {
    if let Some(stamper) = stamper.filter(|_| tables.stamps)
        && let Ok((records, answer)) = tables.read(client, history_table, Some(stamper.query()))
    {
        return Ok((records, Some(stamper.read(&answer)?)));
    }
    // There are no stamps, or this role may not read all catalogs. A row that cannot be read fails
    // here again.
    tables
        .read(client, history_table, None)
        .map(|(records, _)| (records, None))
}
