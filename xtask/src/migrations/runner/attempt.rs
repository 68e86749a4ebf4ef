//! One migration in one transaction, tried again when the application's locks stood in its way.

use std::thread::sleep;

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::{Client, SimpleQueryMessage, Transaction};

use super::{MigrationObserver, Settings};
use crate::migrations::journal::{self, Phase};
use crate::migrations::sql::{self, Statement};
use crate::migrations::{Migration, history, lock};
use crate::postgres::error::{Script, ServerError};
use crate::source::LineIndex;

/// Runs the migration, writes its rows, lets `observer` verify, and commits. Tries again after a lock timeout or a
/// deadlock, with a growing pause in which nobody is blocked.
pub(super) fn apply(
    client: &mut Client,
    settings: &Settings,
    migration: &Migration,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    for pause in settings.pauses() {
        match once(client, settings, migration, observer) {
            Err(error) if is_contention(&error) => observer.retrying(migration, &error, pause),
            other => return other,
        }
        sleep(pause);
    }
    once(client, settings, migration, observer)
}

/// Puts the session back as it was at its start, with the limits of the runner: what one migration sets
/// (`search_path`, a role) must reach neither the history row nor the next migration.
pub(crate) fn clean_session(client: &mut Client, settings: &Settings) -> Result<()> {
    client.batch_execute(&clean_session_sql(settings)).context("cannot prepare the session")
}

/// See [`clean_session`].
pub(crate) fn clean_session_sql(settings: &Settings) -> String {
    format!(
        "RESET SESSION AUTHORIZATION; RESET ALL; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 0{}",
        settings.ddl_lock_timeout.as_millis(),
        settings.liveness
    )
}

fn once(
    client: &mut Client,
    settings: &Settings,
    migration: &Migration,
    observer: &mut dyn MigrationObserver,
) -> Result<()> {
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    settings.blockers.forget();
    run_statements(&mut transaction, settings, &migration.file, &migration.sql)
        .with_context(|| format!("cannot apply `{migration}`; it was undone"))?;
    let answer = record(&mut transaction, settings, migration, &observer.closing(migration))?;
    observer.verify(&mut transaction, migration, &answer)?;
    commit(transaction, &format!("`{migration}`"))
}

/// The advisory lock belongs to one server process; a pooler may have given us another.
pub(crate) fn ensure_locked(transaction: &mut Transaction<'_>, settings: &Settings) -> Result<()> {
    // Without a prepared statement: what another session has prepared this one does not know.
    let answer = transaction.simple_query(WHOSE);
    is_locked(&answer.context("cannot make sure that the lock of the database is still held")?, settings)
}

/// Asks for the server process.
const WHOSE: &str = "SELECT pg_catalog.pg_backend_pid()";

/// Whether `answer` begins with the process that holds the lock, which [`WHOSE`] asked for.
fn is_locked(answer: &[SimpleQueryMessage], settings: &Settings) -> Result<()> {
    let pid = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _other => None,
    });
    if pid != Some(settings.lock_pid) {
        bail!("{}", lock::POOLED)
    }
    Ok(())
}

/// Writes the rows of history and journal, and makes sure that the lock is ours; what the server answers to `question`, in
/// the same message.
pub(super) fn record(
    transaction: &mut Transaction<'_>,
    settings: &Settings,
    migration: &Migration,
    question: &str,
) -> Result<Vec<SimpleQueryMessage>> {
    let history_row = history::insert_sql(&settings.history_table, migration);
    let journal_row = journal::record_sql(&settings.history_table, migration, Phase::Applied);
    let rows = format!("{}; {WHOSE}; {history_row}; {journal_row}; {question}", clean_session_sql(settings));
    let answer = transaction
        .simple_query(&rows)
        .with_context(|| format!("cannot record `{migration}` in the history table `{}`", settings.history_table))?;
    is_locked(&answer, settings)?;
    Ok(answer)
}

/// A COMMIT that PostgreSQL refuses (a deferred constraint) has undone everything; one whose answer is lost may have
/// happened or not.
pub(crate) fn commit(transaction: Transaction<'_>, what: &str) -> Result<()> {
    transaction.commit().map_err(|error| match error.as_db_error() {
        Some(_) => anyhow!(ServerError::from(&error)).context(format!("cannot commit {what}; it was undone")),
        None => anyhow!(ServerError::from(&error)).context(CommitLost(what.to_owned())),
    })
}

/// A COMMIT whose answer never came.
#[derive(Debug)]
struct CommitLost(String);

impl std::fmt::Display for CommitLost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = &self.0;
        write!(
            f,
            "the connection was lost in the COMMIT of {what}: it is done either whole or not at all, \
             `cargo xtask db-status` tells which"
        )
    }
}

/// Whether it is not known if the last COMMIT happened.
pub(crate) fn is_in_doubt(error: &anyhow::Error) -> bool {
    error.downcast_ref::<CommitLost>().is_some()
}

/// Runs the SQL of `file` in an open transaction, each statement by itself: PostgreSQL does not say for every error
/// which of several statements it is about.
pub(crate) fn run_statements(
    transaction: &mut Transaction<'_>,
    settings: &Settings,
    file: &str,
    text: &str,
) -> Result<()> {
    for statement in sql::statements(text) {
        let ran = transaction.batch_execute(statement.text());
        ran.map_err(|error| failed_statement(&error, file, &statement))
            .map_err(|error| if is_contention(&error) { settings.blockers.explain(error) } else { error })?;
    }
    Ok(())
}

/// What the server said to one statement of `file`; its place where the server named none.
pub(crate) fn failed_statement(error: &postgres::Error, file: &str, statement: &Statement<'_>) -> anyhow::Error {
    let script = Script { file: file.into(), text: statement.source.into(), base: statement.span.range().start };
    let mut server = ServerError::from(error).locate(&script);
    if server.location.is_none() && !server.is_connection_lost() {
        server.location = Some(LineIndex::new(script.file, script.text).location(statement.span));
    }
    anyhow!(server)
}

/// Whether trying again may help: a lock timeout, a deadlock, a conflict of serializable transactions.
pub(crate) fn is_contention(error: &anyhow::Error) -> bool {
    let server = error.chain().find_map(|cause| cause.downcast_ref::<ServerError>());
    let state = server.and_then(|error| error.sqlstate.as_deref());
    state.is_some_and(|state| ["55P03", "40P01", "40001"].contains(&state))
}
