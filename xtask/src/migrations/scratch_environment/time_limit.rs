//! How long SQL may keep a scratch database busy: a branch that is only verified must not hang
//! whoever verifies it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use postgres::Client;

/// The seconds that are allowed where nobody says it: replays of hundreds of migrations take some,
/// and a job in CI that is stopped by its server tells nobody why.
pub const DEFAULT: u64 = 600;

/// How often the server is asked whether it is busy.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a statement may take to notice that it was cancelled, which it may catch as any error.
const GRACE: Duration = Duration::from_secs(3);

/// How long SQL may keep one scratch database busy. Clones are about the same run.
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
    /// As many seconds; none is no limit.
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

    /// Says with `error` that the limit is its cause, where it is and nothing says so yet.
    #[must_use]
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        match self.is_struck.load(Ordering::SeqCst) && error.downcast_ref::<Exceeded>().is_none() {
            true => error.context(Exceeded(self.allowed.as_secs())),
            false => error,
        }
    }

    /// Watches over the session of `client` by `watcher`, a connection that may end it. The time
    /// counts in which it runs SQL or has a transaction open, not the time in which a scratch
    /// database waits for work on the live one.
    pub(super) fn watch(&self, client: &mut Client, watcher: Client) -> Result<TimeLimitWatch> {
        let session = Arc::new(AtomicI32::new(process_of(client)?));
        let (stop, stopped) = mpsc::channel();
        let (limit, pid) = (self.clone(), Arc::clone(&session));
        let thread = std::thread::spawn(move || {
            // Nobody is left to tell when the server went away.
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
            busy += if is_busy {
                last.elapsed()
            } else {
                Duration::ZERO
            };
            last = Instant::now();
            if is_busy && busy >= self.allowed {
                self.is_struck.store(true, Ordering::SeqCst);
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
    /// Another connection takes the place of the one that is watched.
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

/// The cause of an error: the time that was allowed, in seconds, is over.
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
