//! `db-migrate --fleet`: prepares once, surveys all databases, and migrates them in waves.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::connections::Connection;
use super::consent::FleetConsent;
use super::look::{Questions, RunQuestions};
use super::run::{self, Run};
use super::selection::RunEnd;
use super::shared_objects;
use super::survey::{self, Survey};
use super::waves::Worked;
use crate::commands::migrate::{MigrationRun, Options, Prepared, foretold};
use crate::commands::{Context, Outcome, database_lock};
use crate::fleet::FleetTarget;
use crate::migrations::Migration;
use crate::migrations::prediction::KnownSchemas;
use crate::postgres::connect::connect_beside;
use crate::postgres::error::is_contention;
use crate::postgres::scratch::Unavailable;
use crate::render::human;
use crate::report::{
    FleetDirection, FleetOutcome, FleetStatus, MigrationLoss, MigrationResult, Severity,
    Verification,
};

/// Runs `db-migrate --fleet`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    run::refuse_in_place(context, "applies")?;
    if options.dry_run {
        bail!(
            "`--dry-run` shows one database; for a fleet, `--survey` says what would stop the run in each of them"
        )
    }
    let run = Run::open(context, &options.fleet, FleetDirection::Forward)?;
    let files = context.migrations()?;
    if run.is_of_tenants() {
        shared_objects::refuse(&files)?;
    }
    let end = run.selection.end(&files, options.migration.as_deref())?;
    let asked = end.or(files.last());
    let last = asked.map_or(i64::MAX, |asked| asked.version);
    let targets = &run.selection.targets;
    let consent = FleetConsent::read(&options.losses.accept_data_loss, targets)?;
    std::thread::scope(|scope| {
        let prepared = match run.is_of_tenants() {
            true => Prepared::begin_for_tenants(scope, context, &files),
            false => Prepared::begin(scope, context, &files),
        };
        let questions = Questions::Forward(RunQuestions {
            last,
            accepted: &|name| consent.names(name),
        });
        let asks = (&questions, &prepared.learnt);
        let parallel = run.config.parallel;
        let mut survey = survey::survey(context, targets, &files, parallel, asks)?;
        let prepared = with_schemas(context, prepared, &survey, targets, (&files, last))?;
        verify(&prepared, &mut survey, (&files, last))?;
        let survey = FleetStatus {
            databases: survey.databases,
            drift: survey.drift,
            newest: files.last().map(ToString::to_string),
        };
        let style = context.terminal.style();
        context.say(&human::fleet_run::survey(&survey, run.direction, style))?;
        let work = DatabaseMigration {
            context,
            options,
            asked,
            files: &files,
            prepared: &prepared,
            consent: &consent,
        };
        let end = RunEnd {
            at: asked,
            newer: files.iter().filter(|file| file.version > last).collect(),
        };
        run.finish(survey, &end, &|target, connection| {
            work.run(target, connection)
        })
    })
}

/// Makes sure that the schemas are known which the migrations up to version `last` make: from a
/// current snapshot, or from one replay for all databases.
fn with_schemas<'s, 'a>(
    context: &Context,
    prepared: Prepared<'s, 'a>,
    survey: &Survey,
    targets: &[FleetTarget],
    (files, last): (&[Migration], i64),
) -> Result<Prepared<'s, 'a>>
where
    'a: 's,
{
    let states = survey.databases.iter().zip(0_usize..);
    let behind: Vec<usize> = states
        .filter(|(one, _)| one.is_behind())
        .map(|(_, place)| place)
        .collect();
    let mut read: BTreeSet<i64> = behind
        .iter()
        .filter_map(|place| survey.newest.get(place).copied())
        .collect();
    let Some(oldest) = read.first().copied() else {
        return Ok(prepared);
    };
    let planned: Vec<&Migration> = files
        .iter()
        .filter(|file| file.version > oldest && file.version <= last)
        .collect();
    let Some(to) = planned.last() else {
        return Ok(prepared);
    };
    let is_known = prepared
        .known()?
        .is_some_and(|known| known.after(to.version).is_some() && known.tells(&planned));
    if is_known {
        return Ok(prepared);
    }
    read.insert(to.version);
    let first = behind.iter().find_map(|place| targets.get(*place));
    let tenant = first.and_then(|first| first.schema.clone());
    if tenant.is_some() {
        // No fingerprint stands for a schema of another name.
        read.extend(planned.iter().map(|file| file.version));
    }
    let confined = first.map(|first| run::context(context, first));
    let context = confined
        .as_ref()
        .filter(|_| tenant.is_some())
        .unwrap_or(context);
    let mut likenesses = behind.iter().filter_map(|place| {
        let mut client = connect_beside(&targets.get(*place)?.target).ok()?;
        context.scratch_environment().like(&mut client, files).ok()
    });
    let environment = likenesses
        .next()
        .unwrap_or_else(|| context.scratch_environment());
    match environment.open() {
        Ok(session) => {
            let known = KnownSchemas::replayed(session, files, &read)?;
            Ok(prepared.with_known(known, tenant))
        }
        // Then each database is verified as far as the snapshot tells, which its notes say. It tells
        // nothing of tenants that share one.
        Err(error) if tenant.is_none() && error.downcast_ref::<Unavailable>().is_some() => {
            Ok(prepared)
        }
        Err(error) => Err(error),
    }
}

