//! `db-rollback`: shows the migrations and the data that would go, undoes the migrations in one
//! transaction, verifies that the earlier schema is back, and reports.

mod at_start;
mod foreseen_losses;
mod options;
mod prepared;
pub(super) mod restoration;
mod selection;
mod test;
mod verdict;

use std::sync::Arc;

use anyhow::Result;
use postgres::Client;

use super::database_lock;
use super::fleet;
use super::interruption::{Doing, SignalWatch, Standing};
use super::run_summary::{self, RunSummary};
use super::{Context, Outcome, live, report_files, wrapped};
use crate::called_as;
use crate::layouts::in_place;
use crate::migrations::commit;
use crate::migrations::journal::Phase;
use crate::migrations::losses::backup::Backup;
use crate::migrations::losses::direction::AuditDirection;
use crate::migrations::losses::options::LossOptions;
use crate::migrations::losses::written;
use crate::migrations::preflight::PreflightProblem;
use crate::migrations::rollback::execute::RollbackOutcome;
use crate::migrations::rollback::options::RollbackOptions;
use crate::migrations::rollback::unfinished::Begun;
use crate::migrations::rollback::{Plan, RollbackExpectation, sequence};
use crate::migrations::session::SessionSettings;
use crate::migrations::state::State;
use crate::migrations::tables::Records;
use crate::migrations::{Migration, journaled, lock};
use crate::postgres::connect::{Target, connect};
use crate::postgres::error::whole;
use crate::render::{human, json};
use crate::report::{Loss, Restoration, RollbackResult, RollbackVerdict, Timestamp, Verification};
use at_start::AtStart;
use foreseen_losses::foreseen_losses;
pub use options::Options;
pub(in crate::commands) use prepared::PreparedRollback;
use verdict::Verdicts;

/// Runs `db-rollback`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    if options.fleet.targets.fleet {
        return fleet::rollback(context, options);
    }
    if options.test {
        return test::run(context, options);
    }
    if context.config.migrations.are_foreign() {
        return wrapped::undo(context, options);
    }
    // A half-written new migration must not prevent undoing an old one.
    let (files, problems) = in_place::read(&context.tree(), &context.config.migrations)?;
    let target = Arc::new(context.target()?);
    // Only a connection tells which of several hosts answered.
    let mut client = connect(&target)?;
    let mut run = RollbackRun::new(context, options, target.describe());
    run.context.say(&human::rollback::opening(
        &run.result,
        context.terminal.style(),
    ))?;
    let prepared = PreparedRollback::new(context, &files);
    let worked = run.undo((&target, &mut client), (&files, &problems), &prepared)?;
    run.finish(worked)
}

/// One run, and its results so far.
pub(in crate::commands) struct RollbackRun<'a> {
    context: &'a Context,
    options: &'a Options,
    /// How far it is, for Ctrl-C.
    standing: Standing,
    result: RollbackResult,
}

impl<'a> RollbackRun<'a> {
    /// A run in which nothing was begun, on `database`.
    pub(in crate::commands) fn new(
        context: &'a Context,
        options: &'a Options,
        database: String,
    ) -> Self {
        let result = RollbackResult {
            success: false,
            migration_name: None,
            timestamp: Timestamp::now(),
            database,
            planned: Vec::new(),
            dry_run: options.dry_run,
            notes: Vec::new(),
            pre: Verification::empty("nothing yet"),
            post: None,
            in_doubt: None,
            rolled_back: Vec::new(),
            losses: Vec::new(),
            output: None,
            error: None,
            go_on: None,
            restoration: Restoration::default(),
        };
        Self {
            context,
            options,
            standing: Standing::new(Doing::Undoing),
            result,
        }
    }

