//! `db-rollback --test` of many migrations. No peer has the like, so it is a figure without a
//! ratio.

use std::path::Path;

use anyhow::{Context, Result};

use super::contenders::programs;
use super::process;
use super::workloads::rounds;

/// The name on the command line.
pub const NAME: &str = "rollback-400";

const MIGRATIONS: usize = 400;

/// Few, since each takes as long as a table's row.
const ROUNDS: usize = 3;

/// Times it and prints the median.
pub fn run(folder: &Path) -> Result<()> {
    let monorepo = folder.join(NAME);
    programs::write_monorepo(&monorepo, MIGRATIONS)?;
    let mut times = Vec::new();
    for _ in 0..rounds(ROUNDS) {
        let mut command = process::command(programs::tool());
        command
            .args(["db-rollback", "--test"])
            .current_dir(&monorepo);
        times.push(process::time(&mut command, folder).context("`db-rollback --test` failed")?);
    }
    let rounds = times.len();
    println!(
        "\ndb-rollback --test of {MIGRATIONS} migrations, median of {rounds}: {:.2?}",
        process::median(times)
    );
    Ok(())
}
