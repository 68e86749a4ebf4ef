//! `db-verify`: compares the TypeScript with the schema that the migrations make. The snapshot
//! holds that schema while it stands for the migrations. Only after they changed is a replay on a
//! scratch database needed.

mod expected;
mod fix;
mod plan;
mod publish;
mod reviewed;
mod rollout;
mod since;
mod staged;
mod watch;
mod with;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::findings_by_migration::FindingsByMigration;
use super::judge::Judge;
use super::{Context, Outcome, output};
use crate::cli::{GlobalOptions, ReportFormat};
use crate::git::Repository;
use crate::migrations::{self, Migration, advice, lint, losses};
use crate::render::human;
use crate::report::{Baseline, Finding, Verification};
use crate::terminal::Terminal;
use crate::tree::{GitTree, Tree};
use crate::whole_file;
use expected::ExpectedSchema;
use reviewed::reviewed;

/// Options of `db-verify`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Verify against the schema that this migration and those before it make: `7`,
    /// `V7__add_user_bio`, `add_user_bio`
    pub migration: Option<String>,

    /// Start no database: fail when the snapshot does not stand for the migrations
    #[arg(long)]
    pub offline: bool,

    /// Verify against the target database (`--database-url`, `DATABASE_URL`) as it is, instead of
    /// the migrations
    #[arg(long, conflicts_with_all = ["offline", "migration"])]
    pub database: bool,

    /// Judge what is staged, as a hook before a commit does: no database, no files, nothing where
    /// nothing matters
    #[arg(long, conflicts_with_all = ["database", "update_baseline"])]
    pub staged: bool,

    /// Judge what this branch introduces since it parted from REF: its last commit, or with
    /// `--staged` what is staged
    #[arg(long, value_name = "REF", conflicts_with_all = ["database", "update_baseline", "migration"])]
    pub since: Option<String>,

    /// With `--since`: where the branch takes two releases, write their migrations into DIR; nothing
    /// applies them
    #[arg(long, value_name = "DIR", requires = "since", num_args = 0..=1, default_missing_value = plan::PLAN_FOLDER)]
    pub plan: Option<String>,

    /// Run the migrations of this branch and of the branch REF on scratch databases in both orders,
    /// behind those of `--since`: do both make the same schema?
    #[arg(
        long,
        value_name = "REF",
        requires = "since",
        conflicts_with = "offline"
    )]
    pub with: Option<String>,

    /// Verify again whenever a file is saved
    #[arg(long, conflicts_with_all = ["staged", "since", "database", "update_baseline", "fix", "diff"])]
    pub watch: bool,

    /// Accept today's findings: write them to the baseline, so that only new ones fail
    #[arg(long)]
    pub update_baseline: bool,

    /// Show at most this many findings in full; the summary counts all of them
    #[arg(long, value_name = "N")]
    pub max_findings: Option<usize>,

    /// Apply the suggested changes that are safe to the TypeScript sources
    #[arg(long, conflicts_with_all = ["update_baseline", "staged", "since"])]
    pub fix: bool,

    /// Show the changes that `--fix` would make, as a diff: exit code 1 where there are any
    #[arg(long, conflicts_with_all = ["fix", "update_baseline", "staged", "since"])]
    pub diff: bool,
}

impl Options {
    /// Whether git's objects are judged instead of the files on disk.
    #[must_use]
    pub fn is_of_git(&self) -> bool {
        self.staged || self.since.is_some()
    }
}

/// One verification with its inputs.
struct Examined<'a> {
    report: Verification,
    expected: ExpectedSchema,
    migrations: Vec<Migration>,
    /// The number of requested migrations.
    asked: usize,
    judge: Judge<'a>,
}

/// Runs `db-verify` on the files on disk.
pub fn run(context: Context, options: &Options) -> Result<Outcome> {
    if options.watch {
        return watch::run(context, options);
    }
    let context = &context;
    let mut examined = examine(context, options)?;
    if options.update_baseline {
        // Accepted findings included, because the baseline is written anew.
        let findings = examined.judge.findings(&examined.expected.schema);
        return update_baseline(context, &[findings, examined.risks(context)?].concat());
    }
    if options.diff {
        return fix::fixed(context, &examined)?.show(context);
    }
    if options.fix {
        let fixes = fix::fixed(context, &examined)?.write(context)?;
        // Read again from disk: a file that was not written keeps its findings.
        examined = examined.again(context)?;
        examined.report.fixes = Some(fixes);
    }
    let report = completed(context, options, examined)?;
    publish::publish(context, &report)?;
    Ok(outcome(&report))
}

/// Completes the report with advice about the migrations, and for the page with the changes of the
/// schema.
fn completed(context: &Context, options: &Options, examined: Examined<'_>) -> Result<Verification> {
    let risks = examined.risks(context)?;
    let Examined {
        mut report,
        expected,
        judge,
        ..
    } = examined;
    judge.add(&mut report, risks);
    if context.options.report_format == ReportFormat::Html {
        report.schema_changes = expected.pending(context, options)?;
    }
    Ok(report)
}

