//! Scratch databases: where migrations are replayed to see what they make. Each is a cluster of its
//! own in a temporary folder, because roles and tablespaces outlive a dropped database; or, where
//! `SHADOW_DATABASE_URL` says so, a new database on that server. Dropping the value removes it, and
//! what a killed run left behind is removed by the next one.

mod likeness;
mod owner;
mod shared_server;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::Signal;
use postgres::Client;

pub use super::cluster::Network;
pub use likeness::TargetSettings;
pub use owner::{FOUNDER, OVER_THE_MACHINE, SUPERUSER};
pub use shared_server::{MadeRoles, SharedServer};

use super::account::Account;
use super::binaries::Binaries;
use super::cluster::{self, RunningServer, STOP_PATIENCE};
use super::error::ServerError;
use super::guard::ExitGuard;
use super::process::{self, Postmaster};
use super::shadow::Shadow;
use super::{binaries, connect, places};
use crate::config::Config;

/// The folders of scratch clusters, `/dev/shm/db-scratch-XXXXXX`, `/tmp/db-scratch-XXXXXX`.
const PREFIX: &str = "db-scratch-";

/// The folders of the sockets of embedded servers.
pub(super) const PREFIX_EMBEDDED: &str = "db-embedded-";

/// How old a folder without an owner must be to be taken for a left-over: its owner may be about to
/// lock it.
const GRACE: Duration = Duration::from_secs(60);

/// Marks the errors that say: no scratch database can be had here, because there are no binaries,
/// or no right to create databases. Whoever has something to put in its place looks for it with
/// `downcast_ref`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot make a scratch database")
    }
}

/// An empty database that nobody else uses.
#[derive(Debug)]
pub struct Scratch {
    kind: ScratchKind,
}

#[derive(Debug)]
enum ScratchKind {
    Cluster(Cluster),
    Database(Box<Shadow>),
}

impl Scratch {
    /// Makes a scratch database: on the server of `shadow_url`, else in a new cluster, whose server
    /// reaches `network`.
    ///
    /// # Errors
    /// When no binaries of the configured major are found, or the server at `shadow_url` is of
    /// another major or does not let one create databases.
    pub fn start(config: &Config, shadow_url: Option<&str>, network: Network) -> Result<Self> {
        let kind = match shadow_url {
            Some(url) => {
                ScratchKind::Database(Box::new(Shadow::create(url, config.postgres_major)?))
            }
            None => ScratchKind::Cluster(Cluster::start(config.postgres_major, network)?),
        };
        Ok(Self { kind })
    }

    /// How to connect to it.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        match &self.kind {
            ScratchKind::Cluster(cluster) => cluster.server.parameters(),
            ScratchKind::Database(shadow) => shadow.parameters(),
        }
    }

    /// Connects to it.
    ///
    /// # Errors
    /// When the server went away.
    pub fn connect(&self) -> Result<Client> {
        match &self.kind {
            ScratchKind::Cluster(cluster) => {
                let mut parameters = cluster.server.parameters();
                parameters.application_name(connect::APPLICATION_NAME);
                parameters
                    .connect(postgres::NoTls)
                    .context("cannot connect to the scratch database")
            }
            ScratchKind::Database(shadow) => shadow.connect(),
        }
    }
}

/// Connections to a scratch database.
pub struct Connections {
    /// As whoever runs migrations there.
    pub client: Client,
    /// As a superuser, where `client` is none and the cluster is ours.
    pub superuser: Option<Client>,
    /// As one who may end the session of `client`. It was there before any migration, which could
    /// make something that runs when somebody connects.
    pub watcher: Client,
    /// The server, where it is not ours.
    pub shared: Option<SharedServer>,
}

impl Scratch {
    /// Connects as whoever is to run migrations there, once: on a cluster of our own as the owner
    /// of a database that is like the target, and with it as a superuser; as a superuser alone
    /// where `superuser` says so.
    ///
    /// # Errors
    /// When the server went away, or knows one of the settings not.
    pub fn connect_like(&self, likeness: &TargetSettings, superuser: bool) -> Result<Connections> {
        match &self.kind {
            ScratchKind::Cluster(cluster) if !superuser => {
                let owned = owner::connect(&cluster.server.parameters(), likeness)?;
                let owner::Owned {
                    owner,
                    superuser,
                    watcher,
                } = owned;
                Ok(Connections {
                    client: owner,
                    superuser: Some(superuser),
                    watcher,
                    shared: None,
                })
            }
            ScratchKind::Cluster(_) => {
                let client = set(self.connect()?, likeness, cluster::USER, || self.connect())?;
                Ok(Connections {
                    client,
                    superuser: None,
                    watcher: self.connect()?,
                    shared: None,
                })
            }
            ScratchKind::Database(shadow) => {
                let mut client = set(shadow.connect()?, likeness, shadow.name(), || {
                    shadow.connect()
                })?;
                let shared =
                    SharedServer::new(&mut client, likeness.server.as_deref(), shadow.made_roles());
                Ok(Connections {
                    client,
                    superuser: None,
                    watcher: shadow.connect()?,
                    shared: Some(shared),
                })
            }
        }
    }
}

