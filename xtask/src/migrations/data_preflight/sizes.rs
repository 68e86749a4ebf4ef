//! The sizes of tables of the target, from its statistics.

use anyhow::{Context as _, Result};
use postgres::Client;

use crate::report::TableSize;

/// `relpages` stands for the size: reading the size of each file would lock each partition.
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

/// The sizes of those of `names` that the database has. Never a reason to fail: sizes only help.
///
/// # Errors
/// When the query fails.
pub fn sizes_of(client: &mut Client, names: &[String]) -> Result<Vec<TableSize>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = client
        .query(SIZES, &[&names])
        .context("cannot read the sizes of tables")?;
    let mut sizes = Vec::new();
    for row in &rows {
        let rows: i64 = row.try_get("row_count")?;
        let is_unknown: bool = row.try_get("is_unknown")?;
        sizes.push(TableSize {
            table: row.try_get("name")?,
            bytes: row.try_get::<_, i64>("bytes")?.unsigned_abs(),
            // Statistics of a table that was never analysed say -1.
            rows: (rows >= 0 && !is_unknown).then_some(rows.unsigned_abs()),
        });
    }
    Ok(sizes)
}
