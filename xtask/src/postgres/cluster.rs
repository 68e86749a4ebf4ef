//! One PostgreSQL cluster of ours: its data folder, copied from a cached template, and the server
//! on it. The server listens on a unix socket only, and never waits for the disk.

use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use sha2::{Digest, Sha256};

use super::account::Account;
use super::binaries::Binaries;
use super::{places, process};

/// The superuser of every cluster of ours.
pub(super) const USER: &str = "postgres";

/// The arguments of `initdb`. The result is the same everywhere: text is ordered by its bytes, and
/// letters are Unicode's where the system knows `C.UTF-8`. Segments of the log are 1 MB instead of
/// 16: each cluster copies the template with its log.
const INITDB: &[&str] = &[
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--lc-collate=C",
    "--lc-messages=C",
    "--lc-monetary=C",
    "--lc-numeric=C",
    "--lc-time=C",
    "--wal-segsize=1",
    "--no-sync",
    "--no-instructions",
];

/// Settings of every server of ours, which override its `postgresql.conf`. The data can be made
/// again, so nothing waits for a disk. A migration may touch thousands of tables in one
/// transaction, so there are many locks.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "max_connections=100",
    "max_locks_per_transaction=1024",
    "jit=off",
    // Publications can be made without it, but replication slots cannot.
    "wal_level=logical",
    "logging_collector=off",
    "log_destination=stderr",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// How long a server may take to accept connections, with recovery after a crash.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long a server may take to end before it is killed.
pub(super) const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// Makes a fresh cluster at `data`, which must not exist. It appears there complete or not at all:
/// it is copied beside it, and renamed.
pub(super) fn create(binaries: &Binaries, account: Account, data: &Path) -> Result<()> {
    let template = template(binaries, account)?;
    let parent = data.parent().unwrap_or(Path::new("/"));
    let staging = tempfile::Builder::new()
        .prefix("data.new-")
        .tempdir_in(parent);
    let staging = staging.with_context(|| format!("cannot write `{}`", parent.display()))?;
    let copied = staging.path().join("data");
    copy(&template, &copied, account)
        .with_context(|| format!("cannot copy a cluster to `{}`", parent.display()))?;
    std::fs::rename(&copied, data)
        .with_context(|| format!("cannot create the cluster `{}`", data.display()))
}

/// Returns the cached data folder from which every cluster on these binaries is copied. `initdb`
/// takes much longer than a copy.
fn template(binaries: &Binaries, account: Account) -> Result<PathBuf> {
    let cache = places::cache(account)?.join("templates");
    places::create(&cache).with_context(|| format!("cannot create `{}`", cache.display()))?;
    let template = cache.join(template_key(binaries, account));
    let lock_file = cache.join("lock");
    let lock = File::create(&lock_file)
        .with_context(|| format!("cannot write `{}`", lock_file.display()))?;
    lock.lock()
        .with_context(|| format!("cannot lock `{}`", lock_file.display()))?;
    // Under the lock: of several runs on a fresh machine, one makes the template and the others
    // wait.
    if !template.join("global/pg_control").exists() {
        let staging = tempfile::tempdir_in(&cache)
            .with_context(|| format!("cannot write `{}`", cache.display()))?;
        account.give(staging.path())?;
        initialise(binaries, account, &staging.path().join("data"))?;
        std::fs::rename(staging.path().join("data"), &template)
            .with_context(|| format!("cannot create the template `{}`", template.display()))?;
    }
    Ok(template)
}

/// Returns the key of a template, made of everything that the template depends on.
fn template_key(binaries: &Binaries, account: Account) -> String {
    let text = format!(
        "{}\n{}\n{}\n{INITDB:?}",
        binaries.folder.display(),
        binaries.version,
        account.uid()
    );
    let digest = Sha256::digest(text.as_bytes());
    let digest: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{digest}", binaries.major)
}

fn initialise(binaries: &Binaries, account: Account, data: &Path) -> Result<()> {
    let first = initdb(binaries, account, data, "C.UTF-8");
    if first.is_ok() {
        return first;
    }
    // The system has no such locale. Letters beyond ASCII are then no letters to regular
    // expressions.
    let _ = std::fs::remove_dir_all(data);
    initdb(binaries, account, data, "C")
}

fn initdb(binaries: &Binaries, account: Account, data: &Path, letters: &str) -> Result<()> {
    let program = binaries.program("initdb");
    let mut command = command(&program, account);
    command
        .arg("--pgdata")
        .arg(data)
        .args(INITDB)
        .arg(format!("--lc-ctype={letters}"));
    let output = command
        .output()
        .with_context(|| format!("cannot run `{}`", program.display()))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            program.display(),
            one_line(&output.stderr)
        )
    }
    Ok(())
}

/// The variables that a program of PostgreSQL may need to start. All others are kept from it: SQL
/// could read them, and they hold the secrets of a CI job.
const ENVIRONMENT: &[&str] = &[
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "TZDIR",
];

