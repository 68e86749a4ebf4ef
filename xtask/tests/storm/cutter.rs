//! A proxy between the tool and a server that cuts all connections once so many bytes have gone
//! through, and lets nobody in after that.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use postgres::config::Host;

use crate::support::database::Database;

/// The proxy.
pub struct Cutter {
    folder: tempfile::TempDir,
    state: Arc<State>,
    database: String,
}

struct State {
    server: PathBuf,
    /// How many bytes may still go through.
    left: AtomicI64,
    open: Mutex<Vec<UnixStream>>,
}

impl Cutter {
    /// A proxy for the clients of `database`.
    pub fn start(database: &Database<'_>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cut")
            .tempdir()
            .expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let server = match database.parameters().get_hosts().first() {
            Some(Host::Unix(folder)) => folder.join(".s.PGSQL.5432"),
            other => panic!("a scratch cluster listens on a socket, not on {other:?}"),
        };
        let state = Arc::new(State {
            server,
            left: AtomicI64::new(i64::MAX),
            open: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Whoever comes too late is turned away by the end of the connection.
                let _ = shared.serve(client);
            }
        });
        Self {
            folder,
            state,
            database: database.name().to_owned(),
        }
    }

    /// As `DATABASE_URL` holds it.
    pub fn url(&self) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgresql://postgres@{host}/{}", self.database)
    }

    /// Lets so many bytes through from now on. Returns how many were left before.
    pub fn allow(&self, bytes: i64) -> i64 {
        self.state.open.lock().expect("nobody panicked").clear();
        self.state.left.swap(bytes, Ordering::SeqCst)
    }
}

impl State {
    fn serve(self: &Arc<Self>, client: UnixStream) -> std::io::Result<()> {
        if self.left.load(Ordering::SeqCst) <= 0 {
            return Ok(());
        }
        let server = UnixStream::connect(&self.server)?;
        let mut open = self.open.lock().expect("nobody panicked");
        open.extend([client.try_clone()?, server.try_clone()?]);
        drop(open);
        for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            let state = Arc::clone(self);
            std::thread::spawn(move || state.pass(from, to));
        }
        Ok(())
    }

    /// Passes on what comes, up to the byte at which everything is cut.
    fn pass(&self, mut from: UnixStream, mut to: UnixStream) {
        let mut buffer = [0; 2048];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let before = self
                .left
                .fetch_sub(i64::try_from(count).expect("small"), Ordering::SeqCst);
            let passed = usize::try_from(before.max(0)).unwrap_or(0).min(count);
            let is_passed = to.write_all(&buffer[..passed]).is_ok();
            if passed < count {
                let open = self.open.lock().expect("nobody panicked");
                open.iter()
                    .for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
                return;
            }
            if !is_passed {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}
