//! Counts the data that is certainly lost, and stops where a person did not accept all of it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow};
use postgres::Transaction;

use super::direction::AuditDirection;
use super::loss;
use super::options::LossOptions;
use super::storage_identity::{StorageChange, StorageIdentity};
use crate::migrations::sql;
use crate::postgres::error::ServerError;
use crate::report::Loss;
use crate::schema::model::ObjectName;

/// Losses, at least one of which was not accepted.
#[derive(Debug, Clone)]
pub(in crate::migrations) struct UnacceptedLosses(pub Vec<Loss>);

impl std::fmt::Display for UnacceptedLosses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("data would be lost")
    }
}

impl std::error::Error for UnacceptedLosses {}

/// Counts the data that would certainly be lost.
///
/// # Errors
/// [`UnacceptedLosses`], among those of the queries.
pub(in crate::migrations) fn ask_consent(
    transaction: &mut Transaction<'_>,
    options: LossOptions<'_>,
    foreseen: &BTreeSet<StorageChange>,
) -> Result<()> {
    let here = StorageIdentity::read(transaction)?;
    let foreseen: BTreeSet<StorageChange> = foreseen
        .iter()
        .map(|change| here.counted_in(change))
        .collect();
    let drops: Vec<&StorageChange> = foreseen
        .iter()
        .filter(|change| change.is_drop() && here.holds(change))
        .collect();
    count(transaction, &here, (&drops, &BTreeSet::new()), options).map(drop)
}

/// Locks the tables that may lose data and counts it, if all certain losses are accepted.
pub(super) fn count(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (changes, exclusive): (&[&StorageChange], &BTreeSet<ObjectName>),
    options: LossOptions<'_>,
) -> Result<Vec<(StorageChange, Loss)>> {
    let dropped = changes.iter().filter(|change| change.is_drop());
    let mut strongly: BTreeSet<&ObjectName> = dropped.filter_map(|change| change.table()).collect();
    strongly.extend(exclusive);
    if !changes.is_empty() {
        transaction
            .batch_execute(loss::SEE_ALL_ROWS)
            .context("cannot prepare the session")?;
    }
    let mut at_stake = Vec::new();
    for change in changes {
        if let Some(table) = change.table() {
            let is_exclusive =
                options.direction == AuditDirection::Back || strongly.contains(table);
            lock_table(transaction, (table, is_exclusive), options)?;
        }
        at_stake.push((
            (*change).clone(),
            loss::at_stake(transaction, storage, change)?,
        ));
    }
    check(
        at_stake
            .iter()
            .filter(|(change, _)| change.is_drop())
            .map(|(_, loss)| loss.clone())
            .collect(),
        options,
    )?;
    Ok(at_stake)
}

/// Locks a table: nobody may add or change rows between their being counted and dropped. Where the
/// SQL will need the strongest lock, it is taken at once, because raising a weaker one later invites
/// deadlocks. Readers wait for it too. Of a migration that only changes rows, they need not.
fn lock_table(
    transaction: &mut Transaction<'_>,
    (table, is_exclusive): (&ObjectName, bool),
    options: LossOptions<'_>,
) -> Result<()> {
    let blockers = &options.settings.blockers;
    blockers.forget();
    let locked = transaction.batch_execute(&format!(
        "LOCK TABLE {} IN {} MODE",
        sql::quoted(table),
        if is_exclusive {
            "ACCESS EXCLUSIVE"
        } else {
            "SHARE ROW EXCLUSIVE"
        }
    ));
    locked
        .map_err(|error| blockers.explain(anyhow!(ServerError::from(error))))
        .with_context(|| {
            format!("cannot lock `{table}` to count its rows; its transaction changed nothing")
        })
}

/// Returns the losses, if each was accepted or is empty.
pub(super) fn check(losses: Vec<Loss>, options: LossOptions<'_>) -> Result<Vec<Loss>> {
    match losses.iter().all(|loss| loss.is_accepted(options.accepted)) {
        true => Ok(losses),
        false => Err(anyhow!(UnacceptedLosses(losses))),
    }
}
