//! Connects to the databases of a run, and to the next ones already while others are worked on. To
//! connect, to make sure that no pooler is in between, and to have the server load its catalogs takes
//! longer than a small migration.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::Client;

use super::{look, run};
use crate::commands::Context;
use crate::fleet::FleetTarget;
use crate::postgres::catalog::{CatalogReader, OwnTables};
use crate::postgres::connect::{Target, connect, is_full};

/// How long a connection waits for its database's turn. Most migrations take less. After a longer one
/// it is made again: nobody sees an idle session for hours, and none is used that a firewall has
/// dropped by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may take to say that a connection is still open. A new one takes less.
const ANSWER: Duration = Duration::from_secs(1);

/// How long a server that has no session left is tried again. Sessions that have just ended are gone
/// within milliseconds.
const LEAVING: Duration = Duration::from_secs(2);

/// A connection to a database.
pub(super) struct Connection {
    pub target: Arc<Target>,
    pub client: Client,
    /// Has its queries prepared on it; none where the catalogs were not read ahead.
    pub reader: Option<CatalogReader>,
}

/// Where a connection is to be sent, once its turn comes.
type Turn = Sender<Connection>;

/// The connections of one run.
pub(super) struct Connections<'r> {
    context: &'r Context,
    /// The identity of the run, which sessions tell.
    id: &'r str,
    /// Whether a connection that is made ahead reads the catalogs.
    reads_ahead: bool,
    ahead: Mutex<Ahead>,
}

/// The connections that are made ahead.
#[derive(Default)]
struct Ahead {
    /// Whether nothing more is begun, because a server had no session left.
    is_given_up: bool,
    /// Those that are begun, by the name of the database.
    begun: BTreeMap<String, Begun>,
}

/// A connection that was begun.
struct Begun {
    turn: Sender<Turn>,
    thread: JoinHandle<()>,
}

impl<'r> Connections<'r> {
    /// The connections of the run `id`, of which none is begun.
    pub(super) fn new(context: &'r Context, id: &'r str) -> Self {
        Self {
            context,
            id,
            reads_ahead: false,
            ahead: Mutex::default(),
        }
    }

    /// Sets whether a connection that is made ahead reads the catalogs, so that the server has them in
    /// its caches. With several databases at a time it is busy enough.
    #[must_use]
    pub(super) fn reading_ahead(self, reads_ahead: bool) -> Self {
        Self {
            reads_ahead,
            ..self
        }
    }

    /// Begins to connect to `one` in the background. It is dropped unless it is taken soon.
    pub(super) fn begin(&self, one: &FleetTarget) {
        let mut ahead = self.ahead();
        let is_open = |begun: &Begun| !begun.thread.is_finished();
        if ahead.is_given_up || ahead.begun.get(&one.name).is_some_and(is_open) {
            return;
        }
        let target = run::named(self.id, one);
        let reader = self.reads_ahead.then(|| self.reader(one));
        let (turn, asked) = mpsc::channel();
        let thread = std::thread::spawn(move || wait_for_turn(target, reader, &asked));
        ahead.begun.insert(one.name.clone(), Begun { turn, thread });
    }

    /// Connects to `one`, or takes the connection that was begun.
    ///
    /// # Errors
    /// As [`connect`].
    pub(super) fn take(&self, one: &FleetTarget) -> Result<Connection> {
        if let Some(connection) = self.taken(&one.name) {
            return Ok(connection);
        }
        let target = run::named(self.id, one);
        Ok(Connection {
            client: self.connect(&target)?,
            reader: None,
            target,
        })
    }

    /// The connection that was begun. `None` where it failed, which the next attempt explains, or
    /// waited too long.
    fn taken(&self, name: &str) -> Option<Connection> {
        let begun = self.ahead().begun.remove(name)?;
        let (turn, connection) = mpsc::channel();
        begun.turn.send(turn).ok()?;
        let mut connection = connection.recv().ok()?;
        // The server may have closed it while it waited.
        let is_open = connection.client.is_valid(ANSWER).is_ok();
        is_open.then_some(connection)
    }

    /// Connects to `target`. Where the server has no session left, those that were made ahead make
    /// room.
    fn connect(&self, target: &Target) -> Result<Client> {
        let begin = Instant::now();
        loop {
            match connect(target) {
                Err(error) if is_full(&error) && begin.elapsed() < LEAVING => {
                    let mut ahead = self.ahead();
                    ahead.is_given_up = true;
                    ahead.begun.clear();
                    drop(ahead);
                    sleep(Duration::from_millis(50));
                }
                connected => return connected,
            }
        }
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self, one: &FleetTarget) -> CatalogReader {
        let context = run::context(self.context, one);
        CatalogReader::new(OwnTables::of(&context.config))
    }
}

/// Connects, and hands the connection over at its turn. Where the turn does not come, because the run
/// is over or the one before takes long, the connection is closed.
fn wait_for_turn(target: Arc<Target>, mut reader: Option<CatalogReader>, turn: &Receiver<Turn>) {
    let Ok(mut client) = connect(&target) else {
        return;
    };
    if let Some(reader) = &mut reader {
        // Only for the server's caches: what was read may be another schema at the turn. A database
        // that cannot be read says so then.
        let _ = look::begin(&mut client).map(|mut transaction| reader.read(&mut transaction));
    }
    if let Ok(turn) = turn.recv_timeout(PATIENCE) {
        // A receiver that is gone needs no connection.
        let _ = turn.send(Connection {
            target,
            client,
            reader,
        });
    }
}
