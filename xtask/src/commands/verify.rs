//! `db-verify`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-verify`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-verify`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-verify` is not built yet")
}
