//! The rows of a database that stop pending migrations, as findings and notes of a command.

use anyhow::Result;
use postgres::Client;

use super::Context;
use crate::config::Config;
use crate::migrations::data_preflight::{self, Foretold, KIND, Limits, Obstacle};
use crate::migrations::foreign_history::{ForeignHistory, Recorder};
use crate::migrations::provenance::SearchPath;
use crate::migrations::sql::{self, Statement};
use crate::migrations::state::State;
use crate::migrations::tables::Records;
use crate::migrations::{Migration, lint};
use crate::postgres::error::ServerError;
use crate::report::{Finding, Severity};
use crate::source::Span;

/// The answers of a database, for a report.
#[derive(Debug, Default)]
pub struct RowsInTheWay {
    /// A finding for each statement that will fail.
    pub findings: Vec<Finding>,
    /// A note about each statement whose rows could not be counted.
    pub notes: Vec<String>,
}

impl RowsInTheWay {
    /// The findings, and the `advice` about other statements.
    #[must_use]
    pub fn before(&self, advice: Vec<Finding>) -> Vec<Finding> {
        lint::giving_way(advice, self.findings.clone())
    }
}

/// The severity of the findings; none where the configuration switches them off.
fn severity(config: &Config) -> Option<Severity> {
    config
        .severity
        .get(KIND)
        .copied()
        .unwrap_or(Some(Severity::Error))
}

/// Asks the database about the `planned` migrations, which are to run on it in this order.
///
/// # Errors
/// When the connection is lost, or the catalogs cannot be read.
pub fn look(
    context: &Context,
    client: &mut Client,
    planned: &[&Migration],
) -> Result<RowsInTheWay> {
    let Some(severity) = severity(&context.config) else {
        return Ok(RowsInTheWay::default());
    };
    let _work = context.progress.begin("counting rows in the way");
    let foretold = data_preflight::foretell(client, planned, Limits::default())?;
    Ok(RowsInTheWay {
        findings: data_preflight::findings(&foretold, planned, severity),
        notes: data_preflight::unknown(&foretold, planned),
    })
}

/// Asks the database about those of `migrations` that its history does not have yet.
///
/// # Errors
/// As [`look`].
pub fn of_target(
    context: &Context,
    client: &mut Client,
    migrations: &[Migration],
    records: &Records,
) -> Result<RowsInTheWay> {
    if context.config.migrations.are_foreign() {
        let table = &context.config.history_table;
        let Some(layout) = context.config.migrations.layout else {
            return Ok(RowsInTheWay::default());
        };
        let history = ForeignHistory::read(client, Recorder::Of(layout), table, migrations)?;
        // Without a record nothing tells which migrations the database has.
        if history.applied().is_empty() || history.failed().is_some() {
            return Ok(RowsInTheWay::default());
        }
        let pending = history.pending();
        return look(context, client, &pending);
    }
    let state = State::new(records.history.clone(), migrations);
    let is_known = !records.history.is_empty() && state.problems.is_empty();
    let is_whole = records
        .journal
        .iter()
        .all(|entry| entry.phase == crate::migrations::journal::Phase::Applied);
    if !is_known || !is_whole {
        return Ok(RowsInTheWay::default());
    }
    look(context, client, &state.pending)
}

/// Adds the rows in the way to the error of the `failed` migration, where it is one about rows.
#[must_use]
pub fn explain(
    context: &Context,
    client: &mut Client,
    failed: &Migration,
    error: anyhow::Error,
) -> anyhow::Error {
    let Some(server) = error.downcast_ref::<ServerError>() else {
        return error;
    };
    let is_about_rows = server.is_about_values();
    let place = server.location.as_ref().map(|location| location.span);
    if !is_about_rows || severity(&context.config).is_none() {
        return error;
    }
    let statements = sql::statements(&failed.sql);
    let statement = place.and_then(|place| {
        let holds =
            |one: &&Statement<'_>| one.span.start <= place.start && place.start <= one.span.end;
        statements.iter().find(holds).map(|one| one.span)
    });
    let left = match (failed.no_transaction, statement) {
        (false, _) => failed.clone(),
        (true, Some(statement)) => without_earlier(failed, &statements, statement),
        // It is unknown which statements are done.
        (true, None) => return error,
    };
    let told = told(client, &[&left], |one| {
        statement.is_none_or(|span| span.start <= one.span.start && one.span.end <= span.end)
    });
    if told.is_empty() {
        return error;
    }
    error.context(told.join("; "))
}

/// Adds the rows in the way of `pending` to the error of a command that applies them and commits by
/// itself: it may have stopped at any of them.
#[must_use]
pub fn explain_command(
    context: &Context,
    client: &mut Client,
    pending: &[&Migration],
    error: anyhow::Error,
) -> anyhow::Error {
    if severity(&context.config).is_none() {
        return error;
    }
    let told = told(client, pending, |_| true);
    if told.is_empty() {
        return error;
    }
    error.context(format!("rows that stop it: {}", told.join("; ")))
}

/// The rows in the way of `pending` now, in words. Where they cannot be counted, nothing is said:
/// the error itself is.
fn told(
    client: &mut Client,
    pending: &[&Migration],
    is_meant: impl Fn(&Obstacle) -> bool,
) -> Vec<String> {
    let foretold = data_preflight::foretell(client, pending, Limits::default());
    let Ok(Foretold { obstacles, .. }) = foretold else {
        return Vec::new();
    };
    let meant = obstacles.iter().filter(|one| is_meant(one));
    meant
        .map(|one| format!("`{}`: {}", one.table, one.message()))
        .collect()
}

/// The migration without the statements before `failed`, which are done. Those that set the search
/// path stay, and so do all places.
fn without_earlier(migration: &Migration, statements: &[Statement<'_>], failed: Span) -> Migration {
    let mut bytes = migration.sql.clone().into_bytes();
    let mut path = SearchPath::default();
    for statement in statements {
        if statement.span.start >= failed.start || path.follow(statement.cursor()) {
            continue;
        }
        for byte in &mut bytes[statement.span.range()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    Migration {
        // Whole statements are blank, so that no character is cut.
        sql: String::from_utf8_lossy(&bytes).into_owned(),
        ..migration.clone()
    }
}
