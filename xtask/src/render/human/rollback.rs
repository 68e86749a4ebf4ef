//! `db-rollback` on the terminal, in the wording of the specification. The command prints each part
//! as soon as it is known; together they are [`rollback`].

use super::steps::{banner, indented, painted, reason, signed, verdict};
use crate::render::style::{Paint, Sign, harmless, sign};
use crate::report::{
    Category, Restoration, RollbackResult, RollbackVerdict, RolledBackMigration, Verification,
};
use crate::terminal::Style;

/// The whole report.
#[must_use]
pub fn rollback(result: &RollbackResult, style: Style) -> String {
    let mut text = opening(result, style) + &before(result, style);
    if !result.rolled_back.is_empty() {
        text += &performing(result, style);
        result
            .rolled_back
            .iter()
            .for_each(|migration| text += &rolled_back(migration, style));
        text += &after(result, style);
    }
    text + &closing(result, false, style)
}

/// The first lines: what begins, on which database.
#[must_use]
pub fn opening(result: &RollbackResult, style: Style) -> String {
    let what = match result.dry_run {
        false => "Starting verified rollback process...",
        true => "Starting verified rollback process (dry run: nothing is changed)...",
    };
    signed(Sign::RollingBack, what, style) + &format!("Database: {}\n", harmless(&result.database))
}

/// Step 1, and the plan.
#[must_use]
pub fn before(result: &RollbackResult, style: Style) -> String {
    let mut text = banner("STEP 1: PRE-ROLLBACK VERIFICATION", style);
    text += "\nCapturing current state...\nPre-rollback state captured:\n";
    text += &state(&result.pre);
    text += "\nTo be undone, newest first:\n";
    for (name, explanation) in &result.planned {
        text += &format!("- {name}\n");
        if let Some(explanation) = explanation {
            text += &format!("    {explanation}\n");
        }
    }
    text + &losses(result, style)
}

/// Lists the data that a rollback would lose, as far as it is counted.
#[must_use]
pub fn losses(result: &RollbackResult, style: Style) -> String {
    super::losses::list(&result.losses, style)
}

/// The head of step 2.
#[must_use]
pub fn performing(result: &RollbackResult, style: Style) -> String {
    let what = if result.planned.len() == 1 {
        "migration"
    } else {
        "migrations"
    };
    format!(
        "{}\nRolling back {what}...\n",
        banner("STEP 2: PERFORMING ROLLBACK", style)
    )
}

/// One migration of step 2.
#[must_use]
pub fn rolled_back(migration: &RolledBackMigration, style: Style) -> String {
    let name = &migration.name;
    match &migration.verdict {
        RollbackVerdict::Exact => signed(
            Sign::Passed,
            &format!("{name}: the schema is exactly what it was before"),
            style,
        ),
        RollbackVerdict::PhysicalOrderOnly => signed(
            Sign::Passed,
            &format!(
                "{name}: the schema is what it was before, but for the physical order of columns"
            ),
            style,
        ),
        RollbackVerdict::PrivilegesDiffer(which) => {
            let headline = format!(
                "{name}: the schema is what it was before; privileges and owners are not back as they were"
            );
            signed(Sign::Warning, &headline, style) + &indented(&harmless(which))
        }
        RollbackVerdict::NotRestored(difference) => {
            let headline =
                format!("{name}: the schema is not what it was before (- before, + now)");
            signed(Sign::Failed, &headline, style) + &indented(&harmless(difference))
        }
        RollbackVerdict::Unknown(why) => signed(
            Sign::Warning,
            &format!(
                "{name}: not compared with the schema before: {}",
                harmless(why)
            ),
            style,
        ),
    }
}

/// The end of step 2, and steps 3 and 4.
#[must_use]
pub fn after(result: &RollbackResult, style: Style) -> String {
    let Some(post) = &result.post else {
        return String::new();
    };
    let mut text = signed(Sign::Passed, "Rollback completed!", style);
    text += &banner("STEP 3: POST-ROLLBACK VERIFICATION", style);
    text += "\nVerifying restored state...\nPost-rollback state:\n";
    text += &state(post);
    text += &banner("STEP 4: ANALYZING RESTORATION", style);
    text + &analysis(&result.restoration, style)
}