/// A command that runs `program` as `account`, in a folder that it can enter.
fn command(program: &Path, account: Account) -> Command {
    let mut command = Command::new(program);
    account.assume(&mut command);
    command.current_dir("/").stdin(Stdio::null()).env_clear();
    command.envs(
        ENVIRONMENT
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?))),
    );
    command
}

fn copy(from: &Path, to: &Path, account: Account) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir(&target)?;
            std::fs::set_permissions(&target, entry.metadata()?.permissions())?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
        account.give(&target)?;
    }
    Ok(())
}

/// The network that a server may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The network of the machine.
    OfTheMachine,
    /// None, where the system lets an ordinary user decide that (user namespaces of Linux). SQL
    /// that is only verified must not change data behind foreign tables.
    None,
}

/// The program that gives a command an empty network, with its arguments. The command is appended.
const WITHOUT_NETWORK: (&str, &[&str]) = ("unshare", &["--map-current-user", "--net", "--"]);

/// No valid address. The server's own client library, as `postgres_fdw` and `dblink` use it, then
/// refuses to connect before anything is sent, unless SQL names an address itself. This also holds
/// for sockets, and where the network cannot be taken away.
const NO_ADDRESS: (&str, &str) = ("PGHOSTADDR", "a scratch database reaches no other server");

/// A command that runs `program` as [`command`] does, without a network where that is possible.
fn without_network(program: &Path, account: Account) -> Command {
    let (unshare, arguments) = WITHOUT_NETWORK;
    let isolated = |program: &Path| {
        let mut isolated = command(Path::new(unshare), account);
        isolated.args(arguments).arg(program);
        isolated
    };
    let mut attempt = isolated(Path::new("true"));
    let is_possible = attempt
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let mut command = if is_possible {
        isolated(program)
    } else {
        command(program, account)
    };
    command.env(NO_ADDRESS.0, NO_ADDRESS.1);
    command
}

/// A running server.
#[derive(Debug)]
pub(super) struct RunningServer {
    pid: i32,
    child: Option<Child>,
    socket_folder: PathBuf,
}

impl RunningServer {
    /// Starts a server on `data` with its socket in `socket_folder` and `settings` beside ours, and
    /// waits until it accepts connections.
    pub(super) fn start(
        binaries: &Binaries,
        account: Account,
        data: &Path,
        socket_folder: &Path,
        log: &Path,
        (network, settings): (Network, &[String]),
    ) -> Result<Self> {
        let program = binaries.program("postgres");
        let output = OpenOptions::new().create(true).append(true).open(log);
        let output = output.with_context(|| format!("cannot write `{}`", log.display()))?;
        let mut command = match network {
            Network::OfTheMachine => command(&program, account),
            Network::None => without_network(&program, account),
        };
        command
            .arg("-D")
            .arg(data)
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .args(settings.iter().flat_map(|setting| ["-c", setting.as_str()]));
        command
            .arg("-c")
            .arg(format!("unix_socket_directories={}", quoted(socket_folder)));
        // Ctrl-C is for the tool, which then stops its servers in order.
        command
            .process_group(0)
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command
            .spawn()
            .with_context(|| format!("cannot run `{}`", program.display()))?;
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        let mut server = Self {
            pid,
            child: Some(child),
            socket_folder: socket_folder.to_path_buf(),
        };
        server.wait_until_ready(log)?;
        Ok(server)
    }

    /// A server that runs already.
    pub(super) fn running(pid: i32, socket_folder: PathBuf) -> Self {
        Self {
            pid,
            child: None,
            socket_folder,
        }
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let begin = Instant::now();
        while !self.accepts_connections() {
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || begin.elapsed() > START_PATIENCE {
                self.stop(Signal::SIGQUIT);
                bail!(
                    "PostgreSQL did not start; the end of its log: {}",
                    tail(log)
                )
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        Ok(())
    }

    /// Whether it accepts a connection now.
    pub(super) fn accepts_connections(&self) -> bool {
        self.parameters().connect(postgres::NoTls).is_ok()
    }

    /// The parameters of a connection to it.
    pub(super) fn parameters(&self) -> postgres::Config {
        let mut parameters = postgres::Config::new();
        parameters
            .host_path(&self.socket_folder)
            .user(USER)
            .dbname(USER);
        parameters
    }

    /// The server's process.
    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// Ends the server: `SIGINT` for an orderly shutdown, `SIGQUIT` for one that leaves recovery to
    /// the next start.
    pub(super) fn stop(&mut self, signal: Signal) {
        let Some(mut child) = self.child.take() else {
            return process::stop(self.pid, signal, STOP_PATIENCE);
        };
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), signal);
        let begin = Instant::now();
        while matches!(child.try_wait(), Ok(None)) && begin.elapsed() < STOP_PATIENCE {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A folder in the syntax of `unix_socket_directories`, where a comma separates several.
fn quoted(folder: &Path) -> String {
    format!("\"{}\"", folder.to_string_lossy().replace('"', "\"\""))
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines
        .into_iter()
        .rev()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" | ")
}

fn one_line(output: &[u8]) -> String {
    String::from_utf8_lossy(output)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
