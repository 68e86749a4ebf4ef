//! Applies migrations through refinery, each in one transaction with its rows in history and
//! journal. refinery's own driver commits the SQL and the history row separately. This connection
//! keeps them together, and verifies the result just before the COMMIT.

mod attempt;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::{Client, SimpleQueryMessage, Transaction};
use refinery_core::traits::sync;

use super::commit::commit;
use super::journal::{Phase, Record};
use super::journaled::{self, JournaledScript, StepObserver};
use super::losses::forward::ForwardLosses;
use super::losses::guard::StatementGuard;
use super::script::Script;
use super::session::SessionSettings;
use super::{AppliedRow, Migration, history, journal, transaction};
use crate::report::AppliedMigration;

/// An observer of a run, which is told of each event and has the last word before each COMMIT.
pub trait MigrationObserver: StepObserver {
    /// Called before `migration` begins; an error stops the run.
    fn starting(&mut self, client: &mut Client, migration: &Migration) -> Result<()>;
    /// Called when `migration` could not get its locks and is tried again after `pause`.
    fn retrying(&mut self, migration: &Migration, cause: &anyhow::Error, pause: Duration);
    /// Returns the query to run after the rows of `migration` are written, sent along with them.
    fn closing(&self, migration: &Migration) -> String;
    /// Verifies `migration`, whose rows are written and not yet committed; an error undoes them.
    /// `answer` holds the answer to [`Self::closing`].
    fn verify(
        &mut self,
        transaction: &mut Transaction<'_>,
        migration: &Migration,
        answer: &[SimpleQueryMessage],
    ) -> Result<()>;
    /// Decides what [`Self::verify`] left [`Undecided`], after `migration` was undone. Without an
    /// error it runs again.
    fn decide(&mut self, migration: &Migration) -> Result<()>;
    /// Called when `migration` is committed.
    fn applied(&mut self, migration: &AppliedMigration);
}

/// The error of a verification that takes longer than a transaction should hold its locks, because
/// a scratch database has to be made.
#[derive(Debug)]
pub struct Undecided;

impl std::fmt::Display for Undecided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("whether it did what was expected is to be found out")
    }
}

impl std::error::Error for Undecided {}

/// Applies those of `files` that are newer than every row of `recorded`, up to and including
/// version `target`, as far as `losses` may be lost. Stops at the first that fails; those before it stay applied, and `observer`
/// was told of each.
pub fn run(
    client: &mut Client,
    settings: &SessionSettings,
    files: &[Migration],
    (recorded, target): (&[AppliedRow], i64),
    losses: &mut ForwardLosses<'_>,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    let all = as_refinery(files)?;
    let last = recorded.last().map_or(i64::MIN, |row| row.version);
    let pending = files
        .iter()
        .filter(|file| file.version > last && file.version <= target)
        .collect();
    settings.clean(client)?;
    let mut connection = Connection {
        client,
        settings,
        recorded,
        pending,
        losses,
        observer,
        next: Next::Table,
        failure: None,
    };
    let mut runner = refinery::Runner::new(&all).set_target(refinery::Target::Version(target));
    runner.set_migration_table_name(&settings.history_table);
    let result = runner.run(&mut connection);
    match (result, connection.failure) {
        (_, Some(failure)) => Err(failure),
        (Ok(_), None) => Ok(()),
        (Err(error), None) => Err(anyhow!(error).context("refinery refused the migrations")),
    }
}

/// Converts the files to the type that refinery expects.
pub(crate) fn as_refinery(files: &[Migration]) -> Result<Vec<refinery_core::Migration>> {
    let convert = |file: &Migration| {
        refinery_core::Migration::unapplied(&file.to_string(), &file.sql)
            .with_context(|| format!("refinery refuses the name of `{}`", file.file))
    };
    files.iter().map(convert).collect()
}

/// A connection as refinery drives it. refinery first makes sure of its history table. For each
/// pending migration it then sends the SQL and, separately, the row for its history.
struct Connection<'a, 'w, 'l> {
    client: &'a mut Client,
    settings: &'a SessionSettings,
    /// The rows of the history, read under the lock.
    recorded: &'a [AppliedRow],
    pending: Vec<&'a Migration>,
    losses: &'w mut ForwardLosses<'l>,
    observer: &'w mut dyn MigrationObserver,
    next: Next,
    /// The error itself; refinery gets only [`Stopped`].
    failure: Option<anyhow::Error>,
}

/// The statement that refinery sends next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Table,
    Migration(usize),
    HistoryRow(usize),
}

/// Tells refinery to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl sync::Transaction for Connection<'_, '_, '_> {
    type Error = Stopped;

    fn execute<'q, T: Iterator<Item = &'q str>>(&mut self, queries: T) -> Result<usize, Stopped> {
        let mut count = 0;
        for query in queries {
            self.receive(query).map_err(|failure| self.stop(failure))?;
            count += 1;
        }
        Ok(count)
    }
}

