//! Scratch databases, on which migrations are replayed. Each is a cluster in a temporary folder,
//! because roles and tablespaces outlive a dropped database. Where `SHADOW_DATABASE_URL` is set, it
//! is a new database on that server. Dropping the value removes it, and the next run removes the
//! remains of a killed run.

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
use crate::progress::Progress;

/// The prefix of the folders of scratch clusters: `/dev/shm/db-scratch-XXXXXX`,
/// `/tmp/db-scratch-XXXXXX`.
const PREFIX: &str = "db-scratch-";

/// The prefix of the folders for sockets of embedded servers.
pub(super) const PREFIX_EMBEDDED: &str = "db-embedded-";

/// How old a folder without a locked `owner` must be to count as abandoned: its maker may be about
/// to lock it.
const GRACE: Duration = Duration::from_secs(60);

/// Marks the errors that no scratch database can be made here, because there are no binaries, or no
/// right to create databases. Code that has a substitute looks for it with `downcast_ref`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot make a scratch database")
    }
}

/// An empty database that no other process uses.
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
    /// Makes a scratch database: on the server of `shadow_url`, otherwise in a new cluster whose
    /// server reaches `network`.
    ///
    /// # Errors
    /// When no binaries of the configured major are found, or the server at `shadow_url` is of
    /// another major or does not allow creating databases.
    pub fn start(
        config: &Config,
        shadow_url: Option<&str>,
        network: Network,
        progress: &Progress,
    ) -> Result<Self> {
        let _work = progress.begin("making a scratch database");
        let kind = match shadow_url {
            Some(url) => {
                ScratchKind::Database(Box::new(Shadow::create(url, config.postgres_major)?))
            }
            None => ScratchKind::Cluster(Cluster::start(config, network, progress)?),
        };
        Ok(Self { kind })
    }

    /// The parameters of a connection to it.
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
    /// As the role that runs migrations there.
    pub client: Client,
    /// As a superuser, where `client` is not one and the cluster is ours.
    pub superuser: Option<Client>,
    /// As a role that may end the session of `client`. It is opened before any migration runs,
    /// since a migration could make code that runs when a session begins.
    pub watcher: Client,
    /// The server, where it is not ours.
    pub shared: Option<SharedServer>,
}

impl Scratch {
    /// Connects as the role that runs migrations there; to be called once. On a cluster of our own
    /// that is the owner of a database that is like the target, with a superuser beside it. Where
    /// `superuser` says so, it is a superuser alone.
    ///
    /// # Errors
    /// When the server went away, or does not know one of the settings.
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
    /// Connects as [`Self::connect_like`] did, with a search path to which the session returns
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

/// The search path as an option of a new session.
fn search_path_option(path: &str) -> String {
    format!("-c search_path={}", connect::option_value(path))
}

/// Gives the database of `client` the settings of the target. Connects again, since they hold for
/// new sessions only.
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

/// A cluster in a temporary folder. The lock on `owner` shows that the process that made it lives.
#[derive(Debug)]
struct Cluster {
    server: RunningServer,
    folder: PathBuf,
    guard: Option<ExitGuard>,
    _owner: File,
}

impl Cluster {
    fn start(config: &Config, network: Network, progress: &Progress) -> Result<Self> {
        let account = Account::for_servers().context(Unavailable)?;
        let binaries =
            binaries::find(config.postgres_major, account, progress).context(Unavailable)?;
        Self::start_on(&binaries, account, (network, &config.scratch_settings))
            .context("cannot start a scratch database")
    }

    fn start_on(
        binaries: &Binaries,
        account: Account,
        server: (Network, &[String]),
    ) -> Result<Self> {
        // 6 is the length of the random part of a temporary name.
        let parent = places::short_lived(account, PREFIX.len() + 6);
        // Both places are swept: an earlier run may have found no room in memory.
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
            server,
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
        // No orderly shutdown, which would take longer: the data is thrown away.
        self.server.stop(Signal::SIGQUIT);
        // The next run removes the rest.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Removes the remains of scratch clusters and sockets in `parent` whose makers are gone. Those of
/// other users stay, and so do those that cannot be removed: this run does not need them gone.
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

/// Makes `owner` and locks it. The file gets its name only when it is locked, so that another run's
/// sweep never sees it unlocked.
fn own(folder: &Path) -> Result<File> {
    let unlocked = folder.join("owner.new");
    let owner = File::create(&unlocked)?;
    owner.try_lock()?;
    std::fs::rename(&unlocked, folder.join("owner"))?;
    Ok(owner)
}

/// Whether no process holds the lock on `owner`.
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
