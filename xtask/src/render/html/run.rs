//! The outcome of `db-migrate`, in front of its verification.

use std::fmt::Write as _;

use super::code;
use crate::render::markup::escape;
use crate::report::{Consent, MigrationResult, Unit, Verification};

/// The last verification of a run, with the overview of the first.
pub(super) fn verification(result: &MigrationResult) -> Verification {
    let last = result.post.as_ref().unwrap_or(&result.pre).clone();
    Verification {
        // Only the first verification has an overview.
        alignment: result.pre.alignment.clone(),
        schema_changes: result.pre.schema_changes.clone(),
        ..last
    }
}

/// The section with the migrations.
pub(super) fn section(result: &MigrationResult) -> String {
    let (class, says) = match (result.success, result.plan.is_some()) {
        (true, true) => ("ok", "The migrations would be applied"),
        (true, false) => ("ok", "Migration completed successfully"),
        (false, true) => ("error", "The migrations would be refused"),
        (false, false) => ("error", "Migration failed"),
    };
    let mut text = format!(
        "<section id=\"run\">\n<h2><span class=\"chip {class}\">{says}</span></h2>\n<p class=\"dim\">Database: {}</p>\n",
        code(&result.database)
    );
    if let Some(error) = &result.error {
        let _ = writeln!(text, "<pre>{}</pre>", escape(error));
    }
    if result.planned.is_empty() {
        text.push_str("<p>Nothing to apply: the database has all of these migrations.</p>\n");
    } else {
        text.push_str(
            "<table>\n<thead><tr><th scope=\"col\">Migration</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n",
        );
        result
            .planned
            .iter()
            .for_each(|name| text.push_str(&row(name, result)));
        text.push_str("</tbody></table>\n");
    }
    text.push_str(&losses(result));
    for note in &result.notes {
        let _ = writeln!(text, "<p>{}</p>", code(note));
    }
    for unchecked in &result.unchecked {
        let _ = writeln!(
            text,
            "<p><span class=\"chip warning\">not checked</span> {}</p>",
            code(unchecked)
        );
    }
    text.push_str("</section>\n");
    text
}

/// The data that is lost, with its statements.
fn losses(result: &MigrationResult) -> String {
    if result.losses.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<table>\n<thead><tr><th scope=\"col\">Lost data</th><th scope=\"col\">How much</th>\
         <th scope=\"col\">By</th><th scope=\"col\">Consent</th></tr></thead>\n<tbody>\n",
    );
    for lost in &result.losses {
        let unit = match lost.loss.unit {
            Unit::Rows => "rows",
            Unit::Values => "values",
            Unit::LargeObjects => "large objects",
            Unit::ForeignTables => "foreign table, whose rows cannot be counted",
        };
        let place = match lost.line {
            Some(line) => format!("{}:{line}", lost.file),
            None => lost.file.clone(),
        };
        let (class, consent) = match lost.consent {
            Some(Consent::File) => ("ok", "in the file"),
            Some(Consent::CommandLine) => ("ok", "on the command line"),
            None => ("error", "none"),
        };
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\" class=\"code\">{}</th><td>{} {unit}</td><td>{}</td>\
             <td class=\"{class}\">{consent}</td></tr>",
            escape(&lost.loss.name.object),
            lost.loss.count,
            code(&place)
        );
    }
    text.push_str("</tbody></table>\n");
    text
}

fn row(name: &str, result: &MigrationResult) -> String {
    let applied = result.applied.iter().find(|applied| applied.name == name);
    let (class, state) = match applied {
        Some(applied) => (
            "ok",
            format!(
                "applied and committed in {} ms",
                applied.duration.as_millis()
            ),
        ),
        None => ("none", "not applied".to_owned()),
    };
    format!(
        "<tr><th scope=\"row\" class=\"code\">{}</th><td class=\"{class}\">{state}</td></tr>\n",
        escape(name)
    )
}
