//! A run of `db-migrate` on one database: what is done for each, once the files are prepared.

use std::sync::Arc;

use anyhow::Result;
use postgres::Client;

use super::Options;
use super::before;
use super::commit_verifier::{CommitVerifier, Known, Rejected};
use super::foresee::{Foreseen, is_no_database_of_ours};
use super::prepared::Prepared;
use super::rows;
use super::survey::Survey;
use crate::called_as;
use crate::cli::ReportFormat;
use crate::commands::database_lock;
use crate::commands::findings_by_migration::FindingsByMigration;
use crate::commands::interruption::{Doing, Standing};
use crate::commands::judge::Judge;
use crate::commands::run_summary::{self, RunSummary};
use crate::commands::{Context, Outcome, findings, live, report_files};
use crate::migrations::catalog_stamp::CatalogStamper;
use crate::migrations::comparison::Comparison;
use crate::migrations::losses::forward::ForwardLosses;
use crate::migrations::prediction::{Prediction, PredictionOrigin};
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::migrations::session::SessionSettings;
use crate::migrations::tables::Tables;
use crate::migrations::{AppliedRow, Migration, commit, journal, lint, lock, runner};
use crate::postgres::catalog::{CatalogReader, OwnTables};
use crate::postgres::connect::Target;
use crate::postgres::error::whole;
use crate::postgres::scratch::TargetSettings;
use crate::render::{html, human, json};
use crate::report::{Finding, MigrationResult, Verification};

/// The session in which a run works.
#[derive(Clone, Copy)]
struct Session<'s> {
    target: &'s Arc<Target>,
    settings: &'s SessionSettings,
    /// None for a tenant that shares its database: a stamp is one of the whole database, which the next
    /// tenant's migrations change, so that nobody would read it.
    stamper: Option<&'s CatalogStamper>,
}

/// The results that are ready before anything is applied.
pub(super) struct Ready<'f> {
    judge: &'f Judge<'f>,
    comparison: Comparison<'f>,
    pub(super) prediction: Prediction,
    findings: FindingsByMigration,
    /// The files of the applied migrations.
    pub(super) applied: Vec<&'f Migration>,
    /// The migrations that this run applies.
    pub(super) planned: Vec<&'f Migration>,
    /// The rows of the history.
    recorded: Vec<AppliedRow>,
    tables: Tables,
    /// The digest of the catalogs, where they were read.
    digest: Option<String>,
    /// The stamp of the catalogs, where they were compared whole and were as expected.
    stamp: Option<String>,
}

/// One run, and its results so far.
pub(in crate::commands) struct MigrationRun<'a> {
    pub(super) context: &'a Context,
    pub(super) options: &'a Options,
    asked: Option<&'a Migration>,
    /// How far it is, for Ctrl-C.
    pub(super) standing: Standing,
    /// Reads the catalogs of the database.
    pub(super) reader: CatalogReader,
    /// The names and settings that scratch databases have in common with the database.
    likeness: TargetSettings,
    pub(super) result: MigrationResult,
}

impl<'a> MigrationRun<'a> {
    /// A run in which nothing was begun, on `database`.
    pub(in crate::commands) fn new(
        context: &'a Context,
        options: &'a Options,
        asked: Option<&'a Migration>,
        database: String,
    ) -> Self {
        let result = MigrationResult {
            migration_name: asked.map(ToString::to_string),
            ..MigrationResult::begun(database, options.dry_run)
        };
        let reader = CatalogReader::new(OwnTables::of(&context.config));
        Self {
            context,
            options,
            asked,
            standing: Standing::new(Doing::Applying),
            reader,
            likeness: TargetSettings::default(),
            result,
        }
    }

    /// Takes over a `reader` that has prepared its queries in the session, where there is one.
    #[must_use]
    pub(in crate::commands) fn with_reader(self, reader: Option<CatalogReader>) -> Self {
        Self {
            reader: reader.unwrap_or(self.reader),
            ..self
        }
    }

    /// Works in the session of `settings`, which holds the lock of the database, and frees the lock.
    pub(in crate::commands) fn work_and_unlock<'f, 'j>(
        &mut self,
        (target, client): (&Arc<Target>, &mut Client),
        settings: &SessionSettings,
        files: &'f [Migration],
        prepared: &'f Prepared<'_, 'j>,
    ) -> Result<()>
    where
        'a: 'f,
        'j: 'f,
    {
        let model = live::model(&self.context.config);
        let stamper = CatalogStamper::new(settings.server_version, &model);
        let session = Session {
            target,
            settings,
            stamper: settings.tenant.is_none().then_some(&stamper),
        };
        let worked = self.work(client, session, files, prepared);
        lock::release(client, self.context.config.lock_name());
        worked
    }

