//! `db-migrate` on the terminal, in the wording of the specification. The command prints each part
//! as soon as it is known; together they are [`migration`].

use super::steps::{banner, painted, reason, signed, verdict, verification};
use crate::render::style::{Paint, Sign, count, harmless};
use crate::report::{AppliedMigration, MigrationResult};
use crate::terminal::Style;

/// The whole report.
#[must_use]
pub fn migration(result: &MigrationResult, style: Style) -> String {
    let mut text = opening(result, style) + &before(result, style) + &losses(result, style);
    text += &plan(result, style);
    if !result.stopped_before {
        text += &applying(result, style);
        result
            .applied
            .iter()
            .for_each(|migration| text += &applied(migration, style));
        text += &after(result, style);
    }
    text + &closing(result, false, style)
}

/// The first lines: what begins, on which database.
#[must_use]
pub fn opening(result: &MigrationResult, style: Style) -> String {
    let what = match result.plan {
        None => "Starting verified migration process...",
        Some(_) => "Starting verified migration process (dry run: nothing is changed)...",
    };
    signed(Sign::Starting, what, style) + &format!("Database: {}\n", harmless(&result.database))
}

/// Step 1.
#[must_use]
pub fn before(result: &MigrationResult, style: Style) -> String {
    let mut text = banner("STEP 1: PRE-MIGRATION VERIFICATION", style);
    text += &verification(&result.pre, "Pre-migration", style);
    let is_known = result.command.is_none() || result.error.is_none();
    if result.planned.is_empty() && is_known && result.pre.overall_passed() {
        text += "\nNothing to apply: the database has all of these migrations.\n";
    }
    text
}

/// Lists the data that migrations lose, as far as it is counted.
#[must_use]
pub fn losses(result: &MigrationResult, style: Style) -> String {
    super::losses::of_migrations(&result.losses, style)
}

/// Step 2 of a dry run.
#[must_use]
pub fn plan(result: &MigrationResult, style: Style) -> String {
    result
        .plan
        .as_ref()
        .map(|plan| super::plan::plan(plan, style))
        .unwrap_or_default()
}

/// The head of step 2.
#[must_use]
pub fn applying(result: &MigrationResult, style: Style) -> String {
    if result.planned.is_empty() && result.command.is_none() {
        return String::new();
    }
    let pending = match result.planned.len() {
        // Nothing tells how many there are.
        0 => String::new(),
        some => format!(" ({})", count(some, "migration")),
    };
    let command = result.command.as_deref().unwrap_or("refinery migrate");
    format!(
        "{}\nRunning {}{pending}...\n",
        banner("STEP 2: APPLYING MIGRATION", style),
        harmless(command)
    )
}

/// One migration of step 2.
#[must_use]
pub fn applied(migration: &AppliedMigration, style: Style) -> String {
    signed(
        Sign::Passed,
        &format!("{} ({} ms)", migration.name, migration.duration.as_millis()),
        style,
    )
}

/// The end of step 2, and step 3.
#[must_use]
pub fn after(result: &MigrationResult, style: Style) -> String {
    let mut text = String::new();
    if result.success && !result.applied.is_empty() {
        let what = if result.applied.len() == 1 {
            "Migration"
        } else {
            "Migrations"
        };
        text += &signed(
            Sign::Passed,
            &format!("{what} applied successfully!"),
            style,
        );
    }
    if let Some(post) = &result.post {
        text += &banner("STEP 3: POST-MIGRATION VERIFICATION", style);
        text += &verification(post, "Post-migration", style);
    }
    text
}

/// The last lines: the outcome, and the applied migrations. Without the error when that is printed
/// elsewhere.
#[must_use]
pub fn closing(result: &MigrationResult, error_follows: bool, style: Style) -> String {
    let mut text = String::new();
    if result.plan.is_some() && !(result.unchecked.is_empty() && result.notes.is_empty()) {
        text.push('\n');
    }
    for note in &result.notes {
        text += &signed(Sign::Warning, &harmless(note), style);
    }
    for unchecked in &result.unchecked {
        text += &signed(Sign::Warning, &format!("not checked: {unchecked}"), style);
    }
    if result.plan.is_some() && !error_follows {
        text += &result
            .error
            .as_ref()
            .map(|error| reason(&harmless(error), style))
            .unwrap_or_default();
        let (sign, color, title) = if result.success {
            (
                Sign::Passed,
                Paint::BoldGreen,
                "DRY RUN: NOTHING WAS CHANGED",
            )
        } else {
            let title = "DRY RUN: THE MIGRATION WOULD BE REFUSED";
            (Sign::Refused, Paint::BoldRed, title)
        };
        return text + &verdict(&signed(sign, title, style), color, style);
    }
    if result.success {
        return text
            + &verdict(
                &signed(Sign::Passed, "MIGRATION COMPLETED SUCCESSFULLY", style),
                Paint::BoldGreen,
                style,
            );
    }
    if let Some(error) = result.error.as_ref().filter(|_| !error_follows) {
        text += &reason(&harmless(error), style);
    }
    // The tool could do its work, and its work was to say no.
    let is_refused = result.losses.iter().any(|lost| lost.consent.is_none());
    let (sign, title) = if result.stopped_before && !error_follows {
        (Sign::Refused, "MIGRATION REFUSED")
    } else if is_refused && !error_follows {
        match result.applied.is_empty() {
            true => (Sign::Refused, "MIGRATION REFUSED"),
            false => (Sign::Refused, "MIGRATION STOPPED HALFWAY"),
        }
    } else {
        (Sign::Failed, "MIGRATION FAILED")
    };
    text += &verdict(&signed(sign, title, style), Paint::BoldRed, style);
    text + &applied_so_far(result, style)
}

fn applied_so_far(result: &MigrationResult, style: Style) -> String {
    let names: Vec<_> = result
        .applied
        .iter()
        .map(|migration| migration.name.as_str())
        .collect();
    let before = match names.as_slice() {
        [] if result.in_doubt.is_some() => String::new(),
        [] => "Nothing was applied.\n".to_owned(),
        several => painted(
            &format!("Applied and committed before that: {}", several.join(", ")),
            Paint::BoldYellow,
            style,
        ),
    };
    let doubt = result.in_doubt.as_ref().map(|command| {
        let text = format!(
            "What is done of the one that failed, `{}` tells.",
            harmless(command)
        );
        painted(&text, Paint::BoldYellow, style)
    });
    before + &doubt.unwrap_or_default()
}
