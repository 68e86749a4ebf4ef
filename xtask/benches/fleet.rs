//! 200 databases with ten pending migrations each: what `db-migrate --fleet` costs over the loop of
//! a shell, whole processes. Run with `cargo bench --bench fleet`. The databases lie on a server
//! that waits for no disk, which is the hardest case, since there is nothing to hide behind. The
//! goals, in a release build: 30 s one at a time and 18 s two at a time, 8 s for a survey, 6 s where
//! nothing is pending, and less than 150 MB for 1,000 databases.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::config::Host;
use xtask::internals::config::Config;
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

const DATABASES: usize = 200;
/// Migrations that every database has before.
const APPLIED: usize = 20;
const PENDING: usize = 10;
/// The loop is timed on some of the databases, and reckoned up: all of them take minutes.
const IN_LOOP: usize = 20;
/// The number of times that each database is listed to make 1,000 of them.
const SPELLINGS: usize = 5;

fn main() {
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
    let socket = socket.to_string_lossy().into_owned();
    let fleet = Fleet {
        folder: tempfile::tempdir().expect("a temporary folder"),
        socket,
    };
    fleet.write_migrations(1..=APPLIED);
    fleet.psql("postgres", "CREATE DATABASE base");
    time(
        fleet
            .tool(&["db-migrate"])
            .env("DATABASE_URL", fleet.url("base")),
    );
    fleet.write_migrations(APPLIED + 1..=APPLIED + PENDING);
    time(&mut fleet.tool(&["db-snapshot"]));

    fleet.create();
    fleet.configure(1);
    let survey = time(&mut fleet.tool(&["db-migrate", "--fleet", "--survey"]));
    let serial = time(&mut fleet.tool(&["db-migrate", "--fleet"]));
    println!(
        "{DATABASES} databases, {PENDING} pending each, one at a time: survey {survey:.2?}, run {serial:.2?}"
    );
    let nothing = time(&mut fleet.tool(&["db-migrate", "--fleet"]));
    println!("nothing pending, one at a time: {nothing:.2?}");

    fleet.create();
    fleet.configure(2);
    let two = time(&mut fleet.tool(&["db-migrate", "--fleet"]));
    println!("two at a time: {two:.2?}");

    let looped = fleet.looped();
    println!("the loop of a shell, reckoned up from {IN_LOOP}: {looped:.2?}");

    // Without a snapshot each run of the loop replays all migrations, and the fleet's run once.
    std::fs::remove_dir_all(fleet.folder.path().join("snapshots")).expect("a snapshot");
    fleet.create();
    fleet.configure(1);
    let serial = time(&mut fleet.tool(&["db-migrate", "--fleet"]));
    let looped = fleet.looped();
    println!(
        "without a snapshot, one at a time: {serial:.2?}; the loop, reckoned up: {looped:.2?}, {:.1} times as long",
        looped.as_secs_f64() / serial.as_secs_f64()
    );

    let whole = fleet.list(SPELLINGS);
    for arguments in [&["db-status", "--fleet"][..], &["db-migrate", "--fleet"]] {
        let (took, memory) = peak(fleet.tool(arguments).spawn().expect("the tool starts"));
        println!(
            "`{}` on {whole} databases: {took:.2?}, at most {memory} MB",
            arguments.join(" ")
        );
    }
}

/// The databases, and the monorepo of their migrations.
struct Fleet {
    folder: tempfile::TempDir,
    socket: String,
}

fn name(number: usize) -> String {
    format!("tenant_{number}")
}

impl Fleet {
    fn url(&self, database: &str) -> String {
        let host = self.socket.replace('/', "%2F");
        format!("postgresql://postgres@{host}/{database}")
    }

    fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("SHADOW_DATABASE_URL")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::null());
        command
    }

    fn psql(&self, database: &str, sql: &str) {
        let mut psql = Command::new("psql");
        psql.args(["--quiet", &self.url(database), "--command", sql]);
        time(&mut psql);
    }

    /// Makes all databases anew, as they were before the pending migrations.
    fn create(&self) {
        for number in 0..DATABASES {
            let name = name(number);
            let mut psql = Command::new("psql");
            psql.args(["--quiet", &self.url("postgres")])
                .args(["--command", &format!("DROP DATABASE IF EXISTS {name}")])
                .args([
                    "--command",
                    &format!("CREATE DATABASE {name} TEMPLATE base"),
                ]);
            time(psql.stderr(Stdio::null()));
        }
        self.list(1);
    }

    /// The duration of a loop over all databases, reckoned up.
    fn looped(&self) -> Duration {
        self.create();
        let begin = Instant::now();
        for number in 0..IN_LOOP {
            let url = self.url(&name(number));
            time(self.tool(&["db-migrate"]).env("DATABASE_URL", url));
        }
        begin.elapsed() * u32::try_from(DATABASES / IN_LOOP).unwrap_or(1)
    }

    /// Lists each database so many times, by other spellings of the folder of its socket.
    fn list(&self, spellings: usize) -> usize {
        let mut entries = Vec::new();
        for spelling in 0..spellings {
            let host = format!("{}{}", self.socket, "%2F.".repeat(spelling));
            let host = host.replace('/', "%2F");
            entries.extend((0..DATABASES).map(|number| {
                let name = name(number);
                format!(
                    r#"{{"name": "{name}_{spelling}", "url": "postgresql://postgres@{host}/{name}"}}"#
                )
            }));
        }
        let list = format!("[{}]", entries.join(",\n"));
        std::fs::write(self.folder.path().join("tenants.json"), list).expect("a file");
        entries.len()
    }

    fn configure(&self, parallel: usize) {
        let config = format!(
            "severity = {{ MISSING_TYPE = 'off', MISSING_VALIDATION_SCHEMA = 'off' }}\n\n[fleet]\n\
             file = 'tenants.json'\nparallel = {parallel}\n"
        );
        std::fs::write(self.folder.path().join("db.toml"), config).expect("a file");
    }

    fn write_migrations(&self, numbers: std::ops::RangeInclusive<usize>) {
        let migrations = self.folder.path().join("migrations");
        std::fs::create_dir_all(&migrations).expect("a folder");
        self.configure(1);
        for n in numbers {
            let up = format!(
                "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,\n    \
                 created_at timestamptz NOT NULL DEFAULT now());\nCREATE INDEX t{n}_name ON t{n} (name);\n"
            );
            std::fs::write(migrations.join(format!("V{n}__t{n}.sql")), up).expect("a file");
            let down = migrations.join(format!("V{n}__t{n}.down.sql"));
            std::fs::write(down, format!("DROP TABLE t{n};\n")).expect("a file");
        }
    }
}

fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

/// Waits for the tool. Returns how long it ran, and the most memory that it had, in MB.
fn peak(mut child: Child) -> (Duration, u64) {
    let begin = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    (begin.elapsed(), peak / 1024)
}
