//! 200 databases with ten pending migrations each, and 200 schemas of one database: what
//! `db-migrate --fleet` costs over the loop of a shell. Whole processes, each as often as
//! `BENCH_ROUNDS` says, three times without it; the medians are printed. Run with `cargo bench
//! --bench fleet`: the databases then lie on a server that waits for no disk. With the URL of a
//! server in `BENCH_DATABASE_URL` they lie on that one. The goals, in a release build: 30 s one at a
//! time and 18 s two at a time, 8 s for a survey, 6 s where nothing is pending, and less than
//! 150 MB for 1,000 databases.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod support;

use std::process::Child;
use std::time::{Duration, Instant};

use support::{Server, median, time, tool, write_migrations};

const TENANTS: usize = 200;
/// Migrations that every tenant has before.
const APPLIED: usize = 20;
const PENDING: usize = 10;
/// The loop is timed on some of the databases, and reckoned up: all of them take minutes.
const IN_LOOP: usize = 20;
/// The number of tenants with which memory is measured: each database several times, by other
/// spellings of the folder of its socket.
const MANY: usize = 1_000;

fn main() {
    let given = std::env::var("BENCH_ROUNDS").ok();
    let rounds = given.map_or(3, |rounds| rounds.parse().expect("a number of rounds"));
    let fleet = Fleet {
        folder: tempfile::tempdir().expect("a temporary folder"),
        server: Server::start(),
    };
    fleet.prepare();
    println!("{TENANTS} tenants, {PENDING} pending each; medians of {rounds}");
    databases(&fleet, rounds);
    memory(&fleet);
    schemas(&fleet, rounds);
}

/// A database for each tenant.
fn databases(fleet: &Fleet, rounds: usize) {
    let mut times = Times::default();
    for round in 0..rounds {
        fleet.create();
        fleet.configure("database", 1);
        times.add("survey", fleet.run(&["db-migrate", "--fleet", "--survey"]));
        times.add("one at a time", fleet.run(&["db-migrate", "--fleet"]));
        times.add("nothing pending", fleet.run(&["db-migrate", "--fleet"]));
        fleet.create();
        fleet.configure("database", 2);
        times.add("two at a time", fleet.run(&["db-migrate", "--fleet"]));
        fleet.create();
        times.add("the loop, reckoned up", fleet.looped());
        // Without a snapshot each run of the loop replays all migrations, and the fleet's run once.
        if round == 0 {
            let hidden = fleet.folder.path().join("hidden");
            let snapshots = fleet.folder.path().join("snapshots");
            std::fs::rename(&snapshots, &hidden).expect("a snapshot");
            fleet.create();
            fleet.configure("database", 1);
            times.add(
                "one at a time, no snapshot (once)",
                fleet.run(&["db-migrate", "--fleet"]),
            );
            fleet.create();
            times.add("the loop, no snapshot (once)", fleet.looped());
            std::fs::rename(&hidden, &snapshots).expect("a snapshot");
        }
    }
    times.print("a database each");
}

/// A schema of one database for each tenant.
fn schemas(fleet: &Fleet, rounds: usize) {
    let mut times = Times::default();
    for _ in 0..rounds {
        fleet.create_schemas();
        fleet.configure("schema", 1);
        times.add("status", fleet.run(&["db-status", "--fleet"]));
        times.add("one at a time", fleet.run(&["db-migrate", "--fleet"]));
        times.add("nothing pending", fleet.run(&["db-migrate", "--fleet"]));
    }
    times.print("a schema each");
}

/// The most memory that a run on many tenants has.
fn memory(fleet: &Fleet) {
    if !fleet.server.url("base").contains("%2F") {
        println!("\nmemory is not measured: only the folder of a socket has several spellings");
        return;
    }
    println!();
    fleet.configure("database", 1);
    fleet.list((0..MANY).map(|number| {
        let (name, spelling) = (tenant(number % TENANTS), number / TENANTS);
        let url = fleet.server.url(&name);
        // The host ends at the port or at the name of the database.
        let (role, place) = url.rsplit_once('@').expect("a URL with a role");
        let (host, rest) = place.split_at(place.find([':', '/']).expect("a URL with a database"));
        let spelled = format!("{role}@{host}{}{rest}", "%2F.".repeat(spelling));
        (format!("{name}_{spelling}"), spelled)
    }));
    for arguments in [&["db-status", "--fleet"][..], &["db-migrate", "--fleet"]] {
        let mut command = tool(fleet.folder.path(), arguments);
        let (took, memory) = peak(command.spawn().expect("the tool starts"));
        println!(
            "`{}` on {MANY} databases: {took:.2?}, at most {memory} MB",
            arguments.join(" ")
        );
    }
}

