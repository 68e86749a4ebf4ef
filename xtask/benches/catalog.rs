//! Reads the catalogs of 2,000 tables with 36,000 columns, against `pg_dump --schema-only` of the
//! same database. Run with `cargo bench --bench catalog`; the goal is a ratio of at most 0.5.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postgres::config::Host;
use xtask::internals::config::Config;
use xtask::internals::postgres::catalog::{self, OwnTables};
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

const TABLES: u32 = 2_000;
const ROUNDS: usize = 7;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]
fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the repository");
    let config = Config::load(root, None).expect("the repository is configured");
    let scratch = Scratch::start(&config, None, Network::OfTheMachine, &Progress::default())
        .expect("PostgreSQL");
    let mut client = scratch.connect().expect("connects");
    let own = OwnTables::new(&config.history_table);
    let mut at = 0;
    for tables in [16, 500, TABLES] {
        (at + 1..=tables).for_each(|number| client.batch_execute(&table(number)).expect("creates"));
        at = tables;
        client.batch_execute("ANALYZE").expect("analyses");
        let read = best(|| drop(catalog::read(&mut client, &own).expect("reads")));
        println!("{tables} tables: read in {read:.1?}");
    }
    let schema = catalog::read(&mut client, &own).expect("reads");
    let columns: usize = schema
        .tables
        .values()
        .map(|table| table.columns.len())
        .sum();
    let folder = match scratch.parameters().get_hosts().first() {
        Some(Host::Unix(folder)) => folder.clone(),
        other => panic!("a scratch cluster listens on a socket, not on {other:?}"),
    };
    let read = best(|| {
        drop(catalog::read(&mut scratch.connect().expect("connects"), &own).expect("reads"))
    });
    let dump = best(|| {
        let mut command = Command::new("pg_dump");
        command
            .args([
                "--schema-only",
                "--no-owner",
                "--username=postgres",
                "--dbname=postgres",
                "--host",
            ])
            .arg(&folder);
        assert!(
            command
                .stdout(Stdio::null())
                .status()
                .expect("pg_dump is installed")
                .success()
        );
    });
    let ratio = read.as_secs_f64() / dump.as_secs_f64();
    println!(
        "{TABLES} tables, {columns} columns: read in {read:.1?}, pg_dump in {dump:.1?}, ratio {ratio:.2}"
    );
    let text = best(|| drop(xtask::internals::schema::snapshot::digest(&schema)));
    println!("digest in {text:.1?}");
}

/// The fastest of some rounds: what the machine does besides only ever adds.
fn best(mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

/// 18 columns, a key, a check, a foreign key, two indexes, a default each for some.
fn table(number: u32) -> String {
    let columns: String = (1..=14)
        .map(|column| format!(", c{column} varchar(100) DEFAULT 'x' NOT NULL"))
        .collect();
    let parent = if number == 1 {
        "t1".to_owned()
    } else {
        format!("t{}", number - 1)
    };
    format!(
        "CREATE TABLE t{number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent bigint REFERENCES {parent}, \
         amount numeric(12,2) CHECK (amount > 0), at timestamptz DEFAULT now(){columns}); \
         CREATE INDEX ON t{number} (c1, c2); CREATE INDEX ON t{number} (lower(c3)) WHERE c4 <> ''; \
         COMMENT ON COLUMN t{number}.c5 IS 'what it is'"
    )
}
