//! The end of `db-migrate` and `db-rollback`, whatever happened. The reports are written, the last
//! lines are printed, and only then is the error returned. A report that cannot be written neither
//! undoes nor hides the run.

use anyhow::{Context as _, Result};

use super::{Context, Outcome, report_files};
use crate::cli::Format;

/// The end of a run, as each reader gets it.
pub struct RunSummary {
    /// The last verification, as JSON.
    pub verification: String,
    /// The result's file.
    pub file: &'static str,
    /// The result, as JSON.
    pub result: String,
    /// The result as a page, where that was asked for.
    pub page: Option<String>,
    /// The last lines on the terminal.
    pub last_lines: String,
    /// The summary of the run, for an error that comes after it.
    pub summary: String,
    /// Whether everything asked for was done.
    pub success: bool,
}

/// Ends a run that `worked`, or did not.
pub fn close(context: &Context, worked: Result<()>, closing: &RunSummary) -> Result<Outcome> {
    let written = report_files::write(context, report_files::VERIFICATION, &closing.verification)
        .and_then(|_| report_files::write(context, closing.file, &closing.result));
    let terminal = &context.terminal;
    match (context.options.format, &closing.page) {
        (Format::Human, _) => terminal.print_styled(&closing.last_lines)?,
        (Format::Json, Some(page)) => terminal.print_markup(page)?,
        (Format::Json, None) => terminal.print_json(&closing.result)?,
    }
    // The error of the run comes first: that of its report would hide it.
    worked?;
    written.with_context(|| closing.summary.clone())?;
    Ok(if closing.success {
        Outcome::Clean
    } else {
        Outcome::Errors
    })
}
