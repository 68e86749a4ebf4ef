//! The parts that both benchmarks of migrations need: a server to run on, migrations that each make
//! a table, and the time of a whole process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postgres::config::Host;
use xtask::internals::config::Config;
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

/// The environment variable with the URL of a server of the caller's.
const GIVEN: &str = "BENCH_DATABASE_URL";

/// The server that is measured on: that of `BENCH_DATABASE_URL`, or one that waits for no disk,
/// which is the hardest case, since there is nothing to hide behind.
#[derive(Debug)]
pub struct Server {
    /// The URL without the name of a database.
    root: String,
    /// Stops our own server when the value is dropped.
    _own: Option<Scratch>,
}

impl Server {
    /// Starts our own server, where none is given.
    pub fn start() -> Self {
        if let Ok(url) = std::env::var(GIVEN) {
            let (root, _) = url.rsplit_once('/').expect("a URL with a database");
            return Self {
                root: root.to_owned(),
                _own: None,
            };
        }
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("`xtask` lies in the repository");
        let config = Config::load(repository, None).expect("the repository is configured");
        let scratch = Scratch::start(&config, None, Network::OfTheMachine, &Progress::default())
            .expect("PostgreSQL");
        let parameters = scratch.parameters();
        let Some(Host::Unix(socket)) = parameters.get_hosts().first() else {
            panic!("a unix socket")
        };
        let socket = socket.to_string_lossy().replace('/', "%2F");
        Self {
            root: format!("postgresql://postgres@{socket}"),
            _own: Some(scratch),
        }
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.root)
    }

    /// Runs statements with `psql`, each in a transaction of its own.
    pub fn psql(&self, database: &str, statements: &[&str]) {
        let mut psql = Command::new("psql");
        psql.args(["--quiet", &self.url(database)]);
        for statement in statements {
            psql.args(["--command", statement]);
        }
        time(psql.stderr(Stdio::null()));
    }

    /// Makes a database anew, as a copy of `template`.
    pub fn create(&self, name: &str, template: &str) {
        self.psql(
            "postgres",
            &[
                &format!("DROP DATABASE IF EXISTS {name}"),
                &format!("CREATE DATABASE {name} TEMPLATE {template}"),
            ],
        );
    }
}

/// Makes a command of the tool in the monorepo `folder`, which heeds no database of the caller's.
/// `BENCH_TOOL` measures another binary than the one that cargo has just built.
pub fn tool(folder: &Path, arguments: &[&str]) -> Command {
    let given = std::env::var("BENCH_TOOL").ok();
    let binary = given.unwrap_or_else(|| env!("CARGO_BIN_EXE_xtask").to_owned());
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("SHADOW_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .stdout(Stdio::null());
    command
}

/// Writes the migrations of these numbers, each of which makes a table and an index.
pub fn write_migrations(folder: &Path, numbers: std::ops::RangeInclusive<usize>) {
    let migrations = folder.join("migrations");
    std::fs::create_dir_all(&migrations).expect("a folder");
    for n in numbers {
        let down = migrations.join(format!("V{n}__t{n}.down.sql"));
        std::fs::write(migrations.join(format!("V{n}__t{n}.sql")), up(n)).expect("a file");
        std::fs::write(down, format!("DROP TABLE t{n};\n")).expect("a file");
    }
}

/// The SQL of a migration.
pub fn up(n: usize) -> String {
    format!(
        "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,\n    \
         created_at timestamptz NOT NULL DEFAULT now());\nCREATE INDEX t{n}_name ON t{n} (name);\n"
    )
}

/// Times a whole process.
pub fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

/// Returns the median: one slow run does not move it.
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}