/// Verifies the schema that the databases will have. Errors are a problem of each database that
/// would get it.
fn verify(
    prepared: &Prepared<'_, '_>,
    survey: &mut Survey,
    (files, last): (&[Migration], i64),
) -> Result<()> {
    let Some(known) = prepared.known()? else {
        return Ok(());
    };
    let judge = prepared.judge()?;
    // By the newest applied migration.
    let mut verified: BTreeMap<i64, Option<String>> = BTreeMap::new();
    for (place, one) in survey.databases.iter_mut().enumerate() {
        let (Ok(state), Some(newest)) = (&mut one.state, survey.newest.get(&place)) else {
            continue;
        };
        if state.pending == 0 {
            continue;
        }
        let problem = verified.entry(*newest).or_insert_with(|| {
            let pending = files.iter().filter(|file| file.version > *newest);
            let pending: Vec<&Migration> = pending.collect();
            let count = pending.iter().filter(|file| file.version <= last).count();
            let verification = foretold(judge, known, *newest, (&pending, count));
            (!verification.overall_passed()).then(|| {
                format!(
                    "the verification of the schema that it would get found errors{}",
                    errors(&verification)
                )
            })
        });
        state.problems.extend(problem.clone());
    }
    Ok(())
}

/// Migrates one database of the fleet.
struct DatabaseMigration<'r, 's, 'a: 's> {
    context: &'r Context,
    options: &'r Options,
    asked: Option<&'r Migration>,
    files: &'r [Migration],
    prepared: &'r Prepared<'s, 'a>,
    consent: &'r FleetConsent,
}

impl DatabaseMigration<'_, '_, '_> {
    fn run(&self, target: &FleetTarget, connection: Result<Connection>) -> Worked {
        match connection.and_then(|connection| self.migrated(target, connection)) {
            Ok(worked) => worked,
            Err(error) => Worked::failed(format!("{error:#}")),
        }
    }

    fn migrated(&self, target: &FleetTarget, connection: Connection) -> Result<Worked> {
        let context = run::context(self.context, target);
        let mut options = self.options.clone();
        options.losses.accept_data_loss = self.consent.arguments(&target.name);
        // Each database has a folder of its own for what it loses.
        let folder = options.losses.backup.as_mut();
        if let Some(folder) = folder {
            folder.push(run::folder_name(&target.name));
        }
        let described = target.describe();
        let Connection {
            target,
            mut client,
            reader,
        } = connection;
        let mut run =
            MigrationRun::new(&context, &options, self.asked, described).with_reader(reader);
        let settings = database_lock::take(&context, &mut client, options.lock_timeouts)?;
        let session = (&target, &mut client);
        let worked = run.work_and_unlock(session, &settings, self.files, self.prepared);
        let is_lock_timeout = worked.as_ref().is_err_and(is_contention);
        let mut worked = of_result(run.into_result(worked), is_lock_timeout);
        if worked.outcome == FleetOutcome::Current {
            // It has what was asked for, though not from this run.
            let last = self.asked.or(self.files.last());
            worked.version = last.map(|last| Some(last.to_string()));
        }
        Ok(worked)
    }
}

fn of_result(result: MigrationResult, is_lock_timeout: bool) -> Worked {
    let outcome = match (result.success, is_lock_timeout) {
        // Another run was faster: since the survey it has everything.
        (true, _) if result.applied.is_empty() => FleetOutcome::Current,
        (true, _) => FleetOutcome::Done,
        (false, true) => FleetOutcome::LockTimeout(why(&result)),
        (false, false) => FleetOutcome::Failed(why(&result)),
    };
    let migrations: Vec<String> = result.applied.iter().map(|one| one.name.clone()).collect();
    let is_about_all = |note: &String| note.starts_with("`--accept-data-loss ");
    let unchecked = result
        .unchecked
        .iter()
        .map(|what| format!("not checked: {what}"));
    let lost = result.losses.iter().filter(|_| result.success).map(loss);
    let notes = result
        .notes
        .iter()
        .filter(|note| !is_about_all(note))
        .cloned();
    Worked {
        outcome,
        version: migrations.last().map(|last| Some(last.clone())),
        notes: notes.chain(lost).chain(unchecked).collect(),
        migrations,
    }
}

fn loss(lost: &MigrationLoss) -> String {
    format!(
        "`{}` lost {} of `{}`",
        lost.migration, lost.loss.count, lost.loss.name
    )
}

/// Why a database does not have everything, with the first errors of its verification.
fn why(result: &MigrationResult) -> String {
    let verification = result.post.as_ref().unwrap_or(&result.pre);
    let why = result.error.as_deref().unwrap_or_default();
    format!("{why}{}", errors(verification))
}

/// The first errors of a verification, each on a line of its own.
fn errors(verification: &Verification) -> String {
    /// As many errors as a person reads in a table.
    const SHOWN: usize = 3;
    let errors: Vec<String> = verification
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("\n`{}`: {}", finding.entity, finding.message))
        .collect();
    let mut text: String = errors.iter().take(SHOWN).map(String::as_str).collect();
    if let Some(more) = errors.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more"));
    }
    text
}
