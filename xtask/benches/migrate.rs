//! 500 small migrations: what `db-migrate` costs over `psql` with the same files on one connection, a transaction each.
//! Whole processes, with and without a committed snapshot, on a server that does not wait for a disk, which is the hardest
//! case: there is nothing to hide behind. Run with `cargo bench --bench migrate`; with `TMPDIR=/var/tmp` before it the
//! server of the target keeps its files there instead of in memory. The goal is a ratio of at most 1.5 with a snapshot.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use xtask::config::Config;
use xtask::postgres::scratch::Scratch;

const MIGRATIONS: usize = 500;
const ROUNDS: usize = 3;

fn up(n: usize) -> String {
    format!(
        "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,\n    \
         created_at timestamptz NOT NULL DEFAULT now());\nCREATE INDEX t{n}_name ON t{n} (name);\n"
    )
}

fn main() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`xtask` lies in the repository");
    let config = Config::load(repository, None).expect("the repository is configured");
    let scratch = Scratch::start(&config, repository, None).expect("PostgreSQL");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_migrations(folder.path());
    let mut client = scratch.connect().expect("the cluster runs");
    let parameters = scratch.parameters();
    let Some(postgres::config::Host::Unix(socket)) = parameters.get_hosts().first() else { panic!("a unix socket") };
    let host = socket.to_string_lossy().replace('/', "%2F");
    // Where the target lies is a matter of the server; the tool chooses the place of its scratch database itself.
    let tool = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(folder.path()).env_remove("SHADOW_DATABASE_URL").env_remove("TMPDIR");
        command
    };
    let mut create = |name: &str| client.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for kind in ["without", "with"] {
        if kind == "with" {
            time(&mut tool(&["db-snapshot"]));
        }
        for round in 0..ROUNDS {
            let (of_psql, of_tool) = (format!("psql_{kind}_{round}"), format!("xtask_{kind}_{round}"));
            create(&of_psql);
            create(&of_tool);
            let mut psql = Command::new("psql");
            psql.args(["--quiet", "--username", "postgres", "--dbname", &of_psql, "--host"]).arg(socket);
            theirs.push(time(psql.arg("--file").arg(folder.path().join("all.sql"))));
            let url = format!("postgresql://postgres@{host}/{of_tool}");
            ours.push(time(tool(&["db-migrate"]).env("DATABASE_URL", url)));
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
        std::fs::write(migrations.join(format!("V{n}__t{n}.down.sql")), format!("DROP TABLE t{n};\n")).expect("a file");
        all.push_str(&format!("BEGIN;\n{}COMMIT;\n", up(n)));
    }
    std::fs::write(folder.join("all.sql"), all).expect("a file");
}

fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}
