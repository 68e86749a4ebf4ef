//! Applies one migration in one transaction, and tries again when locks of the application blocked
//! it.

use std::collections::BTreeSet;
use std::thread::sleep;

use anyhow::{Context as _, Result, bail};
use postgres::{Client, SimpleQueryMessage, Transaction};

use super::{MigrationObserver, Undecided};
use crate::migrations::commit::{commit, outcome};
use crate::migrations::journal::{self, Phase, Record};
use crate::migrations::losses::audit::{AuditOutcome, LossAudit};
use crate::migrations::losses::forward::{self, ForwardLosses, Unforeseen};
use crate::migrations::losses::row_counters;
use crate::migrations::script::{self, Script};
use crate::migrations::session::{SERVER_PROCESS, SessionSettings};
use crate::migrations::{Migration, history};
use crate::postgres::error::is_contention;
use crate::report::Loss;

/// Runs the migration, writes its rows, lets `observer` verify, and commits. Tries again after a
/// lock timeout or a deadlock, with a growing pause in which nobody is blocked. Also tries again
/// after the observer took longer than locks may be held.
pub(super) fn apply(
    (client, settings): (&mut Client, &SessionSettings),
    migration: &Migration,
    losses: &mut ForwardLosses<'_>,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    let applied = audited((client, settings), migration, losses, observer);
    match applied {
        Ok(lost) => {
            losses.committed(migration, lost);
            Ok(())
        }
        Err(error) => Err(losses.refuse(migration, error)),
    }
}

fn audited(
    (client, settings): (&mut Client, &SessionSettings),
    migration: &Migration,
    losses: &ForwardLosses<'_>,
    observer: &mut dyn MigrationObserver,
) -> Result<Vec<Loss>> {
    let accepted = losses.accepted_by(migration);
    let mut audit = losses
        .audits(migration)
        .then(|| losses.audit(migration, &accepted));
    let applied = attempts(
        (client, settings),
        migration,
        (losses, &accepted, &mut audit),
        observer,
    );
    if let Some(audit) = &audit {
        forward::clean_up(client, audit);
    }
    applied
}

fn attempts<'o>(
    (client, settings): (&mut Client, &SessionSettings),
    migration: &Migration,
    (losses, accepted, audit): (
        &'o ForwardLosses<'_>,
        &'o BTreeSet<String>,
        &mut Option<LossAudit<'o>>,
    ),
    observer: &mut dyn MigrationObserver,
) -> Result<Vec<Loss>> {
    let mut pauses = settings.pauses();
    loop {
        match once(
            (client, settings),
            migration,
            (losses, audit.as_mut()),
            observer,
        ) {
            // This ends: each attempt that runs again has added changes to the audit, and the SQL
            // makes only so many.
            Err(error) if error.downcast_ref::<Unforeseen>().is_some() => {
                let begin = || losses.audit(migration, accepted);
                let _audit = audit.get_or_insert_with(begin);
            }
            Err(error) if error.downcast_ref::<Undecided>().is_some() => {
                observer.decide(migration)?
            }
            Err(error) if is_contention(&error) => match pauses.next() {
                Some(pause) => {
                    observer.retrying(migration, &error, pause);
                    sleep(pause);
                }
                None => return Err(error),
            },
            other => return other,
        }
    }
}

fn once(
    (client, settings): (&mut Client, &SessionSettings),
    migration: &Migration,
    (losses, mut audit): (&ForwardLosses<'_>, Option<&mut LossAudit<'_>>),
    observer: &mut dyn MigrationObserver,
) -> Result<Vec<Loss>> {
    if let Some(audit) = &mut audit {
        audit.prepare(client)?;
    }
    let mut transaction = settings.begin(client)?;
    let mut before = match &mut audit {
        Some(audit) => Some(audit.begin(&mut transaction)?),
        None => None,
    };
    settings.blockers.forget();
    script::run_in(
        &mut transaction,
        Script::of(migration),
        &mut settings.blockers.clone(),
    )
    .map_err(|error| {
        let outcome = outcome(&error, "it was undone");
        error.context(format!("cannot apply `{migration}`; {outcome}"))
    })?;
    let mut lost = Vec::new();
    let question = match (&mut audit, &mut before) {
        (Some(audit), Some(before)) => {
            // Before the reset: it would hide that the SQL switched the counting of rows off.
            before.look_at_session(&mut transaction)?;
            transaction
                .batch_execute(&settings.reset())
                .context("cannot clean the session")?;
            match audit.finish(&mut transaction, before)? {
                AuditOutcome::Rerun => bail!(Unforeseen),
                AuditOutcome::Complete(losses, _warnings) => lost = losses,
            }
            row_counters::forget(settings).to_owned()
        }
        _not_audited => losses.question().unwrap_or_default(),
    };
    let questions = [observer.closing(migration), question];
    let questions: Vec<&str> = questions
        .iter()
        .map(String::as_str)
        .filter(|question| !question.is_empty())
        .collect();
    let answer = record(&mut transaction, settings, migration, &questions.join("; "))?;
    if audit.is_none() && losses.needs_audit(&answer) {
        bail!(Unforeseen)
    }
    observer.verify(&mut transaction, migration, &answer)?;
    commit(transaction, &format!("`{migration}`"))?;
    Ok(lost)
}

/// Writes the rows of history and journal, and makes sure that this session holds the advisory
/// lock. Returns the answer of the server to `question`, which is sent in the same message to save
/// a round trip.
pub(super) fn record(
    transaction: &mut Transaction<'_>,
    settings: &SessionSettings,
    migration: &Migration,
    question: &str,
) -> Result<Vec<SimpleQueryMessage>> {
    let history_row = history::insert_sql(&settings.history_table, migration);
    let journal_row = journal::record_sql(
        &settings.history_table,
        Record::of(migration, Phase::Applied),
    );
    let rows = format!(
        "{}; {SERVER_PROCESS}; {history_row}; {journal_row}; {question}",
        settings.reset()
    );
    let answer = transaction.simple_query(&rows).with_context(|| {
        format!(
            "cannot record `{migration}` in the history table `{}`",
            settings.history_table
        )
    })?;
    settings.is_locked(&answer)?;
    Ok(answer)
}