/// Runs `db-verify --staged` and `--since`. The configuration is taken from the judged files as
/// well: the one on disk may be broken.
pub fn run_on_git(
    root: PathBuf,
    global: GlobalOptions,
    options: &Options,
    terminal: Terminal,
) -> Result<Outcome> {
    let repository = Repository::open(&root)?;
    let is_commit = options.staged && options.since.is_none();
    let changed = if is_commit {
        repository.staged_paths()?
    } else {
        Vec::new()
    };
    // Asked before the tree is listed: a commit with nothing staged ends at once.
    if is_commit && changed.is_empty() && !staged::is_framework() {
        return staged::nothing(&terminal, "nothing is staged");
    }
    let tree = if options.staged {
        GitTree::staged(repository.clone())?
    } else {
        GitTree::committed(repository.clone(), &repository.commit("HEAD")?)?
    };
    let context = Context::open(root, global, terminal, Arc::new(tree) as Arc<dyn Tree>)?;
    let _shown = context.show_progress("verifying");
    match &options.since {
        Some(reference) => since::run(&context, &repository, reference, options),
        None => staged::run(&context, &repository, &changed, options),
    }
}

/// Compares the TypeScript of `context` with the schema that the options ask for.
fn examine<'a>(context: &'a Context, options: &Options) -> Result<Examined<'a>> {
    let migrations = migrations(context, options)?;
    let last = options
        .migration
        .as_deref()
        .map(|name| migrations::find(&migrations, name))
        .transpose()?;
    let asked = last.map_or(migrations.len(), |last| {
        migrations.partition_point(|one| one.version <= last.version)
    });
    let name = last.map(ToString::to_string);
    let expected = ExpectedSchema::of(context, options, &migrations, asked)?;
    let judge = Judge::new(context, &migrations)?;
    let mut report = report(context, &judge, &expected, name.as_deref());
    if let Some(schema) = &expected.later {
        let later: Vec<_> = migrations[asked..].iter().collect();
        let mut steps = vec![None; later.len()];
        if let Some(last) = steps.last_mut() {
            *last = Some(schema);
        }
        FindingsByMigration::new(&judge, &expected.schema, &steps, &later, 0)
            .look_ahead(&mut report.findings);
    }
    report.shown_at_most = options.max_findings;
    Ok(Examined {
        report,
        expected,
        migrations,
        asked,
        judge,
    })
}

/// Reads the migrations. A database that is judged as it is may have none: Drizzle's `push` makes
/// tables without migrations.
fn migrations(context: &Context, options: &Options) -> Result<Vec<Migration>> {
    let migrations = &context.config.migrations;
    let has_folder = || context.tree().files(&migrations.dir).is_ok();
    if options.database && migrations.replay.is_none() && !has_folder() {
        return Ok(Vec::new());
    }
    context.migrations()
}

fn report(
    context: &Context,
    judge: &Judge<'_>,
    expected: &ExpectedSchema,
    name: Option<&str>,
) -> Verification {
    let mut report = judge.judge(&expected.schema, &expected.against, name);
    judge.add(&mut report, expected.drift.clone());
    if context.options.report_format == ReportFormat::Html {
        report.alignment = judge.alignment(&expected.schema);
    }
    report
}

impl Examined<'_> {
    /// Repeats the verification of the same schema with the TypeScript of `context`, read again.
    fn again(self, context: &Context) -> Result<Examined<'_>> {
        let judge = Judge::new(context, &self.migrations)?;
        let mut report = report(
            context,
            &judge,
            &self.expected,
            self.report.migration_name.as_deref(),
        );
        report.shown_at_most = self.report.shown_at_most;
        Ok(Examined {
            report,
            judge,
            expected: self.expected,
            migrations: self.migrations,
            asked: self.asked,
        })
    }

    /// Advice about the migrations that were not reviewed before. Where nothing tells which were,
    /// there is none: advice about every migration would be noise.
    fn risks(&self, context: &Context) -> Result<Vec<Finding>> {
        let migrations = &self.migrations[..self.asked];
        let config = &context.config;
        match (&self.expected.known, &self.expected.rows) {
            // The database itself was asked about its rows.
            (Some(known), Some(rows)) => {
                let advice = rows.before(lint::lint_new(migrations, known, config)?);
                Ok(losses::advice::with_losses(
                    advice, migrations, known, config,
                ))
            }
            (Some(known), None) if self.expected.is_known_by_snapshot => {
                advice::of_new(migrations, &reviewed(context, known), config)
            }
            (Some(known), None) => advice::of_new(migrations, known, config),
            (None, Some(rows)) => Ok(rows.before(Vec::new())),
            (None, None) => Ok(Vec::new()),
        }
    }
}

fn outcome(report: &Verification) -> Outcome {
    if report.overall_passed() {
        Outcome::Clean
    } else {
        Outcome::Errors
    }
}

fn update_baseline(context: &Context, findings: &[Finding]) -> Result<Outcome> {
    let path = &context.config.baseline;
    let baseline = Baseline::accepting(findings);
    whole_file::write(
        &output::path(context, path.as_ref())?,
        &baseline.to_text(),
        0o644,
    )
    .with_context(|| format!("cannot write the baseline `{path}`"))?;
    let counted = human::count(baseline.count(), "finding");
    context.terminal.tell(&format!(
        "`{path}` accepts {counted}: review and commit it\n"
    ))?;
    Ok(Outcome::Clean)
}
