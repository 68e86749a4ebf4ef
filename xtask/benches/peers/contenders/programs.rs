//! The contenders that are compiled programs: psql, refinery, ours, sqlx-cli and dbmate.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Contender, Places};
use crate::servers::Database;
use crate::workloads::Workload;
use crate::{files, process, refinery_runner};

/// The floor: it keeps no history, so it is given exactly what is pending.
pub const PSQL: Contender = Contender {
    name: "psql",
    find: |places| places.program("psql"),
    version: version_of_program,
    prepare: |_, folder, workload| files::one_script(folder, workload.applied, workload.total),
    command: |program, folder, database| {
        let mut command = process::command(program);
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
        command
            .arg("--file")
            .arg(folder.join("all.sql"))
            .arg(database.url());
        command
    },
};

/// The library that our tool applies migrations with, as a program that does nothing else.
pub const REFINERY: Contender = Contender {
    name: "refinery",
    find: |_| std::env::current_exe().ok(),
    version: |_| version_in_lock_file("refinery"),
    prepare: |_, folder, workload| files::pairs(folder, workload.total),
    command: |program, folder, database| refinery_runner::command(program, folder, &database.url()),
};

/// Ours, with the snapshot of the schema that a repository has committed.
pub const XTASK: Contender = Contender {
    name: "xtask",
    find: |_| Some(tool()),
    version: version_of_program,
    prepare: monorepo_with_snapshot,
    command: migrate,
};

/// Ours, where nobody has written a snapshot yet.
pub const XTASK_WITHOUT_SNAPSHOT: Contender = Contender {
    name: "no-snapshot",
    prepare: |_, folder, workload| write_monorepo(folder, workload.total),
    ..XTASK
};

/// An earlier build of ours: what a change costs shows in the same rounds.
pub const BEFORE: Contender = Contender {
    name: "before",
    find: |_| process::path_in_variable("BENCH_BEFORE"),
    ..XTASK
};

/// The earlier build, without a snapshot.
pub const BEFORE_WITHOUT_SNAPSHOT: Contender = Contender {
    name: "before-no-snapshot",
    find: BEFORE.find,
    ..XTASK_WITHOUT_SNAPSHOT
};

/// The command line of sqlx.
pub const SQLX: Contender = Contender {
    name: "sqlx",
    find: |places| places.program("bin/sqlx"),
    version: version_of_program,
    prepare: |_, folder, workload| files::up_and_down(folder, workload.total),
    command: |program, folder, database| {
        let mut command = process::command(program);
        command
            .args(["migrate", "run", "--source"])
            .arg(folder)
            .env("DATABASE_URL", database.url());
        command
    },
};

/// The program itself, not the script of its npm package: starting node would cost it more than its
/// work.
pub const DBMATE: Contender = Contender {
    name: "dbmate",
    find: find_dbmate,
    version: version_of_program,
    prepare: |_, folder, workload| {
        files::with_markers(folder, workload.total, "-- migrate:up", "-- migrate:down")
    },
    command: |program, folder, database| {
        let mut command = process::command(program);
        // Without the option it runs pg_dump at the end, which no other contender does.
        command
            .arg("--no-dump-schema")
            .arg("--migrations-dir")
            .arg(folder)
            .arg("migrate");
        command.env("DATABASE_URL", database.url());
        command
    },
};

/// Our binary: that of `BENCH_TOOL`, else the one that was built for this benchmark.
pub fn tool() -> PathBuf {
    process::path_in_variable("BENCH_TOOL").unwrap_or_else(|| env!("CARGO_BIN_EXE_xtask").into())
}

/// Writes a monorepo of which the migrations are all: without TypeScript there is nothing to
/// compare them with.
pub fn write_monorepo(folder: &Path, migrations: usize) -> Result<()> {
    let files = folder.join("migrations");
    std::fs::create_dir_all(&files)?;
    let config = "[workspace.metadata.db]\n[workspace.metadata.db.severity]\nMISSING_TYPE = 'off'\n\
                  MISSING_VALIDATION_SCHEMA = 'off'\n";
    std::fs::write(folder.join("Cargo.toml"), config)?;
    files::pairs(&files, migrations)
}

fn monorepo_with_snapshot(program: &Path, folder: &Path, workload: &Workload) -> Result<()> {
    write_monorepo(folder, workload.total)?;
    let mut snapshot = process::command(program);
    process::read(snapshot.arg("db-snapshot").current_dir(folder)).map(drop)
}

fn migrate(program: &Path, folder: &Path, database: &Database<'_>) -> Command {
    let mut command = process::command(program);
    command
        .arg("db-migrate")
        .current_dir(folder)
        .env("DATABASE_URL", database.url());
    command
}

fn find_dbmate(places: &Places) -> Option<PathBuf> {
    // The package of this machine's system and processor is the only one that npm installs.
    let packages = places
        .in_peers("node_modules/@dbmate")
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let mut programs = packages
        .into_iter()
        .flatten()
        .flatten()
        .map(|package| package.path().join("bin/dbmate"));
    programs
        .find(|program| program.is_file())
        .or_else(|| super::on_path("dbmate"))
}

fn version_of_program(program: &Path) -> Result<String> {
    process::read(process::command(program).arg("--version"))
}

fn version_in_lock_file(package: &str) -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock: toml::Table = std::fs::read_to_string(file)?.parse()?;
    let packages = lock
        .get("package")
        .and_then(toml::Value::as_array)
        .context("no packages in `Cargo.lock`")?;
    let found = packages
        .iter()
        .find(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package));
    let version = found.and_then(|entry| entry.get("version")?.as_str());
    Ok(version
        .with_context(|| format!("no `{package}` in `Cargo.lock`"))?
        .to_owned())
}
