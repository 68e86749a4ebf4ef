//! A database for one test on a shared scratch cluster, and the tool pointed at it.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use postgres::Client;
use xtask::internals::postgres::scratch::Scratch;

use super::monorepo::{Monorepo, Ran};

/// A database of its own. The cluster is also where the tool makes its scratch databases, which is
/// faster than a cluster for each run.
pub struct Database<'a> {
    scratch: &'a Scratch,
    name: String,
}

impl<'a> Database<'a> {
    /// Creates a database whose name begins with `name`: many tests share a cluster.
    pub fn create(scratch: &'a Scratch, name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("{name}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut client = scratch.connect().expect("the cluster runs");
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("a database can be created");
        Self { scratch, name }
    }

    /// Creates a copy of another database, which nobody is connected to.
    pub fn copy(scratch: &'a Scratch, name: &str, of: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("{name}_copy_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut client = scratch.connect().expect("the cluster runs");
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {of}"))
            .expect("a database can be copied");
        Self { scratch, name }
    }

    /// Drops it.
    pub fn remove(self) {
        let mut client = self.scratch.connect().expect("the cluster runs");
        client
            .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .expect("a database can be dropped");
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to connect to it.
    pub fn parameters(&self) -> postgres::Config {
        let mut parameters = self.scratch.parameters();
        parameters.dbname(&self.name).application_name("test");
        parameters
    }

    /// Connects to it.
    pub fn connect(&self) -> Client {
        self.parameters()
            .connect(postgres::NoTls)
            .expect("the cluster runs")
    }

    /// Ends the sleeps of slow migrations, from the next session on.
    pub fn hurry(&self) {
        let set = format!("ALTER DATABASE {} SET slow.off = 'yes'", self.name);
        self.connect().batch_execute(&set).expect("a setting");
    }

    /// As `--database-url` takes it.
    pub fn url(&self) -> String {
        let maintenance = super::url(self.scratch);
        let (server, _) = maintenance
            .rsplit_once('/')
            .expect("a URL ends with the database");
        format!("{server}/{}", self.name)
    }

    /// The tool on this database.
    pub fn command(&self, repo: &Monorepo, arguments: &[&str]) -> Command {
        let mut command = repo.command(arguments);
        command
            .env("DATABASE_URL", self.url())
            .env("SHADOW_DATABASE_URL", super::url(self.scratch));
        command
    }

    /// The same for another role, which needs no password.
    pub fn url_of(&self, role: &str) -> String {
        let url = self.url();
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (_, server) = rest.split_once('@').expect("the URL names a user");
        format!("{scheme}://{role}@{server}")
    }

    /// Runs the tool on this database.
    pub fn run(&self, repo: &Monorepo, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(repo, arguments))
    }

    /// The versions that the history records.
    pub fn history(&self) -> Vec<i64> {
        let mut client = self.connect();
        let exists = client.query_one(
            "SELECT to_regclass('refinery_schema_history') IS NOT NULL",
            &[],
        );
        if !exists.expect("a query").get::<_, bool>(0) {
            return Vec::new();
        }
        let rows = client.query(
            "SELECT version FROM refinery_schema_history ORDER BY version",
            &[],
        );
        rows.expect("the history")
            .iter()
            .map(|row| row.get(0))
            .collect()
    }
}
