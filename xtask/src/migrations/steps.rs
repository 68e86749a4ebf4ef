//! Runs a text without transaction, statement by statement. The journal is written ahead, so that after a crash it is
//! known where to go on: what can run in a transaction does, together with the note that it is done; only before a
//! statement that refuses transactions the catalogs are noted, to see afterwards whether it ran.

mod recovery;
mod session;

pub use recovery::{InterruptedState, assess, invalid_indexes};

use std::thread::sleep;

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::{Client, GenericClient, Transaction};

use super::journal::{self, Before, Entry, Phase, Progress};
use super::runner::{self, Settings};
use super::sql::Statement;
use super::{preflight, sql};
use crate::postgres::error::ServerError;

/// A text to run.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// The version of its migration.
    pub version: i64,
    /// Its file, relative to the root.
    pub file: &'a str,
    /// The text.
    pub sql: &'a str,
    /// Forward or back.
    pub phase: Phase,
}

/// What the run needs from outside.
pub trait StepObserver {
    /// The digest of the catalogs as they are.
    fn catalog(&mut self, client: &mut Client) -> Result<String>;
    /// Whether `noted`, which is such a digest, is that of the catalogs as they are.
    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool>;
    /// Something that a person should know.
    fn tell(&mut self, text: &str);
    /// The transaction of one statement began.
    fn before_statement(&mut self, _transaction: &mut Transaction<'_>) -> Result<()> {
        Ok(())
    }
    /// The statement ran in it, and is not yet committed: an error undoes it, false too, and then it runs again.
    fn after_statement(&mut self, _transaction: &mut Transaction<'_>) -> Result<bool> {
        Ok(true)
    }
    /// The statement is committed.
    fn statement_done(&mut self) {}
}

/// Runs what is left of `script`: all of it, or what an interrupted run did not do. Its entry must be in the journal.
///
/// # Errors
/// Those of the statements; the next run goes on with the one that failed.
pub fn run(
    client: &mut Client,
    settings: &Settings,
    script: Script<'_>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let statements = sql::statements(script.sql);
    let start = match interrupted(client, settings, script)? {
        Some(progress) => resume(client, settings, script, &statements, &progress, observer)?,
        None => {
            journal::begin_run(client, &settings.history_table, script.version, script.phase, script.sql)?;
            0
        }
    };
    for (index, statement) in statements.iter().enumerate().skip(start) {
        let step = Step { statement, number: index + 1, session: session::of(&statements[..index]) };
        persist(client, settings, script, &step, observer)
            .with_context(|| stopped(script, step.number, statements.len()))?;
    }
    Ok(())
}

/// One statement of a script.
struct Step<'s> {
    statement: &'s Statement<'s>,
    /// From 1.
    number: usize,
    /// What the statements before it set for the session, which may have been another one.
    session: String,
}

/// One statement, tried again after a lock timeout or a deadlock, with a growing pause in which nobody is blocked. One
/// that ran `CONCURRENTLY` leaves something behind when it fails, which the next run looks at.
fn persist(
    client: &mut Client,
    settings: &Settings,
    script: Script<'_>,
    step: &Step<'_>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let refusing = preflight::refuses_transaction(step.statement);
    let patient = refusing.filter(|command| is_patient(command));
    let mut pauses = settings.pauses();
    loop {
        let ran = match refusing {
            Some(_) => alone(client, settings, script, step, patient, observer),
            None => with_note(client, settings, script, step, observer),
        };
        let ran = ran.map_err(|error| explain(error, settings));
        if patient.is_some() {
            settings.blockers.announce(None);
            return ran;
        }
        let Err(error) = ran else { return Ok(()) };
        let Some(pause) = pauses.next().filter(|_| runner::is_contention(&error)) else { return Err(error) };
        let seconds = pause.as_secs_f32();
        observer.tell(&format!(
            "statement {} of `{}` could not get its locks and is tried again in {seconds} s: {error:#}",
            step.number, script.file
        ));
        sleep(pause);
    }
}

/// Whether nobody queues behind the command while it waits for others. `VACUUM FULL` waits for a lock that everybody
/// would queue behind.
fn is_patient(command: &str) -> bool {
    command.ends_with("CONCURRENTLY")
}

fn explain(error: anyhow::Error, settings: &Settings) -> anyhow::Error {
    if runner::is_contention(&error) { settings.blockers.explain(error) } else { error }
}

fn interrupted(client: &mut Client, settings: &Settings, script: Script<'_>) -> Result<Option<Progress>> {
    let entry = journal::read(client, &settings.history_table)?
        .into_iter()
        .find(|entry: &Entry| entry.version == script.version && entry.phase == script.phase);
    Ok(entry.and_then(|entry| entry.progress))
}

