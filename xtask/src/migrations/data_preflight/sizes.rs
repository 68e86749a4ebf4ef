//! The sizes of tables of the target, from its statistics.

use anyhow::{Context as _, Result};
use postgres::{Client, Row};

use crate::report::TableSize;

/// `reltuples` is what VACUUM and ANALYZE have seen last: nothing is counted.
const SIZES: &str = "
    WITH RECURSIVE wanted AS (
        SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm')
    ), parts AS (
        SELECT oid, name FROM wanted WHERE name = ANY ($1)
        UNION
        SELECT i.inhrelid, p.name FROM pg_catalog.pg_inherits i JOIN parts p ON i.inhparent = p.oid)
    SELECT p.name, (sum(pg_catalog.pg_total_relation_size(c.oid)))::bigint AS bytes,
           (sum(CASE WHEN c.relkind = 'p' THEN 0 ELSE c.reltuples END))::bigint AS row_count,
           bool_or(c.relkind <> 'p' AND c.reltuples < 0 AND c.relpages > 0) AS is_unknown
    FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.oid
    GROUP BY p.name ORDER BY p.name";

/// The sizes of those of `names` that the database has. They only help: where they cannot be read in
/// a moment, because a session holds a table, there are none.
///
/// # Errors
/// When the connection is lost.
pub fn sizes_of(client: &mut Client, names: &[String]) -> Result<Vec<TableSize>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = client
        .build_transaction()
        .read_only(true)
        .start()
        .context("cannot begin a read-only transaction")?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = 500; SET LOCAL statement_timeout = 5000")
        .context("cannot limit the time")?;
    let rows = transaction.query(SIZES, &[&names]).unwrap_or_default();
    transaction
        .rollback()
        .context("cannot end the transaction")?;
    rows.iter().map(size).collect()
}

fn size(row: &Row) -> Result<TableSize> {
    let rows: i64 = row.try_get("row_count")?;
    let is_unknown: bool = row.try_get("is_unknown")?;
    Ok(TableSize {
        table: row.try_get("name")?,
        bytes: row.try_get::<_, i64>("bytes")?.unsigned_abs(),
        // Statistics of a table that was never analysed say -1.
        rows: (rows >= 0 && !is_unknown).then_some(rows.unsigned_abs()),
    })
}
