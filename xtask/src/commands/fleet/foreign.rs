//! Looks at one database of a fleet whose migrations another tool keeps: its own table says what
//! ran. Such a fleet is only looked at. That tool applies and undoes its migrations.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::looked::{Looked, Suspect, likeness};
use crate::commands::status::foreign;
use crate::commands::{Context, drift, live};
use crate::migrations::Migration;
use crate::migrations::foreign_history::{ForeignHistory, Recorder};
use crate::report::{FleetDatabaseState, MigrationState};

/// The state of the database of `transaction`, and its schema where it can be compared.
///
/// # Errors
/// When its tables cannot be read, or none is the tool's.
pub(super) fn look(
    context: &Context,
    transaction: &mut Transaction<'_>,
    files: &[Migration],
) -> Result<Looked> {
    let config = &context.config;
    let history = match config.migrations.layout {
        Some(layout) => {
            let recorder = Recorder::Of(layout);
            ForeignHistory::read(transaction, recorder, &config.history_table, files)?
        }
        None => ForeignHistory::of_code(transaction, &config.history_table, files)?
            .context("it has no table of a known migration tool; if the team gave it another name, write it as `history-table`")?,
    };
    let migrations = foreign::migrations(context, &history);
    let told = migrations.iter().filter_map(|one| {
        let problem = one.problem.as_ref()?;
        Some(format!("`{}`: {problem}", one.name))
    });
    let is_pending = |state: &MigrationState| {
        matches!(state, MigrationState::Pending | MigrationState::OutOfOrder)
    };
    let applied = history.applied();
    let mut state = FleetDatabaseState {
        version: applied.last().map(ToString::to_string),
        pending: migrations
            .iter()
            .filter(|one| is_pending(&one.state))
            .count(),
        problems: told.collect(),
        ..FleetDatabaseState::default()
    };
    let newest = applied.last().map_or(i64::MIN, |last| last.version);
    let suspect = match uncompared(context, files, &applied, &state) {
        Some(why) => {
            state
                .unchecked
                .extend(Some(why).filter(|why| !why.is_empty()));
            None
        }
        None => Some(Suspect {
            newest,
            schema: live::read(transaction, config)?,
            tenant: None,
            likeness: likeness(context, transaction, files)?,
        }),
    };
    Ok(Looked {
        state,
        suspect,
        newest,
    })
}

/// Why the schema is not compared, which is empty where nobody asks; none where it is compared.
fn uncompared(
    context: &Context,
    files: &[Migration],
    applied: &[Migration],
    state: &FleetDatabaseState,
) -> Option<String> {
    if applied.is_empty() || drift::severity(&context.config).is_none() {
        return Some(String::new());
    }
    if !state.problems.is_empty() {
        return Some("drift: the history and the migration files disagree".to_owned());
    }
    if context.config.migrations.layout.is_none() {
        let why = "drift: migrations that are code are compared one database at a time";
        return Some(why.to_owned());
    }
    let first = files.iter().take(applied.len()).map(|file| file.version);
    let is_in_order = first.eq(applied.iter().map(|one| one.version));
    (!is_in_order)
        .then(|| "drift: the migrations ran in another order than that of their files".to_owned())
}
