//! `db-inspect`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-inspect`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-inspect`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-inspect` is not built yet")
}