    /// Verifies, and applies what passed.
    fn work<'f, 'j>(
        &mut self,
        client: &mut Client,
        session: Session<'_>,
        files: &'f [Migration],
        prepared: &'f Prepared<'_, 'j>,
    ) -> Result<()>
    where
        'a: 'f,
        'j: 'f,
    {
        let Some(ready) = self.prepare(
            client,
            (&session.settings.history_table, session.stamper),
            files,
            prepared,
        )?
        else {
            return Ok(());
        };
        if !self.result.pre.overall_passed() {
            self.result.error = Some(
                "the verification before the migration found errors; nothing was applied".into(),
            );
            return Ok(());
        }
        if !self.ask_consent(client, &ready.planned)? {
            return Ok(());
        }
        self.result.stopped_before = false;
        match ready.planned.last().copied() {
            Some(last) => self.apply(client, session, (ready, prepared), files, last),
            None => {
                self.result.success = true;
                leave_stamp(client, session, &ready);
                Ok(())
            }
        }
    }

    /// Reads, predicts and verifies everything that can be known before anything is applied. `None`
    /// when the history itself is refused.
    pub(super) fn prepare<'f, 'j>(
        &mut self,
        client: &mut Client,
        (table, stamper): (&str, Option<&CatalogStamper>),
        files: &'f [Migration],
        prepared: &'f Prepared<'_, 'j>,
    ) -> Result<Option<Ready<'f>>>
    where
        'a: 'f,
        'j: 'f,
    {
        let style = self.context.terminal.style();
        let survey = Survey::take(client, table, stamper, files)?;
        if let Some(entry) = survey.interrupted() {
            let name = format!("V{}__{}", entry.version, entry.name);
            self.result.unchecked.push(format!(
                "drift of the live database before the run: `{name}` is applied in part"
            ));
        }
        if !survey.state.problems.is_empty() {
            self.result.pre = before::history_problems(&survey.state);
            self.result.error =
                Some("the history of the database and the migration files disagree".into());
            self.context
                .say(&human::migration::before(&self.result, style))?;
            return Ok(None);
        }
        let last = self.asked.map_or(i64::MAX, |asked| asked.version);
        let pending = survey.state.pending.iter().copied();
        let planned: Vec<&Migration> = pending.filter(|file| file.version <= last).collect();
        self.result.planned = planned.iter().map(ToString::to_string).collect();
        self.standing.plan(self.result.planned.clone());
        // A run with nothing to do needs no scratch database, and so no query for its names.
        if !survey.is_settled() {
            self.likeness = self
                .context
                .scratch_environment()
                .like(client, files)?
                .likeness;
        }
        let known = prepared.known_in(self.context.config.tenant.as_deref())?;
        let evidence = self.gather(&survey, planned.len(), known.as_deref());
        let live = evidence
            .needs_catalogs
            .then(|| self.live(client, &survey, prepared))
            .transpose()?;
        // Only now: the TypeScript was read while the database answered.
        let judge = prepared.judge()?;
        let mut comparison = Comparison::new(self.environment(), files);
        prepared.learnt.teach(&mut comparison);
        let adoptable = live.as_ref().and_then(|live| self.adoptable(&survey, live));
        let Foreseen {
            prediction,
            drift,
            digest,
        } = self.foresee(
            client,
            &survey,
            (evidence, prepared),
            live,
            (planned.len(), files),
            &mut comparison,
        )?;
        // Instead of the drift, the advice is to adopt the database.
        if let Some(found) = adoptable.filter(|_| is_no_database_of_ours(&drift, &prediction)) {
            self.result.error = Some(
                "the database has the tables of pending migrations; nothing was applied".into(),
            );
            self.result.pre = Verification {
                findings: vec![found],
                ..Verification::empty("the database as it is")
            };
            self.context
                .say(&human::migration::before(&self.result, style))?;
            return Ok(None);
        }
        let applied = survey.applied();
        let steps = prediction.steps.iter().map(|step| step.schema.as_deref());
        let findings = FindingsByMigration::new(
            judge,
            &prediction.base,
            &steps.collect::<Vec<_>>(),
            &survey.state.pending,
            planned.len(),
        );
        // A stamp stands for the schema of the noted digest, and for no drift that is tolerated or
        // accepted: the configuration may stop doing that.
        let is_as_noted = |noted| digest.as_deref() == Some(noted);
        let is_as_expected = drift.is_empty()
            && comparison.tolerated().is_none()
            && survey.noted_digest().is_none_or(is_as_noted)
            && survey.interrupted().is_none()
            && prediction.origin != PredictionOrigin::SnapshotAlone;
        self.result.pre = before::verification(judge, &prediction, drift, &findings);
        let advice = self.advice(&applied, &planned)?;
        let advice = self.rows_in_the_way(client, &survey, &planned, advice)?;
        judge.add(&mut self.result.pre, advice);
        if self.context.options.report_format == ReportFormat::Html {
            before::picture(&mut self.result.pre, judge, &prediction, planned.len());
        }
        self.context
            .say(&human::migration::before(&self.result, style))?;
        // The survey took the stamp before the catalogs were read: the next run sees a change that
        // was made in between.
        let stamp = survey
            .stamp
            .filter(|_| is_as_expected && !survey.is_unchanged);
        let (recorded, tables) = (survey.history, survey.tables);
        Ok(Some(Ready {
            judge,
            comparison,
            prediction,
            findings,
            applied,
            planned,
            recorded,
            tables,
            digest,
            stamp,
        }))
    }

