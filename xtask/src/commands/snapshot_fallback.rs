//! The committed snapshot in the place of a scratch database, where none can be had.

use anyhow::{Result, anyhow};

use super::{Context, made_schema};
use crate::migrations::Migration;
use crate::schema::snapshot::{self, Snapshot};

/// Returns the snapshot, which holds the schema that `files` make, and on one line the reason for
/// the missing scratch database (`error`).
///
/// # Errors
/// When there is no snapshot, or it does not stand for `files`: then nothing is known.
pub fn snapshot(
    context: &Context,
    files: &[Migration],
    error: anyhow::Error,
) -> Result<(Snapshot, String)> {
    let path = &context.config.snapshot;
    let stale = match snapshot::read(&context.tree(), path)? {
        Some(_) if context.config.tenant.is_some() => {
            "stands for the schema `public`, which is no tenant's".to_owned()
        }
        Some(snapshot) if snapshot.is_fresh(files) => return Ok((snapshot, one_line(&error))),
        Some(snapshot) => format!(
            "does not stand for the migrations: {}",
            snapshot.staleness(files).join(", ")
        ),
        None => "does not exist".to_owned(),
    };
    Err(anyhow!("{}", one_line(&error)).context(format!(
        "nothing can be verified: there is no scratch database, and `{path}`, which would stand in for it, {stale}; run \
         `{}` where there is PostgreSQL, and commit it",
        made_schema::snapshot_command(context)
    )))
}

/// The error with its causes.
pub fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
