//! Runs the down SQL. Nothing is committed before the schema is what it was, and before everything that is lost was
//! accepted by name.

use std::collections::BTreeSet;
use std::thread::sleep;

use anyhow::{Context as _, Result};
use postgres::{Client, Transaction};

use super::backup::Backup;
use super::loss_audit::{AuditOutcome, LossAudit, Refused};
use super::plan::Undo;
use super::storage_identity::Change;
use crate::migrations::runner::{self, Settings};
use crate::migrations::steps::StepObserver;
use crate::migrations::{history, journal};
use crate::report::{Loss, RolledBackMigration, Verdict};

/// How a plan is run, and what a person allows and wants.
#[derive(Debug, Clone, Copy)]
pub struct RollbackOptions<'a> {
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
pub trait RollbackObserver: StepObserver {
    /// The verdict on the schema after `undo`, in the transaction that did it.
    fn judge(&mut self, transaction: &mut Transaction<'_>, undo: &Undo) -> Result<Verdict>;
    /// These are undone and committed.
    fn committed(&mut self, undone: &[RolledBackMigration]);
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackOutcome {
    /// Committed.
    Done {
        /// Newest first.
        undone: Vec<RolledBackMigration>,
        /// What was lost with it, all of it accepted or empty.
        losses: Vec<Loss>,
        /// What a person should look at.
        warnings: Vec<String>,
    },
    /// This would be lost and was not accepted.
    NotAccepted {
        /// What was counted, accepted or not.
        losses: Vec<Loss>,
        /// What of a migration without transaction is done already; none where nothing changed.
        done: Option<String>,
    },
    /// Nothing changed: after undoing the last of these the schema was not what it was.
    NotRestored(Vec<RolledBackMigration>),
}

/// Undoes `undo` in one transaction. `foreseen` is what a scratch run said would be lost; what it did not say is found
/// on the way, and then counted, secured and accepted before the next attempt.
pub fn in_one_transaction(
    client: &mut Client,
    options: RollbackOptions<'_>,
    undo: &[Undo],
    observer: &mut dyn RollbackObserver,
) -> Result<RollbackOutcome> {
    let mut audit = LossAudit::new(options, options.foreseen);
    let mut pauses = options.settings.pauses();
    loop {
        match attempt(client, options.settings, undo, &mut audit, observer) {
            Ok(Some(ending)) => return Ok(ending),
            Ok(None) => {}
            Err(error) => match pauses.next().filter(|_| runner::is_contention(&error)) {
                Some(pause) => {
                    let seconds = pause.as_secs_f32();
                    observer.tell(&format!(
                        "the rollback could not get its locks and is tried again in {seconds} s: {error:#}"
                    ));
                    sleep(pause);
                }
                None => return refused(error).map(|losses| RollbackOutcome::NotAccepted { losses, done: None }),
            },
        }
    }
}

/// What was not agreed to, if that is what stopped it.
pub(super) fn refused(error: anyhow::Error) -> Result<Vec<Loss>> {
    match error.downcast_ref::<Refused>() {
        Some(Refused(losses)) => Ok(losses.clone()),
        None => Err(error),
    }
}

/// One attempt; none when the SQL did more than was foreseen, and nothing changed.
fn attempt(
    client: &mut Client,
    settings: &Settings,
    undo: &[Undo],
    audit: &mut LossAudit<'_>,
    observer: &mut dyn RollbackObserver,
) -> Result<Option<RollbackOutcome>> {
    runner::clean_session(client, settings)?;
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    runner::ensure_locked(&mut transaction, settings)?;
    let before = audit.begin(&mut transaction)?;
    let (undone, restored) = run_all(&mut transaction, settings, undo, observer)?;
    if !restored {
        return Ok(Some(RollbackOutcome::NotRestored(undone)));
    }
    let AuditOutcome::Complete(losses, warnings) = audit.finish(&mut transaction, &before)? else { return Ok(None) };
    runner::commit(transaction, "the rollback")?;
    Ok(Some(RollbackOutcome::Done { undone, losses, warnings }))
}

/// Undoes one after the other; false when one of them did not restore the schema.
fn run_all(
    transaction: &mut Transaction<'_>,
    settings: &Settings,
    undo: &[Undo],
    observer: &mut dyn RollbackObserver,
) -> Result<(Vec<RolledBackMigration>, bool)> {
    let mut undone = Vec::new();
    for undo in undo {
        settings.blockers.forget();
        runner::run_statements(transaction, settings, &undo.file, &undo.sql)
            .with_context(|| format!("cannot undo `{undo}`; its transaction changed nothing"))?;
        forget(transaction, settings, undo)?;
        let verdict = observer.judge(transaction, undo)?;
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
