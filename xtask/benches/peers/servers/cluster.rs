//! A server that listens on a port. The tool's own clusters never do, so it is made here.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tempfile::TempDir;

use super::super::process;

/// How long the server may take to accept connections, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The locale of the tool's own clusters: sorting text by a language would cost one server what the
/// other saves.
const INITDB: &[&str] = &[
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
];

/// PostgreSQL's binaries, and the account that may run them.
#[derive(Debug)]
pub struct Installation {
    /// The folder of `initdb` and `postgres`.
    pub binaries: PathBuf,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Installation {
    /// Makes a command that runs one of the binaries, never as root.
    fn command(&self, name: &str) -> Command {
        let mut command = process::command(self.binaries.join(name));
        if Uid::effective().is_root() {
            command.uid(self.uid).gid(self.gid);
        }
        command.current_dir("/");
        command
    }

    /// Makes a folder in `parent` that belongs to the account.
    fn folder(&self, parent: &Path) -> Result<TempDir> {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot create `{}`", parent.display()))?;
        let folder = tempfile::Builder::new()
            .prefix("peers-")
            .tempdir_in(parent)?;
        if Uid::effective().is_root() {
            std::os::unix::fs::chown(folder.path(), Some(self.uid), Some(self.gid))?;
        }
        Ok(folder)
    }
}

/// The running server; dropping the value stops it and removes its files.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    files: TempDir,
    /// Where it listens, on this machine only.
    pub port: u16,
}

impl Cluster {
    /// Creates a cluster in `parent` and starts its server, with `settings` beside PostgreSQL's
    /// own.
    pub fn start(installation: &Installation, parent: &Path, settings: &[&str]) -> Result<Self> {
        let files = installation.folder(parent)?;
        let data = files.path().join("data");
        let mut initdb = installation.command("initdb");
        process::read(initdb.arg("--pgdata").arg(&data).args(INITDB)).context(
            "cannot create a cluster; a folder for it on a disk may be given in `BENCH_DISK`",
        )?;
        let log = File::create(files.path().join("log"))?;
        let port = free_port()?;
        let mut postgres = installation.command("postgres");
        postgres.arg("-D").arg(&data).args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ]);
        postgres.arg("-c").arg(format!("port={port}"));
        postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
        // It stays in the process group of the benchmark, so that Ctrl-C ends both.
        let server = postgres
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run `postgres`")?;
        let mut cluster = Self {
            server,
            files,
            port,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let begin = Instant::now();
        let url = super::url(self.port, "postgres");
        while postgres::Client::connect(&url, postgres::NoTls).is_err() {
            if self.server.try_wait()?.is_some() || begin.elapsed() > PATIENCE {
                let log =
                    std::fs::read_to_string(self.files.path().join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start; its log:\n{log}")
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT ends all sessions; their data is not needed any more, but their files are in use
        // until the end.
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let begin = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A port that nobody listened on a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
