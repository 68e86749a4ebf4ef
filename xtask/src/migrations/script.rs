//! Sends the SQL of migrations and down files to a server. It is the one way: forward and back, to
//! a scratch database and to the real one. SQL that runs on a scratch database first runs in the
//! same way for real, because there is no other.

mod carried_settings;
mod string_setting;
mod transaction_watch;

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient, Transaction};

use super::sql::{self, Statement};
use super::transaction::begin;
use super::{Migration, deferred_constraints};
use crate::postgres::error::{SentText, ServerError};
use crate::source::LineIndex;
use transaction_watch::TransactionWatch;

/// The text of a file, and how it runs.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// The file, relative to the root.
    pub file: &'a str,
    /// Its text.
    pub sql: &'a str,
    /// Its transactions.
    pub mode: TransactionMode,
}

/// The transactions of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionMode {
    /// All statements share one.
    Single,
    /// `-- no-transaction`: each statement has its own, or none where it refuses transactions. The
    /// session is reset between statements, and the settings that earlier ones made are made again:
    /// after a crash it is another session.
    PerStatement,
}

impl TransactionMode {
    /// The mode of a file that is marked `-- no-transaction`, or not.
    #[must_use]
    pub fn of(no_transaction: bool) -> Self {
        if no_transaction {
            Self::PerStatement
        } else {
            Self::Single
        }
    }
}

impl<'a> Script<'a> {
    /// The text of `file`.
    #[must_use]
    pub fn new(file: &'a str, sql: &'a str, no_transaction: bool) -> Self {
        Self {
            file,
            sql,
            mode: TransactionMode::of(no_transaction),
        }
    }

    /// The way forward of `migration`.
    #[must_use]
    pub fn of(migration: &'a Migration) -> Self {
        Self::new(&migration.file, &migration.sql, migration.no_transaction)
    }
}

/// One statement of a script.
#[derive(Debug)]
pub struct Step<'s> {
    script: Script<'s>,
    /// The statement.
    pub statement: &'s Statement<'s>,
    /// Its number, from 1.
    pub number: usize,
    /// The number of statements in the script.
    pub count: usize,
    /// SQL that repeats the settings that earlier statements made for the session.
    settings: String,
}

impl Step<'_> {
    fn failed(&self, error: &postgres::Error) -> anyhow::Error {
        self.named(anyhow!(located(error, self.script.file, self.statement)))
    }

    /// The error of a statement that is not sent.
    fn refused(&self, error: anyhow::Error) -> anyhow::Error {
        let place = LineIndex::new(self.script.file.into(), self.statement.source.into());
        self.named(error.context(format!(
            "cannot run it, at {}",
            place.location(self.statement.span)
        )))
    }

    fn named(&self, error: anyhow::Error) -> anyhow::Error {
        let excerpt = sql::excerpt(self.statement.text());
        error.context(format!(
            "statement {} of {}, `{excerpt}`",
            self.number, self.count
        ))
    }
}

/// The observer of a script, which is told of each statement and may add to its transaction. Each
/// method does nothing by default.
pub trait StatementObserver {
    /// Returns whether to leave the statement out.
    fn skips(&self, _step: &Step<'_>) -> bool {
        false
    }

    /// Called when the transaction of the statement is open.
    fn before(&mut self, _transaction: &mut Transaction<'_>, _step: &Step<'_>) -> Result<()> {
        Ok(())
    }

    /// Called after the statement, in its transaction.
    fn after(&mut self, _transaction: &mut Transaction<'_>, _step: &Step<'_>) -> Result<()> {
        Ok(())
    }

    /// Returns whether to commit the transaction of this one statement. Otherwise it is undone, and
    /// the statement runs again.
    fn accepts(&mut self, _transaction: &mut Transaction<'_>, _step: &Step<'_>) -> Result<bool> {
        Ok(true)
    }

    /// Called when the transaction of this one statement is committed.
    fn committed(&mut self, _step: &Step<'_>) {}

    /// Called before a statement that refuses transactions because it is a `command`.
    fn before_alone(
        &mut self,
        _client: &mut Client,
        _step: &Step<'_>,
        _command: &str,
    ) -> Result<()> {
        Ok(())
    }

    /// Called after a statement that ran without a transaction.
    fn after_alone(
        &mut self,
        _client: &mut Client,
        _step: &Step<'_>,
        _command: &str,
    ) -> Result<()> {
        Ok(())
    }

    /// Returns the error of a statement with its cause, where that is known.
    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        error
    }
}

