//! `db-baseline`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-baseline`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-baseline`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-baseline` is not built yet")
}
