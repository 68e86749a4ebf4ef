//! Finds the sessions that block a migration while it waits for a lock. Once the wait has timed
//! out, the server no longer shows them. So a second connection looks during the wait, as rarely as
//! it can.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use postgres::{Client, Row, Statement};

use super::script::StatementObserver;
use super::sql;
use crate::postgres::error::is_contention;

/// A session that holds a lock for which another session waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// The server process.
    pub pid: i32,
    /// Its `application_name`.
    pub application: String,
    /// The role it is connected as.
    pub user: String,
    /// `active`, `idle in transaction`.
    pub state: String,
    /// The present or last query of the session on one line: its outline, or the whole text with
    /// `--show-queries`.
    pub query: String,
    /// How long that query has run, or how long the session has been idle in its transaction, in
    /// seconds.
    pub seconds: i64,
    /// The relation whose lock this session holds and the other session waits for: `public.users`.
    /// `None` where the lock is not on a relation.
    pub object: Option<String>,
}

/// `psql` (pid 123, user `app`, idle in transaction for 12 s after `SELECT 1`) on `public.users`
impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            application,
            user,
            state,
            query,
            seconds,
            object,
        } = self;
        write!(
            f,
            "`{application}` (pid {pid}, user `{user}`, {state} for {seconds} s"
        )?;
        match state.as_str() {
            "active" => write!(f, ": `{query}`)")?,
            _idle => write!(f, " after `{query}`)")?,
        }
        object
            .as_ref()
            .map_or(Ok(()), |object| write!(f, " on `{object}`"))
    }
}

/// The blockers that were seen last; the same for all clones.
#[derive(Debug, Clone, Default)]
pub struct Blockers {
    seen: Arc<Mutex<SeenBlockers>>,
    shows_queries: bool,
}

#[derive(Debug, Default)]
struct SeenBlockers {
    last: Vec<Blocker>,
    /// The statement that waits without a timeout, while it runs.
    patient: Option<String>,
}

impl Blockers {
    /// Returns an empty record. With `shows_queries`, queries are told whole, with the values in
    /// them.
    #[must_use]
    pub fn new(shows_queries: bool) -> Self {
        Self {
            shows_queries,
            ..Self::default()
        }
    }

    /// Forgets the blockers seen so far, as a new attempt begins.
    pub fn forget(&self) {
        self.see(Vec::new());
    }

    /// Notes that the statement `what` begins to run without a timeout. No timeout will name its
    /// blockers, so they are told while it waits. `None` ends that.
    pub fn announce(&self, what: Option<String>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = SeenBlockers {
            last: Vec::new(),
            patient: what,
        };
    }

    /// Adds the blockers seen last to `error`, where it is a lock timeout or a deadlock.
    #[must_use]
    pub fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        if !is_contention(&error) {
            return error;
        }
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last
            .clone();
        if seen.is_empty() {
            return error;
        }
        let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
        error.context(format!("it waited for a lock of {}", seen.join(" and of ")))
    }

    /// Keeps the blockers seen now. Returns a message when a patient statement waits for the same
    /// ones the second time.
    fn see(&self, now: Vec<Blocker>) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let again = !now.is_empty() && pids(&now) == pids(&seen.last);
        let named: Vec<String> = now.iter().map(ToString::to_string).collect();
        seen.last = now;
        let what = seen.patient.as_ref().filter(|_| again)?;
        Some(format!(
            "{what} waits for {}, and goes on when that has ended its transaction",
            named.join(" and for ")
        ))
    }
}

/// Explains the lock timeouts of a script.
impl StatementObserver for Blockers {
    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        Self::explain(self, error)
    }
}

/// The processes alone: the seconds of a blocker change each time.
fn pids(blockers: &[Blocker]) -> Vec<i32> {
    blockers.iter().map(|blocker| blocker.pid).collect()
}

