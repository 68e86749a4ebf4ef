//! Reports a run over a fleet in the format that was asked for, and in the folder of reports.

use anyhow::{Context as _, Result};

use crate::cli::ReportFormat;
use crate::commands::{Context, Outcome, report_files, step_summary};
use crate::render::{github, html, human, json, junit, markdown};
use crate::report::FleetRun;

/// Writes the report.
///
/// # Errors
/// When stdout or the report file cannot be written.
pub(super) fn write(context: &Context, report: &FleetRun) -> Result<Outcome> {
    let document = json::fleet_run(report);
    let written = report_files::write(context, report_files::FLEET, &document);
    let terminal = &context.terminal;
    match context.options.report_format {
        ReportFormat::Human => {
            terminal.print_styled(&human::fleet_run::closing(report, terminal.style()))?;
        }
        ReportFormat::Json | ReportFormat::Gitlab | ReportFormat::Sarif => {
            terminal.print_json(&document)?;
        }
        ReportFormat::Markdown => terminal.print(&markdown::fleet_run(report))?,
        ReportFormat::Junit => terminal.print_markup(&junit::fleet_run(report))?,
        ReportFormat::Html => terminal.print_markup(&html::fleet_run(report))?,
        ReportFormat::Github => terminal.print_exact(&github::fleet_run(report))?,
    }
    step_summary::append(context, || markdown::fleet_run(report))?;
    written.context("the run is over; its databases are as the lines above say")?;
    Ok(match report.success() {
        true => Outcome::Clean,
        false => Outcome::Errors,
    })
}
