//! Audits the migrations of one run. A migration whose text destroys nothing is only checked;
//! any other is audited as a way back is. Consent in a file counts for that file, and consent on the
//! command line for this run.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::{Client, GenericClient, SimpleQueryMessage};

use super::audit::LossAudit;
use super::backup::Backup;
use super::certain::UnacceptedLosses;
use super::direction::AuditDirection;
use super::options::LossOptions;
use super::written::Doubts;
use super::{consent, destructive, harmless, safety_net, written};
use crate::migrations::session::SessionSettings;
use crate::migrations::{Migration, journal};
use crate::report::{Consent, Loss, MigrationLoss};

/// The error of an attempt that changed more than was foreseen. It was undone, and runs again.
#[derive(Debug)]
pub(in crate::migrations) struct Unforeseen;

impl std::fmt::Display for Unforeseen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it changed more than was foreseen")
    }
}

impl std::error::Error for Unforeseen {}

/// The losses of one run of migrations.
#[derive(Debug)]
pub struct ForwardLosses<'a> {
    settings: &'a SessionSettings,
    accepted: &'a BTreeSet<String>,
    backup: Option<&'a Backup>,
    /// The tables that were there when the run began; `None` where nobody had to ask.
    existing: Option<BTreeSet<u32>>,
    /// Whether something may be lost at all.
    is_needed: bool,
    /// Whether code runs with each definition.
    has_event_triggers: bool,
    /// Whether Citus may have made a table of `existing` again, under another OID.
    may_be_made_again: bool,
    losses: Vec<MigrationLoss>,
    /// The migration that was refused, with its losses.
    refused: Vec<MigrationLoss>,
}

/// How many migrations are few. The question that is sent with each takes about a fifth of a
/// millisecond, and reading the tables of the database about one.
const FEW: usize = 3;

/// The tables of the database, without history and journal, and whether code runs with each
/// definition. A foreign table counts: its rows were not made by these migrations.
const STATE: &str = "
    SELECT coalesce(array_agg(c.oid) FILTER (WHERE c.relkind <> 'f'), '{}') AS tables,
           coalesce(bool_or(c.relkind = 'f'), false) AS has_foreign,
           EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D') AS has_event_triggers
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND c.oid NOT IN (SELECT coalesce(pg_catalog.to_regclass(name)::oid, 0::oid) FROM unnest($1::text[]) AS name)";

impl<'a> ForwardLosses<'a> {
    /// Begins a run of `pending` on the database of `client`.
    ///
    /// # Errors
    /// When the query fails.
    pub fn begin(
        client: &mut impl GenericClient,
        settings: &'a SessionSettings,
        (accepted, backup): (&'a BTreeSet<String>, Option<&'a Backup>),
        pending: &[&Migration],
    ) -> Result<Self> {
        // One question with each of a few migrations costs less than one before all of them.
        let are_harmless = || pending.iter().all(|one| harmless::is_harmless(&one.sql));
        if pending.len() <= FEW && are_harmless() {
            return Ok(Self {
                settings,
                accepted,
                backup,
                existing: None,
                is_needed: true,
                has_event_triggers: false,
                may_be_made_again: false,
                losses: Vec::new(),
                refused: Vec::new(),
            });
        }
        let history = &settings.history_table;
        let own = [history.clone(), journal::table(history)];
        let state = client
            .query_one(STATE, &[&own.as_slice()])
            .context("cannot read which tables the database has")?;
        let tables: Vec<u32> = state.try_get("tables")?;
        let has_foreign: bool = state.try_get("has_foreign")?;
        let makes_foreign = pending
            .iter()
            .any(|migration| migration.sql.to_ascii_lowercase().contains("foreign"));
        Ok(Self {
            settings,
            accepted,
            backup,
            is_needed: !tables.is_empty() || has_foreign || makes_foreign,
            existing: Some(tables.into_iter().collect()),
            has_event_triggers: state.try_get("has_event_triggers")?,
            may_be_made_again: false,
            losses: Vec::new(),
            refused: Vec::new(),
        })
    }

    /// The losses of migrations that are committed.
    #[must_use]
    pub fn losses(&self) -> &[MigrationLoss] {
        &self.losses
    }

    /// The losses of the migration that was refused; none where none was.
    #[must_use]
    pub fn refused(&self) -> &[MigrationLoss] {
        &self.refused
    }

