//! Rows behind foreign tables. They lie on other servers, so that nothing here counts them. A
//! wrapper need not even undo its work when this transaction is undone. So it is only known that
//! rows were written.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Transaction;

use super::held_locks::{Lock, held};
use super::storage_identity::{StorageChange, StorageIdentity};

/// The foreign tables of `before` through which this transaction has written. `may_truncate` tells
/// whether the SQL may have truncated some: SQL that alters one takes the same lock.
pub(super) fn written(
    transaction: &mut Transaction<'_>,
    before: &StorageIdentity,
    after: &StorageIdentity,
    may_truncate: bool,
) -> Result<BTreeSet<StorageChange>> {
    if before.foreign().is_empty() {
        return Ok(BTreeSet::new());
    }
    let changed = held(transaction, Lock::RowExclusive)?;
    let locked = held(transaction, Lock::AccessExclusive)?;
    // A foreign table that is dropped has the same lock as one that is truncated, but its rows stay
    // on their server.
    let is_written = |oid: &u32| {
        changed.contains(oid)
            || may_truncate && locked.contains(oid) && after.foreign().contains_key(oid)
    };
    let written = before.foreign().iter().filter(|(oid, _)| is_written(oid));
    Ok(written
        .map(|(_, name)| StorageChange::WrittenForeignTable(name.clone()))
        .collect())
}
