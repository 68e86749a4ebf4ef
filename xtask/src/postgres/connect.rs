//! Connects to the target database. A connection that cannot be made is the commonest failure of all, so each cause
//! has its own sentence and its own next step; a password is never part of either.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use postgres::Client;
use postgres::config::Host;

use super::address::Address;
use super::embedded::Embedded;
use super::error::ServerError;
use super::tls;
use crate::config::Config;

/// How our sessions call themselves in `pg_stat_activity`.
pub const APPLICATION_NAME: &str = "cargo xtask";

/// How long to wait for a server that does not answer, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the driver has where nobody says otherwise.
const SYSTEM_KEEPALIVES_IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// The database that a command works on.
#[derive(Debug)]
pub enum Target {
    /// One that somebody else runs.
    Url(Box<Address>),
    /// The embedded one, which is started and runs as long as this value lives.
    Embedded(Embedded),
}

impl Target {
    /// The database at `url` (`--database-url` or `DATABASE_URL`), else the embedded PostgreSQL of the monorepo at
    /// `root`, which it starts.
    ///
    /// # Errors
    /// When the URL is malformed, or the embedded PostgreSQL does not start.
    pub fn open(url: Option<&str>, config: &Config, root: &Path) -> Result<Self> {
        match url.filter(|url| !url.is_empty()) {
            Some(url) => {
                let address = Address::parse(url, "the database URL (`--database-url` or `DATABASE_URL`)")?;
                Ok(Self::Url(Box::new(address)))
            }
            None => Ok(Self::Embedded(Embedded::start(config, root)?)),
        }
    }

    /// Which database it is, for people; without a password.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Url(address) => address.describe(),
            Self::Embedded(embedded) => {
                format!("embedded PostgreSQL {} in `{}`", embedded.major(), embedded.shown().display())
            }
        }
    }

    /// How to connect to it.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        match self {
            Self::Url(address) => address.parameters(),
            Self::Embedded(embedded) => embedded.parameters(),
        }
    }
}

/// Connects to `target`.
///
/// # Errors
/// One paragraph that names the cause and the next step.
pub fn connect(target: &Target) -> Result<Client> {
    match target {
        Target::Url(address) => connect_to(address),
        Target::Embedded(embedded) => {
            let mut parameters = embedded.parameters();
            parameters.application_name(APPLICATION_NAME);
            parameters.connect(postgres::NoTls).map_err(|error| {
                anyhow!(ServerError::from(&error)).context(format!("cannot connect to the {}", target.describe()))
            })
        }
    }
}

/// Connects to the database at `address`.
pub(super) fn connect_to(address: &Address) -> Result<Client> {
    let mut parameters = address.parameters();
    if parameters.get_application_name().is_none() {
        parameters.application_name(APPLICATION_NAME);
    }
    if parameters.get_connect_timeout().is_none() {
        parameters.connect_timeout(CONNECT_TIMEOUT);
    }
    notice_dead_server(&mut parameters);
    let connector = tls::connector(address.tls()).with_context(|| cannot_connect(address))?;
    let client = match connector {
        Some(connector) => parameters.connect(connector),
        None => parameters.connect(postgres::NoTls),
    };
    client.map_err(|error| anyhow!(explain(&error, address)).context(cannot_connect(address)))
}

/// A server that vanished without a word is noticed within a minute or so, instead of the system's two hours.
fn notice_dead_server(parameters: &mut postgres::Config) {
    if parameters.get_keepalives_idle() == SYSTEM_KEEPALIVES_IDLE && parameters.get_keepalives_interval().is_none() {
        parameters.keepalives_idle(Duration::from_secs(30)).keepalives_interval(Duration::from_secs(10));
    }
    if parameters.get_keepalives_retries().is_none() {
        parameters.keepalives_retries(3);
    }
    if parameters.get_tcp_user_timeout().is_none() {
        parameters.tcp_user_timeout(Duration::from_secs(60));
    }
}

fn cannot_connect(address: &Address) -> String {
    format!("cannot connect to `{}`", address.describe())
}

/// Says what stands in the way, and what to do about it.
fn explain(error: &postgres::Error, address: &Address) -> String {
    let cause = ServerError::from(error);
    let next = match cause.sqlstate.as_deref() {
        Some(state) => refused_by_server(state, &cause.message, address),
        None => not_reached(error, &cause.message, address),
    };
    format!("{}; {next}", cause.headline())
}

/// The server answered, and said no.
fn refused_by_server(sqlstate: &str, message: &str, address: &Address) -> String {
    let user = address.user();
    match sqlstate {
        "28000" if message.contains("no encryption") || message.contains("SSL off") => {
            "the server wants an encrypted connection: add `sslmode=require` to the URL".into()
        }
        "28000" | "28P01" => {
            format!("check the user name and the password in the URL, and that the role `{user}` may log in")
        }
        "3D000" => {
            format!("create it with `createdb {}`, or correct the name at the end of the URL", address.database())
        }
        "53300" => "close other connections, or raise `max_connections` of the server, and run this again".into(),
        "57P03" => "the server starts up or shuts down: wait a moment and run this again".into(),
        "42501" => format!("ask for `GRANT CONNECT ON DATABASE {} TO {user}`", address.database()),
        _ => "the server's log says more".into(),
    }
}

/// The server did not answer, or not in its own protocol.
fn not_reached(error: &postgres::Error, message: &str, address: &Address) -> String {
    let source = std::error::Error::source(error);
    let kind = source.and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    let host = address.host();
    match kind {
        _ if message.contains("password missing") => {
            "the server wants a password: write it into the URL, `postgresql://user:password@…`, or set `PGPASSWORD`"
                .into()
        }
        _ if message.contains("does not support TLS") => {
            "the server does not encrypt: switch `ssl` on there, or use `sslmode=prefer` if the network can be trusted"
                .into()
        }
        _ if message.contains("TLS handshake") => {
            "the server's certificate was not accepted: name its authority with `sslrootcert=<file>`, and the host as \
             the certificate does"
                .into()
        }
        _ if message.contains("lookup address") => {
            format!("the host `{host}` is not known: correct it in the URL, or check the network's name service")
        }
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("nothing listens at `{host}`: start the server, or correct host and port in the URL")
        }
        Some(io::ErrorKind::NotFound) => {
            format!("there is no socket in `{host}`: start the server, or correct the folder in the URL")
        }
        Some(io::ErrorKind::PermissionDenied) => {
            format!("the socket in `{host}` may not be opened by this user: use `localhost` as host, or another user")
        }
        _ if message.contains("timed out") || message.contains("timeout") => {
            format!("`{host}` does not answer: check host, port and firewall, or raise `connect_timeout` in the URL")
        }
        _ => format!("check that what listens at `{host}` is a PostgreSQL server"),
    }
}

/// Where a server listens, for people.
pub(super) fn shown_host(host: Option<&Host>, port: Option<&u16>) -> String {
    let port = port.copied().unwrap_or(5432);
    match host {
        Some(Host::Tcp(name)) if name.contains(':') => format!("[{name}]:{port}"),
        Some(Host::Tcp(name)) => format!("{name}:{port}"),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => format!("localhost:{port}"),
    }
}
