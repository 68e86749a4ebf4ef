//! The records of other migration tools: which migrations a database has, by the table in which the
//! tool itself keeps them. They are only read.

mod table;

use anyhow::Result;
use postgres::GenericClient;

use super::{Migration, OrderKey};
use crate::config::{LateMigration, Layout};
use table::RecordedMigration;

/// The name of the history table where the configuration names no other: it is refinery's then,
/// and another tool has its own.
const DEFAULT_TABLE: &str = "refinery_schema_history";

/// The migrations of a database, as the tool's own table lists them.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignHistory<'a> {
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
    },
    /// The tool has begun it, and not ended it.
    Failed,
    /// The tool will run it.
    Pending,
    /// It is older than one that ran.
    Late(LateMigration),
}

impl<'a> ForeignHistory<'a> {
    /// Reads the records of `layout` about `migrations`. `configured` is the history table of the
    /// configuration.
    ///
    /// # Errors
    /// Those of the queries, and several tables of that name.
    pub fn read(
        client: &mut impl GenericClient,
        layout: Layout,
        configured: &str,
        migrations: &'a [Migration],
    ) -> Result<Self> {
        let configured = Some(configured).filter(|table| *table != DEFAULT_TABLE);
        let Some(table) = table::locate(client, layout, configured)? else {
            return Ok(Self::new(layout, None, Vec::new(), migrations));
        };
        let records = table::read(client, layout, &table)?;
        Ok(Self::new(layout, Some(table), records, migrations))
    }

    fn new(
        layout: Layout,
        table: Option<String>,
        records: Vec<RecordedMigration>,
        migrations: &'a [Migration],
    ) -> Self {
        let is_recorded = |migration: &Migration| {
            records
                .iter()
                .rfind(|record| record.covers(layout, migration))
        };
        let newest: Option<OrderKey> = migrations
            .iter()
            .filter(|migration| is_recorded(migration).is_some())
            .map(Migration::order)
            .max();
        let state = |migration: &'a Migration| {
            let state = match is_recorded(migration) {
                Some(record) if record.failed => ForeignState::Failed,
                Some(record) => ForeignState::Applied {
                    at: record.at.clone(),
                },
                None if newest
                    .as_ref()
                    .is_some_and(|newest| migration.order() < *newest) =>
                {
                    ForeignState::Late(layout.late_migration())
                }
                None => ForeignState::Pending,
            };
            (migration, state)
        };
        let without_file = records
            .iter()
            .filter(|record| {
                !record.is_limit && !migrations.iter().any(|one| record.covers(layout, one))
            })
            .map(|record| record.shown().to_owned())
            .collect();
        Self {
            table,
            migrations: migrations.iter().map(state).collect(),
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
