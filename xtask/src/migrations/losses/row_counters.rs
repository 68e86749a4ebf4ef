//! Finds the tables in which SQL deletes or changes rows, by PostgreSQL's own
//! counters of the transaction. They include rows that a foreign key deletes in cascade. SQL of a
//! superuser can stop the counting in between. Where it may have, every table that is locked for
//! writing counts as changed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use postgres::{GenericClient, Transaction};

use super::direction::AuditDirection;
use super::held_locks::{Lock, held};
use crate::migrations::session::SessionSettings;

/// The number of deleted and updated rows of each table, so far in this transaction.
#[derive(Debug, Clone, Default)]
pub struct RowCounters {
    tables: BTreeMap<u32, (i64, i64)>,
    /// Whether the SQL may stop the counting, or has stopped it.
    are_doubtful: bool,
}

const COUNTERS: &str = "
    SELECT relid, n_tup_del, n_tup_upd FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_del > 0 OR n_tup_upd > 0";

const ARE_COUNTED: &str = "SELECT pg_catalog.current_setting('track_counts')::boolean";

/// The setting by which PostgreSQL counts.
const SETTING: &str = "track_counts";

/// Whether a routine of the database switches the counting off.
const ROUTINES: &str = "
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
          AND (pg_catalog.strpos(pg_catalog.lower(p.prosrc), $1) > 0 OR p.proconfig::text ~* $1))";

/// Whether SQL names the setting that PostgreSQL counts by.
#[must_use]
pub fn may_stop_counting(sql: &str) -> bool {
    sql.to_ascii_lowercase().contains(SETTING)
}

/// Has the server forget the counters of this transaction when it ends, so that the next migration
/// begins with zeros. Older servers than 15 empty them by themselves.
pub(in crate::migrations) fn forget(settings: &SessionSettings) -> &'static str {
    if settings.server_version >= 150_000 {
        "SELECT pg_catalog.pg_stat_force_next_flush()"
    } else {
        ""
    }
}

impl RowCounters {
    /// Reads the counters at the beginning of a transaction, once rows are sure to be counted.
    /// `sql_may_stop` tells whether the SQL that is about to run [may stop the
    /// counting](may_stop_counting).
    /// On a server that cannot be made to count, a rollback is refused. A migration is not: each
    /// table that it locks for writing then counts as changed.
    pub fn begin(
        transaction: &mut Transaction<'_>,
        sql_may_stop: bool,
        direction: AuditDirection,
    ) -> Result<Self> {
        let is_counting = are_counted(transaction)? || count_rows(transaction)?;
        if !is_counting && direction == AuditDirection::Back {
            bail!(
                "cannot tell which rows the rollback deletes or changes: `track_counts` is off on this server; switch it \
                 on, for instance with `ALTER DATABASE … SET track_counts = on` as a superuser"
            )
        }
        let routine_may_stop: bool = transaction.query_one(ROUTINES, &[&SETTING])?.try_get(0)?;
        Ok(Self {
            are_doubtful: sql_may_stop || routine_may_stop || !is_counting,
            ..Self::read(transaction)?
        })
    }

    /// Returns whether the counters are complete, after the SQL ran. Where counting was switched
    /// off, it is switched on for the SQL to come.
    pub fn are_true(&mut self, transaction: &mut Transaction<'_>) -> Result<bool> {
        if !are_counted(transaction)? {
            self.are_doubtful = true;
            count_rows(transaction)?;
        }
        Ok(!self.are_doubtful)
    }

    /// Reads the counters.
    fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client
            .query(COUNTERS, &[])
            .context("cannot read the counters of deleted rows")?;
        let tables = rows.iter().map(|row| {
            Ok((
                row.try_get("relid")?,
                (row.try_get("n_tup_del")?, row.try_get("n_tup_upd")?),
            ))
        });
        Ok(Self {
            tables: tables.collect::<Result<_>>()?,
            are_doubtful: false,
        })
    }

    /// The tables, by OID, in which rows were deleted or updated since, each with the number of
    /// updates that were counted.
    pub fn changed(&self, transaction: &mut Transaction<'_>) -> Result<BTreeMap<u32, i64>> {
        let mut changed = BTreeMap::new();
        if self.are_doubtful {
            changed.extend(
                held(transaction, Lock::RowExclusive)?
                    .into_iter()
                    .map(|oid| (oid, 0)),
            );
        }
        for (oid, (deleted, updated)) in Self::read(transaction)?.tables {
            let (deleted_before, updated_before) =
                self.tables.get(&oid).copied().unwrap_or_default();
            if deleted > deleted_before || updated > updated_before {
                changed.insert(oid, updated - updated_before);
            }
        }
        Ok(changed)
    }
}

fn are_counted(transaction: &mut Transaction<'_>) -> Result<bool> {
    Ok(transaction.query_one(ARE_COUNTED, &[])?.try_get(0)?)
}

/// Switches counting on for this transaction, which only a superuser may do. Returns whether it was
/// allowed.
fn count_rows(transaction: &mut Transaction<'_>) -> Result<bool> {
    // A savepoint: where the role may not set it, the transaction must go on.
    let mut attempt = transaction.transaction()?;
    let allowed = attempt.batch_execute("SET LOCAL track_counts = on").is_ok();
    if allowed {
        attempt.commit()?
    } else {
        attempt.rollback()?
    }
    Ok(allowed)
}
