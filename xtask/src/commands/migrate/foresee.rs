//! What the pending migrations will make: learnt on a scratch database; of hundreds, from the committed snapshot, for which
//! they ran on one. Where no scratch database can be had (a production container without binaries, npm and the right to
//! create databases), as far as the snapshot tells.

use anyhow::{Result, bail};

use super::Run;
use crate::commands::snapshot_fallback;
use crate::migrations::Migration;
use crate::migrations::prediction::{Origin, PendingScratch, Prediction, READ_EACH};
use crate::migrations::state::State;
use crate::postgres::scratch::Unavailable;
use crate::schema::model::Schema;
use crate::schema::snapshot::{self, Snapshot};

/// So many of the pending migrations may have no fingerprint in the snapshot: all before one of those run on scratch again.
const FEW: usize = 3;

/// Where the pending migrations are learnt.
pub(super) struct Foresight {
    /// What is known of them already.
    record: Option<Snapshot>,
    /// Where they run, or those before them; none where it may not be needed.
    scratch: Option<PendingScratch>,
}

impl Run<'_> {
    /// Begins to make a scratch database, if one will be needed to foresee the pending migrations of `state`, of which the
    /// first `count` are to be applied.
    pub(super) fn foresight(&self, state: &State<'_>, count: usize, files: &[Migration]) -> Result<Foresight> {
        let record = self.record_of_many(&state.pending, count, files)?;
        let starts_empty = state.applied_files().next().is_none() && self.context.config.scratch_setup.is_empty();
        let scratch = (record.is_none() || !starts_empty).then(|| self.environment().scratch_meanwhile());
        Ok(Foresight { record, scratch })
    }

    /// Predicts the pending migrations of `state`, of which the first `count` are to be applied to a database whose schema
    /// is `live`.
    pub(super) fn predict(
        &mut self,
        foresight: Foresight,
        state: &State<'_>,
        count: usize,
        files: &[Migration],
        live: &Schema,
    ) -> Result<Prediction> {
        let applied: Vec<&Migration> = state.applied_files().collect();
        let Foresight { record, scratch } = foresight;
        if scratch.is_none()
            && live.is_empty()
            && let Some(record) = record
        {
            return Ok(Prediction::from_record(Origin::Record, live.clone(), record, &state.pending));
        }
        let environment = self.environment();
        let scratch = scratch.unwrap_or_else(|| environment.scratch_meanwhile());
        let predicted = match record {
            Some(record) => environment
                .base(scratch, &applied)
                .map(|base| Prediction::from_record(Origin::Record, base, record, &state.pending)),
            None => environment.predict(scratch, &applied, &state.pending, count),
        };
        match predicted {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let (snapshot, why) = snapshot_fallback::snapshot(self.context, files, error)?;
                let prediction = Prediction::from_snapshot(snapshot, live, &state.pending);
                self.without_scratch(&prediction, &state.pending, count, &why)?;
                Ok(prediction)
            }
            replayed => replayed,
        }
    }

    /// The snapshot that says what all of `pending` do and make, where all of them are to be applied, and there are so many
    /// that the schemas between would not be read anyway.
    fn record_of_many(&self, pending: &[&Migration], count: usize, files: &[Migration]) -> Result<Option<Snapshot>> {
        if self.result.plan.is_some() || count < pending.len() || count <= READ_EACH {
            return Ok(None);
        }
        let config = &self.context.config;
        let snapshot = snapshot::read(&self.context.tree(), &config.snapshot)?;
        let fresh = snapshot.filter(|found| found.is_fresh(files) && found.postgres == config.postgres_major);
        Ok(fresh.filter(|found| pending.iter().filter(|one| found.fingerprint(one).is_none()).count() <= FEW))
    }

    /// Says what is not checked without a scratch database.
    fn without_scratch(
        &mut self,
        prediction: &Prediction,
        pending: &[&Migration],
        count: usize,
        why: &str,
    ) -> Result<()> {
        let path = &self.context.config.snapshot;
        if let (Some(last), true) = (pending.last(), count > 0 && count < pending.len()) {
            bail!(
                "cannot verify an earlier target: there is no scratch database, and `{path}` only tells the schema after \
                 `{last}`; apply all pending migrations, or set `SHADOW_DATABASE_URL`; {why}"
            )
        }
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
        Ok(())
    }
}
