//! 500 small migrations: what `db-migrate` costs over `psql` with the same files on one connection,
//! a transaction each. Whole processes, with and without a committed snapshot. Run with `cargo
//! bench --bench migrate`: the target is then a server that waits for no disk, which is the hardest
//! case, since there is nothing to hide behind. With the URL of a server in `BENCH_DATABASE_URL`
//! the target is that one; as PostgreSQL sets a server up it waits for its disk at each COMMIT, as
//! in production. The goal is a ratio of at most 1.5 with a snapshot.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postgres::config::Host;
use xtask::internals::config::Config;
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

const MIGRATIONS: usize = 500;
const ROUNDS: usize = 3;

fn up(n: usize) -> String {
    format!(
        "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,\n    \
         created_at timestamptz NOT NULL DEFAULT now());\nCREATE INDEX t{n}_name ON t{n} (name);\n"
    )
}

fn main() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("`xtask` lies in the repository");
    let config = Config::load(repository, None).expect("the repository is configured");
    let scratch = Scratch::start(&config, None, Network::OfTheMachine, &Progress::default())
        .expect("PostgreSQL");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_migrations(folder.path());
    let server = match std::env::var("BENCH_DATABASE_URL") {
        Ok(url) => url
            .rsplit_once('/')
            .expect("a URL with a database")
            .0
            .to_owned(),
        Err(_) => {
            let parameters = scratch.parameters();
            let Some(Host::Unix(socket)) = parameters.get_hosts().first() else {
                panic!("a unix socket")
            };
            format!(
                "postgresql://postgres@{}",
                socket.to_string_lossy().replace('/', "%2F")
            )
        }
    };
    let url = |database: &str| format!("{server}/{database}");
    let tool = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(folder.path())
            .env_remove("SHADOW_DATABASE_URL");
        command
    };
    let create = |name: &str| {
        let recreate = [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ];
        let mut psql = Command::new("psql");
        psql.args([
            "--quiet",
            &url("postgres"),
            "--command",
            &recreate[0],
            "--command",
            &recreate[1],
        ]);
        time(psql.stderr(Stdio::null()));
    };
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for kind in ["without", "with"] {
        if kind == "with" {
            time(&mut tool(&["db-snapshot"]));
        }
        for round in 0..ROUNDS {
            let (of_psql, of_tool) = (
                format!("db_bench_psql_{kind}_{round}"),
                format!("db_bench_{kind}_{round}"),
            );
            create(&of_psql);
            create(&of_tool);
            let mut psql = Command::new("psql");
            psql.args(["--quiet", &url(&of_psql)]);
            theirs.push(time(psql.arg("--file").arg(folder.path().join("all.sql"))));
            ours.push(time(
                tool(&["db-migrate"]).env("DATABASE_URL", url(&of_tool)),
            ));
        }
        let (psql, migrate) = (median(theirs.split_off(0)), median(ours.split_off(0)));
        let ratio = migrate.as_secs_f64() / psql.as_secs_f64();
        println!(
            "{MIGRATIONS} migrations {kind} a snapshot, median of {ROUNDS}: psql {psql:.2?}, db-migrate {migrate:.2?}, \
             ratio {ratio:.2}"
        );
    }
}

fn write_migrations(folder: &Path) {
    let migrations = folder.join("migrations");
    std::fs::create_dir(&migrations).expect("a folder");
    let config = "[workspace.metadata.db]\n[workspace.metadata.db.severity]\nMISSING_TYPE = 'off'\nMISSING_VALIDATION_SCHEMA = 'off'\n";
    std::fs::write(folder.join("Cargo.toml"), config).expect("a file");
    let mut all = String::new();
    for n in 1..=MIGRATIONS {
        std::fs::write(migrations.join(format!("V{n}__t{n}.sql")), up(n)).expect("a file");
        std::fs::write(
            migrations.join(format!("V{n}__t{n}.down.sql")),
            format!("DROP TABLE t{n};\n"),
        )
        .expect("a file");
        all.push_str(&format!("BEGIN;\n{}COMMIT;\n", up(n)));
    }
    std::fs::write(folder.join("all.sql"), all).expect("a file");
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

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}
