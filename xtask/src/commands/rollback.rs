//! `db-rollback`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-rollback`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-rollback`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-rollback` is not built yet")
}
