//! Runs deferred constraint triggers, which would wait for the COMMIT. They may delete rows, so
//! they run before anything is counted. They may defer others, so they run until none is left.

use anyhow::{Result, anyhow, bail};
use postgres::Transaction;

use super::direction::AuditDirection;
use crate::postgres::error::ServerError;

/// How often they are run. No application defers triggers in a chain this long.
const ROUNDS: usize = 64;

/// Whether there are deferrable triggers that people made. The deferred triggers of foreign keys
/// only check, and change no rows.
const ARE_DEFERRABLE: &str =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgdeferrable AND NOT tgisinternal)";

/// The number of rows that this transaction wrote so far. A trigger waits for the COMMIT only
/// because of a row, so no new row means no new trigger.
const WRITTEN: &str = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
                       FROM pg_catalog.pg_stat_xact_all_tables";

/// Runs the triggers that wait for the COMMIT.
///
/// # Errors
/// When a constraint is violated, and when the triggers do not end.
pub(super) fn run(
    transaction: &mut Transaction<'_>,
    are_rows_counted: bool,
    direction: AuditDirection,
) -> Result<()> {
    immediate(transaction, direction)?;
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
        immediate(transaction, direction)?;
    }
    // Without counters it is unknown whether triggers are left: then the rounds that ran have to
    // do.
    if are_rows_counted {
        bail!(
            "cannot commit {}; it was undone: after {ROUNDS} rounds its deferred triggers still defer others",
            what(direction)
        )
    }
    Ok(())
}

fn what(direction: AuditDirection) -> &'static str {
    match direction {
        AuditDirection::Back => "the rollback",
        AuditDirection::Forward => "the migration",
    }
}

fn immediate(transaction: &mut Transaction<'_>, direction: AuditDirection) -> Result<()> {
    let checked = transaction.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
    checked.map_err(|error| {
        anyhow!(ServerError::from(error))
            .context(format!("cannot commit {}; it was undone", what(direction)))
    })
}
