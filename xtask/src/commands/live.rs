//! The schema of the database that a command works on.

use anyhow::{Context as _, Result, anyhow};
use postgres::GenericClient;

use crate::config::Config;
use crate::postgres::catalog::{CatalogReader, OwnTables, options};
use crate::postgres::error::ServerError;
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// Reads the schema, also inside an open transaction.
pub fn read(client: &mut impl GenericClient, config: &Config) -> Result<Schema> {
    read_with(&mut CatalogReader::new(OwnTables::of(config)), client)
}

/// Reads the schema with a `reader` that is kept for the next reading.
pub fn read_with(reader: &mut CatalogReader, client: &mut impl GenericClient) -> Result<Schema> {
    let schema = reader.read(client);
    schema
        .map_err(|error| anyhow!(ServerError::from(error)))
        .context("cannot read the catalogs of the database")
}

/// Identifies how a database is read: the version of the tool, and the settings that affect the
/// result. Results under another identity do not count for this one.
#[must_use]
pub fn model(config: &Config) -> String {
    format!(
        "{}\n{:?}\n{:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        OwnTables::of(config),
        config.scratch_setup,
        config.platform
    )
}

/// Whether `noted`, a digest from the journal, is that of `schema`, which was read from the
/// database of `client`.
pub fn is_digest_of(noted: &str, schema: &Schema, client: &mut impl GenericClient) -> Result<bool> {
    if noted == snapshot::digest(schema) {
        return Ok(true);
    }
    // Earlier versions of the tool took digests with the server's own entries among the options of
    // columns.
    let stored = options::with_server_entries(client, schema.clone())
        .map_err(|error| anyhow!(ServerError::from(error)));
    Ok(noted == snapshot::digest(&stored.context("cannot read the options of the columns")?))
}
