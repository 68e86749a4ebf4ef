//! The two servers: `memory` waits for no disk, `disk` waits for one at each COMMIT. Both listen on
//! a port of this machine: most servers are reached over a network, and the shortest one hides
//! least of a tool's own work.

mod cluster;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use postgres::{Client, NoTls};
use xtask::internals::config::Config;
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

use super::process;
use super::selection::Selection;
use cluster::{Cluster, Installation};

/// The names on the command line.
pub const NAMES: &[&str] = &["memory", "disk"];

/// Settings with which a server waits for no disk, as the tool's own clusters do.
const NO_WAITS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    cluster: Cluster,
    /// Counts the databases, so that no two have the same name.
    databases: AtomicUsize,
}

/// Starts the selected servers.
pub fn start(selection: &Selection) -> Result<Vec<Server>> {
    let installation = installation()?;
    let names = NAMES.iter().filter(|name| selection.includes_server(name));
    names
        .map(|name| Server::start(name, &installation))
        .collect()
}

/// The binaries that the tool finds and the account that it runs them under.
fn installation() -> Result<Installation> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("`xtask` lies in the repository")?;
    let config = Config::load(repository, None)
        .context("cannot read the configuration of the repository")?;
    let scratch = Scratch::start(&config, None, Network::OfTheMachine, &Progress::default())?;
    let query =
        "SELECT setting, current_setting('data_directory') FROM pg_config WHERE name = 'BINDIR'";
    let row = scratch.parameters().connect(NoTls)?.query_one(query, &[])?;
    let data = std::fs::metadata(row.get::<_, String>(1))?;
    Ok(Installation {
        binaries: row.get::<_, String>(0).into(),
        uid: data.uid(),
        gid: data.gid(),
    })
}

impl Server {
    fn start(name: &'static str, installation: &Installation) -> Result<Self> {
        let cluster = match name {
            "memory" => Cluster::start(installation, &in_memory(), NO_WAITS)?,
            _disk => {
                let given = process::path_in_variable("BENCH_DISK");
                Cluster::start(
                    installation,
                    &given.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()),
                    &[],
                )?
            }
        };
        Ok(Self {
            name,
            cluster,
            databases: AtomicUsize::new(0),
        })
    }

    /// One line: which PostgreSQL, and how long it waits for its disk.
    pub fn describe(&self) -> Result<String> {
        let mut client = self.connect("postgres")?;
        let settings = "SELECT current_setting('server_version'), current_setting('fsync'), \
                        current_setting('synchronous_commit')";
        let row = client.query_one(settings, &[])?;
        let (version, fsync, commit): (String, String, String) =
            (row.get(0), row.get(1), row.get(2));
        let time = commit_time(&mut client)?;
        Ok(format!(
            "{}: PostgreSQL {version}, fsync={fsync}, synchronous_commit={commit}, a COMMIT takes {time:.2?}",
            self.name
        ))
    }

    /// Creates a database, a copy of `template` where there is one.
    pub fn create(&self, template: Option<&Database<'_>>) -> Result<Database<'_>> {
        let name = format!("bench_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let of_template = template
            .map(|template| format!(" TEMPLATE {}", template.name))
            .unwrap_or_default();
        self.connect("postgres")?
            .batch_execute(&format!("CREATE DATABASE {name}{of_template}"))?;
        Ok(Database { server: self, name })
    }

    fn connect(&self, database: &str) -> Result<Client> {
        let url = url(self.cluster.port, database);
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
    /// The URL.
    pub fn url(&self) -> String {
        url(self.server.cluster.port, &self.name)
    }

    /// Leaves nothing of earlier work to the next process: what the server has not yet written is
    /// written, and the caches are there that the first connection to a database makes.
    pub fn settle(&self) -> Result<()> {
        Ok(self
            .server
            .connect(&self.name)?
            .batch_execute("CHECKPOINT")?)
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

/// Some tools would insist on encryption, which these servers do not have.
fn url(port: u16, database: &str) -> String {
    format!("postgresql://postgres@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// A folder in memory, where the machine has one.
fn in_memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_path_buf()
    } else {
        std::env::temp_dir()
    }
}

/// The median time of a transaction that writes one row: tells whether the folder in `BENCH_DISK`
/// is on a disk.
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
