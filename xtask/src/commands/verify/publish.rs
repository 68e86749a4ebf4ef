//! Where a report goes: the terminal, its file, the summary of a CI step.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::checks;
use crate::cli::ReportFormat;
use crate::commands::{Context, report_files};
use crate::render::{github, gitlab, html, human, json, junit, markdown, sarif};
use crate::report::Verification;

/// Prints the report and writes its file. A folder that cannot be written costs the file, not the verdict.
pub fn publish(context: &Context, report: &Verification) -> Result<()> {
    print(context, report)?;
    if let Err(error) = report_files::write(context, report_files::VERIFICATION, &json::verification(report)) {
        context.terminal.eprint(&format!("warning: {error:#}\n"))?;
    }
    Ok(())
}

/// Prints the report, in the format that was asked for.
pub fn print(context: &Context, report: &Verification) -> Result<()> {
    context.terminal.print(&rendered(context, report))?;
    summarize_step(context, report)
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
