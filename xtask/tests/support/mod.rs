//! Support code that integration tests share: a real database for each of them.

pub mod database;
pub mod git;
pub mod migrations;
pub mod monorepo;
pub mod pooler;
pub mod random;

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use postgres::Client;
use xtask::internals::config::Config;
use xtask::internals::migrations::scratch_environment::time_limit::TimeLimit;
use xtask::internals::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use xtask::internals::postgres::scratch::{Network, Scratch, TargetSettings};
use xtask::internals::progress::Progress;

/// How many cases of one test run at a time.
const WORKERS: usize = 4;

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("`xtask` lies in the repository")
}

/// The major version of PostgreSQL that tests of databases run on: 15, or what this variable says.
const MAJOR: &str = "DB_TEST_POSTGRES";

/// See [`MAJOR`].
pub fn major() -> u32 {
    std::env::var(MAJOR).map_or(15, |major| {
        major
            .parse()
            .unwrap_or_else(|_| panic!("`{MAJOR}` is `{major}`"))
    })
}

/// The configuration of this repository, for the PostgreSQL of the tests.
pub fn config() -> Config {
    Config {
        postgres_major: major(),
        ..committed_config()
    }
}

/// The configuration of this repository as it is committed: for the PostgreSQL that its snapshot
/// was made on.
pub fn committed_config() -> Config {
    Config::load(repository(), None).expect("the repository is configured")
}

/// The machine's psql; none, with a note, where there is none.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub fn psql() -> Option<std::path::PathBuf> {
    let runs = std::process::Command::new("psql").arg("--version").output();
    let found = runs.ok().map(|_version| std::path::PathBuf::from("psql"));
    if found.is_none() && std::env::var_os("CI").is_none() {
        println!("skipped: there is no psql");
        return None;
    }
    Some(found.expect("psql belongs to the server's packages"))
}

/// A fresh, empty PostgreSQL cluster that is removed when dropped; none, with a note, on the
/// machine of a developer without PostgreSQL. In CI a missing PostgreSQL fails the test.
pub fn scratch() -> Option<Scratch> {
    or_skipped(Scratch::start(
        &config(),
        None,
        Network::OfTheMachine,
        &Progress::default(),
    ))
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn or_skipped<T>(made: anyhow::Result<T>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("skipped: {error:#}");
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

/// The same cluster for all tests of a binary; it is removed when the binary ends.
pub fn shared() -> Option<&'static Scratch> {
    static SHARED: OnceLock<Option<Scratch>> = OnceLock::new();
    SHARED.get_or_init(scratch).as_ref()
}

/// A scratch database as the tool makes it for migrations; none where the tests of databases are
/// left out.
pub fn scratch_session() -> Option<ScratchSession> {
    or_skipped(scratch_environment(&config()).open())
}

/// The way in which the tool opens scratch databases.
pub fn scratch_environment(config: &Config) -> ScratchEnvironment<'_> {
    ScratchEnvironment {
        config,
        root: repository(),
        shadow_url: None,
        likeness: TargetSettings::default(),
        superuser: false,
        time_limit: TimeLimit::default(),
        progress: Progress::default(),
    }
}

/// Runs `test` on each of `cases`, several at a time: tests of a database mostly wait.
pub fn side_by_side<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            test(case);
        }
    };
    std::thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(worker))));
}

/// A connection to `scratch`.
pub fn connect(scratch: &Scratch) -> Client {
    scratch.connect().expect("the scratch cluster runs")
}

/// `scratch` as a URL for `--database-url`.
pub fn url(scratch: &Scratch) -> String {
    let parameters = scratch.parameters();
    let host = match parameters.get_hosts().first() {
        Some(postgres::config::Host::Unix(folder)) => folder.to_string_lossy().replace('/', "%2F"),
        Some(postgres::config::Host::Tcp(name)) => name.clone(),
        None => "localhost".into(),
    };
    let user = parameters.get_user().unwrap_or("postgres");
    format!(
        "postgresql://{user}@{host}/{}",
        parameters.get_dbname().unwrap_or(user)
    )
}
