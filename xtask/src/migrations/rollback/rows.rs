//! Rows that the SQL of a rollback deletes or changes, by PostgreSQL's own counters of the transaction. Rows that a
//! foreign key deletes in cascade are among them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use postgres::{GenericClient, Transaction};

/// Deleted and updated rows of each table, so far in this session's transaction.
#[derive(Debug, Clone, Default)]
pub struct RowCounters {
    tables: BTreeMap<u32, (i64, i64)>,
}

const COUNTERS: &str = "
    SELECT relid, n_tup_del, n_tup_upd FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_del > 0 OR n_tup_upd > 0";

const ARE_COUNTED: &str = "SELECT pg_catalog.current_setting('track_counts')::boolean";

impl RowCounters {
    /// Reads the counters at the beginning of a transaction, after it was made sure that there are any.
    pub fn begin(transaction: &mut Transaction<'_>) -> Result<Self> {
        if !transaction.query_one(ARE_COUNTED, &[])?.try_get::<_, bool>(0)? && !count_rows(transaction)? {
            bail!(
                "cannot tell which rows the rollback deletes or changes: `track_counts` is off on this server; switch it \
                 on, for instance with `ALTER DATABASE … SET track_counts = on` as a superuser"
            )
        }
        Self::read(transaction)
    }

    /// Reads the counters.
    pub fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client.query(COUNTERS, &[]).context("cannot read the counters of deleted rows")?;
        let tables =
            rows.iter().map(|row| Ok((row.try_get("relid")?, (row.try_get("n_tup_del")?, row.try_get("n_tup_upd")?))));
        Ok(Self { tables: tables.collect::<Result<_>>()? })
    }

    /// How many rows of each table, by its OID, were deleted and updated between `self` and `later`.
    pub fn until<'l>(&self, later: &'l Self) -> impl Iterator<Item = (u32, i64, i64)> + use<'l, '_> {
        let changed = later.tables.iter().map(|(oid, (deleted, updated))| {
            let (deleted_before, updated_before) = self.tables.get(oid).copied().unwrap_or_default();
            (*oid, deleted - deleted_before, updated - updated_before)
        });
        changed.filter(|(_, deleted, updated)| *deleted > 0 || *updated > 0)
    }
}

/// Has rows counted in this transaction, which only a superuser may.
fn count_rows(transaction: &mut Transaction<'_>) -> Result<bool> {
    let mut attempt = transaction.transaction()?;
    let allowed = attempt.batch_execute("SET LOCAL track_counts = on").is_ok();
    if allowed {
        attempt.commit()?
    } else {
        attempt.rollback()?
    }
    Ok(allowed)
}