    /// Whether the transaction of `migration` is audited from its beginning.
    pub(in crate::migrations) fn audits(&self, migration: &Migration) -> bool {
        // The check of a transaction without an audit sees nothing of rows on Citus's workers.
        self.is_needed
            && (self.has_event_triggers
                || self.settings.is_distributed
                || !harmless::is_harmless(&migration.sql))
    }

    /// The names whose data `migration` may lose.
    pub(in crate::migrations) fn accepted_by(&self, migration: &Migration) -> BTreeSet<String> {
        let mut accepted = consent::names(&migration.sql);
        accepted.extend(self.accepted.iter().cloned());
        accepted
    }

    pub(in crate::migrations) fn options<'o>(
        &'o self,
        accepted: &'o BTreeSet<String>,
    ) -> LossOptions<'o> {
        LossOptions {
            settings: self.settings,
            accepted,
            backup: self.backup,
            direction: AuditDirection::Forward,
        }
    }

    /// The tables that may lose data. Rows of a table that this run made were written by its
    /// migrations; but once something was lost, they may be what is left of it, and Citus may have
    /// copied earlier rows there.
    pub(in crate::migrations) fn at_stake(&self) -> Option<&BTreeSet<u32>> {
        let is_lost = self.losses.iter().any(|lost| lost.loss.count > 0);
        self.existing
            .as_ref()
            .filter(|_| !is_lost && !self.may_be_made_again)
    }

    /// An audit of the transaction of `migration`.
    pub(in crate::migrations) fn audit<'o>(
        &'o self,
        migration: &Migration,
        accepted: &'o BTreeSet<String>,
    ) -> LossAudit<'o> {
        let foreseen = destructive::changes(&migration.sql);
        LossAudit::new(self.options(accepted), Doubts::of(&migration.sql), foreseen)
            .only(self.at_stake())
            .locking(destructive::locked(&migration.sql))
    }

    /// The question that tells whether a transaction without an audit needs one.
    pub(in crate::migrations) fn question(&self) -> Option<String> {
        self.is_needed
            .then(|| safety_net::question(&self.settings.history_table))
    }

    /// Whether a transaction without an audit needs one, by the answer to [`Self::question`].
    pub(in crate::migrations) fn needs_audit(&self, answer: &[SimpleQueryMessage]) -> bool {
        self.is_needed && safety_net::may_lose_data(answer)
    }

    /// Notes the losses of a migration that is committed now.
    pub(in crate::migrations) fn committed(&mut self, migration: &Migration, losses: Vec<Loss>) {
        let lost = losses.into_iter().filter(|loss| loss.count > 0);
        let lost: Vec<MigrationLoss> = lost
            .map(|loss| of_migration(migration, None, loss, self.accepted))
            .collect();
        self.losses.extend(lost);
        self.may_be_made_again |=
            self.settings.is_distributed && written::may_change_rows(&migration.sql);
        if let Some(backup) = self.backup {
            backup.keep();
        }
    }

    /// Notes the losses of a migration that was refused, and returns the error again.
    pub(in crate::migrations) fn refuse(
        &mut self,
        migration: &Migration,
        error: anyhow::Error,
    ) -> anyhow::Error {
        if let Some(UnacceptedLosses(losses)) = error.downcast_ref::<UnacceptedLosses>() {
            let lost = losses.iter().filter(|loss| loss.count > 0).cloned();
            self.refused = lost
                .map(|loss| of_migration(migration, None, loss, self.accepted))
                .collect();
        }
        error
    }
}

/// A loss with its migration, and the consent to it: in the file, or among `accepted`.
#[must_use]
pub fn of_migration(
    migration: &Migration,
    line: Option<u32>,
    loss: Loss,
    accepted: &BTreeSet<String>,
) -> MigrationLoss {
    let consent = if loss.is_accepted(&consent::names(&migration.sql)) {
        Some(Consent::File)
    } else if loss.is_accepted(accepted) {
        Some(Consent::CommandLine)
    } else {
        None
    };
    MigrationLoss {
        migration: migration.to_string(),
        file: migration.file.clone(),
        line,
        loss,
        consent,
    }
}

/// Drops the temporary tables of an audit, whose work is done.
pub(in crate::migrations) fn clean_up(client: &mut Client, audit: &LossAudit<'_>) {
    // They go with the session at the latest.
    let _ = client.batch_execute(&audit.drop_prepared());
}
