//! `db-status` where another tool keeps the migrations: its own table says what ran.

use anyhow::{Result, bail};
use postgres::Client;

use super::{Options, show};
use crate::commands::drift::{self, Drift};
use crate::commands::{Context, Outcome, live, snapshot_fallback};
use crate::config::{LateMigration, Layout};
use crate::layouts::in_place;
use crate::migrations::foreign_history::{ForeignHistory, ForeignState};
use crate::migrations::{Migration, journaled};
use crate::postgres::connect::connect;
use crate::report::{Finding, MigrationState, MigrationStatus, Status};

/// Shows the database as the tool's own table tells it.
pub(super) fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let config = &context.config.migrations;
    let Some(layout) = config.layout else {
        bail!(
            "cannot tell what was applied: without `layout` in `migrations` no table of applied \
             migrations is known; ask your own migration tool"
        )
    };
    let (files, problems) = in_place::read(&context.tree(), config)?;
    let target = context.target()?;
    let mut client = connect(&target)?;
    let history = ForeignHistory::read(&mut client, layout, &context.config.history_table, &files)?;
    let (drift, mut unchecked) = look_for_drift(context, &mut client, &history)?;
    if history.table.is_none() && !files.is_empty() {
        unchecked.push(format!(
            "what {} applied: the database has none of its tables; if the team gave it another \
             name, write it as `history-table`",
            layout.name()
        ));
    }
    let mut migrations: Vec<MigrationStatus> = history
        .migrations
        .iter()
        .map(|(migration, state)| status(migration, state, layout))
        .collect();
    migrations.extend(history.without_file.iter().map(|name| MigrationStatus {
        name: name.clone(),
        state: MigrationState::Applied { at: None },
        problem: Some(format!(
            "it was applied, and no file in `{}` is it",
            config.dir
        )),
    }));
    let status = Status {
        database: target.describe(),
        migrations,
        invalid_indexes: journaled::invalid_indexes(&mut client)?,
        locked_by: None,
        file_problems: problems.iter().map(ToString::to_string).collect(),
        drift,
        unchecked,
    };
    show(context, options, &status)
}

fn look_for_drift(
    context: &Context,
    client: &mut Client,
    history: &ForeignHistory<'_>,
) -> Result<(Vec<Finding>, Vec<String>)> {
    if let Some(failed) = history.failed() {
        let why = format!("drift of the database: `{failed}` was begun and not ended");
        return Ok((Vec::new(), vec![why]));
    }
    if !history.without_file.is_empty() {
        let why = "drift of the database: migrations that it has are not among the files";
        return Ok((Vec::new(), vec![why.to_owned()]));
    }
    let applied = history.applied();
    if applied.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let live = live::read(client, &context.config)?;
    // The tool may have run them in another order, in which they need not run here.
    let why = match drift::look_in_place(context, client, &applied, &live) {
        Ok(Drift::Findings(findings)) => return Ok((findings, Vec::new())),
        Ok(Drift::NotLookedAt(why)) => why,
        Err(error) => snapshot_fallback::one_line(&error),
    };
    Ok((Vec::new(), vec![format!("drift of the database: {why}")]))
}

fn status(migration: &Migration, state: &ForeignState, layout: Layout) -> MigrationStatus {
    let tool = layout.name();
    let (state, problem) = match state {
        ForeignState::Applied { at } => (MigrationState::Applied { at: at.clone() }, None),
        ForeignState::Failed => (
            MigrationState::Failed,
            Some(format!(
                "{tool} began it and did not end it: look at what it left, then tell {tool}"
            )),
        ),
        ForeignState::Pending | ForeignState::Late(LateMigration::Runs) => {
            (MigrationState::Pending, None)
        }
        ForeignState::Late(LateMigration::Skipped) => (
            MigrationState::OutOfOrder,
            Some(format!(
                "it is older than one that ran, so that {tool} passes over it: make it anew"
            )),
        ),
        ForeignState::Late(LateMigration::Refused) => (
            MigrationState::OutOfOrder,
            Some(format!(
                "it is older than one that ran, so that {tool} refuses it: make it anew"
            )),
        ),
    };
    MigrationStatus {
        name: migration.to_string(),
        state,
        problem,
    }
}