/// The four counts that the specification shows.
fn state(verification: &Verification) -> String {
    let errors = |category| verification.errors(category).count();
    format!(
        "- Type alignment errors: {}\n- API contract errors: {}\n- Validation errors: {}\n- Total critical issues: {}\n",
        errors(Category::TypeAlignment),
        errors(Category::ApiContracts),
        errors(Category::ValidationSchemas),
        verification.critical_issues().len()
    )
}

fn analysis(restoration: &Restoration, style: Style) -> String {
    let restored = |yes: bool| match (yes, style.emoji) {
        (true, true) => "✅",
        (false, true) => "❌",
        (true, false) => "yes",
        (false, false) => "no",
    };
    let mut text = format!(
        "\nRestoration Analysis:\n- Type alignment restored: {}\n- API contracts restored: {}\n\
         - Validation schemas restored: {}\n- Issues resolved: {}\n- New issues introduced: {}\n",
        restored(restoration.type_alignment_restored),
        restored(restoration.api_contracts_restored),
        restored(restoration.validation_schemas_restored),
        restoration.issues_resolved.len(),
        restoration.new_issues_introduced.len()
    );
    text += &list(
        "Issues resolved by rollback:",
        Sign::Item,
        &restoration.issues_resolved,
        style,
    );
    text + &list(
        "New issues introduced by rollback:",
        Sign::Warning,
        &restoration.new_issues_introduced,
        style,
    )
}

fn list(title: &str, mark: Sign, issues: &[String], style: Style) -> String {
    if issues.is_empty() {
        return String::new();
    }
    let lines: String = issues
        .iter()
        .map(|issue| format!("   {}{}\n", sign(mark, style), harmless(issue)))
        .collect();
    format!("\n{title}\n{lines}")
}

/// The last lines: the outcome. Without the error when that is printed elsewhere.
#[must_use]
pub fn closing(result: &RollbackResult, error_follows: bool, style: Style) -> String {
    let mut text = String::new();
    for note in &result.notes {
        text += &signed(Sign::Warning, &harmless(note), style);
    }
    if result.success && result.dry_run {
        return text
            + &verdict(
                &signed(Sign::Passed, "DRY RUN: NOTHING WAS CHANGED", style),
                Paint::BoldGreen,
                style,
            );
    }
    if result.success {
        return text
            + &verdict(
                &signed(Sign::Passed, "ROLLBACK COMPLETED SUCCESSFULLY", style),
                Paint::BoldGreen,
                style,
            );
    }
    if let Some(error) = result.error.as_ref().filter(|_| !error_follows) {
        text += &reason(&harmless(error), style);
    }
    // The tool could do its work, and its work was to say no.
    let is_refused = !error_follows && result.error.is_some() && result.in_doubt.is_none();
    let undone = result
        .rolled_back
        .iter()
        .any(|one| matches!(one.verdict, RollbackVerdict::NotRestored(_)));
    let (sign, title) = match (is_refused && !undone, result.dry_run) {
        (true, true) => (Sign::Refused, "DRY RUN: THE ROLLBACK WOULD BE REFUSED"),
        (true, false) if result.rolled_back.is_empty() => (Sign::Refused, "ROLLBACK REFUSED"),
        (true, false) => (Sign::Refused, "ROLLBACK STOPPED HALFWAY"),
        (false, _) => (Sign::Failed, "ROLLBACK FAILED"),
    };
    text += &verdict(&signed(sign, title, style), Paint::BoldRed, style);
    if result.dry_run && is_refused {
        return text;
    }
    text + &undone_so_far(result, style)
}

/// Migrations that refuse transactions divide a rollback into parts, of which the first may be
/// committed.
fn undone_so_far(result: &RollbackResult, style: Style) -> String {
    let committed = result
        .rolled_back
        .iter()
        .filter(|one| !matches!(one.verdict, RollbackVerdict::NotRestored(_)));
    let names: Vec<_> = committed.map(|one| one.name.as_str()).collect();
    let before = match names.as_slice() {
        [] if result.in_doubt.is_some() => String::new(),
        [] => "Nothing was undone.\n".to_owned(),
        several => painted(
            &format!("Undone and committed before that: {}", several.join(", ")),
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
    let go_on = result
        .go_on
        .as_ref()
        .map(|command| format!("To go on with what is left: {}\n", harmless(command)));
    before + &doubt.unwrap_or_default() + &go_on.unwrap_or_default()
}
