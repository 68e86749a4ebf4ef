//! `db-new`.

use anyhow::{Result, bail};

use super::{Context, Outcome};

/// Options of `db-new`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Runs `db-new`.
pub fn run(_context: &Context, _options: &Options) -> Result<Outcome> {
    bail!("`db-new` is not built yet")
}
