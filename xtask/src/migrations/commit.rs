//! COMMIT, and the COMMIT whose answer is lost.

use anyhow::{Result, anyhow};
use postgres::Transaction;

use crate::called_as;
use crate::postgres::error::ServerError;

/// Commits. A COMMIT that PostgreSQL refuses (a deferred constraint) has undone everything. A
/// COMMIT whose answer is lost may have happened or not.
pub(crate) fn commit(transaction: Transaction<'_>, what: &str) -> Result<()> {
    transaction
        .commit()
        .map_err(|error| match error.as_db_error() {
            Some(_) => anyhow!(ServerError::from(&error))
                .context(format!("cannot commit {what}; it was undone")),
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
             `{}` tells which",
            called_as::command("status")
        )
    }
}

/// A script that ended its own transaction, so that the statements up to there stay.
#[derive(Debug)]
pub(crate) struct PartCommitted;

impl std::fmt::Display for PartCommitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "one of its statements ended the transaction, so that a part of it stays, which the history does not tell: \
             compare the database with the file",
        )
    }
}

impl std::error::Error for PartCommitted {}

/// Describes the outcome of a script that ran in its own transaction and stopped with `error`. The
/// description is `undone`, unless the script itself ended that transaction.
pub(crate) fn outcome(error: &anyhow::Error, undone: &'static str) -> &'static str {
    if error.downcast_ref::<PartCommitted>().is_some() {
        "a part of it is committed"
    } else {
        undone
    }
}

/// Whether the last COMMIT may or may not have happened, or a script committed a part of itself.
pub(crate) fn is_in_doubt(error: &anyhow::Error) -> bool {
    error.downcast_ref::<CommitLost>().is_some() || error.downcast_ref::<PartCommitted>().is_some()
}