    /// Undoes what the options say on the database of `client`. The inner error is the run's, which
    /// its report tells; the outer one comes before there is anything to report.
    ///
    /// # Errors
    /// When the lock of the database cannot be taken.
    pub(in crate::commands) fn undo(
        &mut self,
        (target, client): (&Arc<Target>, &mut Client),
        (files, problems): (&[Migration], &[PreflightProblem]),
        prepared: &PreparedRollback<'_>,
    ) -> Result<Result<()>> {
        let at_start = match AtStart::read(self.context, self.options, client, files) {
            Ok(at_start) => at_start,
            Err(error) => return Ok(Err(error)),
        };
        let is_alone = !self.context.voice.is_one_of_many();
        let _signals = is_alone.then(|| SignalWatch::begin(self.context, self.standing.clone()));
        let settings = database_lock::take(self.context, client, self.options.lock_timeouts)?;
        let _lookout = database_lock::look_out(self.context, target, &settings);
        let given = (files, problems, &at_start);
        let worked = self.work(client, &settings, given, prepared);
        lock::release(client, self.context.config.lock_name());
        Ok(worked)
    }

    fn work(
        &mut self,
        client: &mut Client,
        settings: &SessionSettings,
        (files, problems, at_start): (&[Migration], &[PreflightProblem], &AtStart),
        prepared: &PreparedRollback<'_>,
    ) -> Result<()> {
        let Records {
            history, journal, ..
        } = Records::read(client, &settings.history_table)?;
        let begun = Begun::new(history, &journal)?;
        let state = State::new(begun.rows, files);
        let lowest = selection::lowest(self.context, self.options, &state, files)?;
        let plan = Plan::new(&state, &journal, &begun.in_part, lowest)?;
        at_start.refuse_others(&plan)?;
        selection::refuse_broken(&plan, problems)?;
        self.result.migration_name = self
            .options
            .migration
            .as_ref()
            .and(plan.undo.last())
            .map(ToString::to_string);
        for undo in &plan.undo {
            let explanation = selection::explanation(self.context, client, undo, &journal)?;
            self.result.planned.push((undo.to_string(), explanation));
        }
        let names = plan.undo.iter().map(ToString::to_string).collect();
        self.standing.plan(names);
        let judge = prepared.judge()?;
        let environment = self.context.scratch_environment().like(client, files)?;
        let expectation = prepared.expectation(&environment, &plan, &state, &journal);
        let expectation = expectation
            .map_err(|error| selection::one_at_a_time(self.options, &plan.undo, error))?;
        let before = live::read(client, &self.context.config)?;
        let interrupted = journal
            .iter()
            .any(|entry| entry.phase == Phase::RollingBack);
        self.result.pre = judge.judge(&before, "the database before the rollback", None);
        let counting = self
            .context
            .progress
            .begin("counting the data that would be lost");
        self.result.losses = foreseen_losses(client, &plan, &expectation)?;
        drop(counting);
        self.context.say(&human::rollback::before(
            &self.result,
            self.context.terminal.style(),
        ))?;
        if self.options.dry_run {
            self.show_sql(&plan, &expectation)?;
        }
        let accepted = self.options.accepted();
        if self
            .result
            .losses
            .iter()
            .any(|loss| !loss.is_accepted(&accepted))
        {
            return self.refuse(self.result.losses.clone(), None);
        }
        if self.options.dry_run {
            self.result.success = true;
            return Ok(());
        }
        let backup = self.backup()?;
        let rehearsed = expectation.changes.as_ref();
        let options = RollbackOptions {
            losses: LossOptions {
                settings,
                accepted: &accepted,
                backup: backup.as_ref(),
                direction: AuditDirection::Back,
            },
            rehearsed,
        };
        let invalid_indexes = journaled::invalid_indexes(client)?;
        let mut verdicts = Verdicts::new(
            self.context,
            judge,
            &plan,
            &expectation,
            (&before, self.standing.clone()),
        );
        verdicts.begins(0);
        verdicts.expect_drift(client, interrupted, &invalid_indexes)?;
        self.perform(client, options, &plan, verdicts)
    }

    fn backup(&self) -> Result<Option<Backup>> {
        let folder = self.options.backup.as_deref();
        folder
            .map(|folder| {
                Backup::create(folder, self.result.timestamp.as_str(), AuditDirection::Back)
            })
            .transpose()
    }

