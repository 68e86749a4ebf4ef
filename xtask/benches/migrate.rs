//! 500 small migrations: what `db-migrate` costs over `psql` with the same files on one connection,
//! a transaction each. Whole processes, with and without a committed snapshot. Run with `cargo
//! bench --bench migrate`: the target is then a server that waits for no disk, which is the hardest
//! case, since there is nothing to hide behind. With the URL of a server in `BENCH_DATABASE_URL`
//! the target is that one; as PostgreSQL sets a server up it waits for its disk at each COMMIT, as
//! in production. The goal is a ratio of at most 1.5 with a snapshot.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Server, median, time, tool, up, write_migrations};

const MIGRATIONS: usize = 500;
const ROUNDS: usize = 3;

fn main() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write(folder);
    for kind in ["without", "with"] {
        if kind == "with" {
            time(&mut tool(folder, &["db-snapshot"]));
        }
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (of_psql, of_tool) = (
                format!("db_bench_psql_{kind}_{round}"),
                format!("db_bench_{kind}_{round}"),
            );
            server.create(&of_psql, "template1");
            server.create(&of_tool, "template1");
            let mut psql = Command::new("psql");
            psql.args(["--quiet", &server.url(&of_psql)]);
            theirs.push(time(psql.arg("--file").arg(folder.join("all.sql"))));
            ours.push(time(
                tool(folder, &["db-migrate"]).env("DATABASE_URL", server.url(&of_tool)),
            ));
        }
        let (psql, migrate) = (median(theirs), median(ours));
        let ratio = migrate.as_secs_f64() / psql.as_secs_f64();
        println!(
            "{MIGRATIONS} migrations {kind} a snapshot, median of {ROUNDS}: psql {psql:.2?}, db-migrate {migrate:.2?}, \
             ratio {ratio:.2}"
        );
    }
}

/// Writes the migrations, and the file in which `psql` finds all of them.
fn write(folder: &Path) {
    write_migrations(folder, 1..=MIGRATIONS);
    let config = "severity = { MISSING_TYPE = 'off', MISSING_VALIDATION_SCHEMA = 'off' }\n";
    std::fs::write(folder.join("db.toml"), config).expect("a file");
    let all: String = (1..=MIGRATIONS)
        .map(|n| format!("BEGIN;\n{}COMMIT;\n", up(n)))
        .collect();
    std::fs::write(folder.join("all.sql"), all).expect("a file");
}
