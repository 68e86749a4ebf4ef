//! Applies one migration in one transaction, and tries again when locks of the application blocked
//! it.

use std::thread::sleep;

use anyhow::{Context as _, Result};
use postgres::{Client, SimpleQueryMessage, Transaction};

use super::{MigrationObserver, Undecided};
use crate::migrations::commit::{commit, outcome};
use crate::migrations::journal::{self, Phase, Record};
use crate::migrations::script::{self, Script};
use crate::migrations::session::{SERVER_PROCESS, SessionSettings};
use crate::migrations::{Migration, history};
use crate::postgres::error::is_contention;

/// Runs the migration, writes its rows, lets `observer` verify, and commits. Tries again after a
/// lock timeout or a deadlock, with a growing pause in which nobody is blocked. Also tries again
/// after the observer took longer than locks may be held.
pub(super) fn apply(
    client: &mut Client,
    settings: &SessionSettings,
    migration: &Migration,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    let mut pauses = settings.pauses();
    loop {
        match once(client, settings, migration, observer) {
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
    client: &mut Client,
    settings: &SessionSettings,
    migration: &Migration,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    let mut transaction = settings.begin(client)?;
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
    let answer = record(
        &mut transaction,
        settings,
        migration,
        &observer.closing(migration),
    )?;
    observer.verify(&mut transaction, migration, &answer)?;
    commit(transaction, &format!("`{migration}`"))
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
