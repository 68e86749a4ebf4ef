//! Keeps SQL on a scratch database from changing rows on other servers. A foreign table on it leads
//! to the same rows as on the live database. Its transaction is undone, and with it the change.

use anyhow::{Context as _, Result, bail};
use postgres::Transaction;

use crate::migrations::losses::written;
use crate::migrations::sql::Statement;

/// The error about SQL that changed rows behind a foreign table.
#[derive(Debug)]
pub struct ChangesFarRows(String);

impl std::fmt::Display for ChangesFarRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "it changes rows of the foreign table `{}`, which lie on another server, and a rehearsal must not: \
             run this statement outside the migrations",
            self.0
        )
    }
}

impl std::error::Error for ChangesFarRows {}

/// The lock of a statement that inserts, updates or deletes rows. `TRUNCATE` takes the lock of
/// `ALTER`, so that only the text (`$1`) tells one from the other.
const WRITTEN: &str = "
    SELECT c.relname::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_locks l ON l.relation = c.oid
    WHERE c.relkind = 'f' AND l.locktype = 'relation' AND l.granted AND l.pid = pg_catalog.pg_backend_pid()
      AND (l.mode = 'RowExclusiveLock'
           OR l.mode = 'AccessExclusiveLock' AND pg_catalog.strpos($1, 'truncate') > 0
              AND pg_catalog.strpos($1, pg_catalog.lower(c.relname::text)) > 0)
    LIMIT 1";

/// Refuses a `statement` that ran in this transaction and changed rows behind a foreign table.
pub(super) fn refuse(transaction: &mut Transaction<'_>, statement: &Statement<'_>) -> Result<()> {
    if !written::may_change_rows(statement.text()) {
        return Ok(());
    }
    let text = statement.text().to_lowercase();
    let row = transaction
        .query_opt(WRITTEN, &[&text])
        .context("cannot see whether the statement reached another server")?;
    match row {
        Some(row) => bail!(ChangesFarRows(row.try_get(0)?)),
        None => Ok(()),
    }
}
