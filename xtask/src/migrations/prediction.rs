//! What the migrations will make of the database: learnt by running them on a scratch database first.

mod lagging_replay;
mod pending_scratch;
mod rehearsal;

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use postgres::GenericClient;

pub use lagging_replay::LaggingReplay;
pub use pending_scratch::PendingScratch;
use rehearsal::Rehearsal;

use super::fingerprint::Fingerprint;
use super::{Migration, replay};
use crate::config::Config;
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::Scratch;
use crate::schema::model::Schema;
use crate::schema::snapshot::Snapshot;

/// Up to so many pending migrations the schema is read after each; beyond that only at the end, and in between
/// fingerprints stand for it.
pub const READ_EACH: usize = 30;

/// Where a prediction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The migrations ran on a scratch database.
    Replay,
    /// The committed snapshot says what they make in the end, and what each of them did when they ran on a scratch database
    /// for it: with hundreds of them, running them again would cost as much time as applying them.
    Record,
    /// The same, because there is no scratch database.
    Snapshot,
}

/// What pending migrations will make.
#[derive(Debug)]
pub struct Prediction {
    /// Where it comes from.
    pub origin: Origin,
    /// What the applied migrations should have made.
    pub base: Schema,
    /// One for each pending migration, in order.
    pub steps: Vec<Step>,
}

/// What one pending migration will make.
#[derive(Debug)]
pub struct Step {
    /// Its version.
    pub version: i64,
    /// What its transaction does to the catalogs; none for a migration without transaction, or where it cannot be told.
    pub fingerprint: Option<Fingerprint>,
    /// The schema after it, where it was read. Of the last one to be applied it always is.
    pub schema: Option<Schema>,
}

impl Prediction {
    /// What can be said without a scratch database: `snapshot` is the schema after the last of `pending`, and `live` is
    /// taken for what the applied migrations should have made. Where nothing is pending, the snapshot is that.
    #[must_use]
    pub fn from_snapshot(snapshot: Snapshot, live: &Schema, pending: &[&Migration]) -> Self {
        match pending {
            [] => Self { origin: Origin::Snapshot, base: snapshot.schema, steps: Vec::new() },
            pending => Self::from_record(Origin::Snapshot, live.clone(), snapshot, pending),
        }
    }

    /// What `snapshot` says of `pending`, which are to be applied to `base`.
    #[must_use]
    pub fn from_record(origin: Origin, base: Schema, snapshot: Snapshot, pending: &[&Migration]) -> Self {
        let step = |migration: &&Migration| Step {
            version: migration.version,
            fingerprint: snapshot.fingerprint(migration).and_then(Fingerprint::parse),
            schema: None,
        };
        let mut steps: Vec<Step> = pending.iter().map(step).collect();
        if let Some(last) = steps.last_mut() {
            last.schema = Some(snapshot.schema);
        }
        Self { origin, base, steps }
    }

    /// The step of `version`.
    #[must_use]
    pub fn step(&self, version: i64) -> Option<&Step> {
        self.steps.iter().find(|step| step.version == version)
    }

    /// The schema after the first `count` pending migrations, which was read unless there are many of them. Where it
    /// was not, the next one that was.
    #[must_use]
    pub fn after(&self, count: usize) -> &Schema {
        let Some(index) = count.checked_sub(1) else { return &self.base };
        self.steps.iter().skip(index).find_map(|step| step.schema.as_ref()).unwrap_or(&self.base)
    }
}

/// Where predictions are made.
#[derive(Debug, Clone, Copy)]
pub struct ScratchEnvironment<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The root of the monorepo.
    pub root: &'a Path,
    /// The server for scratch databases; none for a cluster of our own.
    pub shadow_url: Option<&'a str>,
}

impl ScratchEnvironment<'_> {
    /// Runs `applied` and then `pending`, of which the first `count` are to be applied, on `scratch`.
    ///
    /// # Errors
    /// When there is no scratch database, or a migration does not run there.
    pub fn predict(
        &self,
        scratch: PendingScratch,
        applied: &[&Migration],
        pending: &[&Migration],
        count: usize,
    ) -> Result<Prediction> {
        let (mut rehearsal, base) = Rehearsal::begin(self, scratch.wait()?, applied)?;
        let step = |(index, migration): (usize, &&Migration)| {
            let ends = [count, pending.len()].contains(&(index + 1));
            rehearsal.step(migration, ends || pending.len() <= READ_EACH)
        };
        let steps = pending.iter().enumerate().map(step).collect::<Result<_>>()?;
        Ok(Prediction { origin: Origin::Replay, base, steps })
    }

    /// Runs `applied` on `scratch`; the schema that they make.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn base(&self, scratch: PendingScratch, applied: &[&Migration]) -> Result<Schema> {
        Rehearsal::begin(self, scratch.wait()?, applied).map(|(_, base)| base)
    }

    /// Runs `migrations` on a scratch database: what each of them does there, and the schema that they make.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn record(&self, migrations: &[Migration]) -> Result<(Vec<Option<Fingerprint>>, Schema)> {
        let mut rehearsal = Rehearsal::on(self, self.scratch()?)?;
        let fingerprints = migrations.iter().map(|migration| rehearsal.run(migration)).collect::<Result<_>>()?;
        Ok((fingerprints, rehearsal.read()?))
    }

    /// The schema that `migrations` make.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn schema(&self, migrations: &[&Migration]) -> Result<Schema> {
        let scratch = self.scratch()?;
        let mut client = scratch.connect()?;
        migrations.iter().try_for_each(|migration| replay::run(&mut client, migration))?;
        self.read(&mut client)
    }

    /// A scratch database that is made while other work is done.
    #[must_use]
    pub fn scratch_meanwhile(&self) -> PendingScratch {
        PendingScratch::start(self.config, self.root, self.shadow_url)
    }

    /// A scratch database.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn scratch(&self) -> Result<Scratch> {
        replay::scratch(self.config, self.root, self.shadow_url)
    }

    /// The schema of a scratch database.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn read(&self, client: &mut impl GenericClient) -> Result<Schema> {
        let schema =
            catalog::read(client, &OwnTables::of(self.config)).map_err(|error| anyhow!(ServerError::from(error)));
        schema.context("cannot read the catalogs of the scratch database")
    }
}
