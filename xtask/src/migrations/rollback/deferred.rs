//! Deferred constraint triggers, which wait for the COMMIT. They may delete rows, so they run
//! before anything is counted. They may defer others, so they run until none is left.

use anyhow::{Result, anyhow, bail};
use postgres::Transaction;

use crate::postgres::error::ServerError;

/// How often they are run. No application defers triggers in a chain this long.
const ROUNDS: usize = 64;

/// Whether there are deferrable triggers that people made. Those of foreign keys change no rows
/// when they are deferred.
const ARE_DEFERRABLE: &str =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgdeferrable AND NOT tgisinternal)";

/// All rows that this transaction wrote so far: a trigger only waits for the COMMIT because of a
/// row.
const WRITTEN: &str = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
                       FROM pg_catalog.pg_stat_xact_all_tables";

/// Runs what waits for the COMMIT.
///
/// # Errors
/// When a constraint is violated, and where the triggers do not come to an end.
pub(super) fn run(transaction: &mut Transaction<'_>, are_rows_counted: bool) -> Result<()> {
    immediate(transaction)?;
    if !transaction
        .query_one(ARE_DEFERRABLE, &[])?
        .try_get::<_, bool>(0)?
    {
        return Ok(());
    }
    let mut written: Option<i64> = None;
    for _ in 0..ROUNDS {
        let now = transaction.query_one(WRITTEN, &[])?.try_get(0)?;
        if are_rows_counted && written == Some(now) {
            return Ok(());
        }
        written = Some(now);
        immediate(transaction)?;
    }
    if are_rows_counted {
        bail!(
            "cannot commit the rollback; it was undone: after {ROUNDS} rounds its deferred triggers still defer others"
        )
    }
    Ok(())
}

fn immediate(transaction: &mut Transaction<'_>) -> Result<()> {
    let checked = transaction.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
    checked.map_err(|error| {
        anyhow!(ServerError::from(error)).context("cannot commit the rollback; it was undone")
    })
}
