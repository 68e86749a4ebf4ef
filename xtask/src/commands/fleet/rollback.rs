//! `db-rollback --fleet`: counts in every database what would be undone and lost, and undoes it in
//! waves.

use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Result, bail};

use super::connections::{Connection, Connections};
use super::consent::FleetConsent;
use super::look::Questions;
use super::run::{self, Run};
use super::selection::RunEnd;
use super::survey;
use super::waves::Worked;
use crate::commands::migrate::Learnt;
use crate::commands::rollback::{Options, PreparedRollback, RollbackRun};
use crate::commands::{Context, Outcome};
use crate::fleet::{Ending, FleetTarget, Limits, Schedule, Waiting};
use crate::layouts::in_place;
use crate::migrations::preflight::{FileDirection, FileName, PreflightProblem, file_name};
use crate::migrations::{Down, Migration};
use crate::postgres::error::is_contention;
use crate::render::human;
use crate::report::{
    FleetDatabase, FleetDirection, FleetOutcome, FleetStatus, RollbackResult, RollbackVerdict,
};

/// Runs `db-rollback --fleet`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    run::refuse_in_place(context, "undoes")?;
    refuse_vague(options)?;
    let run = Run::open(context, &options.fleet, FleetDirection::Back)?;
    // A half-written new migration must not prevent undoing an old one.
    let (files, problems) = in_place::read(&context.tree(), &context.config.migrations)?;
    let named = options.migration.as_deref();
    let found = run
        .selection
        .end(&files, named)
        .map(Option::<&Migration>::cloned);
    // A run that is gone on with was about a file.
    let is_new = run.selection.earlier.is_none();
    let applied = named.filter(|_| is_new).and_then(without_file);
    let (oldest, unknown) = match (found, applied) {
        (Ok(Some(file)), _) => (file, None),
        (Ok(None), _) => bail!(
            "name the oldest migration to undo: databases of a fleet differ in which is their last one"
        ),
        // Some database may have it all the same.
        (Err(error), Some(applied)) => (applied, Some(error)),
        (Err(error), None) => return Err(error),
    };
    let oldest = &oldest;
    let targets = &run.selection.targets;
    let consent = FleetConsent::read(&options.accept_data_loss, targets)?;
    let parallel = run.config.parallel;
    let questions = (&Questions::Back(oldest.version), &Learnt::default());
    let mut survey = survey::survey(context, targets, &files, parallel, questions)?;
    if let Some(error) = unknown
        && !survey.databases.iter().any(FleetDatabase::is_behind)
    {
        return Err(error);
    }
    let name = oldest.to_string();
    let work = DatabaseRollback {
        context,
        options,
        oldest: &name,
        given: (&files, &problems),
        prepared: &PreparedRollback::new(context, &files).of_tenants(run.is_of_tenants()),
        consent: &consent,
    };
    let connections = Connections::new(context, &run.id);
    try_each(
        context,
        &mut survey.databases,
        (targets, parallel),
        |target| work.run(target, connections.take(target), true),
    );
    let survey = FleetStatus {
        databases: survey.databases,
        drift: Vec::new(),
        newest: files.last().map(ToString::to_string),
    };
    let style = context.terminal.style();
    context.say(&human::fleet_run::survey(&survey, run.direction, style))?;
    // Files from the oldest one on are undone, and none waits for another run.
    let end = RunEnd {
        at: Some(oldest),
        newer: Vec::new(),
    };
    run.finish(survey, &end, &|target, connection| {
        work.run(target, connection, false)
    })
}

/// The migration of the whole name `name`, whose file is gone. Each database knows itself what it has
/// applied under that name.
fn without_file(name: &str) -> Option<Migration> {
    let Some(FileName {
        version,
        name,
        direction: FileDirection::Up,
        ..
    }) = file_name(&format!("{name}.sql"))
    else {
        return None;
    };
    Some(Migration {
        version,
        name,
        foreign: None,
        file: String::new(),
        sql: String::new(),
        down: Down::Irreversible {
            file: String::new(),
            reason: "its file is gone".to_owned(),
        },
        no_transaction: false,
        checksum: 0,
    })
}

/// Refuses options that mean another migration in each database.
fn refuse_vague(options: &Options) -> Result<()> {
    if options.last.is_some() || options.to_branch.is_some() {
        bail!(
            "databases of a fleet differ in which migrations are their last ones: name the oldest migration to undo"
        )
    }
    if options.test || options.dry_run {
        bail!(
            "for a fleet, `--survey` says what would be undone and lost in each database, and changes nothing"
        )
    }
    Ok(())
}

