//! Connects to the databases of a run, and to the next ones already while others are worked on. To
//! connect, and to make sure that no pooler is in between, takes about as long as a small migration.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use postgres::Client;

use super::run;
use crate::fleet::FleetTarget;
use crate::postgres::connect::{Target, connect};

/// How long a connection waits for its database's turn. Most migrations take less. After a longer one
/// it is made again: nobody sees an idle session for hours, and none is used that a firewall has
/// dropped by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the connection is to be sent, once its turn comes.
type Turn = Sender<Client>;

/// The connections of one run.
pub(super) struct Connections<'r> {
    /// The identity of the run, which sessions tell.
    id: &'r str,
    /// Those that are begun, by the name of the database.
    begun: Mutex<BTreeMap<String, Sender<Turn>>>,
}

impl<'r> Connections<'r> {
    /// The connections of the run `id`, of which none is begun.
    pub(super) fn new(id: &'r str) -> Self {
        Self {
            id,
            begun: Mutex::default(),
        }
    }

    /// Begins to connect to `one` in the background. It is dropped unless it is taken soon.
    pub(super) fn begin(&self, one: &FleetTarget) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.entry(one.name.clone()).or_insert_with(|| {
            let target = run::named(self.id, one);
            let (begun, turn) = mpsc::channel();
            std::thread::spawn(move || wait_for_turn(&target, &turn));
            begun
        });
    }

    /// Connects to `one`, or takes the connection that was begun.
    ///
    /// # Errors
    /// As [`connect`].
    pub(super) fn take(&self, one: &FleetTarget) -> Result<(Arc<Target>, Client)> {
        let target = run::named(self.id, one);
        let client = match self.taken(&one.name) {
            Some(client) => client,
            None => connect(&target)?,
        };
        Ok((target, client))
    }

    /// The connection that was begun. `None` where it failed, which the next attempt explains, or
    /// waited too long.
    fn taken(&self, name: &str) -> Option<Client> {
        let begun = {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            begun.remove(name)?
        };
        let (turn, client) = mpsc::channel();
        begun.send(turn).ok()?;
        client.recv().ok().filter(|client| !client.is_closed())
    }
}

/// Connects, and hands the connection over at its turn. Where the turn does not come, because the run
/// is over or the one before takes long, the connection is closed.
fn wait_for_turn(target: &Target, turn: &Receiver<Turn>) {
    let Ok(client) = connect(target) else { return };
    if let Ok(turn) = turn.recv_timeout(PATIENCE) {
        // A receiver that is gone needs no connection.
        let _ = turn.send(client);
    }
}
