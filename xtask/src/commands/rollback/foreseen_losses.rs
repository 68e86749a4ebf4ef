//! Counts the data that a rollback would lose, before anything runs.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::Client;

use crate::migrations::losses::{StorageIdentity, loss};
use crate::migrations::rollback::{Plan, RollbackExpectation, sequence};
use crate::migrations::transaction;
use crate::report::Loss;

/// Counts in the live database the data that the scratch run and the SQL say would be lost.
pub(super) fn foreseen_losses(
    client: &mut Client,
    plan: &Plan,
    expectation: &RollbackExpectation,
) -> Result<Vec<Loss>> {
    let mut transaction = transaction::begin(client)?;
    transaction
        .batch_execute(loss::SEE_ALL_ROWS)
        .context("cannot prepare the session")?;
    let here = StorageIdentity::read(&mut transaction)?;
    let groups = sequence::groups(&plan.undo, expectation.changes.as_ref());
    let changes: BTreeSet<_> = groups
        .iter()
        .flat_map(|(_, changes)| changes)
        .map(|change| here.counted_in(change))
        .collect();
    let drops = changes
        .iter()
        .filter(|change| change.is_drop() && here.holds(change));
    drops
        .map(|change| loss::at_stake(&mut transaction, &here, change))
        .collect()
}