/// A thread that looks for blockers at intervals until it is dropped.
#[derive(Debug)]
pub struct Lookout {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lookout {
    /// Watches the server process `pid` and writes its blockers to `blockers`. `connect` opens a
    /// second connection to the same database; without one nothing is seen, which only costs the
    /// explanation. The connection is opened after the first interval: most runs are over by then.
    /// `tell` receives the blockers of a patient statement, once for each set of them.
    pub fn start(
        connect: impl FnOnce() -> Option<Client> + Send + 'static,
        pid: i32,
        patience: Duration,
        blockers: Blockers,
        tell: impl Fn(&str) + Send + 'static,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        // A third of the lock timeout leaves time for a second look before it runs out. The lower
        // bound spares the server, the upper one keeps the news of a patient statement fresh.
        let interval = (patience / 3).clamp(Duration::from_millis(20), Duration::from_millis(500));
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(interval) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let Some(mut client) = connect() else { return };
            let Ok(query) = client.prepare(BLOCKERS) else {
                return;
            };
            let mut told = Vec::new();
            loop {
                let Ok(mut seen) = look(&mut client, &query, pid) else {
                    return;
                };
                if !blockers.shows_queries {
                    seen.iter_mut()
                        .for_each(|blocker| blocker.query = sql::outline(&blocker.query));
                }
                let pids = pids(&seen);
                if !seen.is_empty()
                    && let Some(text) = blockers.see(seen).filter(|_| told != pids)
                {
                    tell(&text);
                    told = pids;
                }
                if stopped.recv_timeout(interval) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// `pg_blocking_pids` holds up everybody's locks for a moment, so it is called only while the
/// session waits. `DISTINCT`, since it lists the leader of parallel workers once for each of them.
/// The activity may be missing: a prepared transaction blocks as process 0. A message has room for
/// five.
const BLOCKERS: &str = "
    SELECT b.pid, coalesce(nullif(a.application_name, ''), 'unknown application') AS application,
           coalesce(a.usename::text, '?') AS usename, coalesce(a.state, 'activity not visible') AS state,
           coalesce(a.query, '') AS query,
           coalesce(extract(epoch FROM clock_timestamp() - CASE a.state WHEN 'active' THEN a.query_start ELSE a.state_change END),
                    0)::bigint AS seconds,
           (SELECT n.nspname || '.' || c.relname
            FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE l.pid = w.pid AND NOT l.granted LIMIT 1) AS object
    FROM pg_catalog.pg_stat_activity w
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids(w.pid)) AS pid) b
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
    WHERE w.pid = $1 AND w.wait_event_type = 'Lock'
    ORDER BY b.pid LIMIT 5";

fn look(client: &mut Client, query: &Statement, pid: i32) -> Result<Vec<Blocker>> {
    let rows = client
        .query(query, &[&pid])
        .context("cannot see who holds the lock")?;
    rows.iter().map(blocker).collect()
}

fn blocker(row: &Row) -> Result<Blocker> {
    Ok(Blocker {
        pid: row.try_get("pid")?,
        application: row.try_get("application")?,
        user: row.try_get("usename")?,
        state: row.try_get("state")?,
        query: on_one_line(row.try_get("query")?),
        seconds: row.try_get("seconds")?,
        object: row.try_get("object")?,
    })
}

/// A query on one line, as the message that holds it needs. A query with a `--` keeps its line
/// breaks: without them the comment would swallow the rest.
fn on_one_line(query: &str) -> String {
    if query.contains("--") {
        query.to_owned()
    } else {
        query.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::error::ServerError;

    fn timeout() -> anyhow::Error {
        anyhow::anyhow!(ServerError::sample("timeout", "55P03"))
    }

    #[test]
    fn an_error_says_who_stood_in_the_way() {
        let blockers = Blockers::default();
        assert_eq!(
            blockers.explain(timeout()).to_string(),
            timeout().to_string()
        );
        blockers.see(vec![Blocker {
            pid: 7,
            application: "api".into(),
            user: "app".into(),
            state: "idle in transaction".into(),
            query: "SELECT 1".into(),
            seconds: 12,
            object: Some("public.users".into()),
        }]);
        let expected = "it waited for a lock of `api` (pid 7, user `app`, idle in transaction for 12 s after `SELECT 1`) \
                        on `public.users`";
        assert_eq!(blockers.clone().explain(timeout()).to_string(), expected);
        blockers.forget();
        assert_eq!(
            blockers.explain(timeout()).to_string(),
            timeout().to_string()
        );
    }

    #[test]
    fn whom_a_patient_statement_waits_for_is_told_once_it_is_seen_twice() {
        let blocker = || {
            vec![Blocker {
                pid: 7,
                application: "api".into(),
                user: "app".into(),
                state: "active".into(),
                query: "SELECT 1".into(),
                seconds: 12,
                object: None,
            }]
        };
        let blockers = Blockers::default();
        assert_eq!(
            (blockers.see(blocker()), blockers.see(blocker())),
            (None, None),
            "nobody waits as long as it takes"
        );
        blockers.announce(Some("statement 1".into()));
        let told = "statement 1 waits for `api` (pid 7, user `app`, active for 12 s: `SELECT 1`), and goes on when that \
                    has ended its transaction";
        assert_eq!(
            (blockers.see(blocker()), blockers.see(blocker()).as_deref()),
            (None, Some(told))
        );
        blockers.announce(None);
        assert_eq!(
            (blockers.see(blocker()), blockers.see(blocker())),
            (None, None)
        );
    }
}
