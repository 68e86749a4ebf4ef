//! `db-snapshot`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-snapshot`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-snapshot`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-snapshot` is not built yet")
}
