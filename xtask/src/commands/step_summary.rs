//! The summary of a CI step, which GitHub shows below the job.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use super::Context;
use crate::cli::ReportFormat;
use crate::render::{github, markdown};

/// Appends the Markdown that `text` makes, where the format is GitHub's and there is a summary. One
/// that cannot be written costs a warning, not the verdict.
pub(super) fn append(context: &Context, text: impl FnOnce() -> String) -> Result<()> {
    let file = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty());
    let Some(file) = file.filter(|_| context.options.report_format == ReportFormat::Github) else {
        return Ok(());
    };
    let append = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file)?;
        // Other commands of the step may have written to the summary: the limit is for all of it.
        let used = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let text = markdown::cut(text(), github::SUMMARY_LIMIT.saturating_sub(used));
        file.write_all(text.as_bytes())
    };
    if let Err(error) = append() {
        let file = Path::new(&file).display();
        context.terminal.eprint(&format!(
            "warning: cannot write the step's summary `{file}`: {error}\n"
        ))?;
    }
    Ok(())
}
