//! Annotations for GitHub Actions: workflow commands on stdout, which GitHub shows beside the lines
//! of a pull request. It shows at most ten of each level per step; the rest belongs in the step's
//! summary, as Markdown.

use std::fmt::Write as _;

use super::deploy_order;
use super::style::{count, harmless, harmless_line};
use crate::report::{Finding, FleetRun, ReleaseOrder, Severity, Since, Verification};
use crate::terminal::without_commands;

/// The number of annotations of each level that GitHub shows per step.
pub const LIMIT: usize = 10;

/// The bytes of Markdown that the summary of a step may have: GitHub refuses all of a longer one.
pub const SUMMARY_LIMIT: usize = 1024 * 1024;

/// The annotations, errors first, and a notice where there are more than GitHub shows.
#[must_use]
pub fn verification(report: &Verification) -> String {
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    let verdict = if report.overall_passed() {
        "passed"
    } else {
        "failed"
    };
    let counted = format!("{}, {}", count(errors, "error"), count(warnings, "warning"));
    // Not a command: a line for the readers of the log.
    let mut text = format!("Verification {verdict}: {counted}\n");
    if let Some(since) = &report.since {
        text.push_str(&branch(since));
    }
    for severity in [Severity::Error, Severity::Warning] {
        let of_level: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .collect();
        of_level
            .iter()
            .take(LIMIT)
            .for_each(|finding| text.push_str(&annotation(finding)));
        if let Some(more) = of_level.len().checked_sub(LIMIT).filter(|more| *more > 0) {
            let _ = writeln!(
                text,
                "::notice title=pgaccord::{more} more of these; the summary of the step has all"
            );
        }
    }
    let order = report
        .since
        .as_ref()
        .and_then(|since| since.deploy_order.as_ref());
    if let Some(order) = order.filter(|order| order.order != ReleaseOrder::Either) {
        let told = deploy_order::lines(order).join("\n");
        let _ = writeln!(text, "::notice title=Deploy order::{}", message(&told));
    }
    text
}

/// The annotations of a run over a fleet: one for each reason that keeps databases from having
/// everything.
#[must_use]
pub fn fleet_run(run: &FleetRun) -> String {
    let done = run.databases.iter().filter(|one| one.outcome.is_done());
    let mut text = format!(
        "{} of {} have what was asked for\n",
        done.count(),
        count(run.databases.len(), "database")
    );
    let errors = run.errors();
    for (first, databases) in errors.iter().take(LIMIT) {
        let told = format!(
            "{}: {}",
            databases.join(", "),
            first.outcome.error().unwrap_or_default()
        );
        let title = property(first.outcome.name());
        let _ = writeln!(text, "::error title={title}::{}", message(&told));
    }
    if let Some(why) = &run.stopped {
        let _ = writeln!(text, "::notice title=The run stopped::{}", message(why));
    }
    text
}

/// Lines for the readers of the log; the summary of the step has them as well. None of them may
/// look like a command.
fn branch(since: &Since) -> String {
    let mut lines = vec![format!("Judging {}", since.title())];
    lines.extend(since.schema.iter().flatten().cloned());
    lines.extend(since.deploy_order.iter().flat_map(deploy_order::lines));
    lines.extend(since.notes.iter().map(|note| format!("note: {note}")));
    lines
        .iter()
        .map(|line| format!("- {}\n", without_commands(&harmless_line(line))))
        .collect()
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(location) = finding.location() {
        properties.push(format!("file={}", property(&location.file)));
        properties.push(format!("line={}", location.line));
        properties.push(format!("col={}", location.column));
    }
    properties.push(format!("title={}", property(finding.kind)));
    format!(
        "::{command} {}::{}\n",
        properties.join(","),
        message(&body(finding))
    )
}

/// The message, the other places, and the help, a line each.
fn body(finding: &Finding) -> String {
    let mut lines = vec![finding.title()];
    let others = finding.labels.iter().skip(1);
    lines.extend(others.map(|label| format!("{}: {}", label.location, label.text)));
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.extend(
        finding
            .suggestion
            .iter()
            .map(|suggestion| format!("help: {}", suggestion.text)),
    );
    lines.join("\n")
}

/// Escapes a message: the line breaks, which would end it, and `%`, which begins an escape.
fn message(text: &str) -> String {
    // `%` comes first, because the other escapes begin with it.
    harmless(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property, in which `:` and `,` are separators as well.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_messages_are_escaped_differently() {
        assert_eq!(message("50%: a,b\r\n"), "50%25: a,b\u{fffd}%0A");
        assert_eq!(property("50%: a,b\n"), "50%25%3A a%2Cb%0A");
    }
}
