//! The records of other migration tools: which migrations a database has, by the table in which the
//! tool itself keeps them. They are only read.

pub mod checksum;
mod recorder;
mod table;

use anyhow::Result;
use postgres::GenericClient;

use super::{Migration, OrderKey};
use crate::config::LateMigration;
use recorder::OF_CODE;
pub use recorder::Recorder;
use table::RecordedMigration;

/// The name of the history table where the configuration names no other: it is refinery's then,
/// and another tool has its own.
const DEFAULT_TABLE: &str = "refinery_schema_history";

/// The migrations of a database, as the tool's own table lists them.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignHistory<'a> {
    /// The tool.
    pub recorder: Recorder,
    /// The table, as SQL writes it; `None` where the tool has made none yet.
    pub table: Option<String>,
    /// Each migration that has a file, in order.
    pub migrations: Vec<(&'a Migration, ForeignState)>,
    /// The names of recorded migrations that have no file.
    pub without_file: Vec<String>,
}

/// The state of a migration in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignState {
    /// The tool has run it.
    Applied {
        /// When it ended, in RFC 3339; `None` where the tool does not write it down.
        at: Option<String>,
        /// The tool's checksum of the file that it ran.
        checksum: Option<String>,
    },
    /// The tool has begun it, and not ended it.
    Failed,
    /// The tool will run it.
    Pending,
    /// It is older than one that ran.
    Late(LateMigration),
}

/// The name that the team gave to the table, where it is not the tool's own.
fn configured(history_table: &str) -> Option<&str> {
    Some(history_table).filter(|table| *table != DEFAULT_TABLE)
}

impl<'a> ForeignHistory<'a> {
    /// Reads the records of `recorder` about `migrations`. `history_table` is that of the
    /// configuration.
    ///
    /// # Errors
    /// Those of the queries, and several tables of that name.
    pub fn read(
        client: &mut impl GenericClient,
        recorder: Recorder,
        history_table: &str,
        migrations: &'a [Migration],
    ) -> Result<Self> {
        let Some(table) = table::locate(client, recorder, configured(history_table))? else {
            return Ok(Self::new(recorder, None, Vec::new(), migrations));
        };
        let records = table::read(client, recorder, &table)?;
        Ok(Self::new(recorder, Some(table), records, migrations))
    }

    /// Reads the records of the tool that runs `migrations`, which are code; `None` where the
    /// database has the table of none. Where it has those of several, as after a change of tools,
    /// the tool counts that recorded most of them.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_code(
        client: &mut impl GenericClient,
        history_table: &str,
        migrations: &'a [Migration],
    ) -> Result<Option<Self>> {
        let mut best: Option<Self> = None;
        for recorder in OF_CODE {
            let found = Self::read(client, *recorder, history_table, migrations)?;
            let known = found.applied().len();
            let is_more = |best: &Self| known > best.applied().len();
            if found.table.is_some() && best.as_ref().is_none_or(is_more) {
                best = Some(found);
            }
        }
        Ok(best)
    }

    /// The migrations that a tool could record that runs code, whichever it is.
    #[must_use]
    pub fn recordable_code(migrations: &'a [Migration]) -> Vec<&'a Migration> {
        Recorder::Knex.recordable(migrations)
    }

    fn new(
        recorder: Recorder,
        table: Option<String>,
        records: Vec<RecordedMigration>,
        migrations: &'a [Migration],
    ) -> Self {
        let is_recorded = |migration: &Migration| {
            records
                .iter()
                .rfind(|record| record.covers(recorder, migration))
        };
        let migrations = recorder.recordable(migrations);
        let newest: Option<OrderKey> = migrations
            .iter()
            .copied()
            .filter(|migration| is_recorded(migration).is_some())
            .map(Migration::order)
            .max();
        let state = |migration: &'a Migration| {
            let state = match is_recorded(migration) {
                Some(record) if record.failed => ForeignState::Failed,
                Some(record) => ForeignState::Applied {
                    at: record.at.clone(),
                    checksum: record.checksum.clone(),
                },
                None if newest
                    .as_ref()
                    .is_some_and(|newest| migration.order() < *newest) =>
                {
                    ForeignState::Late(recorder.late_migration())
                }
                None => ForeignState::Pending,
            };
            (migration, state)
        };
        let without_file = records
            .iter()
            .filter(|record| {
                !record.is_limit && !migrations.iter().any(|one| record.covers(recorder, one))
            })
            .map(|record| record.shown().to_owned())
            .collect();
        Self {
            recorder,
            table,
            migrations: migrations.into_iter().map(state).collect(),
            without_file,
        }
    }

    /// The migrations that ran, in order.
    #[must_use]
    pub fn applied(&self) -> Vec<Migration> {
        let ran = self
            .migrations
            .iter()
            .filter(|(_, state)| matches!(state, ForeignState::Applied { .. }));
        ran.map(|(migration, _)| (*migration).clone()).collect()
    }

    /// The migrations that the tool will run, in order.
    #[must_use]
    pub fn pending(&self) -> Vec<&'a Migration> {
        let is_pending = |state: &ForeignState| {
            matches!(
                state,
                ForeignState::Pending | ForeignState::Late(LateMigration::Runs)
            )
        };
        self.migrations
            .iter()
            .filter(|(_, state)| is_pending(state))
            .map(|(migration, _)| *migration)
            .collect()
    }

    /// The migration that the tool has begun and not ended.
    #[must_use]
    pub fn failed(&self) -> Option<&'a Migration> {
        self.migrations
            .iter()
            .find(|(_, state)| *state == ForeignState::Failed)
            .map(|(migration, _)| *migration)
    }
}
