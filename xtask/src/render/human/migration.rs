//! `db-migrate` on the terminal, in the wording of the specification. Each part is printed as soon as it is known;
//! together they are [`render`].

use super::steps::{banner, failed, indented, marked, passed, plural, verification, warning};
use crate::report::{AppliedMigration, MigrationResult, Verification};
use crate::terminal::Style;

/// The whole report.
#[must_use]
pub fn render(style: Style, result: &MigrationResult) -> String {
    let mut text = opening(style, &result.database) + &before(style, &result.pre, &result.planned);
    if !result.stopped_before {
        text += &applying(style, &result.planned);
        result.applied.iter().for_each(|migration| text += &applied(style, migration));
        text += &after_applying(style, result);
        text += &result.post.as_ref().map(|post| after(style, post)).unwrap_or_default();
    }
    text + &closing(style, result)
}

/// The first lines: what begins, on which database.
#[must_use]
pub fn opening(style: Style, database: &str) -> String {
    marked(style, "🚀", "", &format!("Starting verified migration process...\nDatabase: {database}\n"))
}

/// Step 1.
#[must_use]
pub fn before(style: Style, pre: &Verification, planned: &[String]) -> String {
    let mut text = banner("STEP 1: PRE-MIGRATION VERIFICATION") + "\n" + &verification(style, pre);
    text += &format!("   judged: {}\n\n", pre.against);
    if pre.overall_passed() {
        text += &passed(style, "Pre-migration verification passed!\n");
    } else {
        text += &failed(style, "Pre-migration verification failed!\n");
    }
    if planned.is_empty() {
        text += "\nNothing to apply: the database is up to date.\n";
    }
    text
}

/// The head of step 2.
#[must_use]
pub fn applying(_style: Style, planned: &[String]) -> String {
    if planned.is_empty() {
        return String::new();
    }
    let count = plural(planned.len(), "migration");
    format!("{}\nRunning refinery migrate... ({count})\n", banner("STEP 2: APPLYING MIGRATION"))
}

/// One migration of step 2.
#[must_use]
pub fn applied(style: Style, migration: &AppliedMigration) -> String {
    let milliseconds = migration.duration.as_millis();
    passed(style, &format!("{} ({milliseconds} ms)\n", migration.name))
}

/// The end of step 2.
#[must_use]
pub fn after_applying(style: Style, result: &MigrationResult) -> String {
    if result.planned.is_empty() || result.error.is_some() {
        return String::new();
    }
    let what = if result.applied.len() == 1 { "Migration" } else { "Migrations" };
    passed(style, &format!("{what} applied successfully!\n"))
}

/// Step 3.
#[must_use]
pub fn after(style: Style, post: &Verification) -> String {
    let mut text = banner("STEP 3: POST-MIGRATION VERIFICATION") + "\n" + &verification(style, post);
    text += &format!("   judged: {}\n\n", post.against);
    text += &if post.overall_passed() {
        passed(style, "Post-migration verification passed!\n")
    } else {
        failed(style, "Post-migration verification failed!\n")
    };
    text
}

/// The last lines: how it ended, and what is applied.
#[must_use]
pub fn closing(style: Style, result: &MigrationResult) -> String {
    let mut text = String::new();
    for unchecked in &result.unchecked {
        text += &warning(style, &format!("not checked: {unchecked}\n"));
    }
    if result.success {
        return text + &banner(&passed(style, "MIGRATION COMPLETED SUCCESSFULLY"));
    }
    text +=
        &result.error.as_ref().map(|error| format!("\n{}", failed(style, "\n")) + &indented(error)).unwrap_or_default();
    text += &banner(&failed(style, "MIGRATION FAILED"));
    text + &applied_so_far(result)
}

fn applied_so_far(result: &MigrationResult) -> String {
    let names: Vec<_> = result.applied.iter().map(|migration| migration.name.as_str()).collect();
    match names.as_slice() {
        [] => "Nothing was applied.\n".to_owned(),
        [name] => format!("Applied before that, and committed: {name}\n"),
        several => format!("Applied before that, and committed: {}\n", several.join(", ")),
    }
}
