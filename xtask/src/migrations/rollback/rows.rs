//! Rows that the SQL of a rollback deletes or changes, by PostgreSQL's own counters of the transaction. Rows that a
//! foreign key deletes in cascade are among them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::GenericClient;

use super::loss::{Change, Footprint};

/// Deleted and updated rows of each table, so far in this session's transaction.
#[derive(Debug, Clone, Default)]
pub struct RowCounters {
    tables: BTreeMap<u32, (i64, i64)>,
}

const COUNTERS: &str = "
    SELECT relid, n_tup_del, n_tup_upd FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_del > 0 OR n_tup_upd > 0";

impl RowCounters {
    /// Reads the counters.
    pub fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client.query(COUNTERS, &[]).context("cannot read the counters of deleted rows")?;
        let tables =
            rows.iter().map(|row| Ok((row.try_get("relid")?, (row.try_get("n_tup_del")?, row.try_get("n_tup_upd")?))));
        Ok(Self { tables: tables.collect::<Result<_>>()? })
    }

    /// How many rows of each table of `tables` were deleted and updated between `self` and `later`.
    #[must_use]
    pub fn until(&self, later: &Self, tables: &Footprint) -> Vec<(Change, i64, i64)> {
        let changed = later.tables.iter().filter_map(|(oid, (deleted, updated))| {
            let name = tables.table_name(*oid)?;
            let (deleted_before, updated_before) = self.tables.get(oid).copied().unwrap_or_default();
            Some((Change::DeletedRows(name.clone()), deleted - deleted_before, updated - updated_before))
        });
        changed.filter(|(_, deleted, updated)| *deleted > 0 || *updated > 0).collect()
    }
}
