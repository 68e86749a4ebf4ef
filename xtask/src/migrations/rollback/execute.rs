//! Runs the down SQL. Nothing is committed before the schema is what it was, and before everything that is lost was
//! accepted by name.

use std::collections::BTreeSet;
use std::thread::sleep;

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, Transaction};

use super::backup::Backup;
use super::loss::{self, Change, Footprint};
use super::plan::Undo;
use super::rows::RowCounters;
use crate::migrations::runner::{self, Settings};
use crate::migrations::steps::Eyes;
use crate::migrations::{history, journal};
use crate::postgres::error::ServerError;
use crate::report::{Loss, RolledBackMigration, Verdict};
use crate::schema::model::ObjectName;

/// How a plan is run, and what a person allows and wants.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// How the database is worked on.
    pub settings: &'a Settings,
    /// What a scratch run said would happen to the data.
    pub foreseen: &'a [Change],
    /// `table` and `table.column` whose data may go.
    pub accepted: &'a BTreeSet<String>,
    /// Where to write the data first.
    pub backup: Option<&'a Backup>,
}

/// Who oversees a rollback: is told what happens, and has the last word before each COMMIT.
pub trait Overseer: Eyes {
    /// The verdict on the schema after `undo`, in the transaction that did it.
    fn judge(&mut self, transaction: &mut Transaction<'_>, undo: &Undo) -> Result<Verdict>;
    /// These are undone and committed.
    fn committed(&mut self, undone: &[RolledBackMigration]);
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Committed.
    Done {
        /// Newest first.
        undone: Vec<RolledBackMigration>,
        /// What was lost with it, all of it accepted or empty.
        losses: Vec<Loss>,
        /// What a person should look at.
        warnings: Vec<String>,
    },
    /// Nothing changed: this would be lost and was not accepted.
    NotAccepted(Vec<Loss>),
    /// Nothing changed: after undoing the last of these the schema was not what it was.
    NotRestored(Vec<RolledBackMigration>),
}

/// How one attempt ended.
enum Attempt {
    Ended(Ending),
    /// The SQL touched more data than was foreseen; nothing changed.
    Unforeseen(BTreeSet<Change>),
}

/// Undoes `undo` in one transaction. `foreseen` is what a scratch run said would be lost; what it did not say is found
/// on the way, and then counted, secured and accepted before the next attempt.
pub fn in_one_transaction(
    client: &mut Client,
    order: Order<'_>,
    undo: &[Undo],
    overseer: &mut dyn Overseer,
) -> Result<Ending> {
    let mut foreseen: BTreeSet<Change> = order.foreseen.iter().cloned().collect();
    let mut pauses = order.settings.pauses();
    loop {
        match attempt(client, order, undo, &foreseen, overseer) {
            Ok(Attempt::Ended(ending)) => return Ok(ending),
            Ok(Attempt::Unforeseen(changes)) => foreseen.extend(changes),
            Err(error) => match pauses.next().filter(|_| runner::is_contention(&error)) {
                Some(pause) => {
                    let seconds = pause.as_secs_f32();
                    overseer.tell(&format!(
                        "the rollback could not get its locks and is tried again in {seconds} s: {error:#}"
                    ));
                    sleep(pause);
                }
                None => return Err(error),
            },
        }
    }
}

fn attempt(
    client: &mut Client,
    order: Order<'_>,
    undo: &[Undo],
    foreseen: &BTreeSet<Change>,
    overseer: &mut dyn Overseer,
) -> Result<Attempt> {
    let Order { settings, accepted, .. } = order;
    runner::clean_session(client, settings)?;
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    runner::ensure_locked(&mut transaction, settings)?;
    let before = Footprint::read(&mut transaction)?;
    let foreseen_here: Vec<&Change> = foreseen.iter().filter(|change| before.holds(change)).collect();
    let at_stake = secure(&mut transaction, &foreseen_here, order)?;
    let certain: Vec<Loss> =
        at_stake.iter().filter(|(change, _)| change.is_drop()).map(|(_, loss)| loss.clone()).collect();
    if let Some(refused) = not_accepted(&certain, accepted) {
        return Ok(Attempt::Ended(Ending::NotAccepted(refused)));
    }
    let counters = RowCounters::read(&mut transaction)?;
    let (undone, restored) = run_all(&mut transaction, settings, undo, overseer)?;
    if !restored {
        return Ok(Attempt::Ended(Ending::NotRestored(undone)));
    }
    let aftermath = Aftermath::read(&mut transaction, &before, &counters, settings)?;
    let unforeseen: BTreeSet<Change> =
        aftermath.changes.iter().filter(|change| !foreseen.contains(change)).cloned().collect();
    if !unforeseen.is_empty() {
        return Ok(Attempt::Unforeseen(unforeseen));
    }
    let (losses, warnings) = aftermath.settle(&mut transaction, &at_stake)?;
    if let Some(refused) = not_accepted(&losses, accepted) {
        return Ok(Attempt::Ended(Ending::NotAccepted(refused)));
    }
    runner::commit(transaction, "the rollback")?;
    Ok(Attempt::Ended(Ending::Done { undone, losses, warnings }))
}

/// Counts what would be lost outside of the transaction of the rollback: the losses, or as an error those that were
/// not accepted.
pub(super) fn ask_consent(client: &mut Client, order: Order<'_>) -> Result<std::result::Result<Vec<Loss>, Vec<Loss>>> {
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    runner::ensure_locked(&mut transaction, order.settings)?;
    let here = Footprint::read(&mut transaction)?;
    let drops: Vec<&Change> = order.foreseen.iter().filter(|change| change.is_drop() && here.holds(change)).collect();
    let at_stake = secure(&mut transaction, &drops, order)?;
    let losses: Vec<Loss> = at_stake.into_iter().map(|(_, loss)| loss).collect();
    Ok(match not_accepted(&losses, order.accepted) {
        Some(refused) => Err(refused),
        None => Ok(losses),
    })
}

/// Undoes one after the other; false when one of them did not restore the schema.
fn run_all(
    transaction: &mut Transaction<'_>,
    settings: &Settings,
    undo: &[Undo],
    overseer: &mut dyn Overseer,
) -> Result<(Vec<RolledBackMigration>, bool)> {
    let mut undone = Vec::new();
    for undo in undo {
        settings.blockers.forget();
        runner::run_statements(transaction, settings, &undo.file, &undo.sql)
            .with_context(|| format!("cannot undo `{undo}`; its transaction changed nothing"))?;
        forget(transaction, settings, undo)?;
        let verdict = overseer.judge(transaction, undo)?;
        let restored = !matches!(verdict, Verdict::NotRestored(_));
        undone.push(RolledBackMigration { name: undo.to_string(), verdict });
        if !restored {
            return Ok((undone, false));
        }
    }
    Ok((undone, true))
}

/// Removes the rows of history and journal.
pub(super) fn forget(transaction: &mut Transaction<'_>, settings: &Settings, undo: &Undo) -> Result<()> {
    transaction.batch_execute(&runner::clean_session_sql(settings)).context("cannot clean the session")?;
    history::delete(transaction, &settings.history_table, undo.row.version)?;
    if history::exists(transaction, &journal::table(&settings.history_table))? {
        journal::delete(transaction, &settings.history_table, undo.row.version)?;
    }
    Ok(())
}

/// Locks what may lose data, counts it, and backs it up.
fn secure<'c>(
    transaction: &mut Transaction<'_>,
    changes: &[&'c Change],
    order: Order<'_>,
) -> Result<Vec<(&'c Change, Loss)>> {
    let mut at_stake = Vec::new();
    for change in changes {
        lock_table(transaction, change.table(), order.settings)?;
        at_stake.push((*change, loss::at_stake(transaction, change)?));
    }
    let accepted = at_stake.iter().all(|(change, loss)| !change.is_drop() || is_accepted(loss, order.accepted));
    if let Some(backup) = order.backup.filter(|_| accepted) {
        for (change, _) in at_stake.iter().filter(|(_, loss)| loss.count > 0) {
            backup.write(transaction, change)?;
        }
    }
    Ok(at_stake)
}

/// Nobody may add or change rows between their being counted and their being dropped.
fn lock_table(transaction: &mut Transaction<'_>, table: &ObjectName, settings: &Settings) -> Result<()> {
    settings.blockers.forget();
    let locked = transaction.batch_execute(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", loss::quoted(table)));
    locked
        .map_err(|error| settings.blockers.explain(anyhow!(ServerError::from(error))))
        .with_context(|| format!("cannot lock `{table}` to count its rows; its transaction changed nothing"))
}

fn is_accepted(loss: &Loss, accepted: &BTreeSet<String>) -> bool {
    loss.count == 0 || accepted.contains(&loss.object)
}

/// Every loss, when one of them was not accepted.
fn not_accepted(losses: &[Loss], accepted: &BTreeSet<String>) -> Option<Vec<Loss>> {
    let refused = losses.iter().any(|loss| !is_accepted(loss, accepted));
    refused.then(|| losses.to_vec())
}

/// What the SQL did to the data, still uncommitted.
struct Aftermath {
    changes: Vec<Change>,
    /// Deleted and updated rows of the tables that are left.
    rows: Vec<(Change, i64, i64)>,
}

impl Aftermath {
    fn read(
        transaction: &mut Transaction<'_>,
        before: &Footprint,
        counters: &RowCounters,
        settings: &Settings,
    ) -> Result<Self> {
        let after = Footprint::read(transaction)?;
        let own = [settings.history_table.clone(), journal::table(&settings.history_table)];
        let mut rows = counters.until(&RowCounters::read(transaction)?, &after);
        rows.retain(|(change, _, _)| !own.contains(&change.table().to_string()));
        let mut changes = before.changes(&after);
        changes.extend(rows.iter().filter(|(_, deleted, _)| *deleted > 0).map(|(change, _, _)| change.clone()));
        Ok(Self { changes, rows })
    }

    /// What is lost in the end, given what was at stake, and what to look at.
    fn settle(
        &self,
        transaction: &mut Transaction<'_>,
        at_stake: &[(&Change, Loss)],
    ) -> Result<(Vec<Loss>, Vec<String>)> {
        let mut losses = Vec::new();
        let mut warnings = Vec::new();
        for (change, before) in at_stake {
            let lost = match change {
                Change::DroppedTable(_) | Change::DroppedColumn(..) => before.count,
                Change::DeletedRows(_) => self.deleted(change),
                Change::ConvertedColumn(..) | Change::RewrittenTable(_) => {
                    before.count - loss::count(transaction, change)?
                }
            };
            if change.is_drop() || lost > 0 {
                losses.push(Loss { count: lost, ..before.clone() });
            } else if matches!(change, Change::ConvertedColumn(..)) && before.count > 0 {
                warnings.push(format!("{} values of `{}` were converted to another type", before.count, before.object));
            }
        }
        let updated = self.rows.iter().filter(|(_, _, updated)| *updated > 0);
        warnings
            .extend(updated.map(|(change, _, updated)| format!("{updated} rows of `{}` were updated", change.table())));
        Ok((losses, warnings))
    }

    fn deleted(&self, change: &Change) -> i64 {
        self.rows.iter().find(|(other, _, _)| other == change).map_or(0, |(_, deleted, _)| *deleted)
    }
}
