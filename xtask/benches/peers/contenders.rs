//! The contenders: one constant each, which says where its program is found, what files it reads
//! and how it is run.

pub mod node;
pub mod programs;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::process;
use super::selection::Selection;
use super::servers::Database;
use super::workloads::Workload;

/// A program that applies migrations.
#[derive(Debug)]
pub struct Contender {
    /// Names the column, in the table and on the command line.
    pub name: &'static str,
    /// Finds the program; none where it is not installed.
    find: fn(&Places) -> Option<PathBuf>,
    /// Returns the version of the program.
    version: fn(&Path) -> Result<String>,
    /// Writes the migrations to a folder: program, folder, workload.
    prepare: fn(&Path, &Path, &Workload) -> Result<()>,
    /// Makes the command that applies those in the folder to a database: program, folder, database.
    command: fn(&Path, &Path, &Database<'_>) -> Command,
}

/// The columns of the table.
pub const CONTENDERS: &[Contender] = &[
    programs::PSQL,
    programs::REFINERY,
    programs::XTASK,
    programs::XTASK_WITHOUT_SNAPSHOT,
    programs::BEFORE,
    programs::BEFORE_WITHOUT_SNAPSHOT,
    programs::SQLX,
    programs::DBMATE,
    node::NODE_PG_MIGRATE,
    node::DRIZZLE,
    node::KNEX,
];

/// A contender whose program was found.
#[derive(Debug)]
pub struct Present {
    contender: &'static Contender,
    program: PathBuf,
}

impl Present {
    /// The name of its column.
    pub fn name(&self) -> &'static str {
        self.contender.name
    }

    /// Writes its files for `workload` to `folder`.
    pub fn prepare(&self, folder: &Path, workload: &Workload) -> Result<()> {
        (self.contender.prepare)(&self.program, folder, workload)
    }

    /// The process that is timed.
    pub fn command(&self, folder: &Path, database: &Database<'_>) -> Command {
        (self.contender.command)(&self.program, folder, database)
    }
}

/// Finds the selected contenders. Prints the version of each, and says of those that are missing
/// that they are.
pub fn present(selection: &Selection) -> Result<Vec<Present>> {
    let places = Places::new()?;
    let mut found = Vec::new();
    for contender in CONTENDERS
        .iter()
        .filter(|contender| selection.includes_contender(contender.name))
    {
        let name = contender.name;
        match (contender.find)(&places) {
            Some(program) => {
                println!("{name}: {}", (contender.version)(&program)?);
                found.push(Present { contender, program });
            }
            None => println!(
                "skipped: nothing says where {name} is (`BENCH_PEERS`, `BENCH_BEFORE`, `PATH`)"
            ),
        }
    }
    Ok(found)
}

/// Where programs are looked for.
#[derive(Debug)]
pub struct Places {
    /// The folder of `install.sh`, absolute, since contenders work in folders of their own.
    peers: Option<PathBuf>,
}

impl Places {
    fn new() -> Result<Self> {
        let peers = process::path_in_variable("BENCH_PEERS");
        if let Some(folder) = peers.as_ref().filter(|folder| !folder.is_dir()) {
            bail!(
                "`BENCH_PEERS` names `{}`, which is no folder",
                folder.display()
            )
        }
        Ok(Self { peers })
    }

    /// Finds what is at `path` in the folder of the peers.
    fn in_peers(&self, path: &str) -> Option<PathBuf> {
        let path = self.peers.as_ref()?.join(path);
        path.exists().then_some(path)
    }

    /// Finds a program at `path` in the folder of the peers, else under its name on `PATH`.
    fn program(&self, path: &str) -> Option<PathBuf> {
        self.in_peers(path)
            .or_else(|| on_path(path.rsplit('/').next()?))
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}
