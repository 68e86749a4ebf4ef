//! `db-migrate` by the command `apply`: verify, run it, verify.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Error, Result, bail};

use super::{Wrapped, command, not_promised};
use crate::called_as;
use crate::commands::judge::Judge;
use crate::commands::migrate::{Options, consent};
use crate::commands::run_summary::{self, RunSummary};
use crate::commands::{Context, Outcome, live, report_files, rows_in_the_way};
use crate::migrations::{Migration, data_preflight, lint, observe};
use crate::postgres::error::whole;
use crate::render::{human, json};
use crate::report::{AppliedMigration, MigrationPlan, MigrationResult};
use crate::schema::diff::diff;
use crate::schema::model::Schema;

/// Runs `db-migrate`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let command = command(context, "apply", &context.config.migrations.apply)?;
    if let Some(migration) = &options.migration {
        bail!(
            "cannot migrate up to `{migration}`: `{command}` applies what it finds; leave the \
             migration out"
        )
    }
    if let Some(folder) = &options.losses.backup {
        bail!(
            "cannot back up what is lost to `{}`: `{command}` commits by itself, so that nothing can \
             be written down in the transaction that loses it; leave `--backup` out, and make a dump",
            folder.display()
        )
    }
    let mut wrapped = Wrapped::open(context)?;
    let mut run = ApplyRun {
        result: MigrationResult {
            command: Some(command.to_owned()),
            ..MigrationResult::begun(wrapped.target.describe(), options.dry_run)
        },
        context,
        command,
        options,
        knows_history: false,
        pending: Vec::new(),
    };
    run.context.say(&human::migration::opening(
        &run.result,
        context.terminal.style(),
    ))?;
    let worked = run.work(&mut wrapped);
    run.finish(worked)
}

/// One run, and its results so far.
struct ApplyRun<'a> {
    context: &'a Context,
    options: &'a Options,
    command: &'a str,
    result: MigrationResult,
    /// Whether a table of the database says which migrations it has.
    knows_history: bool,
    /// The migrations that it has not.
    pending: Vec<Migration>,
}

