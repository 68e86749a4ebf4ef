//! What the pending migrations will make. A current snapshot tells: they ran on a scratch database when it was written. What
//! it does not tell is learnt on a scratch database now; where none can be had (a production container without binaries, npm
//! and the right to create databases), it stays unchecked, which the report says.

use anyhow::{Result, bail};
use postgres::Client;

use super::{Run, before};
use crate::commands::{live, snapshot_fallback};
use crate::migrations::journal::Entry;
use crate::migrations::prediction::{self, Origin, Prediction};
use crate::migrations::scratch_environment::PendingScratch;
use crate::migrations::state::State;
use crate::migrations::{Migration, replay};
use crate::postgres::scratch::Unavailable;
use crate::report::Finding;
use crate::schema::model::Schema;
use crate::schema::snapshot::{self, Snapshot};

/// What is known of the database before its catalogs are read.
#[derive(Debug)]
pub(super) struct Survey<'f> {
    /// The history against the files.
    pub(super) state: State<'f>,
    /// The journal.
    pub(super) journal: Vec<Entry>,
    /// Whether nothing changed in the catalogs since a run compared them with what the applied migrations make.
    pub(super) is_unchanged: bool,
    /// Whether a migration without transaction is applied in part: until it is whole, the live schema is neither of the ones
    /// that are known.
    pub(super) is_interrupted: bool,
}

/// What is known once they were read, where they had to be.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub(super) prediction: Prediction,
    /// What somebody changed in the database past the migrations.
    pub(super) drift: Vec<Finding>,
    /// The digest of the catalogs, where they were read.
    pub(super) digest: Option<String>,
}

impl<'f> Survey<'f> {
    fn applied(&self) -> Vec<&'f Migration> {
        self.state.applied_files().collect()
    }

    /// The digest of the catalogs that the newest applied migration left, which were then what they should be.
    fn noted_digest(&self) -> Option<&str> {
        let (newest, entry) = (self.state.applied.last()?, self.journal.last()?);
        entry.catalog_after.as_deref().filter(|_| entry.version == newest.row.version)
    }
}

