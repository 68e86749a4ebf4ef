//! The session in which migrations run for real. Its settings limit waits and locks, and it must be
//! the one that holds the lock of the database.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use postgres::{Client, SimpleQueryMessage, Transaction};

use super::blockers::Blockers;
use super::{lock, transaction};

/// The session of a run.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// refinery's history table, as SQL writes it.
    pub history_table: String,
    /// The schema to which the session is confined: that of one tenant among several in the database.
    pub tenant: Option<String>,
    /// The server process that holds the advisory lock.
    pub lock_pid: i32,
    /// The server's version: 150018 is 15.18.
    pub server_version: u32,
    /// Whether Citus distributes tables of the database over other servers.
    pub is_distributed: bool,
    /// How long a statement may wait for a lock that the application holds.
    pub ddl_lock_timeout: Duration,
    /// How often a migration is tried again after such a wait, or after a deadlock.
    pub retries: u32,
    /// SQL with settings by which the server notices that the client is gone; from
    /// [`lock::acquire`].
    pub liveness: String,
    /// The sessions that were seen to block this one.
    pub blockers: Blockers,
}

impl SessionSettings {
    /// Returns the pauses before each new attempt, each twice as long as the one before.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        // A short lock timeout asks for short pauses too.
        let first = self
            .ddl_lock_timeout
            .clamp(Duration::from_millis(50), Duration::from_millis(500));
        (0..self.retries).map(move |attempt| first * 2_u32.saturating_pow(attempt))
    }

    /// Begins a transaction in which a migration or a way back runs.
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) fn begin<'c>(&self, client: &'c mut Client) -> Result<Transaction<'c>> {
        let mut transaction = transaction::begin(client)?;
        self.limit_workers(&mut transaction)?;
        Ok(transaction)
    }

    /// Limits the waits of this transaction on Citus's workers, too. They do not know the settings
    /// of the session: Citus tells them those of a transaction alone, and only where it is told to.
    pub(crate) fn limit_workers(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        if !self.is_distributed {
            return Ok(());
        }
        let limit = format!(
            "SET LOCAL lock_timeout = {}",
            self.ddl_lock_timeout.as_millis()
        );
        // Each by itself, and no other setting: Citus passes the whole text of the message on.
        for sql in [
            "SET LOCAL citus.propagate_set_commands = 'local'",
            &limit,
            "SET LOCAL citus.propagate_set_commands = 'none'",
        ] {
            transaction
                .batch_execute(sql)
                .context("cannot limit how long the workers of Citus wait for locks")?;
        }
        Ok(())
    }

    /// SQL that resets the session to its start, with the limits of a run. A setting of one
    /// migration (`search_path`, a role) must reach neither the history row nor the next migration.
    /// The server must not end a transaction that is idle while the tool compares catalogs.
    pub(crate) fn reset(&self) -> String {
        format!(
            "RESET SESSION AUTHORIZATION; RESET ALL; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 0{}",
            self.ddl_lock_timeout.as_millis(),
            self.liveness
        )
    }

    /// Resets the session, see [`Self::reset`].
    pub(crate) fn clean(&self, client: &mut Client) -> Result<()> {
        client
            .batch_execute(&self.reset())
            .context("cannot prepare the session")
    }

    /// Refuses a session that does not hold the lock. The lock belongs to one server process, and a
    /// pooler may have given us another.
    pub(crate) fn ensure_locked(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        // Without a prepared statement: it is unknown to another session.
        let answer = transaction.simple_query(SERVER_PROCESS);
        self.is_locked(
            &answer.context("cannot make sure that the lock of the database is still held")?,
        )
    }

    /// Refuses an `answer` that does not begin with the process that holds the lock.
    /// [`SERVER_PROCESS`] asks for it.
    pub(crate) fn is_locked(&self, answer: &[SimpleQueryMessage]) -> Result<()> {
        let pid = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _other => None,
        });
        if pid != Some(self.lock_pid) {
            bail!("{}", lock::POOLED)
        }
        Ok(())
    }
}

/// Asks for the server process.
pub(crate) const SERVER_PROCESS: &str = "SELECT pg_catalog.pg_backend_pid()";