/// The observer that does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl StatementObserver for Unobserved {}

/// Two observers; the first is told first.
pub struct Both<'a>(
    pub &'a mut dyn StatementObserver,
    pub &'a mut dyn StatementObserver,
);

impl StatementObserver for Both<'_> {
    fn skips(&self, step: &Step<'_>) -> bool {
        self.0.skips(step) || self.1.skips(step)
    }

    fn before(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        self.0.before(transaction, step)?;
        self.1.before(transaction, step)
    }

    fn after(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        self.0.after(transaction, step)?;
        self.1.after(transaction, step)
    }

    fn accepts(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<bool> {
        Ok(self.0.accepts(transaction, step)? && self.1.accepts(transaction, step)?)
    }

    fn committed(&mut self, step: &Step<'_>) {
        self.0.committed(step);
        self.1.committed(step);
    }

    fn before_alone(&mut self, client: &mut Client, step: &Step<'_>, command: &str) -> Result<()> {
        self.0.before_alone(client, step, command)?;
        self.1.before_alone(client, step, command)
    }

    fn after_alone(&mut self, client: &mut Client, step: &Step<'_>, command: &str) -> Result<()> {
        self.0.after_alone(client, step, command)?;
        self.1.after_alone(client, step, command)
    }

    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        self.1.explain(self.0.explain(error))
    }
}

/// The steps of `script`, whose statements are `statements`.
pub fn steps<'s>(
    script: Script<'s>,
    statements: &'s [Statement<'s>],
) -> impl Iterator<Item = Step<'s>> {
    let mut settings = String::new();
    statements
        .iter()
        .enumerate()
        .map(move |(index, statement)| {
            let step = Step {
                script,
                statement,
                number: index + 1,
                count: statements.len(),
                settings: settings.clone(),
            };
            if script.mode == TransactionMode::PerStatement
                && carried_settings::is_setting(statement)
            {
                settings.push_str(&format!("{};\n", statement.text()));
            }
            step
        })
}

/// Runs the whole of `script`, and resets the session with `reset`.
///
/// # Errors
/// Those of the statements, with file, line and column and all that PostgreSQL says, and of the
/// observer. A script in a single transaction has then changed nothing.
pub fn run(
    client: &mut Client,
    script: Script<'_>,
    reset: &str,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    match script.mode {
        TransactionMode::Single => {
            let mut transaction = begin(client)?;
            run_in(&mut transaction, script, observer)?;
            commit(transaction, script.file)?;
            client
                .batch_execute(reset)
                .map_err(|error| anyhow!(ServerError::from(error)))
        }
        TransactionMode::PerStatement => {
            let statements = sql::statements(script.sql);
            steps(script, &statements).try_for_each(|step| run_step(client, &step, reset, observer))
        }
    }
}

/// Runs the statements of `script` in an open transaction, and then what they deferred until its
/// COMMIT. Each is sent by itself. PostgreSQL parses a text that is sent whole before it runs the
/// first statement, and does not name the failing statement for every error.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub fn run_in(
    transaction: &mut Transaction<'_>,
    script: Script<'_>,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    let statements = sql::statements(script.sql);
    let mut watch = TransactionWatch::new(script.sql);
    for step in steps(script, &statements) {
        if observer.skips(&step) {
            continue;
        }
        watch.before(transaction, step.statement)?;
        observer.before(transaction, &step)?;
        send(transaction, &step, observer)
            .map_err(|error| watch.after_error(transaction, error))?;
        observer.after(transaction, &step)?;
    }
    watch.ensure_open(transaction)?;
    deferred_constraints::run(transaction, script.file).map_err(|error| observer.explain(error))
}

/// Runs `script`, which is our own and ends no transaction, in a savepoint of an open transaction:
/// where a statement fails, none of the others stays done either.
///
/// # Errors
/// As [`run`]; the transaction can go on.
pub fn attempt(
    transaction: &mut Transaction<'_>,
    script: Script<'_>,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    let statements = sql::statements(script.sql);
    let mut savepoint = transaction
        .transaction()
        .context("cannot set a savepoint")?;
    for step in steps(script, &statements) {
        observer.before(&mut savepoint, &step)?;
        send(&mut savepoint, &step, observer)?;
        observer.after(&mut savepoint, &step)?;
    }
    savepoint.commit().context("cannot release a savepoint")
}

