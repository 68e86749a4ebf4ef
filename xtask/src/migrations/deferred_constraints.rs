//! Runs the checks and triggers that a script has deferred until the COMMIT. They run in the session as the
//! script left it, whose search path they may need, and before anything is counted, compared and
//! recorded: what they do belongs to the script.

use anyhow::{Context as _, Result, anyhow};
use postgres::Transaction;

use crate::postgres::error::ServerError;

/// Runs those of `file`, all of whose statements ran in `transaction`.
///
/// # Errors
/// When a row violates a constraint, or a trigger refuses.
pub fn run(transaction: &mut Transaction<'_>, file: &str) -> Result<()> {
    let checked = transaction.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
    checked.map_err(|error| {
        anyhow!(ServerError::from(error)).context(format!(
            "a check or trigger that was deferred until the COMMIT fails, after all statements of \
             `{file}` ran"
        ))
    })
}

/// The constraints that a new transaction begins to defer, as `SET CONSTRAINTS` lists them.
const DEFERRED: &str = "
    SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, o.conname), ', ')
    FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
    WHERE o.condeferred";

/// Defers them again for the next script in the same transaction, as a transaction of its own would.
///
/// # Errors
/// When the connection is gone.
pub fn defer_again(transaction: &mut Transaction<'_>) -> Result<()> {
    let doing = "cannot defer constraints for the next script";
    let row = transaction.query_one(DEFERRED, &[]).context(doing)?;
    let Some(names) = row.try_get::<_, Option<String>>(0)? else {
        return Ok(());
    };
    transaction
        .batch_execute(&format!("SET CONSTRAINTS {names} DEFERRED"))
        .context(doing)
}
