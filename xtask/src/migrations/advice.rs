//! Advice about new migrations, from all that judges them by their statements. A finding about what a
//! statement does takes the place of general advice about it.

use anyhow::Result;

use super::losses;
use super::{Migration, fails_on_rows, lint};
use crate::config::Config;
use crate::report::Finding;

/// Judges the new ones of `migrations`. `known` holds the names and checksums of those that were
/// judged before.
///
/// # Errors
/// Rules in the configuration that squawk does not know.
pub fn of_new(
    migrations: &[Migration],
    known: &[(String, u64)],
    config: &Config,
) -> Result<Vec<Finding>> {
    let general = lint::lint_new(migrations, known, config)?;
    let failing = fails_on_rows::find(migrations, known, config);
    let advice = lint::giving_way(general, failing);
    Ok(losses::advice::with_losses(
        advice, migrations, known, config,
    ))
}
