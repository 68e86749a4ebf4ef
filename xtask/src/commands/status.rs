//! `db-status`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-status`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-status`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-status` is not built yet")
}