/// Where to go on, from 0.
fn resume(
    client: &mut Client,
    settings: &Settings,
    script: Script<'_>,
    statements: &[Statement<'_>],
    progress: &Progress,
    observer: &mut dyn StepObserver,
) -> Result<usize> {
    let done = progress.next - 1;
    let before: Vec<_> = sql::statements(&progress.sql).iter().take(done).map(|one| one.text().to_owned()).collect();
    if !before.iter().map(String::as_str).eq(statements.iter().take(done).map(Statement::text)) {
        bail!(
            "`{}` was edited after a run of it began, in a statement that is done: restore its first {done} statements",
            script.file
        )
    }
    let standing = assess(client, progress, |client, noted| observer.is_catalog(client, noted))?;
    observer.tell(&format!("`{}` was interrupted: {standing}", script.file));
    journal::set_running_sql(client, &settings.history_table, script.version, script.sql)?;
    match standing {
        InterruptedState::NotRun { .. } => Ok(done),
        InterruptedState::Done { .. } => Ok(done + 1),
        InterruptedState::LeftInvalid { indexes, .. } => {
            recovery::drop_invalid(client, &indexes)?;
            indexes.iter().for_each(|index| observer.tell(&format!("dropped the invalid index `{index}`")));
            Ok(done)
        }
    }
}

/// A statement that refuses transactions. `patient` is the command of one that nobody queues behind: it may wait for
/// others as long as it needs, and who they are is told meanwhile.
fn alone(
    client: &mut Client,
    settings: &Settings,
    script: Script<'_>,
    step: &Step<'_>,
    patient: Option<&str>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let Step { statement, number, session } = step;
    let before = Before { catalog: observer.catalog(client)?, invalid_indexes: invalid_indexes(client)? };
    journal::set_next(client, &settings.history_table, script.version, *number, Some(&before))?;
    settings.blockers.forget();
    set_again(client, session)?;
    if let Some(command) = patient {
        client.batch_execute("SET lock_timeout = 0").context("cannot prepare the session")?;
        settings.blockers.announce(Some(format!("statement {number} of `{}` (`{command}`)", script.file)));
    }
    let ran = client.batch_execute(statement.text());
    runner::clean_session(client, settings).or_else(|error| if ran.is_err() { Ok(()) } else { Err(error) })?;
    ran.map_err(|error| failed(&error, script, statement))?;
    journal::set_next(client, &settings.history_table, script.version, number + 1, None)
}

/// A statement that can share a transaction with the note that it is done.
fn with_note(
    client: &mut Client,
    settings: &Settings,
    script: Script<'_>,
    step: &Step<'_>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let Step { statement, number, session } = step;
    loop {
        let mut transaction = client.transaction().context("cannot begin a transaction")?;
        runner::ensure_locked(&mut transaction, settings)?;
        observer.before_statement(&mut transaction)?;
        settings.blockers.forget();
        set_again(&mut transaction, session)?;
        transaction.batch_execute(statement.text()).map_err(|error| failed(&error, script, statement))?;
        transaction.batch_execute(&runner::clean_session_sql(settings)).context("cannot clean the session")?;
        if !observer.after_statement(&mut transaction)? {
            continue;
        }
        journal::set_next(&mut transaction, &settings.history_table, script.version, number + 1, None)?;
        let committed = transaction.commit();
        committed.map_err(|error| anyhow!(ServerError::from(error)).context("cannot commit the statement"))?;
        observer.statement_done();
        return Ok(());
    }
}

/// Between its statements the session is ours: what a script sets holds for its own ones.
fn set_again(client: &mut impl GenericClient, session: &str) -> Result<()> {
    if session.is_empty() {
        return Ok(());
    }
    let set = client.batch_execute(session).map_err(|error| anyhow!(ServerError::from(error)));
    set.context("cannot set again what the statements before it have set for the session")
}

fn failed(error: &postgres::Error, script: Script<'_>, statement: &Statement<'_>) -> anyhow::Error {
    runner::failed_statement(error, script.file, statement)
}

fn stopped(script: Script<'_>, number: usize, count: usize) -> String {
    let done = match number - 1 {
        0 => "nothing of it is done".to_owned(),
        1 => "the first statement is done".to_owned(),
        done => format!("the first {done} are done"),
    };
    let again = match script.phase {
        Phase::RollingBack => "cargo xtask db-rollback",
        Phase::Applying | Phase::Applied => "cargo xtask db-migrate",
    };
    format!(
        "statement {number} of {count} of `{}` failed, which runs without a transaction; {done}, and `{again}` goes on \
         from here",
        script.file
    )
}
