//! Connects to the target database. A failed connection is the commonest failure of all, so each
//! cause has its own sentence and its own next step. A password is never part of either.

mod attempt;
mod engine;
mod explain;
mod pooler;
mod providers;
mod server;
mod sockets;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::Client;

use super::address::Address;
use super::address::variables::{self, ConnectionVariable};
use super::embedded::Embedded;
use super::error::ServerError;
use crate::config::Config;
use crate::progress::Progress;

/// The name of our sessions in `pg_stat_activity`.
pub const APPLICATION_NAME: &str = "pgaccord";

/// The setting that tells a session of the tenant to whose schema it is confined.
pub const TENANT: &str = "pgaccord.tenant";

/// A value among the options of a new session, in which spaces separate options and are escaped.
pub(super) fn option_value(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

/// The database that a command works on.
#[derive(Debug)]
pub enum Target {
    /// A database on a server that is not ours.
    Url(Box<Address>),
    /// The embedded database, whose server runs at least as long as this value lives.
    Embedded(Embedded),
}

impl Target {
    /// Opens the database at `url` (`--database-url` or `DATABASE_URL`). Without a URL it starts
    /// the embedded PostgreSQL of the monorepo at `root`.
    ///
    /// # Errors
    /// When the URL is malformed, or the embedded PostgreSQL does not start.
    pub fn open(
        url: Option<&str>,
        config: &Config,
        root: &Path,
        progress: &Progress,
    ) -> Result<Self> {
        match url.filter(|url| !url.is_empty()) {
            Some(url) => {
                let address =
                    Address::parse(url, "the database URL (`--database-url` or `DATABASE_URL`)")?;
                Ok(Self::Url(Box::new(address)))
            }
            None => Ok(Self::Embedded(Embedded::start(config, root, progress)?)),
        }
    }

    /// The database at `url`; `origin` is the user's name for the setting.
    ///
    /// # Errors
    /// When the URL cannot be read. The message holds no password.
    pub fn of_url(url: &str, origin: &str) -> Result<Self> {
        Ok(Self::Url(Box::new(Address::parse(url, origin)?)))
    }

    /// The same database, with a name for its sessions in `pg_stat_activity`, where the URL gives
    /// none.
    #[must_use]
    pub fn named(&self, application: &str) -> Option<Self> {
        match self {
            Self::Url(address) => Some(Self::Url(Box::new(address.with_application(application)))),
            // Its one session at a time needs no other name.
            Self::Embedded(_) => None,
        }
    }

    /// The same database, for sessions that look for names in the schema `tenant`, and then in
    /// `public`. They begin so, and `RESET` returns to it.
    #[must_use]
    pub fn in_schema(&self, tenant: &str) -> Option<Self> {
        let quoted = tenant.replace('"', "\"\"");
        let path = option_value(&format!("\"{quoted}\", public"));
        let options = format!("-c search_path={path} -c {TENANT}={}", option_value(tenant));
        match self {
            Self::Url(address) => Some(Self::Url(Box::new(address.with_options(&options)))),
            Self::Embedded(_) => None,
        }
    }

    /// The server, or the servers that may answer.
    #[must_use]
    pub fn server(&self) -> String {
        match self {
            Self::Url(address) => address.host(),
            Self::Embedded(_) => self.describe(),
        }
    }

    /// Server and database, without the user.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Url(address) => address.place(),
            Self::Embedded(_) => self.describe(),
        }
    }

    /// Describes the database for people, without a password. Of several hosts it names the one
    /// that answered, once one has.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Url(address) => address.describe(),
            Self::Embedded(embedded) => {
                format!(
                    "embedded PostgreSQL {} in `{}`",
                    embedded.major(),
                    embedded.shown().display()
                )
            }
        }
    }

    /// The parameters of a connection to it.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        match self {
            Self::Url(address) => address.parameters(),
            Self::Embedded(embedded) => embedded.parameters(),
        }
    }

    /// The environment variables with which PostgreSQL's own programs connect to it.
    #[must_use]
    pub fn variables(&self) -> Vec<ConnectionVariable> {
        match self {
            Self::Url(address) => address.variables(),
            Self::Embedded(embedded) => variables::of_parameters(&embedded.parameters()),
        }
    }
}

/// Connects to `target`, and makes sure that the server is PostgreSQL and that its session stays
/// the same. A pooler may give each transaction another one: locks and settings would stay behind
/// in sessions of the application.
///
/// # Errors
/// One paragraph that names the cause and the next step.
pub fn connect(target: &Target) -> Result<Client> {
    match target {
        Target::Url(address) => connect_to_session(address),
        Target::Embedded(_) => connect_beside(target),
    }
}

/// Whether the error of [`connect`] is that the server, or the role, has no session left.
#[must_use]
pub fn is_full(error: &anyhow::Error) -> bool {
    // The errors of all servers that were tried are one text.
    format!("{error:#}").contains("SQLSTATE 53300")
}

/// A connection that is made in the background.
#[derive(Debug)]
pub struct PendingClient {
    /// The database.
    pub target: Arc<Target>,
    client: JoinHandle<Result<Client>>,
}

impl PendingClient {
    /// Begins to connect to `target`, see [`connect`].
    #[must_use]
    pub fn begin(target: Target) -> Self {
        let target = Arc::new(target);
        let connected = Arc::clone(&target);
        Self {
            target,
            client: std::thread::spawn(move || connect(&connected)),
        }
    }

    /// Waits for the connection.
    ///
    /// # Errors
    /// As [`connect`].
    pub fn wait(self) -> Result<(Arc<Target>, Client)> {
        let connected = self
            .client
            .join()
            .unwrap_or_else(|_| bail!("connecting to the database did not end"));
        Ok((self.target, connected?))
    }
}

/// Connects to `target` without looking for a pooler: once more, beside a connection of
/// [`connect`], or for a single transaction that only reads.
///
/// # Errors
/// As [`connect`].
pub fn connect_beside(target: &Target) -> Result<Client> {
    match target {
        Target::Url(address) => connect_to(address),
        Target::Embedded(embedded) => {
            let mut parameters = embedded.parameters();
            parameters.application_name(APPLICATION_NAME);
            parameters.connect(postgres::NoTls).map_err(|error| {
                anyhow!(ServerError::from(&error))
                    .context(format!("cannot connect to the {}", target.describe()))
            })
        }
    }
}

/// Connects to `target` for a single transaction that only reads: as [`connect_beside`], but a
/// worker of Citus is refused, which knows nothing of migrations.
///
/// # Errors
/// As [`connect`].
pub fn connect_to_look(target: &Target) -> Result<Client> {
    let mut client = connect_beside(target)?;
    server::refuse_worker_of_citus(&mut client)
        .with_context(|| format!("cannot use the {}", target.describe()))?;
    Ok(client)
}

/// Connects to the database at `address`, see [`connect`].
pub(super) fn connect_to_session(address: &Address) -> Result<Client> {
    let mut client = connect_to(address)?;
    server::refuse_unsuitable(&mut client, address)
        .with_context(|| format!("cannot use `{}`", address.describe()))?;
    Ok(client)
}

/// Connects to the database at `address`.
pub(super) fn connect_to(address: &Address) -> Result<Client> {
    attempt::connect(address)
        .map_err(|error| error.context(format!("cannot connect to `{}`", address.describe())))
}