impl Scratch {
    /// Connects as [`Self::connect_like`] did, with a search path that the session goes back to
    /// whenever it is reset.
    ///
    /// # Errors
    /// When the server went away.
    pub fn connect_again(
        &self,
        likeness: &TargetSettings,
        superuser: bool,
        search_path: &str,
    ) -> Result<Client> {
        let options = search_path_option(search_path);
        let mut parameters = match &self.kind {
            ScratchKind::Cluster(cluster) => cluster.server.parameters(),
            ScratchKind::Database(shadow) => return shadow.connect_with(&options),
        };
        if !superuser {
            parameters
                .user(&likeness.role)
                .dbname(owner::database(likeness));
        }
        parameters
            .application_name(connect::APPLICATION_NAME)
            .options(&options);
        parameters
            .connect(postgres::NoTls)
            .context("cannot connect to the scratch database")
    }
}

/// As a server takes it when a session begins, where blanks part options.
fn search_path_option(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace(' ', "\\ ");
    format!("-c search_path={escaped}")
}

/// Gives the database of `client` the settings of the target, and connects again so that they hold.
fn set(
    mut client: Client,
    likeness: &TargetSettings,
    database: &str,
    again: impl FnOnce() -> Result<Client>,
) -> Result<Client> {
    let settings = likeness.settings_sql(database);
    if settings.is_empty() {
        return Ok(client);
    }
    let set = client
        .batch_execute(&settings)
        .map_err(|error| anyhow!(ServerError::from(error)));
    set.context("cannot give the scratch database the settings of the target")?;
    drop(client);
    again()
}

/// A cluster in a temporary folder. The lock on `owner` says that its maker lives.
#[derive(Debug)]
struct Cluster {
    server: RunningServer,
    folder: PathBuf,
    guard: Option<ExitGuard>,
    _owner: File,
}

impl Cluster {
    fn start(major: u32, network: Network) -> Result<Self> {
        let account = Account::for_servers().context(Unavailable)?;
        let binaries = binaries::find(major, account).context(Unavailable)?;
        Self::start_on(&binaries, account, network).context("cannot start a scratch database")
    }

    fn start_on(binaries: &Binaries, account: Account, network: Network) -> Result<Self> {
        let parent = places::short_lived(account, PREFIX.len() + 6);
        BTreeSet::from([&parent, &places::temporary(account, PREFIX.len() + 6)])
            .into_iter()
            .for_each(|parent| sweep(parent, account));
        let folder = places::private_folder(account, &parent, PREFIX)?;
        let owner = own(folder.path()).context("cannot lock the scratch folder")?;
        let data = folder.path().join("data");
        cluster::create(binaries, account, &data)?;
        let server = RunningServer::start(
            binaries,
            account,
            &data,
            folder.path(),
            &folder.path().join("log"),
            network,
        )?;
        let guard = Some(ExitGuard::new(server.pid(), folder.path()));
        Ok(Self {
            server,
            folder: folder.keep(),
            guard,
            _owner: owner,
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.server.stop(Signal::SIGQUIT);
        // Whatever stays is removed by the next run.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes what is left of scratch clusters and sockets in `parent` whose makers are gone. What
/// belongs to other users stays, and so does whatever cannot be removed: this run does not need it.
fn sweep(parent: &Path, account: Account) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for folder in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let abandoned = (name.starts_with(PREFIX) && is_abandoned(&folder))
            || (name.starts_with(PREFIX_EMBEDDED) && is_old(&folder) && is_empty(&folder));
        if abandoned && account.owns(&folder) {
            let postmaster = Postmaster::read(&folder.join("data"));
            if let Some(postmaster) = postmaster.filter(|postmaster| postmaster.is_running(account))
            {
                process::stop(postmaster.pid, Signal::SIGQUIT, STOP_PATIENCE);
            }
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

/// Makes `owner` and locks it. It gets its name only when it is locked: another run's sweep never
/// sees it unlocked.
fn own(folder: &Path) -> Result<File> {
    let unlocked = folder.join("owner.new");
    let owner = File::create(&unlocked)?;
    owner.try_lock()?;
    std::fs::rename(&unlocked, folder.join("owner"))?;
    Ok(owner)
}

/// Whether nobody holds the lock on `owner`.
fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join("owner")) {
        Ok(owner) => owner.try_lock().is_ok(),
        Err(_) => is_old(folder),
    }
}

fn is_old(folder: &Path) -> bool {
    let modified = folder.metadata().and_then(|found| found.modified());
    modified.is_ok_and(|modified| {
        SystemTime::now()
            .duration_since(modified)
            .is_ok_and(|age| age > GRACE)
    })
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}
