//! Recognises ways back that fail because several of them share one transaction. An object that one
//! made in it cannot be used or made again by the next.

use crate::postgres::error::ServerError;

/// Marks the error of a way back that fails in the transaction of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailsTogether {
    /// Whether each could be undone in a separate transaction on a scratch database.
    pub is_proven: bool,
}

impl std::fmt::Display for FailsTogether {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it fails in the transaction that it shares with those undone before it")
    }
}

impl std::error::Error for FailsTogether {}

/// The SQLSTATEs of errors that separate transactions avoid. Each concerns something that lasts
/// until the COMMIT: a temporary table, an enum value that cannot be used yet, a table with checks
/// that wait.
const SHARED: &[&str] = &["42P07", "55P04", "55006"];

/// Whether `error` is one that the statements before it in the same transaction may have caused.
pub(super) fn may_have_caused(error: &anyhow::Error) -> bool {
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServerError>());
    let state = server.and_then(|error| error.sqlstate.as_deref());
    state.is_some_and(|state| SHARED.contains(&state))
}
