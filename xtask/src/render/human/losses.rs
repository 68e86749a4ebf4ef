//! Data that is lost, on the terminal: the same list before a migration and before a rollback.

use super::steps::{painted, signed};
use crate::render::style::{Paint, Sign, harmless, paint, wrapped};
use crate::report::{Consent, Loss, MigrationLoss, Unit};
use crate::terminal::Style;

/// The list of what a rollback loses.
pub(super) fn list(losses: &[Loss], style: Style) -> String {
    let lost: Vec<&Loss> = losses.iter().filter(|loss| loss.count > 0).collect();
    if lost.is_empty() {
        return String::new();
    }
    let mut text = headline("This data goes with it:", style);
    for loss in lost {
        let object = paint(&harmless(&loss.name.object), Paint::Bold, style);
        let amount = paint(&amount(loss), Paint::BoldRed, style);
        text += &broken(&format!("- {object}: {amount}"), style);
        text += &dependents(loss);
    }
    text
}

/// The list of what migrations lose, each with its statement and the consent to it.
pub(super) fn of_migrations(losses: &[MigrationLoss], style: Style) -> String {
    if losses.is_empty() {
        return String::new();
    }
    let mut text = headline("This data is lost:", style);
    for lost in losses {
        let place = match lost.line {
            Some(line) => format!("{}:{line}", lost.file),
            None => lost.file.clone(),
        };
        let object = format!("`{}`", lost.loss.name.object);
        let object = paint(&harmless(&object), Paint::Bold, style);
        let count = lost.loss.count;
        let be = if count == 1 { "is" } else { "are" };
        let what = match lost.loss.unit {
            Unit::Rows => format!("{} of {object} {be} lost", plural(count, "row", style)),
            Unit::Values => format!("{} of {object} {be} lost", plural(count, "value", style)),
            Unit::LargeObjects => format!("{} {be} lost", plural(count, "large object", style)),
            Unit::ForeignTables => {
                format!(
                    "rows of the foreign table {object} are written; they lie elsewhere and cannot be counted"
                )
            }
        };
        let consent = match lost.consent {
            Some(Consent::File) => ", accepted in the file",
            Some(Consent::CommandLine) => ", accepted on the command line",
            None => "",
        };
        let told = format!("- {}: {what}{consent}", harmless(&place));
        text += &broken(&told, style);
        text += &dependents(&lost.loss);
    }
    text
}

/// An entry of the list, whose further lines stand below its first word.
fn broken(entry: &str, style: Style) -> String {
    let room = style.width.saturating_sub(2);
    format!("{}\n", wrapped(entry, room, style).replace('\n', "\n  "))
}

fn headline(what: &str, style: Style) -> String {
    let signed = signed(Sign::Warning, what, style);
    format!("\n{}", painted(&signed, Paint::BoldYellow, style))
}

fn dependents(loss: &Loss) -> String {
    let all = loss.dependents.iter();
    all.map(|dependent| format!("    used by {}\n", harmless(dependent)))
        .collect()
}

fn plural(count: i64, noun: &str, style: Style) -> String {
    let ending = if count == 1 { "" } else { "s" };
    paint(&format!("{count} {noun}{ending}"), Paint::BoldRed, style)
}

fn amount(loss: &Loss) -> String {
    let count = loss.count;
    match loss.unit {
        Unit::Rows => format!("{count} rows"),
        Unit::Values => format!("{count} values that are not null"),
        Unit::LargeObjects => format!("{count} large objects"),
        Unit::ForeignTables => {
            "a foreign table whose rows are written; they lie elsewhere and cannot be counted"
                .into()
        }
    }
}