impl Run<'_> {
    /// Predicts the pending migrations of `survey`, of which the first `count` are to be applied.
    pub(super) fn foresee(
        &mut self,
        client: &mut Client,
        survey: &Survey<'_>,
        count: usize,
        files: &[Migration],
    ) -> Result<Foreseen> {
        let snapshot = self.current_snapshot(files)?;
        let pending = &survey.state.pending;
        if pending.is_empty() && survey.is_unchanged && !survey.is_interrupted {
            let (schema, digest) = match snapshot {
                Some(snapshot) => (snapshot.schema, None),
                None => {
                    let schema = live::read_with(&mut self.reader, client)?;
                    let digest = snapshot::digest(&schema);
                    (schema, Some(digest))
                }
            };
            let prediction = Prediction { origin: Origin::Database, base: schema, steps: Vec::new() };
            return Ok(Foreseen { prediction, drift: Vec::new(), digest });
        }
        // The snapshot tells the schema after the last of the pending ones, and no other.
        let snapshot = snapshot.filter(|_| pending.is_empty() || count == pending.len());
        let starts_empty = survey.state.applied.is_empty() && self.context.config.scratch_setup.is_empty();
        let may_be_known = starts_empty || survey.is_unchanged || survey.noted_digest().is_some() || pending.is_empty();
        let scratch = (snapshot.is_none() || !may_be_known).then(|| self.environment().open_in_background());
        let live = live::read_with(&mut self.reader, client)?;
        let is_verified = !survey.is_interrupted
            && (survey.is_unchanged
                || starts_empty && live.is_empty()
                || match survey.noted_digest() {
                    Some(noted) => live::is_digest_of(noted, &live, client)?,
                    None => false,
                });
        let digest = Some(snapshot::digest(&live));
        let prediction = self.predict(snapshot, scratch, survey, count, files, is_verified.then_some(&live), &live)?;
        let is_comparable = !is_verified && !survey.is_interrupted;
        let drift = if is_comparable { before::drift(&prediction.base, &live) } else { Vec::new() };
        Ok(Foreseen { prediction, drift, digest })
    }

    /// `base` is the schema that the applied migrations should have made, where it is known without a scratch database.
    #[expect(clippy::too_many_arguments, reason = "everything that is known goes into a prediction")]
    fn predict(
        &mut self,
        snapshot: Option<Snapshot>,
        scratch: Option<PendingScratch>,
        survey: &Survey<'_>,
        count: usize,
        files: &[Migration],
        base: Option<&Schema>,
        live: &Schema,
    ) -> Result<Prediction> {
        let pending = &survey.state.pending;
        if let Some(snapshot) = snapshot {
            if let Some(base) = base {
                return Ok(Prediction::of_snapshot(Origin::Snapshot, base.clone(), snapshot, pending));
            }
            if pending.is_empty() && before::drift(&snapshot.schema, live).is_empty() {
                return Ok(Prediction { origin: Origin::Snapshot, base: snapshot.schema, steps: Vec::new() });
            }
            return match self.replayed(scratch, survey) {
                Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                    self.with_snapshot_alone(snapshot, live, pending, count, &snapshot_fallback::one_line(&error))
                }
                Ok(base) => Ok(Prediction::of_snapshot(Origin::Snapshot, base, snapshot, pending)),
                Err(error) => Err(error),
            };
        }
        let scratch = scratch.unwrap_or_else(|| self.environment().open_in_background());
        let rehearsed = scratch
            .wait()
            .and_then(|session| prediction::rehearse(session, &survey.applied(), base.cloned(), pending, count));
        match rehearsed {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let (snapshot, why) = snapshot_fallback::snapshot(self.context, files, error)?;
                self.with_snapshot_alone(snapshot, live, pending, count, &why)
            }
            rehearsed => rehearsed,
        }
    }

    /// The schema that the applied migrations make on a scratch database.
    fn replayed(&self, scratch: Option<PendingScratch>, survey: &Survey<'_>) -> Result<Schema> {
        let mut session = match scratch {
            Some(scratch) => scratch.wait()?,
            None => self.environment().open()?,
        };
        replay::replay(&mut session.client, survey.applied())?;
        session.read()
    }

    /// The snapshot that stands for all of `files`, on this major version.
    fn current_snapshot(&self, files: &[Migration]) -> Result<Option<Snapshot>> {
        let config = &self.context.config;
        let snapshot = snapshot::read(&self.context.tree(), &config.snapshot)?;
        Ok(snapshot.filter(|found| found.is_fresh(files) && found.postgres == config.postgres_major))
    }

    /// What can be said without a scratch database, and what that leaves unchecked. `live` is taken for what the applied
    /// migrations should have made; where nothing is pending, the snapshot is that.
    fn with_snapshot_alone(
        &mut self,
        snapshot: Snapshot,
        live: &Schema,
        pending: &[&Migration],
        count: usize,
        why: &str,
    ) -> Result<Prediction> {
        let path = &self.context.config.snapshot;
        if let (Some(last), true) = (pending.last(), count > 0 && count < pending.len()) {
            bail!(
                "cannot verify an earlier target: there is no scratch database, and `{path}` only tells the schema after \
                 `{last}`; apply all pending migrations, or set `SHADOW_DATABASE_URL`; {why}"
            )
        }
        let prediction = match pending {
            [] => Prediction { origin: Origin::SnapshotAlone, base: snapshot.schema, steps: Vec::new() },
            pending => Prediction::of_snapshot(Origin::SnapshotAlone, live.clone(), snapshot, pending),
        };
        let mut unchecked = Vec::new();
        if !pending.is_empty() {
            unchecked.push("whether the live database is what its applied migrations made".to_owned());
        }
        let between = prediction.steps.split_last().map(|(_, between)| between).unwrap_or_default();
        if between.iter().any(|step| step.fingerprint.is_none()) {
            unchecked.push(format!(
                "the schema after each migration but the last, where `{path}` does not tell what it does"
            ));
        }
        if count > 0 {
            unchecked.push("the migrations on a scratch database, before the live one is touched".to_owned());
        }
        if let Some(last) = unchecked.last_mut() {
            *last = format!("{last}; `{path}` stands in for a scratch database, because {why}");
        }
        self.result.unchecked.extend(unchecked);
        Ok(prediction)
    }
}
