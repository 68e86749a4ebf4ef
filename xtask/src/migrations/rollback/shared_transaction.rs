//! Ways back that fail because several of them share one transaction: what one of them made in it,
//! the next cannot use or make again.

use crate::postgres::error::ServerError;

/// Marks the error of a way back that fails in the transaction of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailsTogether {
    /// Whether each was undone in a transaction of its own on a scratch database.
    pub is_proven: bool,
}

impl std::fmt::Display for FailsTogether {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it fails in the transaction that it shares with those undone before it")
    }
}

impl std::error::Error for FailsTogether {}

/// The states of SQL errors that a transaction of its own avoids: a temporary table that is there
/// until the COMMIT, a value of an enum that cannot be used before it, a table with rows that wait
/// for it.
const SHARED: &[&str] = &["42P07", "55P04", "55006"];

/// Whether `error` is one that the statements before it in the same transaction may have caused.
pub(super) fn may_have_caused(error: &anyhow::Error) -> bool {
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServerError>());
    let state = server.and_then(|error| error.sqlstate.as_deref());
    state.is_some_and(|state| SHARED.contains(&state))
}
