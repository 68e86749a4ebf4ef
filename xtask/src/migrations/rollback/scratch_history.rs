//! The history of a scratch database. Migrations are applied and undone there as on a live one:
//! each is committed, with its rows of history and journal. So a way back that drops these tables
//! fails here too.

use anyhow::{Context as _, Result, anyhow};
use postgres::Transaction;

use crate::migrations::journal::{self, Phase, Record};
use crate::migrations::scratch_environment::ScratchSession;
use crate::migrations::tables::{self, Tables};
use crate::migrations::{Migration, history, replay};
use crate::postgres::error::ServerError;

/// The history and journal of a scratch database.
#[derive(Debug)]
pub(super) struct ScratchHistory {
    history_table: String,
}

impl ScratchHistory {
    /// Makes the tables where `configured` places them.
    pub(super) fn new(session: &mut ScratchSession, configured: &str) -> Result<Self> {
        let history_table = tables::locate(&mut session.client, configured)?;
        Tables::find(&mut session.client, &history_table)?
            .complete(&mut session.client, &history_table)?;
        Ok(Self { history_table })
    }

    /// Applies `migration` and records it.
    ///
    /// # Errors
    /// Those of its statements, of its rows and of the COMMIT. One in a transaction has then
    /// changed nothing.
    pub(super) fn apply(&self, session: &mut ScratchSession, migration: &Migration) -> Result<()> {
        if migration.no_transaction {
            session.replay([migration])?;
            let (mut transaction, ..) = session.transaction()?;
            self.record(&mut transaction, migration)?;
            return replay::commit(transaction, migration);
        }
        let (mut transaction, _, privileges) = session.transaction()?;
        replay::run_statements(&mut transaction, privileges, migration)?;
        self.record(&mut transaction, migration)?;
        replay::commit(transaction, migration)
    }

    fn record(&self, transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
        let history_row = history::insert_sql(&self.history_table, migration);
        let journal_row =
            journal::record_sql(&self.history_table, Record::of(migration, Phase::Applied));
        // Reset first: a search path of the migration could lead to other tables.
        let rows = format!("{}; {history_row}; {journal_row}", replay::FRESH_SESSION);
        transaction
            .batch_execute(&rows)
            .map_err(|error| anyhow!(ServerError::from(error)))
            .with_context(|| {
                format!(
                    "cannot record `{migration}` in the history table `{}`",
                    self.history_table
                )
            })
    }

    /// Removes the rows of a migration that was undone.
    pub(super) fn forget(&self, transaction: &mut Transaction<'_>, version: i64) -> Result<()> {
        history::delete(transaction, &self.history_table, version)?;
        self.forget_entry(transaction, version)
    }

    /// Removes the entry of the journal, where there is one, of a migration that was undone. The
    /// history has no row of a migration that was applied in part.
    pub(super) fn forget_entry(
        &self,
        transaction: &mut Transaction<'_>,
        version: i64,
    ) -> Result<()> {
        match history::exists(transaction, &journal::table(&self.history_table))? {
            true => journal::delete(transaction, &self.history_table, version),
            false => Ok(()),
        }
    }
}
