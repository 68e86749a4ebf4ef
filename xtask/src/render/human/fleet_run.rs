//! `db-migrate --fleet` and `db-rollback --fleet` on the terminal: what the survey found, each wave,
//! what failed as it fails, and the matrix in the end.

use std::time::Duration;

use super::fleet::{finding, findings, matrix_of, names, unanswered, unchecked};
use super::losses;
use super::steps::{indented, signed};
use crate::render::style::{Paint, Sign, count, harmless, paint};
use crate::report::{FleetDirection, FleetOutcome, FleetRun, FleetStatus, MigrationLoss};
use crate::terminal::Style;

/// The most reasons that are shown; the others are in the reports for programs.
const REASONS: usize = 20;

/// The findings of the survey.
#[must_use]
pub fn survey(status: &FleetStatus, direction: FleetDirection, style: Style) -> String {
    let mut text = format!("Fleet: {}\n\n", count(status.databases.len(), "database"));
    text += &matrix_of(&status.versions(), left(direction), style);
    text += &findings(status, style);
    for (obstacle, databases) in status.obstacles() {
        text += &finding(obstacle, &databases, style);
    }
    for (lost, databases) in status.losses() {
        text += &loss(lost, &databases, style);
    }
    let (silent, _) = unanswered(status, style);
    text += &silent;
    text + &unchecked(status)
}

/// The word for migrations that a run has still to do.
fn left(direction: FleetDirection) -> &'static str {
    match direction {
        FleetDirection::Forward => "pending",
        FleetDirection::Back => "to undo",
    }
}

/// The data that databases lose alike.
fn loss(lost: &MigrationLoss, databases: &[&str], style: Style) -> String {
    let mut text = losses::of_migrations(std::slice::from_ref(lost), style);
    let where_ = match databases {
        [one] => format!("in {one}"),
        [first, ..] => format!("in {first}, and alike in all of: {}", names(databases)),
        [] => String::new(),
    };
    text += &indented(&harmless(&where_));
    if lost.consent.is_none() {
        let object = &lost.loss.name.object;
        let how = format!(
            "if it may go, write `-- accept-data-loss: {object}` into {}, or say so for this run: \
             `--accept-data-loss {object}`, for one database `--accept-data-loss <database>:{object}`",
            lost.file
        );
        text += &indented(&harmless(&how));
    }
    text
}

/// `Wave 2 of 3 (10%): 18 databases`
#[must_use]
pub fn wave((number, of): (usize, usize), name: &str, databases: usize, style: Style) -> String {
    let title = format!(
        "Wave {number} of {of} ({}): {}",
        harmless(name),
        count(databases, "database")
    );
    format!("\n{}\n", paint(&title, Paint::Bold, style))
}

/// The line for a database that ended with `migrations`.
#[must_use]
pub fn ended(name: &str, outcome: &FleetOutcome, migrations: usize, style: Style) -> String {
    let (sign, what) = match outcome {
        FleetOutcome::Done => (Sign::Passed, count(migrations, "migration")),
        FleetOutcome::Current => (Sign::Passed, "nothing left to do".to_owned()),
        FleetOutcome::Failed(why) | FleetOutcome::LockTimeout(why) | FleetOutcome::Refused(why) => {
            (Sign::Failed, first_line(why).to_owned())
        }
        FleetOutcome::NotBegun => return String::new(),
    };
    signed(sign, &harmless(&format!("{name}: {what}")), style)
}

/// The end of a run.
#[must_use]
pub fn closing(run: &FleetRun, style: Style) -> String {
    let mut text = String::new();
    if !run.survey_only {
        text += "\n";
        text += &matrix_of(&run.versions(), left(run.direction), style);
    }
    let mut errors = run.errors();
    if run.survey_only {
        // The survey stands above.
        errors.clear();
    }
    for (first, databases) in errors.iter().take(REASONS) {
        let why = first.outcome.error().unwrap_or_default();
        let sign = match &first.outcome {
            FleetOutcome::Refused(_) => Sign::Refused,
            _failed => Sign::Failed,
        };
        text += &signed(sign, &harmless(&names(databases)), style);
        text += &indented(&harmless(why));
    }
    if let Some(more) = errors.len().checked_sub(REASONS).filter(|more| *more > 0) {
        text += &indented(&format!("and {}", count(more, "other reason")));
    }
    for (note, databases) in notes(run) {
        text += &format!(
            "\nNote: {} ({})\n",
            harmless(note),
            harmless(&names(&databases))
        );
    }
    for note in &run.notes {
        text += &format!("\nNote: {}\n", harmless(note));
    }
    if let Some(why) = &run.stopped {
        text += "\n";
        text += &signed(
            Sign::Refused,
            &harmless(&format!("the run stopped: {why}")),
            style,
        );
    }
    text += &format!("\n{}\n", summary(run, style));
    if let Some(file) = &run.file {
        text += &format!("Each step is in {}\n", harmless(file));
    }
    if let Some(go_on) = &run.go_on {
        text += &format!("To go on: {}\n", harmless(go_on));
    }
    text
}

/// The notes about databases, each once.
fn notes(run: &FleetRun) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in &run.databases {
        for note in &one.notes {
            match found.iter_mut().find(|(known, _)| known == note) {
                Some((_, names)) => names.push(&one.name),
                None => found.push((note, vec![&one.name])),
            }
        }
    }
    found
}

fn summary(run: &FleetRun, style: Style) -> String {
    let done = match (run.survey_only, run.direction) {
        (true, _) => "could be done",
        (false, FleetDirection::Forward) => "migrated",
        (false, FleetDirection::Back) => "rolled back",
    };
    let todo = match run.survey_only {
        true => run.count("not-begun"),
        false => run.count("done"),
    };
    let mut parts = vec![format!("{todo} of {} {done}", run.databases.len())];
    let mut add = |number: usize, what: &str| {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    };
    add(run.count("current"), "had nothing to do");
    add(run.count("failed"), "failed");
    add(run.count("lock-timeout"), "did not get their locks");
    add(run.count("refused"), "refused");
    if !run.survey_only {
        add(run.count("not-begun"), "not begun");
    }
    let color = match run.success() {
        true => Paint::BoldGreen,
        false => Paint::BoldRed,
    };
    let duration = seconds(run.duration);
    format!("{} in {duration}", paint(&parts.join(", "), color, style))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