    /// Advice about the migrations that are to be applied. A database without migrations gets none:
    /// no application that they could hurt is connected to it.
    fn advice(&self, applied: &[&Migration], planned: &[&Migration]) -> Result<Vec<Finding>> {
        if applied.is_empty() {
            return Ok(Vec::new());
        }
        let planned: Vec<Migration> = planned.iter().copied().cloned().collect();
        lint::lint_new(&planned, &[], &self.context.config)
    }

    pub(super) fn environment(&self) -> ScratchEnvironment<'a> {
        ScratchEnvironment {
            likeness: self.likeness.clone(),
            ..self.context.scratch_environment()
        }
    }

    fn apply(
        &mut self,
        client: &mut Client,
        session: Session<'_>,
        (ready, prepared): (Ready<'_>, &Prepared<'_, '_>),
        files: &[Migration],
        last: &Migration,
    ) -> Result<()> {
        let settings = session.settings;
        let _lookout = database_lock::look_out(self.context, session.target, settings);
        self.context.say(&human::migration::applying(
            &self.result,
            self.context.terminal.style(),
        ))?;
        let tables = ready.tables.complete(client, &settings.history_table)?;
        let known = Known {
            prediction: &ready.prediction,
            judge: ready.judge,
            findings: &ready.findings,
            digest: ready.digest.as_deref(),
            history_table: &settings.history_table,
            stamper: session.stamper.filter(|_| tables.stamps),
        };
        let accepted = self.options.losses.accepted();
        let backup = self.backup()?;
        let mut losses = ForwardLosses::begin(
            client,
            settings,
            (&accepted, backup.as_ref()),
            &ready.planned,
        )?;
        let mut verifier = CommitVerifier::new(
            self.context,
            &mut self.reader,
            ready.comparison,
            known,
            (last.version, self.standing.clone()),
        );
        let outcome = runner::run(
            client,
            settings,
            files,
            (&ready.recorded, last.version),
            &mut losses,
            &mut verifier,
        );
        prepared.learnt.learn(verifier.comparison());
        let (applied, post, unchecked) = verifier.into_parts();
        if !unchecked.is_empty() {
            self.result.unchecked.push(format!(
                "what these did to the schema, because there is no scratch database: {}",
                unchecked.join(", ")
            ));
        }
        self.result.applied = applied;
        self.result.post = post;
        self.result.success = outcome.is_ok();
        // Migrations are applied in order, so the first that is not applied has failed.
        let failed = self.result.planned.get(self.result.applied.len());
        let failed = files
            .iter()
            .find(|file| failed.is_some_and(|name| *name == file.to_string()));
        // A COMMIT without an answer, or a migration without transaction, may have left changes.
        let is_in_doubt = outcome.as_ref().is_err_and(commit::is_in_doubt);
        let in_doubt = is_in_doubt
            || !self.result.success && failed.is_some_and(|migration| migration.no_transaction);
        self.result.in_doubt = in_doubt.then(|| called_as::command("status"));
        let outcome = outcome.or_else(|error| match error.downcast_ref::<Rejected>() {
            Some(Rejected(why)) => {
                self.result.error = Some(why.clone());
                Ok(())
            }
            None => Err(rows::explain(self.context, client, failed, error)),
        });
        self.settle_losses(&losses, backup.as_ref(), is_in_doubt)?;
        // The tool could do its work, and its work was to say no.
        let outcome = match losses.refused() {
            [] => outcome,
            _refused => Ok(()),
        };
        self.context.say(&human::migration::after(
            &self.result,
            self.context.terminal.style(),
        ))?;
        outcome
    }

    /// Ends the run of one database of several, which `worked` or did not.
    pub(in crate::commands) fn into_result(mut self, worked: Result<()>) -> MigrationResult {
        if let Err(error) = &worked {
            self.result.error = Some(whole(error));
        }
        self.result
    }

    /// Ends the run of a single database: writes its reports and prints the last lines.
    pub(super) fn finish(mut self, worked: Result<()>) -> Result<Outcome> {
        if let Err(error) = &worked {
            self.result.error = Some(whole(error));
        }
        let closing = RunSummary {
            verification: json::verification(self.result.post.as_ref().unwrap_or(&self.result.pre)),
            file: report_files::MIGRATION,
            result: json::migration(&self.result),
            page: (self.context.options.report_format == ReportFormat::Html)
                .then(|| html::migration(&self.result, &findings::rules())),
            last_lines: human::migration::closing(
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
        match self.result.applied.as_slice() {
            [] => "nothing was applied".into(),
            [one] => format!("`{}` was applied and is committed", one.name),
            many => format!("{} migrations were applied and are committed", many.len()),
        }
    }
}

/// Leaves the stamp of catalogs that were compared whole, so that the next run need not compare
/// them again.
fn leave_stamp(client: &mut Client, session: Session<'_>, ready: &Ready<'_>) {
    if let (Some(stamp), Some(newest)) = (&ready.stamp, ready.recorded.last()) {
        // A stamp only saves time: a role that may only read goes on without it.
        let _ = journal::leave_stamp(
            client,
            &session.settings.history_table,
            newest.version,
            stamp,
        );
    }
}
