//! The rows that stop migrations: before they run, and after one has failed.

use anyhow::Result;
use postgres::Client;

use super::MigrationRun;
use super::survey::Survey;
use crate::commands::{Context, rows_in_the_way};
use crate::migrations::Migration;
use crate::report::Finding;

impl MigrationRun<'_> {
    /// Returns the findings about rows that stop the `planned` migrations, and the `advice` about
    /// other statements. What cannot be known is noted as unchecked.
    pub(super) fn rows_in_the_way(
        &mut self,
        client: &mut Client,
        survey: &Survey<'_>,
        planned: &[&Migration],
        advice: Vec<Finding>,
    ) -> Result<Vec<Finding>> {
        if let Some(entry) = survey.interrupted() {
            self.result.unchecked.push(format!(
                "whether rows stop the pending statements: `V{}__{}` is applied in part",
                entry.version, entry.name
            ));
            return Ok(advice);
        }
        let rows = rows_in_the_way::look(self.context, client, planned)?;
        self.result.unchecked.extend(rows.notes.iter().cloned());
        Ok(rows.before(advice))
    }
}

/// Adds the rows in the way to the error of the `failed` migration, where it is one about rows.
pub(super) fn explain(
    context: &Context,
    client: &mut Client,
    failed: Option<&Migration>,
    error: anyhow::Error,
) -> anyhow::Error {
    match failed {
        Some(failed) => rows_in_the_way::explain(context, client, failed, error),
        None => error,
    }
}
