//! Runs a script without transaction, with the journal written ahead, so that the place where to go
//! on is known after a crash. A statement that can run in a transaction does, together with the
//! note that it is done. Before a statement that refuses transactions the digest of the catalogs is
//! noted, to see afterwards whether it ran.

mod recovery;

pub use recovery::{InterruptedState, assess, invalid_indexes};

use std::thread::sleep;

use anyhow::{Context as _, Result, bail};
use postgres::{Client, Transaction};

use super::journal::{self, JournalEntry, Phase, Progress, StateBefore};
use super::script::{self, Script, StatementObserver, Step};
use super::session::SessionSettings;
use super::sql;
use super::sql::Statement;
use crate::called_as;
use crate::postgres::error::is_contention;

/// A script whose progress is in the journal.
#[derive(Debug, Clone, Copy)]
pub struct JournaledScript<'a> {
    /// The version of its migration.
    pub version: i64,
    /// Forward or back.
    pub phase: Phase,
    /// The script itself.
    pub script: Script<'a>,
}

/// The observer of a run, which also knows the catalogs.
pub trait StepObserver {
    /// The digest of the catalogs as they are.
    fn catalog(&mut self, client: &mut Client) -> Result<String>;
    /// Whether `noted` is the digest of the catalogs as they are.
    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool>;
    /// Tells a person something.
    fn tell(&mut self, text: &str);
    /// Called at the beginning of the transaction of a statement, with its text.
    fn before_statement(
        &mut self,
        _transaction: &mut Transaction<'_>,
        _statement: &str,
    ) -> Result<()> {
        Ok(())
    }
    /// Called after the statement, while the session is as the statement left it.
    fn statement_ran(&mut self, _transaction: &mut Transaction<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before the COMMIT of the statement. An error undoes the statement, and so does
    /// `false`, after which it runs again.
    fn after_statement(&mut self, _transaction: &mut Transaction<'_>) -> Result<bool> {
        Ok(true)
    }
    /// Called after the COMMIT of the statement.
    fn statement_done(&mut self) {}
}

/// Runs the rest of `journaled`: all of it, or the statements that an interrupted run did not do.
/// Its entry must be in the journal.
///
/// # Errors
/// Those of the statements; the next run goes on with the one that failed.
pub fn run(
    client: &mut Client,
    settings: &SessionSettings,
    journaled: JournaledScript<'_>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let JournaledScript {
        version,
        phase,
        script,
    } = journaled;
    let statements = sql::statements(script.sql);
    let start = match interrupted(client, settings, journaled)? {
        Some(progress) => resume(
            client,
            settings,
            journaled,
            &statements,
            &progress,
            observer,
        )?,
        None => {
            journal::begin_run(client, &settings.history_table, version, phase, script.sql)?;
            0
        }
    };
    for step in script::steps(script, &statements).skip(start) {
        persist(client, settings, journaled, &step, observer)
            .with_context(|| stopped(journaled, step.number, statements.len()))?;
    }
    Ok(())
}

/// Runs one statement, and again after a lock timeout or a deadlock, with a growing pause in which
/// nobody is blocked. A statement `CONCURRENTLY` is not tried again: it leaves an invalid index
/// when it fails, which the next run looks at.
fn persist(
    client: &mut Client,
    settings: &SessionSettings,
    journaled: JournaledScript<'_>,
    step: &Step<'_>,
    observer: &mut dyn StepObserver,
) -> Result<()> {
    let waits = sql::refuses_transaction(step.statement).is_some_and(script::may_wait);
    let mut pauses = settings.pauses();
    loop {
        let mut journal = WriteAhead {
            settings,
            journaled,
            observer: &mut *observer,
        };
        let ran = script::run_step(client, step, &settings.reset(), &mut journal);
        if waits {
            settings.blockers.announce(None);
            return ran;
        }
        let Err(error) = ran else { return Ok(()) };
        let Some(pause) = pauses.next().filter(|_| is_contention(&error)) else {
            return Err(error);
        };
        let seconds = pause.as_secs_f32();
        observer.tell(&format!(
            "statement {} of `{}` could not get its locks and is tried again in {seconds} s: {error:#}",
            step.number, journaled.script.file
        ));
        sleep(pause);
    }
}

/// Writes to the journal before each statement that it is about to run, and afterwards that it is
/// done.
struct WriteAhead<'r, 'o> {
    settings: &'r SessionSettings,
    journaled: JournaledScript<'r>,
    observer: &'o mut dyn StepObserver,
}