    fn show_sql(&mut self, plan: &Plan, expectation: &RollbackExpectation) -> Result<()> {
        let touches = expectation
            .changes
            .iter()
            .flat_map(|changes| changes.all())
            .any(|change| !change.is_drop());
        if touches
            || expectation.changes.is_none()
            || plan
                .undo
                .iter()
                .any(|undo| written::may_change_rows(&undo.sql))
        {
            let when = "which rows and values it deletes, changes or converts beyond that is found when it runs, and none \
                        of them is lost without consent";
            self.result.notes.push(when.into());
        }
        for undo in &plan.undo {
            self.context.say(&format!(
                "\n-- {undo} ({})\n{}\n",
                undo.file,
                undo.sql.trim_end()
            ))?;
        }
        Ok(())
    }

    fn perform(
        &mut self,
        client: &mut Client,
        options: RollbackOptions<'_>,
        plan: &Plan,
        mut verdicts: Verdicts<'_>,
    ) -> Result<()> {
        self.context.say(&human::rollback::performing(
            &self.result,
            self.context.terminal.style(),
        ))?;
        let work = format!("undoing {} migrations", plan.undo.len());
        let _work = self.context.progress.begin(&work);
        let ending = sequence::run(client, options, &plan.undo, &mut verdicts);
        let (notes, (committed, post)) = (verdicts.notes(), verdicts.into_parts());
        self.result.notes.extend(notes);
        self.result.rolled_back = committed;
        let failed = plan.undo.get(self.result.rolled_back.len());
        let in_doubt = match &ending {
            Ok(RollbackOutcome::Done { .. }) => false,
            Ok(RollbackOutcome::NotAccepted { done, .. }) => done.is_some(),
            Ok(RollbackOutcome::NotRestored(_)) => failed.is_some_and(|undo| undo.no_transaction),
            Err(error) => {
                commit::is_in_doubt(error) || failed.is_some_and(|undo| undo.no_transaction)
            }
        };
        self.result.in_doubt = in_doubt.then(|| called_as::command("status"));
        if let Some(backup) = options.losses.backup {
            // Data whose COMMIT was not confirmed may be gone: its files stay.
            if !ending.as_ref().is_err_and(commit::is_in_doubt) {
                backup.discard_uncommitted();
            }
            self.result.notes.extend(backup_note(backup));
        }
        let style = self.context.terminal.style();
        let ending = match ending {
            Ok(ending) => ending,
            Err(error) => {
                self.result.go_on = self.go_on();
                self.say_undone()?;
                let left = plan
                    .undo
                    .get(self.result.rolled_back.len()..)
                    .unwrap_or_default();
                return Err(selection::one_at_a_time(self.options, left, error));
            }
        };
        match ending {
            RollbackOutcome::Done {
                undone,
                losses,
                warnings,
            } => {
                self.result.success = true;
                self.result.rolled_back = undone;
                self.result.losses = losses;
                self.result.notes.extend(warnings);
                self.result.post = post;
                let restoration = self
                    .result
                    .post
                    .as_ref()
                    .map(|post| restoration::analyse(&self.result.pre, post));
                self.result.restoration = restoration.unwrap_or_default();
            }
            RollbackOutcome::NotAccepted { losses, done } => {
                self.refuse(losses, done.as_deref())?
            }
            RollbackOutcome::NotRestored(undone) => {
                self.result.go_on = self.go_on();
                self.not_restored(plan, undone);
            }
        }
        self.say_undone()?;
        self.context
            .say(&human::rollback::after(&self.result, style))
    }

    /// The oldest migration of the plan, once a part of it is undone and committed: `--last N`
    /// would now count others.
    fn oldest_left(&self) -> Option<&str> {
        let oldest = self.result.planned.last().map(|(name, _)| name.as_str());
        oldest.filter(|_| !self.result.rolled_back.is_empty())
    }

    /// The command for the rest of the plan; none where the same options still select the same
    /// migrations.
    fn go_on(&self) -> Option<String> {
        let accepted = self.options.accepted();
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        self.oldest_left()
            .map(|target| selection::command(self.options, Some(target), &accepted))
    }

    fn say_undone(&self) -> Result<()> {
        let style = self.context.terminal.style();
        self.result
            .rolled_back
            .iter()
            .try_for_each(|one| self.context.say(&human::rollback::rolled_back(one, style)))
    }

