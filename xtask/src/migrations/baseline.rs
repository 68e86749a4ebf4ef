//! Records migrations that a database already has, without running them, through refinery's own
//! fake runs.

use anyhow::{Context as _, Result, anyhow};
use postgres::Client;
use refinery_core::traits::sync;

use super::commit::commit;
use super::journal::{self, Phase, Record};
use super::runner::{self, Stopped};
use super::session::SessionSettings;
use super::tables::Tables;
use super::{Migration, history, transaction};

/// Records the files up to version `last` in history and journal, all or none.
pub fn record(
    client: &mut Client,
    settings: &SessionSettings,
    files: &[Migration],
    last: i64,
) -> Result<()> {
    let all = runner::as_refinery(files)?;
    let recorded = files.iter().filter(|file| file.version <= last).collect();
    let mut recorder = BatchRecorder {
        client,
        settings,
        recorded,
        failure: None,
    };
    let mut runner = refinery::Runner::new(&all).set_target(refinery::Target::FakeVersion(last));
    runner.set_migration_table_name(&settings.history_table);
    let result = runner.run(&mut recorder);
    match (recorder.failure, result) {
        (Some(failure), _) => Err(failure),
        (None, Ok(_)) => Ok(()),
        (None, Err(error)) => {
            Err(anyhow!(error).context("refinery refused to record the migrations"))
        }
    }
}

/// A connection that refinery sends history rows to, in one batch.
struct BatchRecorder<'a> {
    client: &'a mut Client,
    settings: &'a SessionSettings,
    recorded: Vec<&'a Migration>,
    failure: Option<anyhow::Error>,
}

impl BatchRecorder<'_> {
    /// refinery creates its table in a first batch, and then sends all rows in one.
    fn write(&mut self, queries: &[&str]) -> Result<()> {
        if queries
            .iter()
            .all(|query| query.starts_with("CREATE TABLE"))
        {
            let table = &self.settings.history_table;
            // refinery's statement is replaced by ours: the history table is made together with the
            // journal.
            return Tables::find(self.client, table)?
                .complete(self.client, table)
                .map(drop);
        }
        let mut transaction = transaction::begin(self.client)?;
        self.settings.ensure_locked(&mut transaction)?;
        for query in queries {
            transaction
                .batch_execute(query)
                .context("cannot write to the history table")?;
        }
        for migration in &self.recorded {
            journal::record(
                &mut transaction,
                &self.settings.history_table,
                Record::of(migration, Phase::Applied),
            )?;
        }
        commit(transaction, "the baseline")
    }
}

impl sync::Transaction for BatchRecorder<'_> {
    type Error = Stopped;

    fn execute<'q, T: Iterator<Item = &'q str>>(&mut self, queries: T) -> Result<usize, Stopped> {
        let queries: Vec<&str> = queries.collect();
        self.write(&queries)
            .map(|()| queries.len())
            .map_err(|failure| {
                self.failure = Some(failure);
                Stopped
            })
    }
}

impl sync::Query<Vec<refinery_core::Migration>> for BatchRecorder<'_> {
    fn query(&mut self, _query: &str) -> Result<Vec<refinery_core::Migration>, Stopped> {
        let rows = history::read(self.client, &self.settings.history_table);
        rows.and_then(|rows| rows.iter().map(history::as_refinery).collect())
            .map_err(|failure| {
                self.failure = Some(failure);
                Stopped
            })
    }
}

impl sync::Migrate for BatchRecorder<'_> {}
