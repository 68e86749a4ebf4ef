//! The transactions in which migrations run and rows are counted. The tool sets their isolation
//! level and not the server. A database or a role may have `REPEATABLE READ` as its default. A
//! transaction would then not see the rows that were committed while it waited for its locks, and
//! would count too few.

use anyhow::{Result, anyhow};
use postgres::{Client, IsolationLevel, Transaction};

use crate::postgres::error::ServerError;

/// Begins a transaction in `READ COMMITTED`.
///
/// # Errors
/// When the connection is gone.
pub fn begin(client: &mut Client) -> Result<Transaction<'_>> {
    let begun = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start();
    begun.map_err(|error| anyhow!(ServerError::from(error)).context("cannot begin a transaction"))
}
