//! `db-migrate --dry-run`: all that a run does before it changes anything, and the effects of each
//! statement.

use anyhow::{Context as _, Result};
use postgres::Client;

use super::MigrationRun;
use super::migration_run::Ready;
use super::prepared::Prepared;
use crate::migrations::prediction::PredictionOrigin;
use crate::migrations::{Migration, data_preflight, lock, observe, tables};
use crate::postgres::scratch::Unavailable;
use crate::render::human;
use crate::report::{MigrationPlan, PlannedMigration};
use crate::schema::diff::diff;

impl<'a> MigrationRun<'a> {
    /// Verifies, and shows what would be applied.
    pub(super) fn look<'f, 'j>(
        &mut self,
        client: &mut Client,
        files: &'f [Migration],
        prepared: &'f Prepared<'_, 'j>,
    ) -> Result<()>
    where
        'a: 'f,
        'j: 'f,
    {
        // Should a mistake here change anything, the server refuses.
        client
            .batch_execute("SET default_transaction_read_only = on")
            .context("cannot make the session read-only")?;
        // A dry run takes no lock, so that it never waits for one.
        if let Some(holder) = lock::held_by(client, &self.context.config.history_table)? {
            self.result.unchecked.push(format!(
                "what changes meanwhile: {holder} is migrating or rolling back"
            ));
        }
        let table = tables::locate(client, &self.context.config.history_table)?;
        let Some(Ready {
            prediction,
            applied,
            planned,
            ..
        }) = self.prepare(client, (&table, None), files, prepared)?
        else {
            return Ok(());
        };
        let migrations = match prediction.origin {
            PredictionOrigin::Database | PredictionOrigin::Replay | PredictionOrigin::Snapshot => {
                observed(
                    observe::observe(&self.environment(), &applied, &planned),
                    &planned,
                )?
            }
            PredictionOrigin::SnapshotAlone => planned
                .iter()
                .map(|migration| observe::unseen(migration))
                .collect(),
        };
        let has_consent = self.ask_consent(client, &planned)?;
        let sizes = data_preflight::sizes_of(client, &observe::heavy(&migrations))?;
        let difference = diff(&prediction.base, prediction.after(planned.len()));
        self.result.plan = Some(MigrationPlan {
            migrations,
            schema_diff: difference.to_string(),
            sizes,
        });
        self.result.success = self.result.pre.overall_passed();
        if !self.result.success {
            self.result.error =
                Some("the verification found errors: the migration would be refused".into());
        }
        self.result.success &= has_consent;
        self.context.say(&human::migration::plan(
            &self.result,
            self.context.terminal.style(),
        ))
    }
}

/// The effects of each statement. They are not observed where there is no scratch database, which
/// nothing else needed.
fn observed(
    observed: Result<Vec<PlannedMigration>>,
    planned: &[&Migration],
) -> Result<Vec<PlannedMigration>> {
    match observed {
        Err(error) if error.downcast_ref::<Unavailable>().is_some() => Ok(planned
            .iter()
            .map(|migration| observe::unseen(migration))
            .collect()),
        observed => observed,
    }
}
