//! Runs the down SQL. Nothing is committed before the schema is the earlier one again, and before
//! all losses were accepted by name.

use std::collections::BTreeSet;
use std::thread::sleep;

use anyhow::{Context as _, Result};
use postgres::{Client, Transaction};

use super::options::RollbackOptions;
use super::plan::Undo;
use super::shared_transaction::{self, FailsTogether};
use crate::migrations::commit::{commit, outcome};
use crate::migrations::journaled::StepObserver;
use crate::migrations::losses::StorageChange;
use crate::migrations::losses::audit::{AuditOutcome, BeforeLoss, LossAudit};
use crate::migrations::losses::certain::UnacceptedLosses;
use crate::migrations::losses::written::Doubts;
use crate::migrations::script::{self, Script};
use crate::migrations::session::SessionSettings;
use crate::migrations::{deferred_constraints, history, journal};
use crate::postgres::error::is_contention;
use crate::report::{Loss, RollbackVerdict, RolledBackMigration};

/// An observer of a rollback, which is told of each event and has the last word before each COMMIT.
pub trait RollbackObserver: StepObserver {
    /// Returns the verdict on the schema after `undo`, in the transaction that did it.
    fn judge(&mut self, transaction: &mut Transaction<'_>, undo: &Undo) -> Result<RollbackVerdict>;
    /// Called when these migrations are undone and committed.
    fn committed(&mut self, undone: &[RolledBackMigration]);
}

/// The outcome of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackOutcome {
    /// Committed.
    Done {
        /// Newest first.
        undone: Vec<RolledBackMigration>,
        /// The losses, all of them accepted or empty.
        losses: Vec<Loss>,
        /// Warnings that a person should look at.
        warnings: Vec<String>,
    },
    /// Losses were not accepted.
    NotAccepted {
        /// The losses that were counted, accepted or not.
        losses: Vec<Loss>,
        /// The part of a migration without transaction that is done already; `None` where nothing
        /// changed.
        done: Option<String>,
    },
    /// After the last of these was undone the schema was not the earlier one. In a transaction they
    /// are undone only to be judged, and nothing changed. Statements without transaction stay done,
    /// and the history keeps the migration.
    NotRestored(Vec<RolledBackMigration>),
}

/// Undoes `undo` in one transaction. `foreseen` are its known changes to the data. Other changes
/// are found on the way, and then counted, backed up and accepted before the next attempt.
pub fn in_one_transaction(
    client: &mut Client,
    options: RollbackOptions<'_>,
    undo: &[Undo],
    foreseen: BTreeSet<StorageChange>,
    observer: &mut dyn RollbackObserver,
) -> Result<RollbackOutcome> {
    let text: String = undo.iter().map(|undo| undo.sql.as_str()).collect();
    let mut audit = LossAudit::new(options.losses, Doubts::of(&text), foreseen);
    let mut pauses = options.losses.settings.pauses();
    loop {
        // This ends: each attempt that runs again has added changes to the audit, and the SQL makes
        // only so many.
        match attempt(client, options.losses.settings, undo, &mut audit, observer) {
            Ok(Some(ending)) => return Ok(ending),
            Ok(None) => {}
            Err(error) => match pauses.next().filter(|_| is_contention(&error)) {
                Some(pause) => {
                    let seconds = pause.as_secs_f32();
                    observer.tell(&format!(
                        "the rollback could not get its locks and is tried again in {seconds} s: {error:#}"
                    ));
                    sleep(pause);
                }
                None => {
                    return refused(error)
                        .map(|losses| RollbackOutcome::NotAccepted { losses, done: None });
                }
            },
        }
    }
}

/// Returns the losses, if the rollback stopped because one was not accepted. Other errors are
/// passed on.
pub(super) fn refused(error: anyhow::Error) -> Result<Vec<Loss>> {
    match error.downcast_ref::<UnacceptedLosses>() {
        Some(UnacceptedLosses(losses)) => Ok(losses.clone()),
        None => Err(error),
    }
}

/// Makes one attempt. Returns `None` when the SQL did more than was foreseen, and nothing changed.
fn attempt(
    client: &mut Client,
    settings: &SessionSettings,
    undo: &[Undo],
    audit: &mut LossAudit<'_>,
    observer: &mut dyn RollbackObserver,
) -> Result<Option<RollbackOutcome>> {
    settings.clean(client)?;
    let mut transaction = settings.begin(client)?;
    settings.ensure_locked(&mut transaction)?;
    let mut before = audit.begin(&mut transaction)?;
    let (undone, restored) = run_all(&mut transaction, settings, undo, &mut before, observer)?;
    if !restored {
        return Ok(Some(RollbackOutcome::NotRestored(undone)));
    }
    let AuditOutcome::Complete(losses, warnings) = audit.finish(&mut transaction, &mut before)?
    else {
        return Ok(None);
    };
    commit(transaction, "the rollback")?;
    Ok(Some(RollbackOutcome::Done {
        undone,
        losses,
        warnings,
    }))
}

/// Undoes one after the other. Returns `false` when one of them did not restore the schema.
fn run_all(
    transaction: &mut Transaction<'_>,
    settings: &SessionSettings,
    undo: &[Undo],
    before: &mut BeforeLoss,
    observer: &mut dyn RollbackObserver,
) -> Result<(Vec<RolledBackMigration>, bool)> {
    let mut undone: Vec<RolledBackMigration> = Vec::new();
    for undo in undo {
        settings.blockers.forget();
        let script = Script::new(&undo.file, &undo.sql, false);
        if !undone.is_empty() {
            deferred_constraints::defer_again(transaction)?;
        }
        script::run_in(transaction, script, &mut settings.blockers.clone()).map_err(|error| {
            let outcome = outcome(&error, "its transaction changed nothing");
            let is_first = undone.is_empty();
            let error = match !is_first && shared_transaction::may_have_caused(&error) {
                true => error.context(FailsTogether { is_proven: false }),
                false => error,
            };
            error.context(format!("cannot undo `{undo}`; {outcome}"))
        })?;
        // Before the reset: it would hide that the SQL switched the counting of rows off.
        before.look_at_session(transaction)?;
        forget(transaction, settings, undo)?;
        let verdict = observer.judge(transaction, undo)?;
        let restored = !matches!(verdict, RollbackVerdict::NotRestored(_));
        undone.push(RolledBackMigration {
            name: undo.to_string(),
            verdict,
        });
        if !restored {
            return Ok((undone, false));
        }
    }
    Ok((undone, true))
}

/// Removes the rows of history and journal. A way back may have dropped the journal with its
/// namespace.
pub(super) fn forget(
    transaction: &mut Transaction<'_>,
    settings: &SessionSettings,
    undo: &Undo,
) -> Result<()> {
    transaction
        .batch_execute(&settings.reset())
        .context("cannot clean the session")?;
    if !undo.in_part {
        history::delete(transaction, &settings.history_table, undo.row.version)?;
    }
    if history::exists(transaction, &journal::table(&settings.history_table))? {
        journal::delete(transaction, &settings.history_table, undo.row.version)?;
    }
    Ok(())
}
