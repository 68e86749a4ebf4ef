//! The contenders that are npm packages: node-pg-migrate, drizzle-orm and knex, all of which
//! connect through `pg`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Contender;
use crate::{files, process};

/// Applies SQL files with its own command line.
pub const NODE_PG_MIGRATE: Contender = Contender {
    name: "node-pg-migrate",
    find: |places| places.program("node_modules/.bin/node-pg-migrate"),
    version: |program| version(program, "node-pg-migrate"),
    prepare: |_, folder, workload| {
        files::with_markers(
            folder,
            workload.total,
            "-- Up Migration",
            "-- Down Migration",
        )
    },
    command: |program, folder, database| {
        let mut command = process::command(program);
        // Printing every statement is its default, and not what is measured.
        command
            .args(["up", "--no-verbose", "--migrations-dir"])
            .arg(folder)
            .env("DATABASE_URL", database.url());
        command
    },
};

/// Has a migrator for programs to call at their start, so a script calls it. The program is its
/// package's folder.
pub const DRIZZLE: Contender = Contender {
    name: "drizzle-orm",
    find: |places| places.in_peers("node_modules/drizzle-orm"),
    version: |program| version(program, "drizzle-orm"),
    prepare: |_, folder, workload| files::drizzle(folder, workload.total),
    command: |program, folder, database| {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/contenders/drizzle.mjs");
        let mut command = process::command("node");
        command
            .arg(script)
            .arg(program)
            .arg(folder)
            .env("DATABASE_URL", database.url());
        command
    },
};

/// Applies JavaScript files with its own command line.
pub const KNEX: Contender = Contender {
    name: "knex",
    find: |places| places.program("node_modules/.bin/knex"),
    version: |program| version(program, "knex"),
    prepare: |program, folder, workload| prepare_knex(program, folder, workload.total),
    command: |program, folder, database| {
        let mut command = process::command(program);
        command
            .args(["migrate:latest", "--knexfile"])
            .arg(folder.join("knexfile.js"));
        command
            .current_dir(folder)
            .env("DATABASE_URL", database.url());
        command
    },
};

/// knex wants to find itself from the folder of its configuration.
fn prepare_knex(program: &Path, folder: &Path, total: usize) -> Result<()> {
    let configuration =
        "module.exports = { client: 'pg', connection: process.env.DATABASE_URL };\n";
    std::fs::write(folder.join("knexfile.js"), configuration)?;
    std::os::unix::fs::symlink(modules(program)?, folder.join("node_modules"))?;
    files::knex(&folder.join("migrations"), total)
}

/// The `node_modules` that a program or a package lies in, behind the links that npm makes to
/// programs.
fn modules(program: &Path) -> Result<PathBuf> {
    let real = program
        .canonicalize()
        .with_context(|| format!("cannot read `{}`", program.display()))?;
    let folder = real
        .ancestors()
        .find(|folder| folder.ends_with("node_modules"));
    Ok(folder
        .with_context(|| format!("`{}` lies in no `node_modules`", real.display()))?
        .to_path_buf())
}

/// The version that is installed: what some of the programs print of themselves is `unknown`.
fn version(program: &Path, package: &str) -> Result<String> {
    let text = std::fs::read_to_string(modules(program)?.join(package).join("package.json"))?;
    let description: serde_json::Value = serde_json::from_str(&text)?;
    let version = description["version"]
        .as_str()
        .context("a package without a version")?;
    let node = process::read(process::command("node").arg("--version"))?;
    Ok(format!("{version} on node {node}"))
}
