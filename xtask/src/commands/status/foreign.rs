//! `db-status` where another tool keeps the migrations: its own table says what ran.

use anyhow::{Result, bail};
use postgres::Client;

use super::{Options, show};
use crate::commands::drift::{self, Drift};
use crate::commands::{Context, Outcome, live, made_schema, snapshot_fallback};
use crate::config::{LateMigration, Layout};
use crate::layouts::in_place;
use crate::migrations::comparison::Comparison;
use crate::migrations::foreign_history::{ForeignHistory, ForeignState, Recorder, checksum};
use crate::migrations::preflight::PreflightProblem;
use crate::migrations::{ForeignName, Migration, journaled};
use crate::postgres::connect::{Target, connect};
use crate::report::{Finding, MigrationState, MigrationStatus, Status};
use crate::schema::model::Schema;
use crate::schema::snapshot;
use crate::tree::Tree as _;

/// Shows the database as the tool's own table tells it.
pub(super) fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let config = &context.config.migrations;
    if config.layout.is_none() && config.replay.is_none() {
        bail!(
            "cannot tell what was applied: without `layout` or `replay` in `migrations` no table of \
             applied migrations is known; ask your own migration tool"
        )
    }
    let (files, problems) = in_place::read(&context.tree(), config)?;
    let target = context.target()?;
    let mut client = connect(&target)?;
    let table = &context.config.history_table;
    let history = match config.layout {
        Some(layout) => {
            ForeignHistory::read(&mut client, Recorder::Of(layout), table, &files).map(Some)?
        }
        None => ForeignHistory::of_code(&mut client, table, &files)?,
    };
    let is_empty = || -> Result<bool> {
        let live = live::read(&mut connect(&target)?, &context.config)?;
        Ok(live.tables.is_empty() && live.views.is_empty())
    };
    let Some(history) = history else {
        if is_empty()? {
            let status = of_empty(&target, &files, &problems);
            return show(context, options, &status);
        }
        bail!(
            "cannot tell what was applied: {} has no table of Knex, TypeORM, Sequelize, MikroORM, \
             Kysely or node-pg-migrate; if the team gave it another name, write it as \
             `history-table`",
            target.describe()
        )
    };
    let (drift, mut unchecked) = look_for_drift(context, &mut client, &history, &files)?;
    // An empty database needs no table of the tool.
    if history.table.is_none() && !files.is_empty() && !is_empty()? {
        unchecked.push(format!(
            "what {} applied: the database has none of its tables; if the team gave it another \
             name, write it as `history-table`",
            history.recorder.name()
        ));
    }
    let migrations = migrations(context, &history);
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

/// The status of a database that holds nothing, for migrations that are code: no tool has recorded
/// anything in it.
fn of_empty(target: &Target, files: &[Migration], problems: &[PreflightProblem]) -> Status {
    let pending = |migration: &&Migration| MigrationStatus {
        name: migration.to_string(),
        state: MigrationState::Pending,
        problem: None,
    };
    Status {
        database: target.describe(),
        migrations: ForeignHistory::recordable_code(files)
            .iter()
            .map(pending)
            .collect(),
        invalid_indexes: Vec::new(),
        locked_by: None,
        file_problems: problems.iter().map(ToString::to_string).collect(),
        drift: Vec::new(),
        unchecked: Vec::new(),
    }
}

/// Each migration as the tool's own table tells it: those that have a file, and then those that have
/// none.
pub(in crate::commands) fn migrations(
    context: &Context,
    history: &ForeignHistory<'_>,
) -> Vec<MigrationStatus> {
    let recorder = history.recorder;
    let with_file = history.migrations.iter();
    let mut migrations: Vec<MigrationStatus> = with_file
        .map(|(migration, state)| status(context, migration, state, recorder))
        .collect();
    let dir = &context.config.migrations.dir;
    migrations.extend(history.without_file.iter().map(|name| MigrationStatus {
        name: name.clone(),
        state: MigrationState::Applied { at: None },
        problem: Some(format!("it was applied, and no file in `{dir}` is it")),
    }));
    migrations
}

fn look_for_drift(
    context: &Context,
    client: &mut Client,
    history: &ForeignHistory<'_>,
    files: &[Migration],
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
    if context.config.migrations.layout.is_none() {
        return drift_of_code(context, history, files, &live);
    }
    // The tool may have run them in another order, in which they need not run here.
    let why = match drift::look_in_place(context, client, &applied, &live) {
        Ok(Drift::Findings(findings)) => return Ok((findings, Vec::new())),
        Ok(Drift::NotLookedAt(why)) => why,
        Err(error) => snapshot_fallback::one_line(&error),
    };
    Ok((Vec::new(), vec![format!("drift of the database: {why}")]))
}

/// The drift of a database whose migrations are code: the snapshot says what all of them make.
fn drift_of_code(
    context: &Context,
    history: &ForeignHistory<'_>,
    files: &[Migration],
    live: &Schema,
) -> Result<(Vec<Finding>, Vec<String>)> {
    if let Some(pending) = history.pending().first() {
        let why = format!("drift of the database: without `{pending}` no schema is known");
        return Ok((Vec::new(), vec![why]));
    }
    let snapshot = snapshot::read(&context.tree(), &context.config.snapshot)?;
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.is_fresh(files)) else {
        let why = format!(
            "drift of the database: the migrations are code, and no snapshot of them is there; run \
             `{}`",
            made_schema::snapshot_command(context)
        );
        return Ok((Vec::new(), vec![why]));
    };
    let comparison = Comparison::new(context.scratch_environment(), files);
    let difference = comparison.apparent(&snapshot.schema, live);
    let findings = drift::findings(&difference, drift::severity(&context.config));
    Ok((findings, Vec::new()))
}

/// Whether a tool recorded another checksum of the migration than that of its file.
fn is_edited(
    context: &Context,
    migration: &Migration,
    recorder: Recorder,
    recorded: Option<&String>,
) -> bool {
    let Some(recorded) = recorded else {
        return false;
    };
    // A file that cannot be read has an error of its own.
    let bytes = context.tree().read(&migration.file).unwrap_or_default();
    checksum::is_of(recorder, recorded, &bytes) == Some(false)
}

fn status(
    context: &Context,
    migration: &Migration,
    state: &ForeignState,
    recorder: Recorder,
) -> MigrationStatus {
    let tool = recorder.name();
    let (state, problem) = match state {
        ForeignState::Applied { at, checksum } => {
            let is_edited = is_edited(context, migration, recorder, checksum.as_ref());
            let repeats = |foreign: &ForeignName| foreign.version.is_empty();
            let is_repeatable = recorder == Recorder::Of(Layout::Flyway)
                && migration.foreign.as_ref().is_some_and(repeats);
            match is_edited {
                // Flyway runs it again.
                true if is_repeatable => (MigrationState::Pending, None),
                true => (
                    MigrationState::Applied { at: at.clone() },
                    Some(format!(
                        "`{}` is not what {tool} applied: its checksum differs; undo the change of the \
                         file, and make the difference a new migration",
                        migration.file
                    )),
                ),
                false => (MigrationState::Applied { at: at.clone() }, None),
            }
        }
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
