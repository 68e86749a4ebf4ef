//! The embedded database: the target where no `DATABASE_URL` is set. Its files stay under the
//! monorepo's `target/`, and its server runs while a command of this tool uses it. Commands share
//! one server. Each holds a shared lock on `lease` while it works. The one that can turn that into
//! an exclusive lock is the last, and stops the server. A run that was killed leaves its server
//! behind; the next run takes it over.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use sha2::{Digest, Sha256};

use super::account::Account;
use super::binaries;
use super::cluster::{self, Network, RunningServer, STOP_PATIENCE};
use super::process::{self, Postmaster};
use super::{places, scratch};
use crate::config::Config;
use crate::progress::Progress;
use crate::whole_file;

/// The embedded server, which runs at least as long as this value lives.
#[derive(Debug)]
pub struct Embedded {
    server: RunningServer,
    folder: PathBuf,
    shown: PathBuf,
    major: u32,
    lease: File,
}

impl Embedded {
    /// Starts the embedded server of the monorepo at `root`, or joins the one that runs.
    ///
    /// # Errors
    /// When no binaries of the configured major are found, or the cluster's files cannot be used.
    pub fn start(config: &Config, root: &Path, progress: &Progress) -> Result<Self> {
        let _work = progress.begin("starting the embedded PostgreSQL");
        let major = config.postgres_major;
        let account = Account::for_servers()?;
        let folder = folder(root, major, account)?;
        places::create(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        start_in(folder.clone(), config, root, (account, progress)).with_context(|| {
            format!(
                "cannot start the embedded PostgreSQL in `{}`",
                folder.display()
            )
        })
    }

    /// The parameters of a connection to it.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        self.server.parameters()
    }

    /// The major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The folder of its files, absolute.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its files for people: relative to the monorepo, if it lies there.
    #[must_use]
    pub fn shown(&self) -> &Path {
        &self.shown
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // Without the gate the server may not be stopped: the next run will do it.
        let Ok(_gate) = gate(&self.folder) else {
            return;
        };
        let is_last = self.lease.unlock().is_ok() && self.lease.try_lock().is_ok();
        if is_last {
            self.server.stop(Signal::SIGINT);
        }
    }
}

/// `target/db-postgres/<major>`. Where root cannot give the server's account access to it, a folder
/// of the cache, named by a digest of the monorepo's path.
fn folder(root: &Path, major: u32, account: Account) -> Result<PathBuf> {
    let usual = root.join("target/db-postgres").join(major.to_string());
    if account.can_enter(&usual) {
        return Ok(usual);
    }
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let name: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(places::cache(account)?
        .join("embedded")
        .join(format!("{name}-{major}")))
}

fn start_in(
    folder: PathBuf,
    config: &Config,
    root: &Path,
    (account, progress): (Account, &Progress),
) -> Result<Embedded> {
    let _gate = gate(&folder)?;
    let lease = open(&folder, "lease")?;
    // An exclusive lock means that no other run uses the server. It then becomes a shared one, and
    // under the gate no other run comes between.
    let alone = match lease.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock `lease`"),
    };
    lease.lock_shared().context("cannot lock `lease`")?;
    let data = folder.join("data");
    let server = match join(&data, alone, account.owning(&data))? {
        Some(server) => server,
        None => launch(&folder, &data, config, (account, progress))?,
    };
    let shown = folder.strip_prefix(root).unwrap_or(&folder).to_path_buf();
    if let Some(inside) = folder.parent().filter(|inside| inside.starts_with(root)) {
        // A server's data is of one machine. Where that cannot be said, git only shows more.
        let _ = whole_file::ignored_by_git(inside);
    }
    Ok(Embedded {
        server,
        folder,
        shown,
        major: config.postgres_major,
        lease,
    })
}

/// Takes the lock under which servers are started and stopped.
fn gate(folder: &Path) -> Result<File> {
    let gate = open(folder, "gate")?;
    gate.lock().context("cannot lock `gate`")?;
    Ok(gate)
}

fn open(folder: &Path, name: &str) -> Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(folder.join(name));
    file.with_context(|| format!("cannot write `{}`", folder.join(name).display()))
}

/// Returns the server that runs on `data`, if one does. A server that runs but does not answer is
/// stopped, unless others use it.
fn join(data: &Path, alone: bool, account: Account) -> Result<Option<RunningServer>> {
    let Some(postmaster) = Postmaster::read(data) else {
        return Ok(None);
    };
    let begin = Instant::now();
    while postmaster.is_running(account) && begin.elapsed() < STOP_PATIENCE {
        // Read again each time: a server that starts has no socket yet.
        let socket_folder = Postmaster::read(data).and_then(|found| found.socket_folder);
        let server = socket_folder.map(|folder| RunningServer::running(postmaster.pid, folder));
        if let Some(server) = server.filter(RunningServer::accepts_connections) {
            return Ok(Some(server));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    if !alone {
        bail!(
            "another process uses it, but its server (process {}) does not answer",
            postmaster.pid
        )
    }
    if postmaster.is_running(account) {
        process::stop(postmaster.pid, Signal::SIGQUIT, STOP_PATIENCE);
    }
    Ok(None)
}

fn launch(
    folder: &Path,
    data: &Path,
    config: &Config,
    (account, progress): (Account, &Progress),
) -> Result<RunningServer> {
    sweep(folder, data)?;
    let binaries = binaries::find(config.postgres_major, account, progress)?;
    if !data.exists() {
        cluster::create(&binaries, account, data)?;
    }
    let account = account.owning(data);
    let parent = places::temporary(account, scratch::PREFIX_EMBEDDED.len() + 6);
    let socket_folder = places::private_folder(account, &parent, scratch::PREFIX_EMBEDDED)?;
    let log = folder.join("log");
    // The log of one start is enough: an error shows its end.
    let _ = std::fs::remove_file(&log);
    let server = RunningServer::start(
        &binaries,
        account,
        data,
        socket_folder.path(),
        &log,
        (Network::OfTheMachine, &config.scratch_settings),
    )?;
    // The server removes its socket, the sweep its folder.
    let _ = socket_folder.keep();
    Ok(server)
}

/// Removes the remains of runs that were killed: half-copied clusters, and a `postmaster.pid` whose
/// process is no server of ours. A cluster that never was complete is set aside.
fn sweep(folder: &Path, data: &Path) -> Result<()> {
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?
    {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("data.new-"))
        {
            std::fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
    }
    let pid_file = data.join("postmaster.pid");
    if pid_file.exists() {
        std::fs::remove_file(&pid_file)
            .with_context(|| format!("cannot remove `{}`", pid_file.display()))?;
    }
    let complete = data.join("PG_VERSION").exists() && data.join("global/pg_control").exists();
    if data.exists() && !complete {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let aside = folder.join(format!("data.damaged-{now}"));
        std::fs::rename(data, &aside)
            .with_context(|| format!("cannot set `{}` aside", data.display()))?;
    }
    Ok(())
}