/// The tenants, and the monorepo of their migrations.
struct Fleet {
    folder: tempfile::TempDir,
    server: Server,
}

fn tenant(number: usize) -> String {
    format!("tenant_{number}")
}

impl Fleet {
    fn run(&self, arguments: &[&str]) -> Duration {
        time(&mut tool(self.folder.path(), arguments))
    }

    /// Makes the database that the tenants' are copied from, the pending migrations, and the
    /// snapshot.
    fn prepare(&self) {
        let folder = self.folder.path();
        write_migrations(folder, 1..=APPLIED);
        self.configure("database", 1);
        self.server.create("base", "template1");
        time(tool(folder, &["db-migrate"]).env("DATABASE_URL", self.server.url("base")));
        write_migrations(folder, APPLIED + 1..=APPLIED + PENDING);
        self.run(&["db-snapshot"]);
    }

    /// Makes all databases anew, as they were before the pending migrations.
    fn create(&self) {
        for number in 0..TENANTS {
            self.server.create(&tenant(number), "base");
        }
        self.list((0..TENANTS).map(|number| {
            let name = tenant(number);
            (name.clone(), self.server.url(&name))
        }));
    }

    /// Makes all schemas anew, as they were before the pending migrations.
    fn create_schemas(&self) {
        self.server.create("shared", "template1");
        let names: Vec<String> = (0..TENANTS).map(tenant).collect();
        for some in names.chunks(50) {
            let schemas: Vec<String> = some
                .iter()
                .map(|name| format!("CREATE SCHEMA {name}"))
                .collect();
            let schemas: Vec<&str> = schemas.iter().map(String::as_str).collect();
            self.server.psql("shared", &schemas);
        }
        self.list(
            names
                .into_iter()
                .map(|name| (name, self.server.url("shared"))),
        );
        self.configure("schema", 1);
        let target = format!("V{APPLIED}");
        self.run(&["db-migrate", "--fleet", &target]);
    }

    /// The duration of a loop over all databases, reckoned up.
    fn looped(&self) -> Duration {
        let begin = Instant::now();
        for number in 0..IN_LOOP {
            let url = self.server.url(&tenant(number));
            time(tool(self.folder.path(), &["db-migrate"]).env("DATABASE_URL", url));
        }
        begin.elapsed() * u32::try_from(TENANTS / IN_LOOP).unwrap_or(1)
    }

    /// Writes the list of tenants, of their names and URLs.
    fn list(&self, tenants: impl Iterator<Item = (String, String)>) {
        let entries: Vec<String> = tenants
            .map(|(name, url)| format!(r#"{{"name": "{name}", "url": "{url}"}}"#))
            .collect();
        let list = format!("[{}]", entries.join(",\n"));
        std::fs::write(self.folder.path().join("tenants.json"), list).expect("a file");
    }

    fn configure(&self, mode: &str, parallel: usize) {
        let config = format!(
            "severity = {{ MISSING_TYPE = 'off', MISSING_VALIDATION_SCHEMA = 'off' }}\n\n[fleet]\n\
             file = 'tenants.json'\nmode = '{mode}'\nparallel = {parallel}\n"
        );
        std::fs::write(self.folder.path().join("db.toml"), config).expect("a file");
    }
}

/// The durations of each measured command, in the order in which the commands ran first.
#[derive(Debug, Default)]
struct Times(Vec<(&'static str, Vec<Duration>)>);

impl Times {
    fn add(&mut self, what: &'static str, took: Duration) {
        match self.0.iter_mut().find(|(name, _)| *name == what) {
            Some((_, times)) => times.push(took),
            None => self.0.push((what, vec![took])),
        }
    }

    fn print(self, of: &str) {
        println!("\n{of}");
        for (what, times) in self.0 {
            println!("  {what:<34} {:>8.2?}", median(times));
        }
    }
}

/// Waits for the tool. Returns how long it ran, and the most memory that it had, in MB.
fn peak(mut child: Child) -> (Duration, u64) {
    let begin = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success(), "the tool ended with {ended}");
    (begin.elapsed(), peak / 1024)
}
