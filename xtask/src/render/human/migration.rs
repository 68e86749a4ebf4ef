//! `db-migrate` on the terminal, in the wording of the specification. The command prints each part
//! as soon as it is known; together they are [`migration`].

use super::steps::{banner, indented, signed, verification};
use crate::render::style::{Sign, count, harmless};
use crate::report::{AppliedMigration, MigrationResult};
use crate::terminal::Style;

/// The whole report.
#[must_use]
pub fn migration(result: &MigrationResult, style: Style) -> String {
    let mut text = opening(result, style) + &before(result, style);
    text += &plan(result, style);
    if !result.stopped_before {
        text += &applying(result);
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
    let mut text = banner("STEP 1: PRE-MIGRATION VERIFICATION");
    text += &verification(&result.pre, "Pre-migration", style);
    let is_known = result.command.is_none() || result.error.is_none();
    if result.planned.is_empty() && is_known && result.pre.overall_passed() {
        text += "\nNothing to apply: the database has all of these migrations.\n";
    }
    text
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
pub fn applying(result: &MigrationResult) -> String {
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
        banner("STEP 2: APPLYING MIGRATION"),
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
        text += &banner("STEP 3: POST-MIGRATION VERIFICATION");
        text += &verification(post, "Post-migration", style);
    }
    text
}

/// The last lines: the outcome, and the applied migrations. Without the error when that is printed
/// elsewhere.
#[must_use]
pub fn closing(result: &MigrationResult, error_follows: bool, style: Style) -> String {
    let mut text = String::new();
    if result.plan.is_some() && !result.unchecked.is_empty() {
        text.push('\n');
    }
    for unchecked in &result.unchecked {
        text += &signed(Sign::Warning, &format!("not checked: {unchecked}"), style);
    }
    if result.plan.is_some() && !error_follows {
        text += &result
            .error
            .as_ref()
            .map(|error| format!("\n{}", indented(&harmless(error))))
            .unwrap_or_default();
        let sign = if result.success {
            Sign::Passed
        } else {
            Sign::Failed
        };
        return text + &banner(signed(sign, "DRY RUN: NOTHING WAS CHANGED", style).trim_end());
    }
    if result.success {
        return text
            + &banner(signed(Sign::Passed, "MIGRATION COMPLETED SUCCESSFULLY", style).trim_end());
    }
    if let Some(error) = result.error.as_ref().filter(|_| !error_follows) {
        text += &format!("\n{}", indented(&harmless(error)));
    }
    text += &banner(signed(Sign::Failed, "MIGRATION FAILED", style).trim_end());
    text + &applied_so_far(result)
}

fn applied_so_far(result: &MigrationResult) -> String {
    let names: Vec<_> = result
        .applied
        .iter()
        .map(|migration| migration.name.as_str())
        .collect();
    let before = match names.as_slice() {
        [] if result.in_doubt.is_some() => String::new(),
        [] => "Nothing was applied.\n".to_owned(),
        several => format!(
            "Applied and committed before that: {}\n",
            several.join(", ")
        ),
    };
    let doubt = result.in_doubt.as_ref().map(|command| {
        format!(
            "What is done of the one that failed, `{}` tells.\n",
            harmless(command)
        )
    });
    before + &doubt.unwrap_or_default()
}
