//! Limits how long SQL may keep a scratch database busy: a branch that is only verified must not
//! hang the job that verifies it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use postgres::Client;

/// The default limit in seconds. Replays of hundreds of migrations take some time. But a job that
/// CI stops because of its own limit reports no reason.
pub const DEFAULT: u64 = 600;

/// How often the server is asked whether the session is busy.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a statement may take to stop after a cancellation, before its session is ended: a block
/// may catch the cancellation as any error.
const GRACE: Duration = Duration::from_secs(3);

/// The limit for one scratch database. Clones belong to the same run.
#[derive(Debug, Clone)]
pub struct TimeLimit {
    allowed: Duration,
    is_struck: Arc<AtomicBool>,
}

impl Default for TimeLimit {
    fn default() -> Self {
        Self::seconds(DEFAULT)
    }
}

impl TimeLimit {
    /// Limits to so many seconds; 0 is no limit.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        let allowed = if seconds == 0 {
            Duration::MAX
        } else {
            Duration::from_secs(seconds)
        };
        Self {
            allowed,
            is_struck: Arc::default(),
        }
    }

    /// Names the limit as the cause of `error`, where it is and no context says so yet.
    #[must_use]
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match self.is_struck.load(Ordering::SeqCst) && error.downcast_ref::<Exceeded>().is_none() {
            true => error.context(Exceeded(self.allowed.as_secs())),
            false => error,
        }
    }

    /// Watches over the session of `client` through `watcher`, a connection that may end it. Only
    /// the time counts in which the session runs SQL or has a transaction open. A scratch database
    /// that waits for work on the live one uses none.
    pub(super) fn watch(&self, client: &mut Client, watcher: Client) -> Result<TimeLimitWatch> {
        let session = Arc::new(AtomicI32::new(process_of(client)?));
        let (stop, stopped) = mpsc::channel();
        let (limit, pid) = (self.clone(), Arc::clone(&session));
        let thread = std::thread::spawn(move || {
            // An error means that the server went away, and nobody is left to tell.
            let _ = limit.keep(watcher, &pid, || {
                stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout)
            });
        });
        Ok(TimeLimitWatch {
            session,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    fn keep(
        &self,
        mut watcher: Client,
        pid: &AtomicI32,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<()> {
        let mut last = Instant::now();
        let mut busy = Duration::ZERO;
        while goes_on() {
            let pid = pid.load(Ordering::SeqCst);
            let row = watcher.query_opt(STATE, &[&pid])?;
            let is_busy = row.is_some_and(|row| row.get(0));
            // Sampled: the time since the last look counts if the session is busy now.
            busy += if is_busy {
                last.elapsed()
            } else {
                Duration::ZERO
            };
            last = Instant::now();
            if is_busy && busy >= self.allowed {
                self.is_struck.store(true, Ordering::SeqCst);
                // Cancelled in each round until the grace is over: a block may catch one
                // cancellation and go on.
                let end = if busy < self.allowed + GRACE {
                    "pg_cancel_backend"
                } else {
                    "pg_terminate_backend"
                };
                watcher.execute(&format!("SELECT pg_catalog.{end}($1)"), &[&pid])?;
            }
        }
        Ok(())
    }
}

const STATE: &str =
    "SELECT state IS DISTINCT FROM 'idle' FROM pg_catalog.pg_stat_activity WHERE pid = $1";

fn process_of(client: &mut Client) -> Result<i32> {
    let row = client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]);
    Ok(row
        .context("cannot see the session on the scratch database")?
        .get(0))
}

/// The watch over one scratch database, until it is dropped.
#[derive(Debug)]
pub(super) struct TimeLimitWatch {
    session: Arc<AtomicI32>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TimeLimitWatch {
    /// Watches the session of `client` from now on.
    pub(super) fn follow(&self, client: &mut Client) -> Result<()> {
        self.session.store(process_of(client)?, Ordering::SeqCst);
        Ok(())
    }
}

impl Drop for TimeLimitWatch {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The cause of an error: the limit, in seconds, is exceeded.
#[derive(Debug)]
struct Exceeded(u64);

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SQL that is only verified kept a scratch database busy for more than {} s and was stopped; if it needs longer, \
             allow it with `--replay-timeout <seconds>`",
            self.0
        )
    }
}
