//! A storm over the commands that change a database: runs and servers that are killed, many runners
//! at once, connections that are cut, each at random moments. Afterwards the history and the schema
//! must always agree, and the next run must get to the end. It takes long, so `.ci/storm` runs it
//! and `cargo test` does not; a seed repeats one.

mod cuts;
mod cutter;
mod kills;
mod runners;

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use postgres::Client;

use crate::crashes::{LOST, Random, check};
use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};

/// The variable with the seed of a storm.
const SEED: &str = "STORM_SEED";

/// How long a run may take before it hangs: longer than any limit of the tool, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// How many migrations there are.
const LAST: usize = 8;

/// The seed of this storm, which it prints, changed for each of its parts.
fn seed(part: u64) -> Random {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let now = || {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |elapsed| elapsed.as_secs())
    };
    let seed: u64 = given.unwrap_or_else(now);
    say(&format!("{SEED}={seed} part {part}"));
    Random(seed.wrapping_mul(31).wrapping_add(part))
}

#[expect(
    clippy::print_stdout,
    reason = "a storm tells its seed, how far it is, and its figures"
)]
fn say(text: &str) {
    println!("{text}");
}

/// Tells how far it is, now and then.
fn told(done: usize, all: usize, what: &str) {
    if done > 0 && done.is_multiple_of(25) {
        say(&format!("{done} of {all} {what}"));
    }
}

/// Starts the tool on `database`, at `url` where it is not reached directly.
fn start(database: &Database<'_>, repo: &Monorepo, arguments: &[&str], url: Option<&str>) -> Child {
    let mut command = database.command(repo, arguments);
    if let Some(url) = url {
        command.env("DATABASE_URL", url);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts")
}

/// Waits for the end of a run, which has to come; none where it was killed.
fn end(mut child: Child, what: &str) -> Option<Ran> {
    let (stdout, stderr) = (
        child.stdout.take().expect("piped"),
        child.stderr.take().expect("piped"),
    );
    let read = |mut stream: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            stream.read_to_string(&mut text).map(|_| text)
        })
    };
    let (stdout, stderr) = (read(Box::new(stdout)), read(Box::new(stderr)));
    let begin = Instant::now();
    while child.try_wait().expect("the tool's state").is_none() {
        if begin.elapsed() > PATIENCE {
            child.kill().expect("the tool can be killed");
            panic!("{what} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let code = child.wait().expect("the tool ends").code();
    let [stdout, stderr] = [stdout, stderr].map(|text| text.join().expect("read").expect("UTF-8"));
    let ran = Ran {
        code: code?,
        stdout,
        stderr,
    };
    assert!(
        ran.code <= 2 && !ran.stderr.contains("panicked"),
        "{what}: {ran:?}"
    );
    Some(ran)
}

/// Connects to `database` as soon as its server is back.
fn reconnect(database: &Database<'_>) -> Client {
    let begin = Instant::now();
    loop {
        match database.parameters().connect(postgres::NoTls) {
            Ok(client) => return client,
            Err(error) => assert!(
                begin.elapsed() < PATIENCE,
                "the server never came back: {error}"
            ),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The way there or back, and how far it has come.
struct Course {
    up: bool,
    /// How often it came to an end.
    ends: usize,
}

impl Course {
    fn new() -> Self {
        Self { up: true, ends: 0 }
    }

    fn arguments(&self) -> &'static [&'static str] {
        match self.up {
            true => &["db-migrate"],
            false => &[
                "db-rollback",
                "1",
                "--accept-data-loss",
                LOST,
                "--backup",
                "backups",
            ],
        }
    }

    /// Turns around where the end is reached.
    fn at(&mut self, applied: usize) {
        if applied == if self.up { LAST } else { 0 } {
            (self.up, self.ends) = (!self.up, self.ends + 1);
        }
    }
}

/// Gets to the end, whatever was interrupted before.
fn arrive(database: &Database<'_>, repo: &Monorepo, client: &mut Client, digests: &[String]) {
    for arguments in [
        &["db-migrate"][..],
        &["db-rollback", "1", "--accept-data-loss", LOST],
        &["db-migrate"],
    ] {
        database.run(repo, arguments);
    }
    database.run(repo, &["db-migrate"]).must_exit(0);
    database
        .run(repo, &["db-status", "--exit-code"])
        .must_exit(0);
    assert_eq!(check(database, client, digests), LAST);
}
