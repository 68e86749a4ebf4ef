//! A pooler between clients and a server, as pgbouncer and others are: few sessions of the server,
//! which clients take turns in. It speaks as much of the protocol as the tool's driver does.

use std::collections::VecDeque;
use std::io::{Error, Read as _, Result, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use postgres::config::Host;

use super::database::Database;

const ENCRYPTION_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// How long a client keeps a session of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until its transaction ends. The session that became free last is used first, so that alone
    /// one always gets the same.
    QuietTransaction,
    /// Until its transaction ends; then it gets another one.
    BusyTransaction,
    /// Until it ends itself.
    Session,
}

/// The pooler. Its sessions stay open until it is dropped, and nobody puts them back in order.
pub struct Pooler {
    folder: tempfile::TempDir,
    pool: Arc<Pool>,
    database: String,
}

struct Pool {
    mode: Mode,
    server: PathBuf,
    database: String,
    idle: Mutex<VecDeque<UnixStream>>,
}

impl Pooler {
    /// A pooler for the clients of `database`.
    pub fn start(database: &Database<'_>, mode: Mode) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("pool")
            .tempdir()
            .expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let idle = Mutex::new(VecDeque::new());
        let pool = Pool {
            mode,
            server: socket(database),
            database: database.name().to_owned(),
            idle,
        };
        let pool = Arc::new(pool);
        let two = [(); 2].map(|()| pool.open().expect("the server listens").0);
        two.into_iter().for_each(|session| pool.give(session));
        let shared = Arc::clone(&pool);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let pool = Arc::clone(&shared);
                std::thread::spawn(move || pool.serve(client));
            }
        });
        Self {
            folder,
            pool,
            database: database.name().to_owned(),
        }
    }

    /// As `--database-url` takes it.
    pub fn url(&self) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgresql://postgres@{host}/{}", self.database)
    }

    /// Returns the answer of each idle session to `query`, as text.
    pub fn ask_all(&self, query: &str) -> Vec<String> {
        let mut idle = self.pool.idle.lock().expect("nobody panicked");
        idle.iter_mut()
            .map(|session| ask(session, query).expect("the session lives"))
            .collect()
    }
}

impl Pool {
    /// A new session, and how the server greets.
    fn open(&self) -> Result<(UnixStream, Vec<u8>)> {
        let mut session = UnixStream::connect(&self.server)?;
        let parameters = format!(
            "user\0postgres\0database\0{}\0application_name\0application\0\0",
            self.database
        );
        let length = u32::try_from(parameters.len() + 8).expect("short");
        session.write_all(
            &[
                &length.to_be_bytes()[..],
                &[0, 3, 0, 0],
                parameters.as_bytes(),
            ]
            .concat(),
        )?;
        let mut greeting = Vec::new();
        pass_answer(&mut session, &mut greeting)?;
        Ok((session, greeting))
    }

    fn take(&self) -> Result<UnixStream> {
        let mut idle = self.idle.lock().expect("nobody panicked");
        let session = match self.mode {
            Mode::QuietTransaction => idle.pop_back(),
            Mode::BusyTransaction | Mode::Session => idle.pop_front(),
        };
        drop(idle);
        session.map_or_else(|| self.open().map(|(session, _)| session), Ok)
    }

    fn give(&self, session: UnixStream) {
        self.idle
            .lock()
            .expect("nobody panicked")
            .push_back(session);
    }

    /// Serves one client until it ends.
    fn serve(&self, mut client: UnixStream) -> Result<()> {
        greet(&mut client, &self.open()?.1)?;
        let mut taken: Option<UnixStream> = None;
        loop {
            let (kind, message) = read_message(&mut client)?;
            if kind == b'X' {
                taken.into_iter().for_each(|session| self.give(session));
                return Ok(());
            }
            let mut session = taken.take().map_or_else(|| self.take(), Ok)?;
            session.write_all(&message)?;
            let ends_transaction =
                (kind == b'Q' || kind == b'S') && pass_answer(&mut session, &mut client)? == b'I';
            if ends_transaction && self.mode != Mode::Session {
                self.give(session);
            } else {
                taken = Some(session);
            }
        }
    }
}

/// Lets a client in, whoever it is.
fn greet(client: &mut UnixStream, greeting: &[u8]) -> Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut body)?;
        if body != ENCRYPTION_REQUEST {
            return client.write_all(greeting);
        }
        client.write_all(b"N")?;
    }
}

/// A message whole, and its type.
fn read_message(stream: &mut UnixStream) -> Result<(u8, Vec<u8>)> {
    let mut message = vec![0; 5];
    stream.read_exact(&mut message)?;
    let length = message[1..]
        .try_into()
        .map(u32::from_be_bytes)
        .map_err(Error::other)? as usize;
    message.resize(length + 1, 0);
    stream.read_exact(&mut message[5..])?;
    Ok((message[0], message))
}

/// Passes on all that the server says, until it waits for the next question: `I` when no
/// transaction is open.
fn pass_answer(session: &mut UnixStream, client: &mut impl std::io::Write) -> Result<u8> {
    loop {
        let (kind, message) = read_message(session)?;
        client.write_all(&message)?;
        if kind == b'Z' {
            return Ok(message[5]);
        }
    }
}

/// The values in the answer to `query`.
fn ask(session: &mut UnixStream, query: &str) -> Result<String> {
    let length = u32::try_from(query.len() + 5).expect("short");
    session.write_all(&[b"Q", &length.to_be_bytes()[..], query.as_bytes(), b"\0"].concat())?;
    let mut values = Vec::new();
    loop {
        let (kind, message) = read_message(session)?;
        match kind {
            // One column: the number of columns, its length, itself.
            b'D' => values.push(String::from_utf8_lossy(&message[11..]).into_owned()),
            b'Z' => return Ok(values.join(" ")),
            _other => {}
        }
    }
}

fn socket(database: &Database<'_>) -> PathBuf {
    match database.parameters().get_hosts().first() {
        Some(Host::Unix(folder)) => folder.join(".s.PGSQL.5432"),
        other => panic!("a scratch cluster listens on a socket, not on {other:?}"),
    }
}
