//! Detects a pooler that gives each transaction another session of the server (pgbouncer's
//! `pool_mode = transaction`, Supavisor's port 6543). Locks and settings then stay behind in the
//! session that answered, and affect the application's next transaction. So the pooler is detected
//! before anything is locked or set.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, bail};
use postgres::{Client, SimpleQueryMessage};

use super::connect_to;
use super::providers::direct_address;
use super::sockets::is_port_of_ours;
use crate::postgres::address::Address;

/// The error message for a connection that changes its server session.
pub const POOLED: &str = "the connection changes its server session between transactions, as behind pgbouncer with \
    `pool_mode = transaction`, where locks and settings would stay behind in sessions of the application; connect to \
    PostgreSQL itself (often another host, or port 5432 instead of 6543 or 6432), or to a pool in session mode";

/// How long to wait for a second session. A pool in session mode that has no other one would keep
/// us waiting for minutes.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often both connections are asked. A busy pool hands its sessions to others in between, so
/// that one round may miss it.
const ROUNDS: usize = 2;

/// The query that identifies a session of the server. The number of a process alone is reused soon,
/// and other servers have it too.
const SESSION: &str = "SELECT pg_catalog.pg_backend_pid()::text || '/' ||
    coalesce((SELECT backend_start::text FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())), '')";

/// Refuses a connection whose server session changes. Where `client_port`, the port that the server
/// sees at the other end, is one of this process, nothing is between the two. Otherwise a second connection is opened beside it. A pool gives it
/// the session that has just become free; without a pool each has a separate session. Where no
/// second connection can be made, only the first is asked.
pub(super) fn refuse(
    client: &mut Client,
    address: &Address,
    client_port: Option<u16>,
) -> Result<()> {
    // A unix socket has no port, and behind a proxy or a translated address the server sees another
    // one.
    if client_port.is_some_and(is_port_of_ours) {
        return Ok(());
    }
    let Some(own) = ask(client, SESSION) else {
        return Ok(());
    };
    // A pool that hands its sessions out in turn shows it at once.
    if ask(client, SESSION).is_some_and(|now| now != own) {
        bail!("{}", pooled(address))
    }
    let beside = Beside::connect(address);
    let is_pooled = is_pooled(client, &own, &beside);
    beside.close();
    if is_pooled {
        bail!("{}", pooled(address))
    }
    Ok(())
}

/// The error message, with the address to use instead where the provider is known.
fn pooled(address: &Address) -> String {
    match address.provider_hint(direct_address) {
        Some(hint) => format!("{POOLED}. {hint}"),
        None => POOLED.to_owned(),
    }
}

/// Whether `client`, whose session was `own`, shares it with the connection `beside` it, or has
/// another session now.
fn is_pooled(client: &mut Client, own: &str, beside: &Beside) -> bool {
    for _ in 0..ROUNDS {
        let theirs = beside.session();
        // Before the question below, which would wait in a pool that has this session only.
        if theirs.as_deref() == Some(own) {
            return true;
        }
        if ask(client, SESSION).is_some_and(|now| now != own) {
            return true;
        }
        if theirs.is_none() {
            return false;
        }
        beside.go_on();
    }
    false
}

/// A second connection. It works in its own thread, which is abandoned where a pool keeps it
/// waiting.
struct Beside {
    /// The request for another session.
    next: mpsc::Sender<()>,
    sessions: mpsc::Receiver<String>,
}

impl Beside {
    fn connect(address: &Address) -> Self {
        let (next, asked) = mpsc::channel();
        let (sender, sessions) = mpsc::channel();
        let address = address.clone();
        std::thread::spawn(move || {
            let Ok(mut client) = connect_to(&address) else {
                return;
            };
            // The open transaction keeps its session until the next one is requested, so that a
            // pool cannot give it away.
            while let Some(session) = ask(&mut client, &format!("BEGIN READ ONLY; {SESSION}")) {
                let is_last = sender.send(session).is_err() || asked.recv().is_err();
                if client.simple_query("ROLLBACK").is_err() || is_last {
                    return;
                }
            }
        });
        Self { next, sessions }
    }

    /// The present session; `None` where there is none in time.
    fn session(&self) -> Option<String> {
        self.sessions.recv_timeout(PATIENCE).ok()
    }

    /// Lets the connection go to another session.
    fn go_on(&self) {
        let _ = self.next.send(());
    }

    /// Closes the connection and waits until it is gone, at most a moment, so that a count of
    /// connections does not include it.
    fn close(self) {
        let Self { next, sessions } = self;
        drop(next);
        while sessions.recv_timeout(Duration::from_millis(100)).is_ok() {}
    }
}

fn ask(client: &mut Client, query: &str) -> Option<String> {
    let answer = client.simple_query(query).ok()?;
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _other => None,
    })
}
