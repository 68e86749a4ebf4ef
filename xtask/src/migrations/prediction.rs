//! What the migrations will make of the database: learnt by running them on a scratch database first.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient};

use super::fingerprint::{self, Fingerprinter};
use super::{Migration, replay};
use crate::config::Config;
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::Scratch;
use crate::schema::model::Schema;

/// Up to so many pending migrations the schema is read after each; beyond that only at the end, and in between
/// fingerprints stand for it.
const READ_EACH: usize = 30;

/// Where a prediction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The migrations ran on a scratch database.
    Replay,
    /// There is no scratch database: the committed snapshot says what the last migration makes, and nothing says what
    /// the others do.
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
    /// What its transaction does to the catalogs; none for a migration without transaction.
    pub fingerprint: Option<String>,
    /// The schema after it, where it was read. Of the last one to be applied it always is.
    pub schema: Option<Schema>,
}

impl Prediction {
    /// What can be said without a scratch database: `snapshot` is the schema after the last of `pending`, and `live` is
    /// taken for what the applied migrations should have made. Where nothing is pending, the snapshot is that.
    #[must_use]
    pub fn from_snapshot(snapshot: Schema, live: &Schema, pending: &[&Migration]) -> Self {
        let mut steps: Vec<Step> = pending
            .iter()
            .map(|migration| Step { version: migration.version, fingerprint: None, schema: None })
            .collect();
        let base = match steps.last_mut() {
            Some(last) => {
                last.schema = Some(snapshot);
                live.clone()
            }
            None => snapshot,
        };
        Self { origin: Origin::Snapshot, base, steps }
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
pub struct Laboratory<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The root of the monorepo.
    pub root: &'a Path,
    /// The server for scratch databases; none for a cluster of our own.
    pub shadow_url: Option<&'a str>,
}

impl Laboratory<'_> {
    /// Runs `applied` and then `pending`, of which the first `count` are to be applied, on a scratch database.
    ///
    /// # Errors
    /// When there is no scratch database, or a migration does not run there.
    pub fn predict(&self, applied: &[&Migration], pending: &[&Migration], count: usize) -> Result<Prediction> {
        let scratch = self.scratch()?;
        let mut client = scratch.connect()?;
        applied.iter().try_for_each(|migration| replay::run(&mut client, migration))?;
        let base = self.read(&mut client)?;
        let fingerprinter = Fingerprinter::new(&mut client)?;
        let mut steps = Vec::new();
        for (index, migration) in pending.iter().enumerate() {
            let fingerprint = run(&mut client, migration, &fingerprinter)?;
            let ends = [count, pending.len()].contains(&(index + 1));
            let is_read = ends || pending.len() <= READ_EACH || migration.no_transaction;
            let schema = is_read.then(|| self.read(&mut client)).transpose()?;
            steps.push(Step { version: migration.version, fingerprint, schema });
        }
        Ok(Prediction { origin: Origin::Replay, base, steps })
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

/// Runs one migration as the runner does. A failure is explained by the replay, which looks for the statement.
fn run(client: &mut Client, migration: &Migration, fingerprinter: &Fingerprinter) -> Result<Option<String>> {
    if migration.no_transaction {
        replay::run(client, migration)?;
        return Ok(None);
    }
    let mut transaction = client.transaction()?;
    let beginning = fingerprinter.begin(&mut transaction)?;
    if transaction.batch_execute(&migration.sql).is_err() {
        drop(transaction);
        replay::run(client, migration)?;
        return Ok(None);
    }
    transaction.batch_execute(&format!("RESET SESSION AUTHORIZATION; RESET ALL; {}", fingerprint::SETTINGS))?;
    let fingerprint = fingerprinter.end(&mut transaction, beginning)?;
    transaction.commit().context("cannot commit on the scratch database")?;
    Ok(Some(fingerprint))
}
