//! Publishes a report: on the terminal, in its file, in the summary of a CI step.

use std::path::Path;

use anyhow::Result;

use crate::cli::ReportFormat;
use crate::commands::{Context, findings, report_files, step_summary};
use crate::render::{github, gitlab, html, human, json, junit, markdown, sarif};
use crate::report::Verification;

/// Prints the report and writes its file. A folder that cannot be written costs the file, not the
/// verdict.
pub fn publish(context: &Context, report: &Verification) -> Result<()> {
    print(context, report)?;
    if let Err(error) = report_files::write(
        context,
        report_files::VERIFICATION,
        &json::verification(report),
    ) {
        context.terminal.eprint(&format!("warning: {error:#}\n"))?;
    }
    Ok(())
}

/// Prints the report, in the format that was asked for.
pub fn print(context: &Context, report: &Verification) -> Result<()> {
    show(context, &rendered(context, report))?;
    say_fixes(context, report)?;
    summarize_step(context, report)
}

/// The report in the format that was asked for.
pub fn rendered(context: &Context, report: &Verification) -> String {
    match context.options.report_format {
        ReportFormat::Human => human::verification(report, context.terminal.style()),
        ReportFormat::Json => json::verification(report),
        ReportFormat::Github => github::verification(report),
        ReportFormat::Gitlab => gitlab::verification(report, &default_file(context)),
        ReportFormat::Sarif => {
            sarif::verification(report, &findings::rules(), &default_file(context))
        }
        ReportFormat::Markdown => markdown::verification(report),
        ReportFormat::Junit => junit::verification(report),
        ReportFormat::Html => html::verification(report, &findings::rules()),
    }
}

/// The file to show findings at that concern no file: the configuration, which says what is
/// compared. One outside of the repository cannot be shown; the first migration then stands for it.
fn default_file(context: &Context) -> String {
    let configuration = &context.config.file;
    if !Path::new(configuration).is_absolute() && context.tree.is_file(configuration) {
        return configuration.clone();
    }
    let files = context.tree.files(&context.config.migrations.dir);
    let first = files.ok().and_then(|files| files.into_iter().next());
    first.unwrap_or_else(|| context.config.snapshot.clone())
}

/// Prints a report in the format that was asked for.
pub fn show(context: &Context, rendered: &str) -> Result<()> {
    let terminal = &context.terminal;
    match context.options.report_format {
        ReportFormat::Human => terminal.print_styled(rendered)?,
        ReportFormat::Json | ReportFormat::Gitlab | ReportFormat::Sarif => {
            terminal.print_json(rendered)?
        }
        ReportFormat::Markdown => terminal.print(rendered)?,
        ReportFormat::Junit | ReportFormat::Html => terminal.print_markup(rendered)?,
        ReportFormat::Github => terminal.print_exact(rendered)?,
    }
    Ok(())
}

/// Prints the summary of fixes: for people on stdout, else on stderr, because most formats for
/// programs have no place for it.
fn say_fixes(context: &Context, report: &Verification) -> Result<()> {
    let Some(fixes) = &report.fixes else {
        return Ok(());
    };
    let text = human::fixes::fixes(fixes, report.findings.len(), context.terminal.style());
    match context.options.report_format {
        ReportFormat::Human => context.terminal.print_styled(&text)?,
        ReportFormat::Json
        | ReportFormat::Github
        | ReportFormat::Gitlab
        | ReportFormat::Sarif
        | ReportFormat::Markdown
        | ReportFormat::Junit
        | ReportFormat::Html => context.terminal.eprint_styled(&text)?,
    }
    Ok(())
}

/// Appends all findings to the summary of the CI step, because GitHub shows few annotations.
fn summarize_step(context: &Context, report: &Verification) -> Result<()> {
    step_summary::append(context, || markdown::verification(report))
}
