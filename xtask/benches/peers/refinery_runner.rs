//! refinery as a process of its own: the benchmark starts itself with an argument that nobody
//! types, and that process does what the program of a refinery user does at its start.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::process;

/// The argument that is followed by a folder and the URL of a database.
const ARGUMENT: &str = "--run-refinery";

/// The task of the second process.
#[derive(Debug)]
pub struct Job<'a> {
    folder: &'a str,
    url: &'a str,
}

impl<'a> Job<'a> {
    /// Returns the job where the arguments are those of [`command`].
    pub fn from_arguments(arguments: &'a [String]) -> Option<Self> {
        match arguments {
            [first, folder, url] if first == ARGUMENT => Some(Self { folder, url }),
            _ => None,
        }
    }

    /// Applies the migrations in the folder.
    pub fn run(&self) -> Result<()> {
        let migrations =
            refinery::load_sql_migrations(self.folder).context("cannot read the migrations")?;
        let mut client =
            postgres::Client::connect(self.url, postgres::NoTls).context("cannot connect")?;
        refinery::Runner::new(&migrations)
            .run(&mut client)
            .context("refinery failed")?;
        Ok(())
    }
}

/// Makes the command that has `program`, this benchmark, apply the migrations in `folder`.
pub fn command(program: &Path, folder: &Path, url: &str) -> Command {
    let mut command = process::command(program);
    command.arg(ARGUMENT).arg(folder).arg(url);
    command
}