    fn not_restored(&mut self, plan: &Plan, undone: Vec<crate::report::RolledBackMigration>) {
        let last = undone.last();
        let name = last.map(|undone| undone.name.clone()).unwrap_or_default();
        let in_part = plan
            .undo
            .iter()
            .any(|undo| undo.to_string() == name && undo.no_transaction);
        let what = if in_part {
            "it runs without a transaction, so what it did stays: repair the schema by hand"
        } else {
            match self.result.rolled_back.is_empty() {
                true => "the rollback was itself undone, the database is as it was",
                false => "its rollback was itself undone, those before it stay undone",
            }
        };
        self.result.error = Some(format!(
            "the way back of `{name}` does not restore the schema; {what}"
        ));
        self.result.rolled_back.extend(
            undone
                .into_iter()
                .filter(|one| matches!(one.verdict, RollbackVerdict::NotRestored(_))),
        );
    }

    /// Refuses to lose data. `done` is the part of a migration without transaction that is done.
    fn refuse(&mut self, losses: Vec<Loss>, done: Option<&str>) -> Result<()> {
        let before = match (done, self.result.rolled_back.is_empty()) {
            (Some(done), _) => done.to_owned(),
            (None, true) => "nothing was undone".to_owned(),
            (None, false) => "nothing more was undone".to_owned(),
        };
        let objects: Vec<&str> = losses
            .iter()
            .filter(|loss| loss.count > 0)
            .map(|loss| loss.name.object.as_str())
            .collect();
        let target = self.oldest_left();
        // Consent that is given already is still needed.
        let given = self
            .result
            .losses
            .iter()
            .filter(|loss| loss.count > 0 && !objects.contains(&loss.name.object.as_str()));
        let given: Vec<&str> = given.map(|loss| loss.name.object.as_str()).collect();
        self.result.error = Some(format!(
            "data would be lost, and {before}; if it may go, say so by name:\n{}",
            selection::command(self.options, target, &[objects, given].concat())
        ));
        let is_said = self.result.losses == losses;
        self.result.losses = losses;
        match is_said {
            true => Ok(()),
            false => self.context.say(&human::rollback::losses(
                &self.result,
                self.context.terminal.style(),
            )),
        }
    }

    /// Ends the run on one database of several, which `worked` or did not.
    pub(in crate::commands) fn into_result(mut self, worked: Result<()>) -> RollbackResult {
        if let Err(error) = &worked {
            self.result.error = Some(whole(error));
        }
        self.result
    }

    fn finish(mut self, worked: Result<()>) -> Result<Outcome> {
        if let Err(error) = &worked {
            self.result.error = Some(whole(error));
        }
        let closing = RunSummary {
            verification: json::verification(self.result.post.as_ref().unwrap_or(&self.result.pre)),
            file: report_files::ROLLBACK,
            result: json::rollback(&self.result),
            page: None,
            last_lines: human::rollback::closing(
                &self.result,
                worked.is_err(),
                self.context.terminal.style(),
            ),
            summary: self.summary(),
            success: self.result.success,
        };
        run_summary::close(self.context, worked, &closing)
    }

    /// Summarises the run, for an error that comes after it.
    fn summary(&self) -> String {
        let committed = self
            .result
            .rolled_back
            .iter()
            .filter(|one| !matches!(one.verdict, RollbackVerdict::NotRestored(_)));
        match committed.count() {
            0 => "nothing was undone".into(),
            1 => "1 migration was undone".into(),
            many => format!("{many} migrations were undone"),
        }
    }
}

/// Says where the lost data is, and how to put it back.
fn backup_note(backup: &Backup) -> Option<String> {
    let files = backup.kept();
    if !backup.has_script() {
        return None;
    }
    let folder = backup.folder().display();
    let what = match files.as_slice() {
        [] => "where the sequences stood is".to_owned(),
        files => format!("the data that was lost ({}) is", files.join(", ")),
    };
    Some(format!(
        "{what} in `{folder}`; once the migrations are applied again, \
         `cd {folder} && psql -X -f restore.sql \"$DATABASE_URL\"` puts it back"
    ))
}
