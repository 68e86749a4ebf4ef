//! `db-status`: shows the database, its migrations and their problems. It changes nothing, and
//! waits for no lock.

pub(super) mod foreign;

use anyhow::Result;
use postgres::Client;

use super::drift::{self, Drift};
use super::fleet::{self, FleetOptions};
use super::{Context, Outcome, adoption, live};
use crate::called_as;
use crate::cli::Format;
use crate::layouts::in_place;
use crate::migrations::journal::{JournalEntry, Phase};
use crate::migrations::state::{HistoryProblem, State};
use crate::migrations::tables::{self, Records};
use crate::migrations::{Migration, journaled, lock};
use crate::postgres::connect::connect;
use crate::render::{human, json};
use crate::report::{Finding, MigrationState, MigrationStatus, Status};

/// Options of `db-status`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Exit with 1 when a migration is pending, or anything is wrong: drift, too
    #[arg(long)]
    pub exit_code: bool,

    /// The fleet.
    #[command(flatten)]
    pub fleet: FleetOptions,
}

/// Runs `db-status`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    if options.fleet.fleet {
        return fleet::status(context, &options.fleet, options.exit_code);
    }
    if context.config.migrations.are_foreign() {
        return foreign::run(context, options);
    }
    let (files, problems) = in_place::read(&context.tree(), &context.config.migrations)?;
    let target = context.target()?;
    let mut client = connect(&target)?;
    let table = &context.config.history_table;
    let located = tables::locate(&mut client, table)?;
    let records = Records::read(&mut client, &located)?;
    let state = State::new(records.history.clone(), &files);
    let (drift, unchecked) = drift(context, &mut client, &files, &records)?;
    let mut migrations = migrations(context, &mut client, &state, &records.journal)?;
    if records.history.is_empty() && records.journal.is_empty() {
        say_adoptable(context, &mut client, &state, &mut migrations)?;
    }
    let status = Status {
        database: target.describe(),
        migrations,
        invalid_indexes: journaled::invalid_indexes(&mut client)?,
        locked_by: lock::held_by(&mut client, table)?.map(|holder| holder.to_string()),
        file_problems: problems.iter().map(ToString::to_string).collect(),
        drift,
        unchecked,
    };
    show(context, options, &status)
}

fn show(context: &Context, options: &Options, status: &Status) -> Result<Outcome> {
    let terminal = &context.terminal;
    match context.options.format {
        Format::Human => terminal.print_styled(&human::status::status(status, terminal.style()))?,
        Format::Json => terminal.print_json(&json::status(status))?,
    }
    Ok(if options.exit_code && !status.is_current() {
        Outcome::Errors
    } else {
        Outcome::Clean
    })
}

/// The changes that were made in the database outside its migrations, and the reason where it was
/// not compared.
fn drift(
    context: &Context,
    client: &mut Client,
    files: &[Migration],
    records: &Records,
) -> Result<(Vec<Finding>, Vec<String>)> {
    if records.history.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let live = live::read(client, &context.config)?;
    Ok(match drift::look(context, client, files, records, &live)? {
        Drift::Findings(findings) => (findings, Vec::new()),
        Drift::NotLookedAt(why) => (Vec::new(), vec![format!("drift of the database: {why}")]),
    })
}

/// Marks the last migration that a database without history already has.
fn say_adoptable(
    context: &Context,
    client: &mut Client,
    state: &State<'_>,
    migrations: &mut [MigrationStatus],
) -> Result<()> {
    if state.pending.is_empty() {
        return Ok(());
    }
    let live = live::read(client, &context.config)?;
    let Some(last) = adoption::last_present(context, &state.pending, &live) else {
        return Ok(());
    };
    let name = last.to_string();
    for migration in migrations.iter_mut().filter(|one| one.name == name) {
        let what = "the database has the tables of the migrations up to here already";
        migration.problem = Some(format!("{what}; {}", adoption::help(last)));
    }
    Ok(())
}

/// Every migration by version: recorded, or a file.
fn migrations(
    context: &Context,
    client: &mut Client,
    state: &State<'_>,
    journal: &[JournalEntry],
) -> Result<Vec<MigrationStatus>> {
    let mut all: Vec<(i64, MigrationStatus)> = Vec::new();
    for applied in &state.applied {
        let undone = interrupted(
            context,
            client,
            journal,
            applied.row.version,
            Phase::RollingBack,
        )?;
        let at = Some(applied.row.applied_on.clone());
        let state_now = undone.map_or(MigrationState::Applied { at }, |standing| {
            MigrationState::PartlyUndone { standing }
        });
        all.push((
            applied.row.version,
            status(applied.row.to_string(), state_now, &state.problems),
        ));
    }
    for pending in &state.pending {
        let begun = interrupted(context, client, journal, pending.version, Phase::Applying)?;
        let state_now = begun.map_or(MigrationState::Pending, |standing| {
            MigrationState::PartlyApplied { standing }
        });
        all.push((
            pending.version,
            status(pending.to_string(), state_now, &state.problems),
        ));
    }
    for late in &state.out_of_order {
        all.push((
            late.version,
            status(
                late.to_string(),
                MigrationState::OutOfOrder,
                &state.problems,
            ),
        ));
    }
    all.sort_by_key(|(version, _)| *version);
    Ok(all.into_iter().map(|(_, status)| status).collect())
}

fn status(name: String, state: MigrationState, problems: &[HistoryProblem]) -> MigrationStatus {
    let problem = problems.iter().find(|problem| problem.name() == name);
    let rollback = called_as::command("rollback");
    let next = match &state {
        MigrationState::PartlyApplied { .. } => Some(format!(
            "`{}` goes on from there, `{rollback} {name}` undoes what is done",
            called_as::command("migrate")
        )),
        MigrationState::PartlyUndone { .. } => {
            Some(format!("`{rollback} {name}` goes on from there"))
        }
        MigrationState::Applied { .. }
        | MigrationState::Failed
        | MigrationState::Pending
        | MigrationState::OutOfOrder => None,
    };
    let problem = problem
        .map(|problem| format!("it {}: {}", problem.what(), problem.help()))
        .or(next);
    MigrationStatus {
        name,
        state,
        problem,
    }
}

/// The progress of a run without transaction, if one of this version was interrupted.
pub fn interrupted(
    context: &Context,
    client: &mut Client,
    journal: &[JournalEntry],
    version: i64,
    phase: Phase,
) -> Result<Option<String>> {
    let Some(entry) = journal
        .iter()
        .find(|entry| entry.version == version && entry.phase == phase)
    else {
        return Ok(None);
    };
    let Some(progress) = &entry.progress else {
        return Ok(Some("nothing of it has run".into()));
    };
    let standing = journaled::assess(client, progress, |client, noted| {
        let schema = live::read(client, &context.config)?;
        live::is_digest_of(noted, &schema, client)
    })?;
    Ok(Some(standing.to_string()))
}