impl StatementObserver for WriteAhead<'_, '_> {
    fn before(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        self.settings.ensure_locked(transaction)?;
        self.settings.limit_workers(transaction)?;
        self.observer
            .before_statement(transaction, step.statement.text())?;
        self.settings.blockers.forget();
        Ok(())
    }

    fn after(&mut self, transaction: &mut Transaction<'_>, _step: &Step<'_>) -> Result<()> {
        self.observer.statement_ran(transaction)
    }

    fn accepts(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<bool> {
        // The note is written in the transaction of the statement: both are committed, or neither.
        if !self.observer.after_statement(transaction)? {
            return Ok(false);
        }
        let table = &self.settings.history_table;
        journal::set_next(
            transaction,
            table,
            self.journaled.version,
            step.number + 1,
            None,
        )?;
        Ok(true)
    }

    fn committed(&mut self, _step: &Step<'_>) {
        self.observer.statement_done();
    }

    fn before_alone(&mut self, client: &mut Client, step: &Step<'_>, command: &str) -> Result<()> {
        // Such a statement shares no transaction with the note, so the note is committed before it.
        let before = StateBefore {
            catalog: self.observer.catalog(client)?,
            invalid_indexes: invalid_indexes(client)?,
        };
        let table = &self.settings.history_table;
        journal::set_next(
            client,
            table,
            self.journaled.version,
            step.number,
            Some(&before),
        )?;
        self.settings.blockers.forget();
        if script::may_wait(command) {
            let file = self.journaled.script.file;
            self.settings.blockers.announce(Some(format!(
                "statement {} of `{file}` (`{command}`)",
                step.number
            )));
        }
        Ok(())
    }

    fn after_alone(&mut self, client: &mut Client, step: &Step<'_>, _command: &str) -> Result<()> {
        journal::set_next(
            client,
            &self.settings.history_table,
            self.journaled.version,
            step.number + 1,
            None,
        )
    }

    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        self.settings.blockers.explain(error)
    }
}

fn interrupted(
    client: &mut Client,
    settings: &SessionSettings,
    journaled: JournaledScript<'_>,
) -> Result<Option<Progress>> {
    let entry = journal::read(client, &settings.history_table)?
        .into_iter()
        .find(|entry: &JournalEntry| {
            entry.version == journaled.version && entry.phase == journaled.phase
        });
    Ok(entry.and_then(|entry| entry.progress))
}

/// Returns the position, from 0, of the statement to go on with.
fn resume(
    client: &mut Client,
    settings: &SessionSettings,
    journaled: JournaledScript<'_>,
    statements: &[Statement<'_>],
    progress: &Progress,
    observer: &mut dyn StepObserver,
) -> Result<usize> {
    let JournaledScript {
        version, script, ..
    } = journaled;
    let done = progress.next - 1;
    // Only the statements that are done must be the same: the person may have repaired the one that
    // failed.
    let before: Vec<_> = sql::statements(&progress.sql)
        .iter()
        .take(done)
        .map(|one| one.text().to_owned())
        .collect();
    if !before
        .iter()
        .map(String::as_str)
        .eq(statements.iter().take(done).map(Statement::text))
    {
        bail!(
            "`{}` was edited after a run of it began, in a statement that is done: restore its first {done} statements",
            script.file
        )
    }
    let standing = assess(client, progress, |client, noted| {
        observer.is_catalog(client, noted)
    })?;
    observer.tell(&format!("`{}` was interrupted: {standing}", script.file));
    journal::set_running_sql(client, &settings.history_table, version, script.sql)?;
    match standing {
        InterruptedState::NotRun { .. } => Ok(done),
        InterruptedState::Done { statement, .. } => Ok(statement),
        InterruptedState::LeftInvalid { indexes, .. } => {
            recovery::drop_invalid(client, &indexes)?;
            indexes
                .iter()
                .for_each(|index| observer.tell(&format!("dropped the invalid index `{index}`")));
            Ok(done)
        }
    }
}

fn stopped(journaled: JournaledScript<'_>, number: usize, count: usize) -> String {
    let done = match number - 1 {
        0 => "nothing of it is done".to_owned(),
        1 => "the first statement is done".to_owned(),
        done => format!("the first {done} are done"),
    };
    let rollback = called_as::command("rollback");
    let again = match journaled.phase {
        Phase::RollingBack => format!("`{rollback}` goes on from here"),
        Phase::Applying | Phase::Applied => {
            let migrate = called_as::command("migrate");
            format!("`{migrate}` goes on from here; `{rollback}` undoes what is done")
        }
    };
    format!(
        "statement {number} of {count} of `{}` failed, which runs without a transaction; {done}, and {again}",
        journaled.script.file
    )
}