impl ApplyRun<'_> {
    fn work(&mut self, wrapped: &mut Wrapped<'_>) -> Result<()> {
        let style = self.context.terminal.style();
        let judge = Judge::new(self.context, &wrapped.files)?;
        let Some(after) = self.before(wrapped, &judge)? else {
            return self
                .context
                .say(&human::migration::before(&self.result, style));
        };
        self.context
            .say(&human::migration::before(&self.result, style))?;
        if !self.result.pre.overall_passed() {
            self.result.error = Some(
                "the verification before the migration found errors; nothing was applied".into(),
            );
            return Ok(());
        }
        let has_consent = self.ask_consent(wrapped)?;
        if !has_consent && !self.options.dry_run {
            return Ok(());
        }
        let is_settled = self.knows_history && self.result.planned.is_empty();
        if is_settled || self.options.dry_run {
            self.result.success = has_consent;
            return self
                .context
                .say(&human::migration::plan(&self.result, style));
        }
        self.result.stopped_before = false;
        let are_losses_counted = wrapped.are_sql();
        self.result
            .unchecked
            .extend(not_promised(self.command, are_losses_counted));
        self.context.say(&human::migration::applying(
            &self.result,
            self.context.terminal.style(),
        ))?;
        let ran = self.apply(wrapped);
        self.after(wrapped, &judge, &after)?;
        self.context
            .say(&human::migration::after(&self.result, style))?;
        ran
    }

    /// Verifies the database as it is, and the schema that the pending migrations will make. Returns
    /// that schema; `None` where the tool will pass over a migration.
    fn before(&mut self, wrapped: &mut Wrapped<'_>, judge: &Judge<'_>) -> Result<Option<Schema>> {
        let all = wrapped.files.clone();
        let (mut applied, mut pending): (Vec<Migration>, Vec<Migration>) = (Vec::new(), Vec::new());
        if let Some(history) = wrapped.history()? {
            self.knows_history = true;
            applied = history.applied();
            pending = history.pending().into_iter().cloned().collect();
        }
        self.result.planned = pending.iter().map(ToString::to_string).collect();
        self.pending.clone_from(&pending);
        if !wrapped.are_sql() {
            return self
                .before_code(wrapped, judge, pending.is_empty())
                .map(Some);
        }
        let mut known = [applied.clone(), pending.clone()].concat();
        known.sort_by_key(|migration| migration.version);
        let after = wrapped.expected(&known)?;
        let against = format!("the schema that `{}` should make", self.command);
        self.result.pre = judge.judge(&after, &against, None);
        let now = match pending.is_empty() || applied.is_empty() {
            true => after.clone(),
            false => wrapped.expected(&applied)?,
        };
        if self.options.dry_run {
            self.plan(wrapped, &applied, &pending, (&now, &after))?;
        }
        if !applied.is_empty() {
            let drift = wrapped.drift(&now, &applied)?;
            judge.add(&mut self.result.pre, drift);
            let advice = lint::lint_new(&pending, &[], &self.context.config)?;
            let pending: Vec<&Migration> = pending.iter().collect();
            let rows = rows_in_the_way::look(self.context, &mut wrapped.client, &pending)?;
            self.result.unchecked.extend(rows.notes.iter().cloned());
            judge.add(&mut self.result.pre, rows.before(advice));
        }
        if known.len() < all.len() {
            let passed_over = all.iter().find(|one| !known.contains(one));
            self.result.error = passed_over.map(|one| {
                format!(
                    "`{one}` is older than one that ran, so that `{}` does not run it: make it anew",
                    self.command
                )
            });
            return Ok(None);
        }
        Ok(Some(after))
    }

    /// Counts what the pending migrations will destroy by their statements. Returns whether a person
    /// consented to all of it. Migrations that are code tell nothing.
    fn ask_consent(&mut self, wrapped: &mut Wrapped<'_>) -> Result<bool> {
        if !wrapped.are_sql() {
            return Ok(true);
        }
        let pending: Vec<&Migration> = self.pending.iter().collect();
        let accepted = self.options.losses.accepted();
        let counted = consent::count(
            self.context,
            &mut wrapped.client,
            (&pending, &accepted),
            &mut self.result,
        )?;
        if counted.has_consent && counted.is_all_known {
            let unused = consent::unused(&accepted, &self.result.losses);
            self.result.notes.extend(unused);
        }
        if !counted.has_consent {
            let why = consent::refusal(&self.result.losses, "nothing was applied", self.options);
            self.result.error = Some(why);
        }
        Ok(counted.has_consent)
    }

    /// Verifies the schema that migrations in code make. The database is compared with it where it
    /// has all of them.
    fn before_code(
        &mut self,
        wrapped: &mut Wrapped<'_>,
        judge: &Judge<'_>,
        has_all: bool,
    ) -> Result<Schema> {
        let all = wrapped.files.clone();
        let after = wrapped.expected(&all)?;
        let against = format!("the schema that `{}` should make", self.command);
        self.result.pre = judge.judge(&after, &against, None);
        if self.options.dry_run {
            self.plan(wrapped, &[], &[], (&after, &after))?;
        }
        if has_all && self.knows_history {
            let drift = wrapped.drift(&after, &all)?;
            judge.add(&mut self.result.pre, drift);
        }
        Ok(after)
    }

    /// Plans the statements, where the migrations are SQL.
    fn plan(
        &mut self,
        wrapped: &mut Wrapped<'_>,
        applied: &[Migration],
        pending: &[Migration],
        (now, after): (&Schema, &Schema),
    ) -> Result<()> {
        let environment = self.context.scratch_environment();
        let applied: Vec<&Migration> = applied.iter().collect();
        let pending: Vec<&Migration> = pending.iter().collect();
        let migrations = observe::observe(&environment, &applied, &pending)?;
        let sizes = data_preflight::sizes_of(&mut wrapped.client, &observe::heavy(&migrations))?;
        let schema_diff = if applied.is_empty() {
            diff(&Schema::default(), after)
        } else {
            diff(now, after)
        };
        self.result.plan = Some(MigrationPlan {
            migrations,
            schema_diff: schema_diff.to_string(),
            sizes,
        });
        Ok(())
    }

    fn apply(&mut self, wrapped: &mut Wrapped<'_>) -> Result<()> {
        let before = wrapped.applied_names()?;
        let begin = Instant::now();
        let ran = wrapped.run(("apply", self.command), self.options.lock_timeouts);
        let duration = begin.elapsed();
        self.result.in_doubt = ran.is_err().then(|| called_as::command("status"));
        let after = wrapped.applied_names().unwrap_or_default();
        // The tool does not say how long each took.
        self.result.applied = after
            .difference(&before)
            .map(|name| AppliedMigration {
                name: name.clone(),
                duration,
            })
            .collect();
        let ran = ran.map_err(|error| self.explained(wrapped, &after, error));
        self.result.output = Some(ran?).filter(|output| !output.is_empty());
        Ok(())
    }

    /// The error of the command, with the rows that are in the way of what it did not apply.
    fn explained(
        &self,
        wrapped: &mut Wrapped<'_>,
        applied: &BTreeSet<String>,
        error: Error,
    ) -> Error {
        if !wrapped.are_sql() {
            return error;
        }
        let is_left = |one: &&Migration| !applied.contains(&one.to_string());
        let left: Vec<&Migration> = self.pending.iter().filter(is_left).collect();
        rows_in_the_way::explain_command(self.context, &mut wrapped.client, &left, error)
    }

    /// Verifies that the database is what the migrations make.
    fn after(
        &mut self,
        wrapped: &mut Wrapped<'_>,
        judge: &Judge<'_>,
        expected: &Schema,
    ) -> Result<()> {
        if self.result.in_doubt.is_some() {
            return Ok(());
        }
        let all = wrapped.files.clone();
        let live = live::read(&mut wrapped.client, &self.context.config)?;
        let mut post = judge.judge(&live, "the database as it is now", None);
        let drift = wrapped.drift(expected, &all)?;
        let is_as_expected = drift.is_empty();
        judge.add(&mut post, drift);
        let missing = match wrapped.history()? {
            Some(history) => history.pending().first().map(ToString::to_string),
            None => None,
        };
        self.result.success = missing.is_none() && is_as_expected && post.overall_passed();
        self.result.error = match missing {
            Some(missing) => Some(format!(
                "`{}` ended well, and did not apply `{missing}`",
                self.command
            )),
            None if !self.result.success => Some(format!(
                "`{}` ended well, and the database is not what the migrations make, or does not \
                 agree with the code; nothing was undone",
                self.command
            )),
            None => None,
        };
        self.result.post = Some(post);
        Ok(())
    }

    fn finish(mut self, worked: Result<()>) -> Result<Outcome> {
        if let Err(error) = &worked {
            self.result.error = Some(whole(error));
        }
        let closing = RunSummary {
            verification: json::verification(self.result.post.as_ref().unwrap_or(&self.result.pre)),
            file: report_files::MIGRATION,
            result: json::migration(&self.result),
            page: None,
            last_lines: human::migration::closing(
                &self.result,
                worked.is_err(),
                self.context.terminal.style(),
            ),
            summary: format!(
                "{} were applied",
                human::count(self.result.applied.len(), "migration")
            ),
            success: self.result.success,
        };
        run_summary::close(self.context, worked, &closing)
    }
}
