//! Large objects: values that tables only refer to, in a catalog of their own. A transaction's
//! counters of that catalog show whether any was removed or written over.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::storage_identity::{StorageChange, StorageIdentity};
use crate::report::{Loss, Unit};

/// The large objects before the SQL runs.
#[derive(Debug)]
pub(super) struct LargeObjects {
    counters: LargeObjectCounts,
    /// Whether their numbers are noted, so that missing ones can be found.
    is_noted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LargeObjectCounts {
    removed: i64,
    pages_written: i64,
    pages_removed: i64,
}

const COUNTERS: &str = "
    SELECT pg_catalog.pg_stat_get_xact_tuples_deleted('pg_catalog.pg_largeobject_metadata'::regclass) AS removed,
           pg_catalog.pg_stat_get_xact_tuples_updated('pg_catalog.pg_largeobject'::regclass) AS pages_written,
           pg_catalog.pg_stat_get_xact_tuples_deleted('pg_catalog.pg_largeobject'::regclass) AS pages_removed";

/// Notes the numbers alone: only a superuser reads the pages, but everybody reads the list with the
/// owners.
const NOTE: &str = "CREATE TEMPORARY TABLE cargo_xtask_large_objects ON COMMIT DROP AS
                    SELECT oid FROM pg_catalog.pg_largeobject_metadata";

/// Notes the numbers with the contents, so that these can be written to the backup.
const KEEP: &str = "CREATE TEMPORARY TABLE cargo_xtask_large_objects ON COMMIT DROP AS
                    SELECT oid, pg_catalog.lo_get(oid) AS data FROM pg_catalog.pg_largeobject_metadata";

/// A query for the noted large objects that are gone or written over. `CASE`, since `lo_get` of a
/// large object that is gone is an error.
pub(super) const LOST: &str = "
    SELECT o.oid, o.data FROM pg_temp.cargo_xtask_large_objects o
    LEFT JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = o.oid
    WHERE CASE WHEN m.oid IS NULL THEN true ELSE pg_catalog.lo_get(m.oid) <> o.data END";

const GONE: &str = "SELECT count(*) FROM pg_temp.cargo_xtask_large_objects o
                    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = o.oid)";

const MAY_READ: &str =
    "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')";

/// A query that counts the noted large objects with a page that this transaction wrote.
const WRITTEN: &str = "SELECT count(DISTINCT p.loid) FROM pg_catalog.pg_largeobject p
                       JOIN pg_temp.cargo_xtask_large_objects o ON o.oid = p.loid WHERE pg_catalog.age(p.xmin) <= 0";

impl LargeObjects {
    /// Reads the counters. Notes which large objects there are, where some are known to be touched;
    /// with their contents, where they may have to be backed up.
    pub(super) fn begin(
        transaction: &mut Transaction<'_>,
        are_touched: bool,
        are_kept: bool,
    ) -> Result<Self> {
        if are_touched {
            let note = if are_kept { KEEP } else { NOTE };
            transaction
                .batch_execute(note)
                .context("cannot note which large objects there are")?;
        }
        Ok(Self {
            counters: LargeObjectCounts::read(transaction)?,
            is_noted: are_touched,
        })
    }

    /// Returns the change, where some were removed or written over.
    pub(super) fn change(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Option<StorageChange>> {
        Ok((LargeObjectCounts::read(transaction)? != self.counters)
            .then_some(StorageChange::LargeObjects))
    }

    /// Counts the noted large objects that are gone or written over.
    pub(super) fn lost(
        &self,
        transaction: &mut Transaction<'_>,
        storage: &StorageIdentity,
    ) -> Result<Option<Loss>> {
        let now = LargeObjectCounts::read(transaction)?;
        if !self.is_noted || now == self.counters {
            return Ok(None);
        }
        let gone = count(transaction, GONE)?;
        // `lo_truncate` may remove whole pages and write none. No row is left to tell of which
        // object, so at least one counts as written over.
        let removes_pages_alone =
            now.removed == self.counters.removed && now.pages_removed > self.counters.pages_removed;
        let written = match now.pages_written > self.counters.pages_written || removes_pages_alone {
            true => written(transaction)?.max(removes_pages_alone.into()),
            false => 0,
        };
        let name = storage.names().name(&StorageChange::LargeObjects.path());
        Ok(Some(Loss {
            name,
            count: gone + written,
            unit: Unit::LargeObjects,
            dependents: Vec::new(),
        }))
    }
}

impl LargeObjectCounts {
    fn read(transaction: &mut Transaction<'_>) -> Result<Self> {
        let row = transaction
            .query_one(COUNTERS, &[])
            .context("cannot read the counters of large objects")?;
        Ok(Self {
            removed: row.try_get("removed")?,
            pages_written: row.try_get("pages_written")?,
            pages_removed: row.try_get("pages_removed")?,
        })
    }
}

/// Counts the large objects that were written over; 1 where this role may not read the pages.
fn written(transaction: &mut Transaction<'_>) -> Result<i64> {
    let may_read: bool = transaction.query_one(MAY_READ, &[])?.try_get(0)?;
    if may_read {
        count(transaction, WRITTEN)
    } else {
        Ok(1)
    }
}

fn count(transaction: &mut Transaction<'_>, query: &str) -> Result<i64> {
    let row = transaction
        .query_one(query, &[])
        .context("cannot count the large objects that are lost")?;
    Ok(row.try_get(0)?)
}
