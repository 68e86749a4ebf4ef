//! Makes the attempts to connect: one server after the other, each of its addresses, encrypted or
//! not as `sslmode` says, and none for longer than `connect_timeout`. The driver's own timeout ends
//! with TCP's handshake. It would wait for ever for a server that accepts the connection and then
//! says nothing.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use postgres::config::SslMode;
use postgres::{Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{APPLICATION_NAME, explain};
use crate::postgres::address::{Address, HostAddress, ServerEndpoint, TlsMode, WantedServer};
use crate::postgres::tls;

/// The reason why there is no connection to one server.
#[derive(Debug)]
pub(super) enum Failure {
    /// The name of the host cannot be looked up.
    Lookup(io::Error),
    /// It did not answer in time.
    Silent(Duration),
    /// The driver's error.
    Driver(postgres::Error),
    /// It is not the kind of server that is wanted.
    Unwanted(&'static str),
}

/// Connects to the first server of `address` that is of the wanted kind.
pub(super) fn connect(address: &Address) -> Result<Client> {
    let connector = tls::connector(address.tls())?;
    let mut failures = Vec::new();
    for wanted in passes(address.wanted()) {
        // The last pass alone is reported: it asks the same servers for less.
        failures.clear();
        for (at, endpoint) in address.endpoints() {
            match connect_endpoint(address, endpoint, connector.as_ref(), *wanted) {
                Ok(client) => {
                    address.settle_on(at);
                    return Ok(client);
                }
                Err(failure) => {
                    let is_last = is_final(&failure);
                    failures.push((endpoint, failure));
                    if is_last {
                        break;
                    }
                }
            }
        }
    }
    Err(anyhow!(explain::all(&failures, address)))
}

/// Returns the kinds of server to try, in order. A preference for a standby takes any server where
/// there is no standby.
fn passes(wanted: WantedServer) -> &'static [WantedServer] {
    match wanted {
        WantedServer::Any => &[WantedServer::Any],
        WantedServer::ReadWrite => &[WantedServer::ReadWrite],
        WantedServer::ReadOnly => &[WantedServer::ReadOnly],
        WantedServer::Primary => &[WantedServer::Primary],
        WantedServer::Standby => &[WantedServer::Standby],
        WantedServer::PreferStandby => &[WantedServer::Standby, WantedServer::Any],
    }
}

/// Whether no other server is tried after a failure. As in libpq, a server that refuses the
/// connection is the last one, unless it is only starting up (57P03).
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Driver(error) => error.code().is_some_and(|code| code.code() != "57P03"),
        Failure::Lookup(_) | Failure::Silent(_) | Failure::Unwanted(_) => false,
    }
}

fn connect_endpoint(
    address: &Address,
    endpoint: &ServerEndpoint,
    connector: Option<&MakeRustlsConnect>,
    wanted: WantedServer,
) -> Result<Client, Failure> {
    let limit = address.timeout();
    let mut parameters = address.session().clone();
    if parameters.get_application_name().is_none() {
        parameters.application_name(APPLICATION_NAME);
    }
    endpoint.set(&mut parameters);
    let HostAddress::Host(name) = &endpoint.place else {
        // As in libpq, a socket is not encrypted: it is no network that others could listen to.
        let connector = connector.filter(|_| !matches!(endpoint.place, HostAddress::Socket(_)));
        let client = connect_as_asked(&parameters, address.tls().mode, connector, limit)?;
        return fitting(client, wanted, limit);
    };
    let mut last = None;
    for ip in lookup(name, endpoint.port, limit)? {
        let mut parameters = parameters.clone();
        parameters.hostaddr(ip);
        let client = connect_as_asked(&parameters, address.tls().mode, connector, limit);
        match client.and_then(|client| fitting(client, wanted, limit)) {
            Err(failure) if !is_final(&failure) => last = Some(failure),
            settled => return settled,
        }
    }
    Err(last.unwrap_or_else(|| Failure::Lookup(io::Error::other("the name has no address"))))
}

