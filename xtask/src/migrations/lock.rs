//! One runner at a time: a session advisory lock of the database, taken by polling. A blocking wait would hold a
//! snapshot, for which the holder's `CREATE INDEX CONCURRENTLY` would wait in turn: a deadlock.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use postgres::Client;
use sha2::{Digest as _, Sha256};

/// Who holds the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The server process.
    pub pid: i32,
    /// Its `application_name`.
    pub application: String,
    /// The role it is connected as.
    pub user: String,
    /// When its session began, as PostgreSQL writes it.
    pub since: String,
    /// What it runs, in short.
    pub activity: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, application, user, since, activity } = self;
        write!(f, "`{application}` (pid {pid}, user `{user}`, connected since {since}, {activity})")
    }
}

/// The key of the lock: the same for everybody who migrates `database` with this history table.
#[must_use]
pub fn key(database: &str, history_table: &str) -> i64 {
    let digest = Sha256::digest(format!("cargo xtask db-migrate\0{database}\0{history_table}"));
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

/// Takes the lock, waiting at most `timeout`, and returns the server process that now holds it. `waiting` is told once
/// who holds it before, and again when that changes. The lock lasts as long as the session: also a killed process
/// frees it.
pub fn acquire(
    client: &mut Client,
    history_table: &str,
    timeout: Duration,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<i32> {
    let database: String = client.query_one("SELECT current_database()::text", &[])?.try_get(0)?;
    let key = key(&database, history_table);
    let start = Instant::now();
    let mut told = None;
    let mut pause = Duration::from_millis(20);
    while !try_lock(client, key)? {
        let holder = holder(client, key)?;
        if start.elapsed() >= timeout {
            bail!("{}", timed_out(&database, timeout, holder.as_ref()));
        }
        if let Some(holder) = holder.filter(|holder| told != Some(holder.pid)) {
            told = Some(holder.pid);
            waiting(&holder);
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
    }
    ensure_held(client, key)
}

/// Settings with which the server notices that a client is gone that could not say so, also in the middle of a long
/// statement, and frees its locks.
const LIVENESS: &[(&str, &str)] = &[
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "60000"),
    ("client_connection_check_interval", "2000"),
];

/// Those of the settings that this server has, as SQL to go on with after another statement: `; SET a = 1; SET b = 2`.
pub fn liveness(client: &mut Client) -> String {
    let set = LIVENESS.iter().map(|(name, value)| format!("SET {name} = {value}"));
    set.filter(|sql| client.batch_execute(sql).is_ok()).map(|sql| format!("; {sql}")).collect()
}

/// Who holds the lock of this database, if anybody does.
pub fn held_by(client: &mut Client, history_table: &str) -> Result<Option<Holder>> {
    let database: String = client.query_one("SELECT current_database()::text", &[])?.try_get(0)?;
    holder(client, key(&database, history_table))
}

fn try_lock(client: &mut Client, key: i64) -> Result<bool> {
    let row =
        client.query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&key]).context("cannot take the lock")?;
    Ok(row.try_get(0)?)
}

/// pg_locks shows a 64-bit key as two halves; `objsubid` 1 tells it from a pair of 32-bit keys.
const HOLDER: &str = "
    SELECT l.pid, coalesce(nullif(a.application_name, ''), 'unknown application') AS application,
           coalesce(a.usename::text, '?') AS usename,
           coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?') AS since,
           coalesce(a.state || ': ' || left(regexp_replace(a.query, '\\s+', ' ', 'g'), 60), 'activity not visible') AS activity
    FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = $1
    ORDER BY l.pid LIMIT 1";

fn holder(client: &mut Client, key: i64) -> Result<Option<Holder>> {
    let row = client.query_opt(HOLDER, &[&key]).context("cannot see who holds the lock")?;
    row.map(|row| {
        Ok(Holder {
            pid: row.try_get("pid")?,
            application: row.try_get("application")?,
            user: row.try_get("usename")?,
            since: row.try_get("since")?,
            activity: row.try_get("activity")?,
        })
    })
    .transpose()
}

/// Behind a pooler that gives each transaction another server session (pgbouncer's `pool_mode = transaction`), a
/// session lock stays behind in whichever session answered. The runner checks the process again in each transaction.
fn ensure_held(client: &mut Client, key: i64) -> Result<i32> {
    let own = client.query_opt(&format!("SELECT pid FROM ({HOLDER}) held WHERE pid = pg_backend_pid()"), &[&key])?;
    match own {
        Some(row) => Ok(row.try_get(0)?),
        None => bail!("{POOLED}"),
    }
}

/// What is said when the server session changes under us.
pub const POOLED: &str = "cannot hold a lock on the database: the connection changes its server session between \
    statements, as behind pgbouncer with `pool_mode = transaction`; connect to PostgreSQL itself, or to a pool in \
    session mode";

fn timed_out(database: &str, timeout: Duration, holder: Option<&Holder>) -> String {
    let holder = holder.map_or_else(|| "somebody who is gone by now".to_owned(), ToString::to_string);
    format!(
        "cannot lock the database `{database}`: after {} s it is still held by {holder}; \
         wait longer with `--lock-timeout <seconds>`, or end that session",
        timeout.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn the_key_is_stable_and_differs_by_database_and_table() {
        assert_eq!(key("app", "refinery_schema_history"), key("app", "refinery_schema_history"));
        assert_ne!(key("app", "refinery_schema_history"), key("app2", "refinery_schema_history"));
        assert_ne!(key("app", "refinery_schema_history"), key("app", "ops.history"));
    }
}
