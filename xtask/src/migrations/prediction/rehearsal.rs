//! Runs pending migrations on a scratch database, to learn the effect of each.

use std::sync::Arc;

use anyhow::Result;

use super::{PredictedStep, Prediction, PredictionOrigin};
use crate::migrations::fingerprint::{self, Fingerprint, Fingerprinter};
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::migrations::{Migration, replay};
use crate::schema::model::Schema;

/// Runs `applied` and then `pending`, of which the first `count` are to be applied. `base` is the
/// schema of the applied migrations; it is read where it is not known. The schema is read after
/// migration `count` and after the last one. In between, fingerprints stand for it: reading it
/// costs more than a migration.
///
/// # Errors
/// When a migration does not run there.
pub fn rehearse(
    session: ScratchSession,
    applied: &[&Migration],
    base: Option<Schema>,
    pending: &[&Migration],
    count: usize,
) -> Result<Prediction> {
    let mut rehearsal = PredictionRun::on(session);
    let work = rehearsal.session.replaying(applied.len() + pending.len());
    for migration in applied {
        work.next(&migration.to_string());
        rehearsal.session.replay([*migration])?;
    }
    let base = match base {
        Some(base) => base,
        None => rehearsal.session.read()?,
    };
    let mut steps = Vec::new();
    for (index, migration) in pending.iter().enumerate() {
        // Where this run ends, and at the end of all files. Fingerprints stand for the other
        // schemas.
        let is_read = [count, pending.len()].contains(&(index + 1));
        work.next(&migration.to_string());
        steps.push(rehearsal.step(migration, is_read)?);
    }
    Ok(Prediction {
        origin: PredictionOrigin::Replay,
        base: Arc::new(base),
        steps,
    })
}

/// Runs `migrations`. Returns the fingerprint of each, and the schema that they make.
///
/// # Errors
/// When there is no scratch database, or a migration does not run there.
pub fn record(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
) -> Result<(Vec<Option<Fingerprint>>, Schema)> {
    let mut rehearsal = PredictionRun::on(environment.open()?);
    let work = rehearsal.session.replaying(migrations.len());
    let fingerprints = migrations
        .iter()
        .map(|migration| {
            work.next(&migration.to_string());
            rehearsal.run(migration)
        })
        .collect::<Result<_>>()?;
    Ok((fingerprints, rehearsal.session.read()?))
}

/// Runs migrations one after the other and takes their fingerprints.
pub(super) struct PredictionRun {
    pub(super) session: ScratchSession,
    fingerprinter: Fingerprinter,
}

impl PredictionRun {
    pub(super) fn on(session: ScratchSession) -> Self {
        let fingerprinter = Fingerprinter::new(session.own_tables());
        Self {
            session,
            fingerprinter,
        }
    }

    /// Runs one migration. The schema after it is read where `is_read` says so, and where there is
    /// no fingerprint to stand for it.
    pub(super) fn step(&mut self, migration: &Migration, is_read: bool) -> Result<PredictedStep> {
        let fingerprint = self.run(migration)?;
        let schema = match is_read || fingerprint.is_none() {
            true => Some(Arc::new(self.session.read()?)),
            false => None,
        };
        Ok(PredictedStep {
            version: migration.version,
            fingerprint,
            schema,
        })
    }

    /// Runs one migration. Returns its fingerprint, where one can be taken.
    pub(super) fn run(&mut self, migration: &Migration) -> Result<Option<Fingerprint>> {
        match migration.no_transaction || fingerprint::forgets(&migration.sql) {
            true => self.without_fingerprint(migration).map(|()| None),
            false => self.in_transaction(migration),
        }
    }

    fn without_fingerprint(&mut self, migration: &Migration) -> Result<()> {
        self.fingerprinter.doubt();
        self.session.replay([migration])
    }

    fn in_transaction(&mut self, migration: &Migration) -> Result<Option<Fingerprint>> {
        self.fingerprinter.prepare(&mut self.session.client, None)?;
        let (client, privileges) = self.session.parts();
        let mut transaction = client.transaction()?;
        replay::run_statements(&mut transaction, privileges, migration)?;
        let fingerprint = self
            .fingerprinter
            .take(&mut transaction, replay::FRESH_SESSION)?;
        replay::commit(transaction, migration)?;
        Ok(fingerprint)
    }
}
