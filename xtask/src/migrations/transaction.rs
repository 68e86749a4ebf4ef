//! The transactions in which migrations run and rows are counted. Their isolation level is the
//! tool's, not the server's: in `REPEATABLE READ`, which a database or a role may have as its
//! default, a transaction does not see the rows that were committed while it waited for its locks,
//! and would count too few.

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
