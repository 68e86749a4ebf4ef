//! `db-migrate` against its peers: psql, refinery, sqlx-cli, dbmate, node-pg-migrate, drizzle-orm
//! and knex apply the same migrations, each in its own file format. Whoever chooses a tool for
//! migrations waits for whole processes, so whole processes are timed: on a server that waits for
//! no disk, where nothing hides what a tool costs, and on one that waits for its disk at each
//! COMMIT, as in production.
//!
//! ```console
//! $ xtask/benches/peers/install.sh ../peers                           # once
//! $ BENCH_PEERS=../peers cargo bench --bench peers                    # everything
//! $ BENCH_PEERS=../peers cargo bench --bench peers -- 18 disk         # one row on one server
//! $ BENCH_PEERS=../peers cargo bench --bench peers -- 500 xtask sqlx  # one row of two contenders on both servers
//! ```
//!
//! | variable | |
//! |---|---|
//! | `BENCH_PEERS` | the folder that `install.sh` filled; sqlx, dbmate, node-pg-migrate and knex are looked for on `PATH` too |
//! | `BENCH_TOOL` | measure this binary of the tool instead of the one that cargo has just built |
//! | `BENCH_BEFORE` | an earlier build of the tool, measured beside it as `before` |
//! | `BENCH_ROUNDS` | how often each workload is repeated, 3 to 7 times without it |
//! | `BENCH_DISK` | a folder on a real disk for the server that waits for one, cargo's target folder without it |
//!
//! The contenders do not do the same. psql records nothing, so it is the floor: what PostgreSQL
//! itself takes. node-pg-migrate and drizzle-orm put all pending migrations in one transaction, the
//! others one transaction around each. Only ours verifies: `xtask` has a snapshot of the schema,
//! `no-snapshot` replays the migrations instead.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod contenders;
mod files;
mod process;
mod refinery_runner;
mod rehearsal;
mod selection;
mod servers;
mod table;
mod workloads;

use std::path::Path;

use anyhow::{Context, Result};

use selection::Selection;
use table::Table;
use workloads::{Bench, WORKLOADS, Workload};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(job) = refinery_runner::Job::from_arguments(&arguments) {
        return job.run();
    }
    let selection = Selection::new(arguments)?;
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let workloads: Vec<_> = WORKLOADS
        .iter()
        .filter(|workload| selection.includes_workload(workload.name))
        .collect();
    if !workloads.is_empty() {
        compare(&selection, &workloads, folder.path())?;
    }
    if selection.includes_rehearsal() {
        rehearsal::run(folder.path())?;
    }
    Ok(())
}

fn compare(selection: &Selection, workloads: &[&Workload], folder: &Path) -> Result<()> {
    let contenders = contenders::present(selection)?;
    for server in servers::start(selection)? {
        println!("\n{}", server.describe()?);
        measure(
            &Bench {
                contenders: &contenders,
                server: &server,
                folder,
            },
            workloads,
        )?;
    }
    Ok(())
}

/// Prints each row as soon as it is there, since all of them together take minutes, and the ratios
/// below.
fn measure(bench: &Bench<'_>, workloads: &[&Workload]) -> Result<()> {
    let mut table = Table::new(bench.contenders);
    println!("{}", table.header("median ms (of rounds)"));
    for workload in workloads {
        let medians = bench.run(workload)?;
        println!("{}", table.add(workload, medians));
    }
    for reference in ["xtask", "refinery"] {
        print!("{}", table.ratios(reference));
    }
    Ok(())
}
