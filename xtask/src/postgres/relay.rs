//! Lets programs of the monorepo reach a server that listens on a unix socket only. Many drivers
//! take no path of a socket in a URL, and then connect to port 5432, where another database may be.
//! A relay listens on a port of this machine while such a program runs.
//!
//! The server trusts whoever reaches its socket. So the relay lets only sessions in that name the
//! role which it made up, and puts the real role in its place.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};

/// The codes of requests before a session, by which a client asks for encryption.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// Version 3 of the protocol, whose minor version the server negotiates itself.
const PROTOCOL_MAJOR: u32 = 3;

/// Longer messages are no start of a session: PostgreSQL's own limit.
const LONGEST_START: u32 = 10_000;

/// A relay, which ends with this value.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    role: String,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The server behind a relay.
#[derive(Debug, Clone)]
struct Behind {
    socket: PathBuf,
    real_role: String,
    made_up_role: String,
}

impl Relay {
    /// Relays to the server with its socket in `folder`, to which sessions come as `role`.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(folder: &Path, port: u16, role: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .context("cannot listen on a port of this machine")?;
        let address = listener
            .local_addr()
            .context("cannot tell the port that is listened on")?;
        let made_up_role = unguessable()?;
        let behind = Behind {
            socket: folder.join(format!(".s.PGSQL.{port}")),
            real_role: role.to_owned(),
            made_up_role: made_up_role.clone(),
        };
        let stopped = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stopped);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let behind = behind.clone();
                if let Ok(stream) = stream {
                    // A session that breaks off is for its client to report.
                    std::thread::spawn(move || drop(serve(stream, &behind)));
                }
            }
        });
        Ok(Self {
            address,
            role: made_up_role,
            stopped,
            thread: Some(thread),
        })
    }

    /// The port of this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The role with which sessions are let in.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A name that nobody else on this machine can know.
fn unguessable() -> Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("cannot read `/dev/urandom`")?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("relay_{digits}"))
}

/// Relays one session.
fn serve(mut client: TcpStream, behind: &Behind) -> io::Result<()> {
    let Some(start) = read_start(&mut client)? else {
        return Ok(());
    };
    let Some(start) = with_real_role(&start, behind) else {
        return refuse(&mut client);
    };
    let mut server = UnixStream::connect(&behind.socket)?;
    server.write_all(&start)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let forward = std::thread::spawn(move || {
        let copied = io::copy(&mut from_client, &mut to_server);
        drop(to_server.shutdown(Shutdown::Write));
        copied
    });
    let copied = io::copy(&mut server, &mut client);
    drop(client.shutdown(Shutdown::Both));
    drop(forward.join());
    copied.map(|_| ())
}

/// The message that starts a session, after requests for encryption, which are answered with no.
/// `None` for other requests.
fn read_start(client: &mut impl ReadWrite) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut head = [0; 8];
        client.read_exact(&mut head)?;
        let [a, b, c, d, e, f, g, h] = head;
        let length = u32::from_be_bytes([a, b, c, d]);
        let code = u32::from_be_bytes([e, f, g, h]);
        if length == 8 && ENCRYPTION_REQUESTS.contains(&code) {
            client.write_all(b"N")?;
            continue;
        }
        if code >> 16 != PROTOCOL_MAJOR || !(8..=LONGEST_START).contains(&length) {
            return Ok(None);
        }
        let mut rest = vec![0; length as usize - head.len()];
        client.read_exact(&mut rest)?;
        return Ok(Some([head.as_slice(), &rest].concat()));
    }
}

/// A connection.
trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

/// The start of a session with the real role; `None` where it does not name the made-up one.
fn with_real_role(start: &[u8], behind: &Behind) -> Option<Vec<u8>> {
    let mut parameters: Vec<&[u8]> = start.get(8..)?.split(|byte| *byte == 0).collect();
    let at = parameters
        .iter()
        .step_by(2)
        .position(|name| *name == b"user")?;
    let role = parameters.get_mut(at * 2 + 1)?;
    if *role != behind.made_up_role.as_bytes() {
        return None;
    }
    *role = behind.real_role.as_bytes();
    let parameters = parameters.join(&0);
    let length = u32::try_from(parameters.len() + 8).ok()?;
    Some([&length.to_be_bytes(), start.get(4..8)?, &parameters].concat())
}

fn refuse(client: &mut impl Write) -> io::Result<()> {
    let fields = b"SFATAL\0VFATAL\0C28000\0Mthis port is for one program, which knows its role\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap_or_default();
    client.write_all(&[b"E".as_slice(), &length.to_be_bytes(), fields].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(parameters: &[u8]) -> Vec<u8> {
        let length = u32::try_from(parameters.len() + 8).expect("short");
        [
            &length.to_be_bytes(),
            &196_608_u32.to_be_bytes(),
            parameters,
        ]
        .concat()
    }

    fn behind() -> Behind {
        Behind {
            socket: PathBuf::new(),
            real_role: "postgres".into(),
            made_up_role: "relay_1".into(),
        }
    }

    #[test]
    fn only_the_made_up_role_comes_in_and_as_the_real_one() {
        let own = start(b"user\0relay_1\0database\0user\0\0");
        let real = start(b"user\0postgres\0database\0user\0\0");
        assert_eq!(with_real_role(&own, &behind()), Some(real));
        for other in [
            b"user\0postgres\0database\0relay_1\0\0".as_slice(),
            b"database\0user\0\0",
            b"",
        ] {
            assert_eq!(with_real_role(&start(other), &behind()), None);
        }
    }

    #[test]
    fn whatever_is_no_start_of_a_session_ends_it() {
        let read = |bytes: &[u8]| read_start(&mut io::Cursor::new(bytes.to_vec()));
        let cancel = [16_u32.to_be_bytes(), 80_877_102_u32.to_be_bytes()].concat();
        assert!(read(&cancel).expect("eight bytes").is_none());
        let long = [u32::MAX.to_be_bytes(), 196_608_u32.to_be_bytes()].concat();
        assert!(read(&long).expect("eight bytes").is_none());
        assert!(read(b"GET / ").is_err());
        let whole = start(b"user\0a\0\0");
        assert_eq!(read(&whole).expect("whole"), Some(whole));
    }
}
