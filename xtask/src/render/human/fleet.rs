//! `db-status --fleet` on the terminal: how many databases are at which version, then what is wrong
//! with which of them.

use super::steps::{indented, signed};
use crate::render::style::{Paint, Sign, count, harmless, paint};
use crate::report::{Finding, FleetStatus, FleetVersion, Severity};
use crate::terminal::Style;

/// The most names in one line: more are counted. JSON has them all.
const NAMES: usize = 8;

/// The most reasons for missing answers that are shown.
const REASONS: usize = 20;

/// The whole report.
#[must_use]
pub fn fleet(report: &FleetStatus, style: Style) -> String {
    let mut text = format!("Fleet: {}\n\n", count(report.databases.len(), "database"));
    text += &matrix(&report.versions(), style);
    text += &findings(report, style);
    let (silent, number) = unanswered(report, style);
    text += &silent;
    text += &unchecked(report);
    text + &summary(report, number, style)
}

/// The problems of histories and schemas.
pub(super) fn findings(report: &FleetStatus, style: Style) -> String {
    let mut text = String::new();
    for (problem, databases) in report.problems() {
        text += &signed(Sign::Failed, &harmless(problem), style);
        text += &indented(&harmless(&names(&databases)));
    }
    for one in &report.drift {
        text += &finding(&one.finding, &one.databases, style);
    }
    text
}

/// A finding that `databases` have alike.
pub(super) fn finding<N: AsRef<str>>(finding: &Finding, databases: &[N], style: Style) -> String {
    let sign = match finding.severity {
        Severity::Error => Sign::Failed,
        Severity::Warning => Sign::Warning,
    };
    let what = format!("`{}`: {}", finding.entity, finding.message);
    let mut text = signed(sign, &harmless(&what), style);
    text += &indented(&harmless(&names(databases)));
    text + &indented(&harmless(finding.help.as_deref().unwrap_or_default()))
}

/// The checks that were not made, each with the databases that it is about.
pub(super) fn unchecked(report: &FleetStatus) -> String {
    let mut text = String::new();
    for (unchecked, databases) in report.unchecked() {
        text += &format!(
            "\nNot looked at: {} ({})\n",
            harmless(unchecked),
            harmless(&names(&databases))
        );
    }
    text
}

/// The databases that did not answer, and their number.
pub(super) fn unanswered(report: &FleetStatus, style: Style) -> (String, usize) {
    let mut text = String::new();
    let unreachable = report.unreachable();
    for (why, databases) in unreachable.iter().take(REASONS) {
        text += &signed(Sign::Failed, &harmless(why), style);
        text += &indented(&harmless(&names(databases)));
    }
    let more: Vec<&str> = unreachable
        .iter()
        .skip(REASONS)
        .flat_map(|(_, databases)| databases.iter().copied())
        .collect();
    if !more.is_empty() {
        let what = format!("no answer from {} more", count(more.len(), "database"));
        text += &signed(Sign::Failed, &what, style);
        text += &indented(&harmless(&names(&more)));
    }
    let silent = unreachable
        .iter()
        .map(|(_, databases)| databases.len())
        .sum();
    (text, silent)
}

/// A line for each version: its name, the number of databases, and how far behind they are.
pub(super) fn matrix(versions: &[FleetVersion], style: Style) -> String {
    matrix_of(versions, "pending", style)
}

/// As [`matrix`], with another word for what is left to do: `to undo`.
pub(super) fn matrix_of(versions: &[FleetVersion], left: &str, style: Style) -> String {
    let name = |row: &FleetVersion| row.version.clone().unwrap_or_else(|| "no migration".into());
    let width = versions
        .iter()
        .map(|row| name(row).chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for row in versions {
        let (behind, color) = match row.pending {
            0 => (String::new(), Paint::Green),
            pending => (format!("  {pending} {left}"), Paint::Yellow),
        };
        let number = paint(&format!("{:>6}", row.databases.len()), color, style);
        let shown: Vec<&str> = row.databases.iter().map(String::as_str).collect();
        // Whoever is where everybody is needs no list.
        let listed = match row.databases.len() <= NAMES {
            true => format!("  {}", names(&shown)),
            false => String::new(),
        };
        text += &format!(
            "{:width$}  {number}{behind}{}\n",
            harmless(&name(row)),
            harmless(&listed)
        );
    }
    text
}

/// `acme, beta and 12 more`
pub(super) fn names<N: AsRef<str>>(databases: &[N]) -> String {
    let shown: Vec<&str> = databases.iter().take(NAMES).map(AsRef::as_ref).collect();
    match databases.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn summary(report: &FleetStatus, unreachable: usize, style: Style) -> String {
    let current = report
        .databases
        .iter()
        .filter(|one| one.state.as_ref().is_ok_and(|state| state.pending == 0))
        .count();
    let mut parts = vec![format!(
        "{current} of {} have all migrations",
        report.databases.len()
    )];
    if !report.drift.is_empty() {
        let mut drifted: Vec<&str> = report
            .drift
            .iter()
            .flat_map(|one| one.databases.iter().map(String::as_str))
            .collect();
        drifted.sort_unstable();
        drifted.dedup();
        parts.push(format!("{} drifted", drifted.len()));
    }
    if unreachable > 0 {
        parts.push(format!("{unreachable} did not answer"));
    }
    let color = match (report.is_current(), report.is_sound()) {
        (true, _) => Paint::Green,
        (false, true) => Paint::Yellow,
        (false, false) => Paint::Red,
    };
    format!("\n{}\n", paint(&parts.join(", "), color, style))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Category, FleetDatabase, FleetDatabaseState, FleetFinding};

    fn database(name: &str, version: &str, pending: usize) -> FleetDatabase {
        FleetDatabase {
            name: name.to_owned(),
            labels: Vec::new(),
            database: String::new(),
            state: Ok(FleetDatabaseState {
                version: Some(version.to_owned()),
                pending,
                ..FleetDatabaseState::default()
            }),
        }
    }

    #[test]
    fn the_report_in_the_book_is_the_real_one() {
        let page = include_str!("../../../../docs/src/guide/many-tenants.md");
        let mut databases: Vec<FleetDatabase> = (0..197)
            .map(|number| database(&format!("t{number}"), "V11__add_tags", 0))
            .collect();
        databases.push(database("beta", "V9__add_notes", 2));
        databases.push(database("gamma", "V9__add_notes", 2));
        databases.push(FleetDatabase {
            state: Err(
                "cannot connect to `postgresql://app@db.internal:5432/tenant_delta`: […]".into(),
            ),
            ..database("delta", "", 0)
        });
        let finding = Finding::new(
            "SCHEMA_DRIFT",
            Category::Migrations,
            Severity::Error,
            "users",
            "the database is not what its migrations made of it (~ table users; + column note text)".into(),
        );
        let finding = finding.with_help(
            "put the change into a migration, or undo it in the database; if it is right as it is, say so in the \
             configuration: `accepted-drift = [{ object = \"column users.note\", reason = \"…\" }]`",
        );
        let report = FleetStatus {
            databases,
            drift: vec![FleetFinding {
                finding,
                databases: vec!["acme".into()],
            }],
            newest: None,
        };
        let shown = fleet(&report, Style::PLAIN);
        assert!(
            page.contains(&format!("db-status --fleet\n{shown}```")),
            "{shown}"
        );
    }
}
