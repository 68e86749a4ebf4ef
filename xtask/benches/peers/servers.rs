//! The two servers: `memory` waits for no disk, `disk` waits for one at each COMMIT. Both listen on a unix socket, the
//! fastest way to a server, behind which a tool's own work hides least.

mod disk;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use postgres::config::Host;
use postgres::{Client, NoTls};
use xtask::config::Config;
use xtask::postgres::scratch::{Network, Scratch};

use super::process;
use super::selection::Selection;
use disk::{Disk, Installation};

/// The names on the command line.
pub const NAMES: &[&str] = &["memory", "disk"];

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    socket: PathBuf,
    /// Counts the databases, so that no two have the same name.
    databases: AtomicUsize,
    _process: Process,
}

/// The process or value that keeps the server running.
#[derive(Debug)]
#[expect(dead_code, reason = "held only to be dropped")]
enum Process {
    Scratch(Scratch),
    Disk(Disk),
}

/// Starts the selected servers.
pub fn start(selection: &Selection) -> Result<Vec<Server>> {
    let memory = Server::memory()?;
    let disk = if selection.includes_server("disk") { Some(memory.beside_on_disk()?) } else { None };
    let memory = Some(memory).filter(|_| selection.includes_server("memory"));
    Ok(memory.into_iter().chain(disk).collect())
}

impl Server {
    /// Starts a scratch cluster of the tool.
    fn memory() -> Result<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("`xtask` lies in the repository")?;
        let config = Config::load(repository, None).context("cannot read the configuration of the repository")?;
        let scratch = Scratch::start(&config, repository, None, Network::OfTheMachine)?;
        let socket = match scratch.parameters().get_hosts().first() {
            Some(Host::Unix(folder)) => folder.clone(),
            other => bail!("a scratch cluster listens on a unix socket, not on {other:?}"),
        };
        Ok(Self::new("memory", socket, Process::Scratch(scratch)))
    }

    /// Starts a server on a disk with the binaries of this one and under its account: the tool found both.
    fn beside_on_disk(&self) -> Result<Self> {
        let mut client = self.connect("postgres")?;
        let query = "SELECT setting, current_setting('data_directory') FROM pg_config WHERE name = 'BINDIR'";
        let row = client.query_one(query, &[])?;
        let data = std::fs::metadata(row.get::<_, String>(1))?;
        let installation = Installation { binaries: row.get::<_, String>(0).into(), uid: data.uid(), gid: data.gid() };
        let disk = Disk::start(&installation)?;
        let socket = disk.socket().to_path_buf();
        let server = Self::new("disk", socket, Process::Disk(disk));
        Ok(server)
    }

    fn new(name: &'static str, socket: PathBuf, process: Process) -> Self {
        Self { name, socket, databases: AtomicUsize::new(0), _process: process }
    }

    /// One line: which PostgreSQL, and how long it waits for its disk.
    pub fn describe(&self) -> Result<String> {
        let mut client = self.connect("postgres")?;
        let settings = "SELECT current_setting('server_version'), current_setting('fsync'), \
                        current_setting('synchronous_commit')";
        let row = client.query_one(settings, &[])?;
        let (version, fsync, commit): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let time = commit_time(&mut client)?;
        Ok(format!(
            "{}: PostgreSQL {version}, fsync={fsync}, synchronous_commit={commit}, a COMMIT takes {time:.2?}",
            self.name
        ))
    }

    /// Creates a database, a copy of `template` where there is one.
    pub fn create(&self, template: Option<&Database<'_>>) -> Result<Database<'_>> {
        let name = format!("bench_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let of_template = template.map(|template| format!(" TEMPLATE {}", template.name)).unwrap_or_default();
        self.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {name}{of_template}"))?;
        Ok(Database { server: self, name })
    }

    fn connect(&self, database: &str) -> Result<Client> {
        let url = url(&self.socket, database);
        Client::connect(&url, NoTls).with_context(|| format!("cannot connect to `{url}`"))
    }
}

/// A database; dropping the value drops it.
#[derive(Debug)]
pub struct Database<'a> {
    server: &'a Server,
    /// The name.
    pub name: String,
}

impl Database<'_> {
    /// The URL that most tools take, with the socket's folder as its host.
    pub fn url(&self) -> String {
        url(&self.server.socket, &self.name)
    }

    /// The folder of the server's socket.
    pub fn socket(&self) -> &Path {
        &self.server.socket
    }

    /// Leaves nothing of earlier work to the next process: what the server has not yet written is written, and the
    /// caches are there that the first connection to a database makes.
    pub fn settle(&self) -> Result<()> {
        Ok(self.server.connect(&self.name)?.batch_execute("CHECKPOINT")?)
    }

    /// The number of tables that migrations made.
    pub fn count_tables(&self) -> Result<usize> {
        let query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^t[0-9]+$'";
        let row = self.server.connect(&self.name)?.query_one(query, &[])?;
        Ok(usize::try_from(row.get::<_, i64>(0))?)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A database that stays is gone with the server.
        if let Ok(mut client) = self.server.connect("postgres") {
            let _ = client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

fn url(socket: &Path, database: &str) -> String {
    format!("postgresql://postgres@{}/{database}", socket.to_string_lossy().replace('/', "%2F"))
}

/// The median time of a transaction that writes one row: tells whether the folder in `BENCH_DISK` is on a disk.
fn commit_time(client: &mut Client) -> Result<std::time::Duration> {
    client.batch_execute("CREATE TABLE commits (n int)")?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let begin = Instant::now();
        client.batch_execute("INSERT INTO commits VALUES (1)")?;
        times.push(begin.elapsed());
    }
    client.batch_execute("DROP TABLE commits")?;
    Ok(process::median(times))
}