/// Tries the run on each of `databases` that has something to undo, without changing it. What stops
/// it there becomes a problem of the database.
fn try_each(
    context: &Context,
    databases: &mut [FleetDatabase],
    (targets, parallel): (&[FleetTarget], usize),
    attempt: impl Fn(&FleetTarget) -> Worked + Sync,
) {
    let behind = databases.iter().zip(targets).zip(0..);
    let planned: Vec<Waiting> = behind
        .filter(|((one, _), _)| one.is_behind())
        .map(|((_, target), place)| target.waiting(place))
        .collect();
    let progress = &context.progress;
    let work = progress.begin_counted("counting what would be lost", planned.len());
    let workers = parallel.min(planned.len());
    let tried = Mutex::new(Vec::new());
    // Trying stops for no failure: all databases are to be told of.
    let schedule = Schedule::new(Limits {
        failures: usize::MAX,
        lock_timeouts: usize::MAX,
        per_server: parallel,
    });
    schedule.add(planned);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(next) = schedule.next() {
                    let Some(target) = targets.get(next.place) else {
                        continue;
                    };
                    work.beside(&target.name);
                    let worked = attempt(target).advising(&target.name);
                    work.done();
                    schedule.ended(&next, Ending::Done);
                    let mut tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
                    tried.push((next.place, worked));
                }
            });
        }
    });
    for (place, worked) in tried.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let state = databases.get_mut(place).map(|one| &mut one.state);
        if let Some(Ok(state)) = state {
            state
                .problems
                .extend(worked.outcome.error().map(str::to_owned));
            state.unchecked.extend(worked.notes);
        }
    }
}

/// Undoes migrations in one database of the fleet.
struct DatabaseRollback<'r, 'a> {
    context: &'r Context,
    options: &'r Options,
    /// The name of the oldest migration to undo.
    oldest: &'r str,
    given: (&'r [Migration], &'r [PreflightProblem]),
    prepared: &'r PreparedRollback<'a>,
    consent: &'r FleetConsent,
}

impl DatabaseRollback<'_, '_> {
    fn run(&self, target: &FleetTarget, connection: Result<Connection>, is_trial: bool) -> Worked {
        match connection.and_then(|connection| self.undone(target, connection, is_trial)) {
            Ok(worked) => worked,
            Err(error) => Worked::failed(format!("{error:#}")),
        }
    }

    fn undone(
        &self,
        target: &FleetTarget,
        connection: Connection,
        is_trial: bool,
    ) -> Result<Worked> {
        let context = run::context(self.context, target);
        let mut options = self.options.clone();
        options.migration = Some(self.oldest.to_owned());
        options.accept_data_loss = self.consent.arguments(&target.name);
        options.dry_run = is_trial;
        // Each database has a folder of its own for what it loses.
        if let Some(folder) = options.backup.as_mut() {
            folder.push(run::folder_name(&target.name));
        }
        let described = target.describe();
        let Connection {
            target, mut client, ..
        } = connection;
        let mut run = RollbackRun::new(&context, &options, described);
        let worked = run.undo((&target, &mut client), self.given, self.prepared)?;
        let is_lock_timeout = worked.as_ref().is_err_and(is_contention);
        let mut worked = of_result(run.into_result(worked), is_lock_timeout);
        if !worked.migrations.is_empty() {
            worked.version = newest(&mut client, &context).ok();
        }
        Ok(worked)
    }
}

/// The last applied migration of the database of `client`.
fn newest(client: &mut postgres::Client, context: &Context) -> Result<Option<String>> {
    use crate::migrations::tables::{self, Records};
    let table = tables::locate(client, &context.config.history_table)?;
    let records = Records::read(client, &table)?;
    Ok(records.history.last().map(ToString::to_string))
}

fn of_result(result: RollbackResult, is_lock_timeout: bool) -> Worked {
    let why = result.error.clone().unwrap_or_default();
    let outcome = match (result.success, is_lock_timeout) {
        (true, _) => FleetOutcome::Done,
        (false, true) => FleetOutcome::LockTimeout(why),
        (false, false) => FleetOutcome::Failed(why),
    };
    let undone = result
        .rolled_back
        .iter()
        .filter(|one| !matches!(one.verdict, RollbackVerdict::NotRestored(_)));
    Worked {
        outcome,
        migrations: undone.map(|one| one.name.clone()).collect(),
        version: None,
        notes: result.notes,
    }
}
