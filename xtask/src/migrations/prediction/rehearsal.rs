//! The scratch database on which the applied migrations ran, and on which the pending ones are learnt.

use anyhow::{Result, anyhow};
use postgres::Client;

use super::{ScratchEnvironment, Step};
use crate::migrations::fingerprint::{self, Fingerprint, Fingerprinter};
use crate::migrations::{Migration, replay};
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::Scratch;
use crate::schema::model::Schema;

/// Runs migrations one after the other, and tells what each makes.
pub(super) struct Rehearsal {
    client: Client,
    fingerprinter: Fingerprinter,
    own: OwnTables,
    /// Removed after the connection to it is closed.
    _scratch: Scratch,
}

impl Rehearsal {
    /// Runs `applied` on `scratch`; the schema that they make.
    pub(super) fn begin(
        environment: &ScratchEnvironment<'_>,
        scratch: Scratch,
        applied: &[&Migration],
    ) -> Result<(Self, Schema)> {
        let mut rehearsal = Self::on(environment, scratch)?;
        applied.iter().try_for_each(|migration| replay::run(&mut rehearsal.client, migration))?;
        let base = rehearsal.read()?;
        Ok((rehearsal, base))
    }

    /// Begins on `scratch` as it is.
    pub(super) fn on(environment: &ScratchEnvironment<'_>, scratch: Scratch) -> Result<Self> {
        let client = scratch.connect()?;
        let own = OwnTables::of(environment.config);
        Ok(Self { client, fingerprinter: Fingerprinter::new(&own), own, _scratch: scratch })
    }

    /// Runs one migration as the runner does. The schema after it is read where `is_read` says so, and where there is
    /// no fingerprint that could stand for it.
    pub(super) fn step(&mut self, migration: &Migration, is_read: bool) -> Result<Step> {
        let fingerprint = self.run(migration)?;
        let schema = match is_read || fingerprint.is_none() {
            true => Some(self.read()?),
            false => None,
        };
        Ok(Step { version: migration.version, fingerprint, schema })
    }

    /// Runs one migration as the runner does; what it did, where that can be told.
    pub(super) fn run(&mut self, migration: &Migration) -> Result<Option<Fingerprint>> {
        match migration.no_transaction || fingerprint::forgets(&migration.sql) {
            true => self.without_fingerprint(migration).map(|()| None),
            false => self.in_transaction(migration),
        }
    }

    fn without_fingerprint(&mut self, migration: &Migration) -> Result<()> {
        self.fingerprinter.doubt();
        replay::run(&mut self.client, migration)
    }

    fn in_transaction(&mut self, migration: &Migration) -> Result<Option<Fingerprint>> {
        self.fingerprinter.prepare(&mut self.client, None)?;
        let mut transaction = self.client.transaction()?;
        replay::run_statements(&mut transaction, migration)?;
        let fingerprint = self.fingerprinter.take(&mut transaction, replay::FRESH_SESSION)?;
        replay::commit(transaction, migration)?;
        Ok(fingerprint)
    }

    pub(super) fn read(&mut self) -> Result<Schema> {
        catalog::read(&mut self.client, &self.own).map_err(|error| {
            anyhow!(ServerError::from(error)).context("cannot read the catalogs of the scratch database")
        })
    }
}