impl sync::Query<Vec<refinery_core::Migration>> for Connection<'_, '_, '_> {
    fn query(&mut self, _query: &str) -> Result<Vec<refinery_core::Migration>, Stopped> {
        let applied: Result<_> = self.recorded.iter().map(history::as_refinery).collect();
        applied.map_err(|failure| self.stop(failure))
    }
}

impl sync::Migrate for Connection<'_, '_, '_> {}

impl Connection<'_, '_, '_> {
    fn stop(&mut self, failure: anyhow::Error) -> Stopped {
        self.failure = Some(failure);
        Stopped
    }

    /// Receives one query of refinery's. The SQL of a migration is held back until its history row
    /// comes, so that both can be tried again. The row is written anew, because refinery dates all
    /// rows of a run to its beginning.
    fn receive(&mut self, query: &str) -> Result<()> {
        match self.next {
            // Both tables were made before the run.
            Next::Table => self.next = Next::Migration(0),
            Next::Migration(index) => {
                let expected = self
                    .pending
                    .get(index)
                    .map(|migration| migration.sql.as_str());
                // refinery selects the pending migrations by itself, and must select the same ones.
                if expected != Some(query) {
                    bail!(
                        "the history changed while the migrations were planned: run the command again"
                    )
                }
                self.next = Next::HistoryRow(index);
            }
            Next::HistoryRow(index) => {
                self.apply(self.pending[index])?;
                self.next = Next::Migration(index + 1);
            }
        }
        Ok(())
    }

    /// Applies a migration statement by statement. The history row comes last, so that an
    /// interrupted migration stays pending.
    fn apply_in_steps(&mut self, migration: &Migration) -> Result<()> {
        let table = &self.settings.history_table;
        let entries = journal::read(self.client, table)?;
        if !entries
            .iter()
            .any(|entry| entry.version == migration.version && entry.phase == Phase::Applying)
        {
            journal::record(self.client, table, Record::of(migration, Phase::Applying))?;
        }
        let phase = Phase::Applying;
        let script = JournaledScript {
            version: migration.version,
            phase,
            script: Script::of(migration),
        };
        self.run_script(migration, script)?;
        let mut transaction = transaction::begin(self.client)?;
        let answer = attempt::record(&mut transaction, self.settings, migration, "")?;
        self.observer.verify(&mut transaction, migration, &answer)?;
        commit(transaction, &format!("`{migration}`"))
    }

    /// Runs a script statement by statement. No statement is committed before its losses were
    /// accepted.
    fn run_script(&mut self, migration: &Migration, script: JournaledScript<'_>) -> Result<()> {
        if !self.losses.audits(migration) {
            return journaled::run(self.client, self.settings, script, self.observer);
        }
        let accepted = self.losses.accepted_by(migration);
        let (ran, (losses, _)) = {
            let options = self.losses.options(&accepted);
            let mut guard =
                StatementGuard::new(options, self.observer).only(self.losses.at_stake());
            let ran = journaled::run(self.client, self.settings, script, &mut guard);
            (ran, guard.into_parts())
        };
        // The losses of statements that are done stay, whatever became of the others.
        self.losses.committed(migration, losses);
        let Err(error) = ran else { return Ok(()) };
        let error = self.losses.refuse(migration, error);
        if !self.losses.refused().is_empty() {
            self.forget_unbegun(migration)?;
        }
        Err(error)
    }

    /// Removes the entry of a migration that was refused before its first statement: nothing of it
    /// is applied.
    fn forget_unbegun(&mut self, migration: &Migration) -> Result<()> {
        let table = &self.settings.history_table;
        let entries = journal::read(self.client, table)?;
        let entry = entries
            .into_iter()
            .find(|entry| entry.version == migration.version);
        let next = entry
            .and_then(|entry| entry.progress)
            .map(|progress| progress.next);
        if next.is_none_or(|next| next <= 1) {
            journal::delete(self.client, table, migration.version)?;
        }
        Ok(())
    }

    fn apply(&mut self, migration: &Migration) -> Result<()> {
        self.observer.starting(self.client, migration)?;
        let start = Instant::now();
        if migration.no_transaction {
            self.apply_in_steps(migration)?;
        } else {
            let session = (&mut *self.client, self.settings);
            attempt::apply(session, migration, self.losses, self.observer)?;
        }
        self.observer.applied(&AppliedMigration {
            name: migration.to_string(),
            duration: start.elapsed(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use refinery_core::traits::sync::Migrate as _;

    use super::Connection;
    use crate::migrations::tables;

    #[test]
    fn the_history_table_is_refinerys() {
        let theirs = Connection::assert_migrations_table_query("ops.history");
        assert_eq!(tables::history_ddl("ops.history"), theirs);
    }
}