/// The addresses of a host.
fn lookup(name: &str, port: u16, limit: Option<Duration>) -> Result<Vec<IpAddr>, Failure> {
    let name = name.to_owned();
    let found = within(limit, move || {
        (name.as_str(), port)
            .to_socket_addrs()
            .map(Iterator::collect::<Vec<_>>)
    });
    let found = found?.map_err(Failure::Lookup)?;
    Ok(found.into_iter().map(|address| address.ip()).collect())
}

/// Connects as `sslmode` says. `prefer` goes on without encryption where the server cannot encrypt
/// or does not want to.
fn connect_as_asked(
    parameters: &postgres::Config,
    mode: TlsMode,
    connector: Option<&MakeRustlsConnect>,
    limit: Option<Duration>,
) -> Result<Client, Failure> {
    let plain = |parameters: &postgres::Config| {
        let mut parameters = parameters.clone();
        parameters.ssl_mode(SslMode::Disable);
        driver(limit, move || parameters.connect(postgres::NoTls))
    };
    let Some(connector) = connector.cloned() else {
        return plain(parameters);
    };
    let mut encrypted = parameters.clone();
    encrypted.ssl_mode(if mode == TlsMode::Prefer {
        SslMode::Prefer
    } else {
        SslMode::Require
    });
    match driver(limit, move || encrypted.connect(connector)) {
        Err(Failure::Driver(error)) if mode == TlsMode::Prefer && is_about_encryption(&error) => {
            // Where that fails too, the first error tells more.
            plain(parameters).map_err(|_| Failure::Driver(error))
        }
        settled => settled,
    }
}

/// Whether an attempt without encryption may succeed: the handshake failed, or `pg_hba.conf` of the
/// server wants none.
fn is_about_encryption(error: &postgres::Error) -> bool {
    match error.as_db_error() {
        Some(answer) => answer.code().code() == "28000" && answer.message().contains("pg_hba.conf"),
        None => error.to_string().contains("TLS handshake"),
    }
}

fn driver(
    limit: Option<Duration>,
    connect: impl FnOnce() -> Result<Client, postgres::Error> + Send + 'static,
) -> Result<Client, Failure> {
    within(limit, connect)?.map_err(Failure::Driver)
}

/// Returns the result of `work`, if it comes in time. Otherwise the thread is left alone: it waits
/// for a socket, and ends with the process at the latest.
fn within<T: Send + 'static>(
    limit: Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let Some(limit) = limit else {
        return Ok(work());
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || drop(sender.send(work())));
    receiver
        .recv_timeout(limit)
        .map_err(|_| Failure::Silent(limit))
}

/// Returns the client, if its server is of the wanted kind.
fn fitting(
    mut client: Client,
    wanted: WantedServer,
    limit: Option<Duration>,
) -> Result<Client, Failure> {
    const STATE: &str = "SELECT pg_catalog.pg_is_in_recovery()::int,
                                (pg_catalog.current_setting('transaction_read_only') = 'on')::int";
    if wanted == WantedServer::Any {
        return Ok(client);
    }
    let answered = within(limit, move || {
        client.simple_query(STATE).map(|answer| (client, answer))
    })?;
    let (client, answer) = answered.map_err(Failure::Driver)?;
    let flag = |at: usize| {
        answer.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(at) == Some("1"),
            _other => false,
        })
    };
    let (is_standby, is_read_only) = (flag(0), flag(1));
    match wanted {
        WantedServer::Primary if is_standby => {
            Err(Failure::Unwanted("is a standby, and a primary is wanted"))
        }
        WantedServer::Standby if !is_standby => {
            Err(Failure::Unwanted("is no standby, and one is wanted"))
        }
        WantedServer::ReadWrite if is_standby || is_read_only => Err(Failure::Unwanted(
            "takes no changes, and `target_session_attrs` wants a server that does",
        )),
        WantedServer::ReadOnly if !is_standby && !is_read_only => Err(Failure::Unwanted(
            "takes changes, and `target_session_attrs` wants a server that does not",
        )),
        _fits => Ok(client),
    }
}
