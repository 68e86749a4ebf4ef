//! Allows one runner at a time, by a session advisory lock of the database. The lock is taken by
//! polling. A blocking wait would hold a snapshot, for which the holder's `CREATE INDEX
//! CONCURRENTLY` would wait in turn: a deadlock.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use postgres::{Client, SimpleQueryMessage};

use super::sql;

/// The session that holds the lock.
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
    /// The state of the session and its query, in short.
    pub activity: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            pid,
            application,
            user,
            since,
            activity,
        } = self;
        write!(
            f,
            "`{application}` (pid {pid}, user `{user}`, connected since {since}, {activity})"
        )
    }
}

/// The text before the names of database and table. The digest of all three is the key. It stays
/// the same however the tool was called: all versions and names of it share one lock.
const KEY_PREFIX: &str = "cargo xtask db-migrate";

/// An expression for the key of the lock: the same for all who migrate this database with this
/// history table. The zero bytes keep the three names apart, and 8 bytes are as long as the key of
/// an advisory lock.
fn key_sql(history_table: &str) -> String {
    let hex = |text: &str| {
        text.bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    format!(
        "('x' || pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(
             E'\\\\x{}00'::bytea || pg_catalog.convert_to(pg_catalog.current_database(), 'UTF8') || E'\\\\x00{}'::bytea
         ), 1, 8), 'hex'))::bit(64)::bigint",
        hex(KEY_PREFIX),
        hex(history_table)
    )
}

/// The lock of a database, held by this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLock {
    /// The server process that holds it.
    pub pid: i32,
    /// The server's version: 150018 is 15.18.
    pub server_version: u32,
    /// Whether Citus distributes tables of the database over other servers.
    pub is_distributed: bool,
    /// SQL to append to another statement: `; SET a = 1; SET b = 2`. With these settings the server
    /// notices that a client is gone without a word, also in the middle of a long statement, and
    /// frees its locks.
    pub liveness: String,
}

/// Takes the lock, waiting at most `timeout`. `waiting` is called with the holder, and again when
/// the holder changes. The lock lasts as long as the session: also a killed process frees it.
///
/// # Errors
/// When another session holds it all the time, and when the connection changes its server session,
/// as behind a pooler.
pub fn acquire(
    client: &mut Client,
    history_table: &str,
    timeout: Duration,
    waiting: &mut dyn FnMut(&Holder),
) -> Result<HeldLock> {
    let start = Instant::now();
    let mut told = None;
    // Short pauses at first, so that a short run of another session costs little. They grow to half
    // a second, so that a long run is not asked all the time.
    let mut pause = Duration::from_millis(20);
    let attempt = loop {
        let attempt = try_lock(client, history_table)?;
        if attempt.is_locked {
            break attempt;
        }
        let holder = holder(client, history_table)?;
        if start.elapsed() >= timeout {
            bail!("{}", timed_out(&attempt.database, timeout, holder.as_ref()));
        }
        if let Some(holder) = holder.filter(|holder| told != Some(holder.pid)) {
            told = Some(holder.pid);
            waiting(&holder);
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
    };
    let liveness = liveness(client, attempt.pid).inspect_err(|_| release(client, history_table))?;
    Ok(HeldLock {
        pid: attempt.pid,
        server_version: attempt.server_version,
        is_distributed: attempt.is_distributed,
        liveness,
    })
}

/// How long to look for the server session that holds the lock.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// Frees the lock and resets the settings of a run. The end of the connection does both, except for
/// sessions of a pool, which outlive us. A pool that was not noticed as such may also answer from
/// another session now.
pub fn release(client: &mut Client, history_table: &str) {
    let names = ["lock_timeout", "idle_in_transaction_session_timeout"].into_iter();
    let names = names.chain(LIVENESS.iter().map(|(name, _)| *name));
    let reset: String = names.map(|name| format!("; RESET {name}")).collect();
    let unlock = format!(
        "SELECT pg_catalog.pg_advisory_unlock({})::int",
        key_sql(history_table)
    );
    let begin = Instant::now();
    // Both in one message: it is one transaction, which a pooler does not divide between sessions.
    while let Ok(answer) = client.simple_query(&format!("{unlock}{reset}")) {
        if number(&answer, 0) == Some(1) || begin.elapsed() > RELEASE_PATIENCE {
            return;
        }
        sleep(Duration::from_millis(20));
    }
}

/// The settings of [`HeldLock::liveness`]. An idle client that is gone is noticed after 30 + 3 × 10
/// s, and one that confirms no data after the same 60 s. The last setting covers a client that goes
/// away during a long statement. Shorter times would end sessions over a network that only stalls.
const LIVENESS: &[(&str, &str)] = &[
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "60000"),
    ("client_connection_check_interval", "2000"),
];

