//! The workloads, and how they are timed: contenders take turns within each round, so that a slow
//! minute of the machine is everybody's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::contenders::Present;
use super::process;
use super::servers::{Database, Server};

/// Migrations 1 to `total` as files, of which the first `applied` are in the database already.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Names the row on the command line.
    pub name: &'static str,
    /// Describes the row in the table.
    pub title: &'static str,
    /// The number of migrations that were applied before, which is not timed.
    pub applied: usize,
    /// The number of migrations in the files.
    pub total: usize,
    /// How often it is repeated: seldom where one round takes a minute.
    rounds: usize,
}

/// The rows of the table. 18 is the sample of this repository, 31 a year of a small team, 500 a
/// monorepo of many years.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "1",
        title: "1 pending",
        applied: 0,
        total: 1,
        rounds: 7,
    },
    Workload {
        name: "18",
        title: "18 pending",
        applied: 0,
        total: 18,
        rounds: 7,
    },
    Workload {
        name: "31",
        title: "31 pending",
        applied: 0,
        total: 31,
        rounds: 7,
    },
    Workload {
        name: "500",
        title: "500 pending",
        applied: 0,
        total: 500,
        rounds: 3,
    },
    Workload {
        name: "none-of-18",
        title: "none pending of 18",
        applied: 18,
        total: 18,
        rounds: 7,
    },
    Workload {
        name: "none-of-500",
        title: "none pending of 500",
        applied: 500,
        total: 500,
        rounds: 5,
    },
    Workload {
        name: "one-of-201",
        title: "1 pending of 201",
        applied: 200,
        total: 201,
        rounds: 5,
    },
];

impl Workload {
    /// The number of rounds, which `BENCH_ROUNDS` overrides.
    pub fn rounds(&self) -> usize {
        rounds(self.rounds)
    }

    /// The preparation, which is not timed; none on an empty database.
    fn before(&self) -> Option<Self> {
        (self.applied > 0).then_some(Self {
            applied: 0,
            total: self.applied,
            ..*self
        })
    }
}

/// Returns what `BENCH_ROUNDS` says, else `default`.
pub fn rounds(default: usize) -> usize {
    let given = std::env::var("BENCH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    given.unwrap_or(default).max(1)
}

/// The contenders on one server.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The contenders that take part.
    pub contenders: &'a [Present],
    /// Where the databases are.
    pub server: &'a Server,
    /// Where the files of the migrations are written.
    pub folder: &'a Path,
}

impl Bench<'_> {
    /// Times every contender, and returns their medians in the order of the contenders.
    pub fn run(&self, workload: &Workload) -> Result<Vec<Duration>> {
        let bases = self
            .contenders
            .iter()
            .map(|contender| self.base(contender, workload));
        let bases = bases.collect::<Result<Vec<_>>>()?;
        let mut times = vec![Vec::new(); self.contenders.len()];
        for round in 0..workload.rounds() {
            for turn in 0..times.len() {
                // Each round begins with another one: nobody always follows the same neighbour's
                // leftovers.
                let at = (turn + round) % times.len();
                times[at].push(self.turn(&self.contenders[at], workload, bases[at].as_ref())?);
            }
        }
        Ok(times.into_iter().map(process::median).collect())
    }

    /// Makes the database in which the first migrations of `workload` are applied; none where it
    /// begins empty.
    fn base(&self, contender: &Present, workload: &Workload) -> Result<Option<Database<'_>>> {
        let Some(before) = workload.before() else {
            return Ok(None);
        };
        let database = self.server.create(None)?;
        self.time(contender, &before, &database)?;
        Ok(Some(database))
    }

    fn turn(
        &self,
        contender: &Present,
        workload: &Workload,
        base: Option<&Database<'_>>,
    ) -> Result<Duration> {
        match base {
            // The run changes nothing, so that no copy of hundreds of tables is needed.
            Some(base) if workload.applied == workload.total => {
                self.time(contender, workload, base)
            }
            base => self.time(contender, workload, &self.server.create(base)?),
        }
    }

    /// Times one process, and makes sure that it did its work.
    fn time(
        &self,
        contender: &Present,
        workload: &Workload,
        database: &Database<'_>,
    ) -> Result<Duration> {
        let files = self.files(contender, workload)?;
        database.settle()?;
        let time = process::time(&mut contender.command(&files, database), self.folder)
            .with_context(|| format!("{} failed at `{}`", contender.name(), workload.title))?;
        let tables = database.count_tables()?;
        ensure!(
            tables == workload.total,
            "{} left {tables} tables, not {}",
            contender.name(),
            workload.total
        );
        Ok(time)
    }

    /// The folder of the contender's files, which are written at their first use.
    fn files(&self, contender: &Present, workload: &Workload) -> Result<PathBuf> {
        let name = format!(
            "{}-{}-{}",
            contender.name(),
            workload.applied,
            workload.total
        );
        let folder = self.folder.join(name);
        if !folder.exists() {
            std::fs::create_dir(&folder)?;
            contender.prepare(&folder, workload)?;
        }
        Ok(folder)
    }
}
