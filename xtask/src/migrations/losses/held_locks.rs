//! The locks that this transaction holds on tables. They last until it ends, and nobody can switch
//! them off. So they show which tables were written to where nothing is counted: behind foreign
//! tables, and without `track_counts`.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::Transaction;

/// A lock on a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// The lock of a statement that inserts, updates or deletes rows.
    RowExclusive,
    /// The lock of a statement that truncates, alters or drops the table.
    AccessExclusive,
}

const HELD: &str = "
    SELECT DISTINCT relation FROM pg_catalog.pg_locks
    WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted AND mode = $1
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

/// The OIDs of the relations that are locked in this way.
pub(super) fn held(transaction: &mut Transaction<'_>, lock: Lock) -> Result<BTreeSet<u32>> {
    let mode = match lock {
        Lock::RowExclusive => "RowExclusiveLock",
        Lock::AccessExclusive => "AccessExclusiveLock",
    };
    let rows = transaction
        .query(HELD, &[&mode])
        .context("cannot read the locks of the transaction")?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
