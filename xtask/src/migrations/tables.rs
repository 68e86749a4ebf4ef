//! The two tables of the tool in a database: refinery's history, and the journal beside it.

use anyhow::{Context as _, Result};
use postgres::Client;

use super::journal;

/// Creates both where they do not exist.
///
/// # Errors
/// When the role may not create tables there.
pub fn create(client: &mut Client, history_table: &str) -> Result<()> {
    let ddl = history_ddl(history_table);
    client.batch_execute(&ddl).with_context(|| format!("cannot create the history table `{history_table}`"))?;
    journal::create(client, history_table)
}

/// refinery's own statement.
pub(super) fn history_ddl(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table}(
             version int8 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));"
    )
}
