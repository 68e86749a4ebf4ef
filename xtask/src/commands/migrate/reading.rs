//! Reads files of the repository while the database answers: the queries take about as long as
//! reading the files.

use std::thread::{Scope, ScopedJoinHandle};

use anyhow::{Result, anyhow};

use crate::commands::Context;
use crate::commands::judge::Judge;
use crate::migrations::Migration;
use crate::schema::snapshot::{self, Snapshot};

/// The files that are being read.
pub(super) struct PendingFiles<'scope, 'a> {
    judge: ScopedJoinHandle<'scope, Result<Judge<'a>>>,
    snapshot: ScopedJoinHandle<'scope, Result<Option<Snapshot>>>,
}

impl<'scope, 'a: 'scope> PendingFiles<'scope, 'a> {
    /// Begins to read the TypeScript and the snapshot for the migrations in `files`.
    pub(super) fn begin(
        scope: &'scope Scope<'scope, '_>,
        context: &'a Context,
        files: &'scope [Migration],
    ) -> Self {
        Self {
            judge: scope.spawn(move || Judge::new(context, files)),
            snapshot: scope.spawn(move || current_snapshot(context, files)),
        }
    }

    /// Waits for the snapshot that stands for all of the files, on this major version; none where
    /// there is no such snapshot. Also returns the TypeScript, which is still being read.
    ///
    /// # Errors
    /// When the snapshot cannot be read.
    pub(super) fn snapshot(self) -> Result<(Option<Snapshot>, ReadingJudge<'scope, 'a>)> {
        Ok((joined(self.snapshot)?, ReadingJudge(self.judge)))
    }
}

/// The TypeScript that is being read.
pub(super) struct ReadingJudge<'scope, 'a>(ScopedJoinHandle<'scope, Result<Judge<'a>>>);

impl<'a> ReadingJudge<'_, 'a> {
    /// Waits for the TypeScript.
    ///
    /// # Errors
    /// As [`Judge::new`].
    pub(super) fn judge(self) -> Result<Judge<'a>> {
        joined(self.0)
    }
}

fn current_snapshot(context: &Context, files: &[Migration]) -> Result<Option<Snapshot>> {
    let config = &context.config;
    let snapshot = snapshot::read(&context.tree(), &config.snapshot)?;
    // The server words the definitions, and another major version words them differently.
    Ok(snapshot.filter(|found| found.is_fresh(files) && found.postgres == config.postgres_major))
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread
        .join()
        .unwrap_or_else(|_panic| Err(anyhow!("reading the files of the repository failed")))
}
