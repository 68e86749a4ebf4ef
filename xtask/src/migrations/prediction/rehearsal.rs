//! The scratch database on which the applied migrations ran, and on which the pending ones are learnt.

use anyhow::{Result, anyhow};
use postgres::Client;

use super::{Laboratory, Step};
use crate::migrations::fingerprint::{self, Fingerprinter};
use crate::migrations::{Migration, replay};
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::Scratch;
use crate::schema::model::Schema;

/// Runs migrations one after the other, and tells what each makes. It may move to another thread.
pub(super) struct Rehearsal {
    client: Client,
    fingerprinter: Fingerprinter,
    own: OwnTables,
    /// Removed after the connection to it is closed.
    _scratch: Scratch,
}

impl Rehearsal {
    /// Runs `applied`; the schema that they make.
    pub(super) fn begin(laboratory: &Laboratory<'_>, applied: &[&Migration]) -> Result<(Self, Schema)> {
        let scratch = laboratory.scratch()?;
        let mut client = scratch.connect()?;
        applied.iter().try_for_each(|migration| replay::run(&mut client, migration))?;
        let base = laboratory.read(&mut client)?;
        let fingerprinter = Fingerprinter::new(&mut client)?;
        Ok((Self { client, fingerprinter, own: OwnTables::of(laboratory.config), _scratch: scratch }, base))
    }

    /// Runs one migration as the runner does. The schema after it is read where `is_read` says so, and where there is
    /// no transaction whose fingerprint could stand for it.
    pub(super) fn step(&mut self, migration: &Migration, is_read: bool) -> Result<Step> {
        let fingerprint = match migration.no_transaction {
            true => replay::run(&mut self.client, migration).map(|()| None),
            false => self.in_transaction(migration).map(Some),
        }?;
        let schema = match is_read || fingerprint.is_none() {
            true => Some(self.read()?),
            false => None,
        };
        Ok(Step { version: migration.version, fingerprint, schema })
    }

    fn in_transaction(&mut self, migration: &Migration) -> Result<String> {
        let mut transaction = self.client.transaction()?;
        let beginning = self.fingerprinter.begin(&mut transaction)?;
        replay::run_statements(&mut transaction, migration)?;
        let settings = format!("{}; {}", replay::FRESH_SESSION, fingerprint::SETTINGS);
        transaction.batch_execute(&settings).map_err(|error| anyhow!(ServerError::from(error)))?;
        let fingerprint = self.fingerprinter.end(&mut transaction, beginning)?;
        replay::commit(transaction, migration)?;
        Ok(fingerprint)
    }

    fn read(&mut self) -> Result<Schema> {
        catalog::read(&mut self.client, &self.own).map_err(|error| {
            anyhow!(ServerError::from(error)).context("cannot read the catalogs of the scratch database")
        })
    }
}
