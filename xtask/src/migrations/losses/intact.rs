//! Tells which tables were written anew without a change of their rows. `ALTER TABLE` writes each
//! row of a table again for a new column with a volatile default, and hashing all of them to find
//! that nothing is lost would take longer than the migration.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::storage_identity::StorageIdentity;

/// A table holds its earlier rows where it holds rows, none of which this transaction inserted,
/// updated or deleted: then its new file was written by `ALTER TABLE` or `CLUSTER`, and not filled
/// after a `TRUNCATE`. Their values are the same where no entry of an earlier column in the catalog
/// was written, as any change of its type or with `USING` does.
const INTACT: &str = "
    SELECT c.oid
    FROM pg_catalog.pg_class c
    WHERE c.oid = $1 AND c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0
      AND pg_catalog.current_setting('track_counts')::boolean
      AND pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) = 0
      AND pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) = 0
      AND pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) = 0
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attnum = ANY ($2) AND pg_catalog.age(a.xmin) <= 0)";

/// The tables of `before` that are written anew in `after`, and whose rows are what they were.
pub(super) fn rewritten(
    transaction: &mut Transaction<'_>,
    before: &StorageIdentity,
    after: &StorageIdentity,
) -> Result<BTreeSet<u32>> {
    let mut intact = BTreeSet::new();
    for table in before.rewritten(after) {
        let mut found = || transaction.query_opt(INTACT, &[&table.oid, &table.columns]);
        let is_intact = !table.has_new_file
            || found()
                .context("cannot tell how a table was written anew")?
                .is_some();
        if is_intact {
            intact.insert(table.oid);
        }
    }
    Ok(intact)
}
