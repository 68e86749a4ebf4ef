//! What the pending migrations will make: learnt on a scratch database; of hundreds, the end from the committed snapshot,
//! and the way there on scratch while they are applied. Where no scratch database can be had (a production container
//! without binaries, npm and the right to create databases), as far as the snapshot tells.

use anyhow::{Result, bail};

use super::Run;
use crate::commands::stand_in;
use crate::migrations::Migration;
use crate::migrations::prediction::{Ahead, Prediction, READ_EACH};
use crate::migrations::state::State;
use crate::postgres::scratch::Unavailable;
use crate::schema::model::Schema;
use crate::schema::snapshot;

impl Run<'_> {
    /// Predicts the pending migrations of `state`, of which the first `count` are to be applied to a database whose
    /// schema is `live`.
    pub(super) fn predict(
        &mut self,
        state: &State<'_>,
        count: usize,
        files: &[Migration],
        live: &Schema,
    ) -> Result<(Prediction, Option<Ahead>)> {
        let applied: Vec<&Migration> = state.applied_files().collect();
        let predicted = match self.snapshot_of_many(&state.pending, count, files)? {
            Some(snapshot) => self
                .laboratory()
                .predict_ahead(&applied, &state.pending, snapshot)
                .map(|(prediction, ahead)| (prediction, Some(ahead))),
            None => self.laboratory().predict(&applied, &state.pending, count).map(|prediction| (prediction, None)),
        };
        match predicted {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let (snapshot, why) = stand_in::snapshot(self.context, files, error)?;
                self.without_scratch(&state.pending, count, &why)?;
                Ok((Prediction::from_snapshot(snapshot, live, &state.pending), None))
            }
            replayed => replayed,
        }
    }

    /// The schema after all of `pending`, as the snapshot says, where all of them are to be applied, and there are so many
    /// that the schemas between would not be read anyway.
    fn snapshot_of_many(&self, pending: &[&Migration], count: usize, files: &[Migration]) -> Result<Option<Schema>> {
        if self.result.plan.is_some() || count < pending.len() || count <= READ_EACH {
            return Ok(None);
        }
        let config = &self.context.config;
        let snapshot = snapshot::read(&self.context.tree(), &config.snapshot)?;
        let fresh = snapshot.filter(|found| found.is_fresh(files) && found.postgres == config.postgres_major);
        Ok(fresh.map(|snapshot| snapshot.schema))
    }

    /// Says what is not checked without a scratch database.
    fn without_scratch(&mut self, pending: &[&Migration], count: usize, why: &str) -> Result<()> {
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
        if count > 1 {
            unchecked.push("the schema after each migration but the last".to_owned());
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
