//! Rows of tables that Citus distributes over other servers. Processes of those servers delete and
//! change them, so that the counters of this one see nothing. Its locks show which tables it had
//! them write to; their rows are then compared.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Transaction};

use super::held_locks::{Lock, held};

const DISTRIBUTED: &str = "SELECT logicalrelid::oid FROM pg_catalog.pg_dist_partition";

/// The OIDs of the distributed tables. Only a database with Citus has the catalog.
pub(super) fn read(client: &mut impl GenericClient) -> Result<BTreeSet<u32>> {
    let rows = client
        .query(DISTRIBUTED, &[])
        .context("cannot read which tables are distributed")?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The tables that lose or change rows with those of `$1`, on the workers and without a lock here:
/// by the actions of foreign keys, at whatever distance. A trigger of a table among them may change
/// any row: then `is_certain` is false.
const FOLLOWING: &str = "
    WITH RECURSIVE touched (oid) AS (
        SELECT unnest($1::oid[])
        UNION
        SELECT k.conrelid FROM touched t JOIN pg_catalog.pg_constraint k ON k.confrelid = t.oid
        WHERE k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')))
    SELECT t.oid, NOT EXISTS (
               SELECT FROM pg_catalog.pg_trigger g
               WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgname !~ '^truncate_trigger_') AS is_certain
    FROM touched t";

/// Whether the coordinator hands calls of some function to a worker even inside a transaction. The
/// worker alone then locks what the function writes to. Older releases have no such column.
const HANDS_OVER_CALLS: &str = "
    SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_object o
                   WHERE pg_catalog.to_jsonb(o) ->> 'force_delegation' = 'true')";

/// Has queries of this transaction run on the shards one after the other. Citus refuses a change of
/// a reference table once tables that refer to it were read in parallel, and that would be our
/// reading. The settings of the session are reset before the SQL runs.
pub(super) const READ_IN_SEQUENCE: &str = "SET LOCAL citus.multi_shard_modify_mode = 'sequential'";

/// Those of `all` the distributed tables whose rows this transaction may have deleted or changed.
/// `may_call` tells whether the SQL may call functions.
pub(super) fn written(
    transaction: &mut Transaction<'_>,
    all: &BTreeSet<u32>,
    may_call: bool,
) -> Result<BTreeSet<u32>> {
    if all.is_empty() {
        return Ok(BTreeSet::new());
    }
    if may_call {
        let row = transaction
            .query_one(HANDS_OVER_CALLS, &[])
            .context("cannot read which functions Citus runs on workers")?;
        if row.try_get(0)? {
            return Ok(all.clone());
        }
    }
    let locked = held(transaction, Lock::RowExclusive)?;
    let locked: Vec<u32> = locked.intersection(all).copied().collect();
    if locked.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = transaction
        .query(FOLLOWING, &[&locked])
        .context("cannot read which distributed tables belong together")?;
    let mut written = BTreeSet::new();
    for row in &rows {
        if !row.try_get::<_, bool>("is_certain")? {
            return Ok(all.clone());
        }
        written.insert(row.try_get("oid")?);
    }
    Ok(written.intersection(all).copied().collect())
}
