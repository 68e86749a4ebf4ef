//! `db-rollback` by the command `undo`: verify, run it, verify.

use anyhow::{Result, bail};

use super::{Wrapped, command, not_promised};
use crate::called_as;
use crate::commands::judge::Judge;
use crate::commands::rollback::{Options, restoration};
use crate::commands::run_summary::{self, RunSummary};
use crate::commands::{Context, Outcome, live, report_files};
use crate::migrations::Migration;
use crate::postgres::error::whole;
use crate::render::{human, json};
use crate::report::{
    Restoration, RollbackResult, RollbackVerdict, RolledBackMigration, Timestamp, Verification,
};
use crate::schema::diff::Likeness;

/// Runs `db-rollback`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let command = command(context, "undo", &context.config.migrations.undo)?;
    if options.chooses() {
        bail!(
            "cannot choose what is undone, or accept what is lost: `{command}` undoes what it \
             undoes; leave the options out"
        )
    }
    let mut wrapped = Wrapped::open(context)?;
    let mut run = UndoRun {
        result: RollbackResult {
            success: false,
            migration_name: None,
            timestamp: Timestamp::now(),
            database: wrapped.target.describe(),
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
        },
        context,
        command,
        options,
    };
    run.context.say(&human::rollback::opening(
        &run.result,
        context.terminal.style(),
    ))?;
    let worked = run.work(&mut wrapped);
    run.finish(worked)
}

/// One run, and its results so far.
struct UndoRun<'a> {
    context: &'a Context,
    options: &'a Options,
    command: &'a str,
    result: RollbackResult,
}

impl UndoRun<'_> {
    fn work(&mut self, wrapped: &mut Wrapped<'_>) -> Result<()> {
        let style = self.context.terminal.style();
        let judge = Judge::new(self.context, &wrapped.files)?;
        let applied = match wrapped.history()? {
            Some(history) => history.applied(),
            None => Vec::new(),
        };
        let live = live::read(&mut wrapped.client, &self.context.config)?;
        self.result.pre = judge.judge(&live, "the database as it is", None);
        let what = format!("what `{}` undoes", self.command);
        let newest = applied
            .last()
            .map(|one| format!("probably `{one}`, the newest"));
        self.result.planned = vec![(what, newest)];
        self.context
            .say(&human::rollback::before(&self.result, style))?;
        if self.options.dry_run {
            self.result.success = true;
            return Ok(());
        }
        self.result.notes = not_promised(self.command, false)
            .into_iter()
            .map(|what| format!("not checked: {what}"))
            .collect();
        self.context.say(&human::rollback::performing(
            &self.result,
            self.context.terminal.style(),
        ))?;
        let ran = wrapped.run(("undo", self.command), self.options.lock_timeouts);
        self.result.in_doubt = ran.is_err().then(|| called_as::command("status"));
        self.result.output = Some(ran?).filter(|output| !output.is_empty());
        self.after(wrapped, &judge, &applied)?;
        for one in &self.result.rolled_back {
            self.context
                .say(&human::rollback::rolled_back(one, style))?;
        }
        self.context
            .say(&human::rollback::after(&self.result, style))
    }

    /// Verifies that the database is what the migrations make that are left.
    fn after(
        &mut self,
        wrapped: &mut Wrapped<'_>,
        judge: &Judge<'_>,
        before: &[Migration],
    ) -> Result<()> {
        let live = live::read(&mut wrapped.client, &self.context.config)?;
        let post = judge.judge(&live, "the database as it is now", None);
        self.result.restoration = restoration::analyse(&self.result.pre, &post);
        self.result.post = Some(post);
        let Some(history) = wrapped.history()? else {
            let why = "which migrations were undone: no table of applied migrations is known";
            self.result.notes.push(format!("not checked: {why}"));
            self.result.success = true;
            return Ok(());
        };
        let left = history.applied();
        let undone: Vec<&Migration> = before.iter().filter(|one| !left.contains(one)).collect();
        if undone.is_empty() {
            self.result.error = Some(format!("`{}` ended well, and undid nothing", self.command));
            return Ok(());
        }
        if !wrapped.are_sql() {
            let unknown = "what the migrations make that are left: they are code";
            self.result
                .notes
                .push(format!("not checked: whether the database is {unknown}"));
            self.result.rolled_back =
                rolled_back(&undone, &RollbackVerdict::Unknown(unknown.to_owned()));
            self.result.success = true;
            return Ok(());
        }
        let expected = wrapped.expected(&left)?;
        let difference = wrapped.difference(&expected, &left)?;
        let verdict = match difference.likeness() {
            Likeness::Exact => RollbackVerdict::Exact,
            Likeness::PhysicalOrderOnly => RollbackVerdict::PhysicalOrderOnly,
            Likeness::Different => RollbackVerdict::Unknown("see below".to_owned()),
        };
        self.result.success = difference.likeness() != Likeness::Different;
        if !self.result.success {
            self.result.error = Some(format!(
                "`{}` ended well, and the database is not what the migrations make that are left \
                 (- migrations, + database); nothing was applied again:\n{difference}",
                self.command
            ));
        }
        self.result.rolled_back = rolled_back(&undone, &verdict);
        Ok(())
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
            summary: format!(
                "{} were undone",
                human::count(self.result.rolled_back.len(), "migration")
            ),
            success: self.result.success,
        };
        run_summary::close(self.context, worked, &closing)
    }
}

/// The migrations that were undone, the newest first.
fn rolled_back(undone: &[&Migration], verdict: &RollbackVerdict) -> Vec<RolledBackMigration> {
    let names = undone.iter().rev().map(ToString::to_string);
    names
        .map(|name| RolledBackMigration {
            name,
            verdict: verdict.clone(),
        })
        .collect()
}