/// Runs one statement of a script that has no transaction around all of it.
///
/// # Errors
/// As [`run`].
pub fn run_step(
    client: &mut Client,
    step: &Step<'_>,
    reset: &str,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    if observer.skips(step) {
        return Ok(());
    }
    match sql::refuses_transaction(step.statement) {
        Some(command) => alone(client, step, command, reset, observer),
        None => in_own_transaction(client, step, reset, observer),
    }
}

/// Commits the transaction in which [`run_in`] ran.
///
/// # Errors
/// When PostgreSQL refuses the COMMIT: a deferred constraint.
pub fn commit(transaction: Transaction<'_>, file: &str) -> Result<()> {
    transaction.commit().map_err(|error| {
        let server = anyhow!(ServerError::from(error));
        server.context(format!(
            "its COMMIT fails, after all statements of `{file}` ran"
        ))
    })
}

/// Whether `command` may wait without a timeout, because nobody queues behind it while it waits.
/// `VACUUM FULL` waits for a lock behind which everybody would queue.
#[must_use]
pub fn may_wait(command: &str) -> bool {
    command.ends_with("CONCURRENTLY")
}

fn in_own_transaction(
    client: &mut Client,
    step: &Step<'_>,
    reset: &str,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    loop {
        let mut transaction = begin(client)?;
        let mut watch = TransactionWatch::new(step.statement.text());
        observer.before(&mut transaction, step)?;
        set_again(&mut transaction, step)?;
        watch.before(&mut transaction, step.statement)?;
        let sent = send(&mut transaction, step, observer);
        sent.map_err(|error| watch.after_error(&mut transaction, error))?;
        watch.ensure_open(&mut transaction)?;
        deferred_constraints::run(&mut transaction, step.script.file)
            .map_err(|error| step.named(observer.explain(error)))?;
        observer.after(&mut transaction, step)?;
        transaction
            .batch_execute(reset)
            .context("cannot put the session back")?;
        // The session is reset by now: the observer writes to the journal, and a search path of the
        // statement could lead to another table.
        if !observer.accepts(&mut transaction, step)? {
            continue;
        }
        let committed = transaction.commit();
        committed.map_err(|error| {
            anyhow!(ServerError::from(error)).context("cannot commit the statement")
        })?;
        observer.committed(step);
        return Ok(());
    }
}

fn alone(
    client: &mut Client,
    step: &Step<'_>,
    command: &str,
    reset: &str,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    observer.before_alone(client, step, command)?;
    set_again(client, step)?;
    if may_wait(command) {
        client
            .batch_execute("SET lock_timeout = 0")
            .context("cannot prepare the session")?;
    }
    let ran = send(client, step, observer);
    let cleaned = client
        .batch_execute(reset)
        .context("cannot put the session back");
    // The error of the statement is the cause, whatever happens to the session after it.
    ran.and(cleaned)?;
    observer.after_alone(client, step, command)
}

fn set_again(client: &mut impl GenericClient, step: &Step<'_>) -> Result<()> {
    if step.settings.is_empty() {
        return Ok(());
    }
    let set = client
        .batch_execute(&step.settings)
        .map_err(|error| anyhow!(ServerError::from(error)));
    set.context("cannot set again what the statements before it have set for the session")
}

fn send(
    client: &mut impl GenericClient,
    step: &Step<'_>,
    observer: &dyn StatementObserver,
) -> Result<()> {
    string_setting::ensure_alike(client, step.statement).map_err(|error| step.refused(error))?;
    let sent = client.batch_execute(step.statement.text());
    sent.map_err(|error| observer.explain(step.failed(&error)))
}

/// The error of one statement of `file`, with the place of the statement where the server named no
/// position.
fn located(error: &postgres::Error, file: &str, statement: &Statement<'_>) -> ServerError {
    let sent = SentText {
        file: file.into(),
        text: statement.source.into(),
        base: statement.span.range().start,
    };
    let server = ServerError::from(error).locate(&sent);
    if server.location.is_none() && !server.is_connection_lost() {
        return server.at(statement.span, &sent);
    }
    server
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_without_a_common_transaction_settings_are_carried_to_later_statements() {
        let text = "SET search_path = app; SELECT 1; RESET ROLE; SELECT 2";
        let statements = sql::statements(text);
        let carried = |no_transaction| {
            let script = Script::new("a.sql", text, no_transaction);
            steps(script, &statements)
                .map(|step| step.settings)
                .collect::<Vec<_>>()
        };
        let path = "SET search_path = app;\n";
        assert_eq!(
            carried(true),
            ["", path, path, &format!("{path}RESET ROLE;\n")]
        );
        assert_eq!(carried(false), ["", "", "", ""]);
    }
}
