//! A migration without transaction, statement by statement. The journal is written ahead, so that after a crash it is
//! known which statement was running.

use anyhow::{Context as _, Result};
use postgres::Client;

use super::attempt::{self, failed};
use super::{Settings, Watch};
use crate::migrations::journal::{self, Phase};
use crate::migrations::{Migration, sql};

/// Runs the statements one by one, lets `watch` verify, and writes the history row.
pub(super) fn apply(
    client: &mut Client,
    settings: &Settings,
    migration: &Migration,
    history_row: &str,
    watch: &mut dyn Watch,
) -> Result<()> {
    let table = &settings.history_table;
    journal::record(client, table, migration, Phase::Applying)?;
    for (index, statement) in sql::statements(&migration.sql).iter().enumerate() {
        let number = i32::try_from(index + 1).context("too many statements")?;
        let catalog = watch.catalog(client)?;
        journal::about_to_run(client, table, migration.version, number, &catalog)?;
        client
            .batch_execute(statement.text())
            .map_err(|error| failed(&error, &migration.file, &migration.sql, statement.span.range().start))
            .with_context(|| format!("cannot run statement {number} of `{migration}`"))?;
    }
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    attempt::record(&mut transaction, settings, migration, history_row)?;
    watch.verify(&mut transaction, migration)?;
    attempt::commit(transaction, &format!("`{migration}`"))
}
