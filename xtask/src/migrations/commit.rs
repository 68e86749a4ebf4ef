//! COMMIT, and the COMMIT whose answer is lost.

use anyhow::{Result, anyhow};
use postgres::Transaction;

use crate::postgres::error::ServerError;

/// A COMMIT that PostgreSQL refuses (a deferred constraint) has undone everything; one whose answer is lost may have
/// happened or not.
pub(crate) fn commit(transaction: Transaction<'_>, what: &str) -> Result<()> {
    transaction.commit().map_err(|error| match error.as_db_error() {
        Some(_) => anyhow!(ServerError::from(&error)).context(format!("cannot commit {what}; it was undone")),
        None => anyhow!(ServerError::from(&error)).context(CommitLost(what.to_owned())),
    })
}

/// A COMMIT whose answer never came.
#[derive(Debug)]
struct CommitLost(String);

impl std::fmt::Display for CommitLost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = &self.0;
        write!(
            f,
            "the connection was lost in the COMMIT of {what}: it is done either whole or not at all, \
             `cargo xtask db-status` tells which"
        )
    }
}

/// Whether it is not known if the last COMMIT happened.
pub(crate) fn is_in_doubt(error: &anyhow::Error) -> bool {
    error.downcast_ref::<CommitLost>().is_some()
}
