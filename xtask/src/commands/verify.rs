//! `db-verify`: compares the TypeScript with the schema that the migrations make. While the snapshot stands for the
//! migrations it is that schema, and no database is needed; a replay on a scratch database is, when they changed.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::judge::Judge;
use super::{Context, Outcome, report_files};
use crate::checks;
use crate::cli::ReportFormat;
use crate::migrations::{self, Migration, files, lint, replay};
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::connect::{Target, connect};
use crate::render::{github, gitlab, html, human, json, junit, markdown, sarif};
use crate::report::{Baseline, Finding, Verification};
use crate::schema::model::Schema;
use crate::schema::snapshot::{self, FIX};

/// Options of `db-verify`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Verify against the schema that this migration and those before it make: `7`, `V7__add_user_bio`, `add_user_bio`
    pub migration: Option<String>,

    /// Start no database: fail when the snapshot does not stand for the migrations
    #[arg(long)]
    pub offline: bool,

    /// Verify against the target database (`--database-url`, `DATABASE_URL`) as it is, instead of the migrations
    #[arg(long, conflicts_with_all = ["offline", "migration"])]
    pub database: bool,

    /// Accept today's findings: write them to the baseline, so that only new ones fail
    #[arg(long)]
    pub update_baseline: bool,
}

/// Runs `db-verify`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let migrations = files::load(&context.tree(), &context.config.migrations)?;
    let asked = options.migration.as_deref().map(|name| migrations::find(&migrations, name)).transpose()?;
    let judged = up_to(&migrations, asked);
    let (schema, against) = schema(context, options, judged)?;
    let judge = Judge::new(context, &migrations)?;
    if options.update_baseline {
        return update_baseline(context, &judge.findings(&schema));
    }
    let mut report = judge.judge(&schema, &against, asked.map(ToString::to_string).as_deref());
    let risks = risks(context, judged)?;
    if !risks.is_empty() {
        report.findings.extend(risks);
        report.findings.sort_by_key(|finding| finding.category);
        report.sources = judge.sources(&report.findings);
    }
    if context.options.report_format == ReportFormat::Html {
        report.alignment = judge.alignment(&schema);
    }
    publish(context, &report)?;
    Ok(if report.overall_passed() { Outcome::Clean } else { Outcome::Errors })
}

/// Advice about the migrations that the snapshot does not know yet. Without a snapshot all of them would be new, which
/// helps nobody.
fn risks(context: &Context, migrations: &[Migration]) -> Result<Vec<Finding>> {
    match snapshot::read(&context.tree(), &context.config.snapshot)? {
        Some(snapshot) => lint::lint_new(migrations, &snapshot.migrations, &context.config),
        None => Ok(Vec::new()),
    }
}

fn up_to<'m>(migrations: &'m [Migration], last: Option<&Migration>) -> &'m [Migration] {
    let at = last.and_then(|last| migrations.iter().position(|migration| migration.version == last.version));
    at.map_or(migrations, |at| &migrations[..=at])
}

/// The schema to compare with, and what it is.
fn schema(context: &Context, options: &Options, migrations: &[Migration]) -> Result<(Schema, String)> {
    if options.database { of_database(context) } else { of_migrations(context, options, migrations) }
}

fn of_database(context: &Context) -> Result<(Schema, String)> {
    let target = Target::open(context.options.database_url.as_deref(), &context.config, &context.root)?;
    let mut client = connect(&target)?;
    let own = OwnTables::of(&context.config);
    let schema = catalog::read(&mut client, &own);
    let schema = schema.with_context(|| format!("cannot read the catalogs of {}", target.describe()))?;
    Ok((schema, format!("{} as it is", target.describe())))
}

fn of_migrations(context: &Context, options: &Options, migrations: &[Migration]) -> Result<(Schema, String)> {
    let path = &context.config.snapshot;
    let counted = human::count(migrations.len(), "migration");
    let stale = match snapshot::read(&context.tree(), path)? {
        Some(snapshot) if snapshot.is_fresh(migrations) => {
            return Ok((snapshot.schema, format!("`{path}`, which stands for {counted}")));
        }
        Some(snapshot) => format!("does not stand for the migrations: {}", snapshot.staleness(migrations).join(", ")),
        None => "does not exist".to_owned(),
    };
    if options.offline {
        bail!("cannot verify offline: `{path}` {stale}; run `{FIX}` and commit the file, or verify without `--offline`")
    }
    let shadow = context.options.shadow_database_url.as_deref().filter(|url| !url.is_empty());
    let schema = replay::schema(&context.config, &context.root, shadow, migrations)?;
    Ok((schema, format!("a replay of {counted} on a scratch database (`{path}` {stale}; `{FIX}` updates it)")))
}

/// Prints the report and writes its file. A folder that cannot be written costs the file, not the verdict.
fn publish(context: &Context, report: &Verification) -> Result<()> {
    context.terminal.print(&rendered(context, report))?;
    summarize_step(context, report)?;
    if let Err(error) = report_files::write(context, report_files::VERIFICATION, &json::verification(report)) {
        context.terminal.eprint(&format!("warning: {error:#}\n"))?;
    }
    Ok(())
}

fn rendered(context: &Context, report: &Verification) -> String {
    match context.options.report_format {
        ReportFormat::Human => human::verification(report, context.terminal.style()),
        ReportFormat::Json => json::verification(report),
        ReportFormat::Github => github::verification(report),
        ReportFormat::Gitlab => gitlab::verification(report),
        ReportFormat::Sarif => sarif::verification(report, &checks::rules()),
        ReportFormat::Markdown => markdown::verification(report),
        ReportFormat::Junit => junit::verification(report),
        ReportFormat::Html => html::verification(report),
    }
}

/// GitHub shows few annotations; the summary of the step has all findings.
fn summarize_step(context: &Context, report: &Verification) -> Result<()> {
    let file = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
    let Some(file) = file.filter(|_| context.options.report_format == ReportFormat::Github) else { return Ok(()) };
    let append = || std::fs::OpenOptions::new().create(true).append(true).open(&file);
    if let Err(error) = append().and_then(|mut file| file.write_all(markdown::verification(report).as_bytes())) {
        let file = Path::new(&file).display();
        context.terminal.eprint(&format!("warning: cannot write the step's summary `{file}`: {error}\n"))?;
    }
    Ok(())
}

fn update_baseline(context: &Context, findings: &[Finding]) -> Result<Outcome> {
    let path = &context.config.baseline;
    let baseline = Baseline::accepting(findings);
    write_whole(&context.root.join(path), &baseline.to_text())
        .with_context(|| format!("cannot write the baseline `{path}`"))?;
    let counted = human::count(baseline.len(), "finding");
    context.terminal.print(&format!("`{path}` accepts {counted}: review and commit it\n"))?;
    Ok(Outcome::Clean)
}

/// All of `text` or nothing.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut staging = tempfile::Builder::new();
    // A committed file is readable by all, unlike a temporary one.
    #[cfg(unix)]
    let staging = staging.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut staging = staging.tempfile_in(folder)?;
    staging.write_all(text.as_bytes())?;
    staging.persist(file)?;
    Ok(())
}
