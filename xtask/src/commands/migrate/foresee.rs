//! What the pending migrations will make: learnt on a scratch database, or where none can be had (a production container
//! without binaries, npm and the right to create databases), as far as the committed snapshot tells.

use anyhow::{Result, bail};

use super::Run;
use crate::commands::stand_in;
use crate::migrations::Migration;
use crate::migrations::prediction::Prediction;
use crate::migrations::state::State;
use crate::postgres::scratch::Unavailable;
use crate::schema::model::Schema;

impl Run<'_> {
    /// Predicts the pending migrations of `state`, of which the first `count` are to be applied to a database whose
    /// schema is `live`.
    pub(super) fn predict(
        &mut self,
        state: &State<'_>,
        count: usize,
        files: &[Migration],
        live: &Schema,
    ) -> Result<Prediction> {
        let applied: Vec<&Migration> = state.applied_files().collect();
        match self.laboratory().predict(&applied, &state.pending, count) {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let (snapshot, why) = stand_in::snapshot(self.context, files, error)?;
                self.without_scratch(&state.pending, count, &why)?;
                Ok(Prediction::from_snapshot(snapshot, live, &state.pending))
            }
            replayed => replayed,
        }
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
