//! Rows behind foreign tables. They lie on other servers, so that nothing here counts them, and a
//! wrapper need not even undo what it did when this transaction is undone: it is only known that
//! something was written.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Transaction;

use super::held_locks::{Lock, held};
use super::storage_identity::{StorageChange, StorageIdentity};

/// The foreign tables of `before` through which this transaction has written. `may_truncate` is
/// whether the SQL may have truncated some: other SQL takes the same lock to alter them.
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
    let is_written = |oid: &u32| {
        changed.contains(oid)
            || may_truncate && locked.contains(oid) && after.foreign().contains_key(oid)
    };
    let written = before.foreign().iter().filter(|(oid, _)| is_written(oid));
    Ok(written
        .map(|(_, name)| StorageChange::WrittenForeignTable(name.clone()))
        .collect())
}
