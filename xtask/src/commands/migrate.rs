//! `db-migrate`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-migrate`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-migrate`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-migrate` is not built yet")
}
