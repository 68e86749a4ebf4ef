//! `db-status` on the terminal: first which database, then every migration.

use super::steps::{indented, signed};
use crate::render::style::{Paint, Sign, count, harmless, paint, wrapped};
use crate::report::{MigrationState, MigrationStatus, Severity, Status};
use crate::terminal::Style;

/// The whole report.
#[must_use]
pub fn status(report: &Status, style: Style) -> String {
    let mut text = format!("Database: {}\n\n", harmless(&report.database));
    let width = report
        .migrations
        .iter()
        .map(|one| one.name.chars().count())
        .max()
        .unwrap_or(0);
    report
        .migrations
        .iter()
        .for_each(|one| text += &line(one, width, style));
    if report.migrations.is_empty() {
        text += "There are no migrations.\n";
    }
    if let Some(holder) = &report.locked_by {
        text += &format!(
            "\nSomebody is migrating or rolling back: {}\n",
            harmless(holder)
        );
    }
    for index in &report.invalid_indexes {
        let what = format!(
            "the index `{}` is not valid: drop and create it again",
            harmless(index)
        );
        text += &signed(Sign::Warning, &what, style);
    }
    for problem in &report.file_problems {
        text += &signed(Sign::Failed, &harmless(problem), style);
    }
    for finding in &report.drift {
        let sign = if finding.severity == Severity::Error {
            Sign::Failed
        } else {
            Sign::Warning
        };
        text += &signed(
            sign,
            &harmless(&format!("`{}`: {}", finding.entity, finding.message)),
            style,
        );
        text += &indented(&harmless(finding.help.as_deref().unwrap_or_default()));
    }
    for unchecked in &report.unchecked {
        let unchecked = format!("Not looked at: {}", harmless(unchecked));
        text += &format!("\n{}\n", wrapped(&unchecked, style.width, style));
    }
    text + &summary(report)
}

fn line(one: &MigrationStatus, width: usize, style: Style) -> String {
    let (word, color, detail) = match &one.state {
        MigrationState::Applied { at } => {
            ("applied", Paint::Green, at.as_deref().map(to_the_second))
        }
        MigrationState::Failed => ("failed", Paint::Red, None),
        MigrationState::Pending => ("pending", Paint::Yellow, None),
        MigrationState::PartlyApplied { standing } => {
            ("partly applied", Paint::Red, Some(standing.clone()))
        }
        MigrationState::PartlyUndone { standing } => {
            ("partly undone", Paint::Red, Some(standing.clone()))
        }
        MigrationState::OutOfOrder => ("out of order", Paint::Red, None),
    };
    let name = harmless(&one.name);
    let detail = detail
        .map(|detail| format!("  {}", harmless(&detail)))
        .unwrap_or_default();
    let mut text = format!("{name:width$}  {}{detail}\n", paint(word, color, style));
    if let Some(problem) = &one.problem {
        text += &indented(&harmless(problem));
    }
    text
}

/// `2024-01-15T10:30:00.127867698Z` as people read it; anything else as it is.
fn to_the_second(instant: &str) -> String {
    match (instant.split_once('T'), instant.strip_suffix('Z')) {
        (Some((date, _)), Some(_)) => {
            let time: String = instant
                .chars()
                .skip(date.len() + 1)
                .take("10:30:00".len())
                .collect();
            format!("{date} {time} UTC")
        }
        (None, _) | (_, None) => instant.to_owned(),
    }
}

fn summary(report: &Status) -> String {
    let applied = report.count(|state| matches!(state, MigrationState::Applied { .. }));
    let pending = report.count(|state| matches!(state, MigrationState::Pending));
    let problems = report
        .migrations
        .iter()
        .filter(|one| one.problem.is_some())
        .count();
    let mut text = format!("\n{applied} applied, {pending} pending");
    if problems > 0 {
        text += &format!(", {}", count(problems, "problem"));
    }
    text + "\n"
}
