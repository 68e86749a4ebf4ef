//! The schema of the database that a command works on.

use anyhow::{Context as _, Result, anyhow};
use postgres::GenericClient;

use crate::config::Config;
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::ServerError;
use crate::schema::model::Schema;

/// Reads it, also inside an open transaction.
pub fn read(client: &mut impl GenericClient, config: &Config) -> Result<Schema> {
    let schema = catalog::read(client, &OwnTables::of(config));
    schema.map_err(|error| anyhow!(ServerError::from(error))).context("cannot read the catalogs of the database")
}