/// Sets those of the settings that this server has, and makes sure that `pid` still answers. A
/// pooler may give each transaction another server session (pgbouncer's `pool_mode = transaction`).
/// A session lock then stays behind in the session that answered. The runner checks the process
/// again in each transaction.
fn liveness(client: &mut Client, pid: i32) -> Result<String> {
    const WHO: &str = "SELECT pg_catalog.pg_backend_pid()";
    let set: Vec<String> = LIVENESS
        .iter()
        .map(|(name, value)| format!("SET {name} = {value}"))
        .collect();
    let (known, answer): (Vec<&String>, _) =
        match client.simple_query(&format!("{}; {WHO}", set.join("; "))) {
            Ok(answer) => (set.iter().collect(), Ok(answer)),
            // One unknown setting fails the whole message: then they are set one by one, and the
            // unknown ones left out.
            Err(_) => (
                set.iter()
                    .filter(|sql| client.batch_execute(sql).is_ok())
                    .collect(),
                client.simple_query(WHO),
            ),
        };
    if number(&answer.context("cannot see who holds the lock")?, 0) != Some(i64::from(pid)) {
        bail!("{POOLED}")
    }
    Ok(known.into_iter().map(|sql| format!("; {sql}")).collect())
}

/// Returns the session that holds the lock of this database, if there is one.
pub fn held_by(client: &mut Client, history_table: &str) -> Result<Option<Holder>> {
    holder(client, history_table)
}

/// One attempt to take the lock.
struct Attempt {
    is_locked: bool,
    pid: i32,
    server_version: u32,
    is_distributed: bool,
    database: String,
}

fn try_lock(client: &mut Client, history_table: &str) -> Result<Attempt> {
    let query = format!(
        "SELECT pg_catalog.pg_try_advisory_lock({})::int, pg_catalog.pg_backend_pid(),
                pg_catalog.current_setting('server_version_num'), pg_catalog.current_database(),
                (SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'citus')",
        key_sql(history_table)
    );
    let answer = client
        .simple_query(&query)
        .context("cannot take the lock")?;
    let field =
        |at| number(&answer, at).context("PostgreSQL did not answer whether the lock is taken");
    let database = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(3).map(str::to_owned),
        _other => None,
    });
    Ok(Attempt {
        is_locked: field(0)? == 1,
        pid: i32::try_from(field(1)?)?,
        server_version: u32::try_from(field(2)?)?,
        is_distributed: field(4)? == 1,
        database: database.unwrap_or_default(),
    })
}

fn number(answer: &[SimpleQueryMessage], at: usize) -> Option<i64> {
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(at)?.parse().ok(),
        _other => None,
    })
}

/// `pg_locks` shows a 64-bit key as two halves; `objsubid` 1 tells it from a pair of 32-bit keys.
/// `{key}` is the expression of the key. The outline shows only the beginning of a query, so no
/// more of it is sent.
const HOLDER: &str = "
    SELECT l.pid, coalesce(nullif(a.application_name, ''), 'unknown application') AS application,
           coalesce(a.usename::text, '?') AS usename,
           coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?') AS since,
           coalesce(a.state, 'activity not visible') AS state, coalesce(left(a.query, 2000), '') AS query
    FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = {key}
    ORDER BY l.pid LIMIT 1";

fn holder(client: &mut Client, history_table: &str) -> Result<Option<Holder>> {
    let query = HOLDER.replace("{key}", &key_sql(history_table));
    let row = client
        .query_opt(&query, &[])
        .context("cannot see who holds the lock")?;
    row.map(|row| {
        Ok(Holder {
            pid: row.try_get("pid")?,
            application: row.try_get("application")?,
            user: row.try_get("usename")?,
            since: row.try_get("since")?,
            activity: activity(row.try_get("state")?, row.try_get("query")?),
        })
    })
    .transpose()
}

/// The state of a session and its present or last query, without the values in it. An application
/// holds the lock only by mistake, and then its data has no place in the log of a deployment.
fn activity(state: &str, query: &str) -> String {
    match sql::outline(query) {
        outline if outline.is_empty() => state.to_owned(),
        outline => format!("{state}: {outline}"),
    }
}

/// The error message for a connection that changes its server session.
pub const POOLED: &str = "cannot hold a lock on the database: the connection changes its server session between \
    statements, as behind pgbouncer with `pool_mode = transaction`; connect to PostgreSQL itself, or to a pool in \
    session mode";

fn timed_out(database: &str, timeout: Duration, holder: Option<&Holder>) -> String {
    let holder = holder.map_or_else(
        || "somebody who is gone by now".to_owned(),
        ToString::to_string,
    );
    format!(
        "cannot lock the database `{database}`: after {} s it is still held by {holder}; \
         wait longer with `--lock-timeout <seconds>`, or end that session",
        timeout.as_secs()
    )
}
