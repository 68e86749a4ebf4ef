//! `db-rollback --test` on the terminal: a line for each migration, details where they matter, a
//! summary.

use super::steps::{self, indented, signed};
use crate::render::style::{Paint, Sign, count, harmless};
use crate::report::{Rehearsal, RollbackVerdict};
use crate::terminal::Style;

/// The first lines.
#[must_use]
pub fn opening(style: Style) -> String {
    signed(
        Sign::RollingBack,
        "Testing rollback capability on a scratch database: up, down, up again...",
        style,
    ) + "\n"
}

/// One migration.
#[must_use]
pub fn rehearsal(one: &Rehearsal, style: Style) -> String {
    let is_untried = matches!(one.verdict, RollbackVerdict::Unknown(_));
    let mark = match one.passed() {
        false => Sign::Failed,
        true if one.irreversible.is_some()
            || is_untried
            || !one.lost_rows.is_empty()
            || !one.warnings.is_empty() =>
        {
            Sign::Warning
        }
        true => Sign::Passed,
    };
    let mut text = signed(
        mark,
        &format!("{}: {}", one.name, harmless(&verdict(one))),
        style,
    );
    for (table, rows) in &one.lost_rows {
        text += &format!(
            "   {} of `{}` lost or changed on the way\n",
            count(*rows, "row"),
            harmless(table)
        );
    }
    if let RollbackVerdict::NotRestored(detail) | RollbackVerdict::PrivilegesDiffer(detail) =
        &one.verdict
    {
        text += &indented(&harmless(detail));
    }
    for warning in &one.warnings {
        text += &indented(&harmless(warning));
    }
    for note in &one.notes {
        text += &indented(&harmless(&format!("note: {note}")));
    }
    text + &one
        .error
        .as_ref()
        .map(|error| indented(&harmless(error)))
        .unwrap_or_default()
}

fn verdict(one: &Rehearsal) -> String {
    if let Some(reason) = &one.irreversible {
        return format!("irreversible: {reason}");
    }
    match &one.verdict {
        RollbackVerdict::Exact => "exact".into(),
        RollbackVerdict::PhysicalOrderOnly => "equal but for the physical order of columns".into(),
        RollbackVerdict::PrivilegesDiffer(_) => "restored but for privileges and owners".into(),
        RollbackVerdict::NotRestored(_) => "not restored (- before, + after the way back)".into(),
        RollbackVerdict::Unknown(why) => why.clone(),
    }
}

/// The last lines.
#[must_use]
pub fn closing(all: &[Rehearsal], style: Style) -> String {
    // Each migration counts once. One that failed is not exact as well, though its way back may
    // have been.
    let (mut exact, mut order, mut irreversible, mut untried, mut failed) = (0, 0, 0, 0, 0);
    for one in all {
        let counter = match &one.verdict {
            _ if !one.passed() => &mut failed,
            _ if one.irreversible.is_some() => &mut irreversible,
            RollbackVerdict::Exact => &mut exact,
            RollbackVerdict::PhysicalOrderOnly => &mut order,
            RollbackVerdict::Unknown(_) => &mut untried,
            // Neither passes.
            RollbackVerdict::PrivilegesDiffer(_) | RollbackVerdict::NotRestored(_) => &mut failed,
        };
        *counter += 1;
    }
    let untried = if untried == 0 {
        String::new()
    } else {
        format!(", {untried} not tried")
    };
    let mut text = format!(
        "\n{}: {exact} exact, {order} equal but for physical order, {irreversible} irreversible, {failed} failed{untried}\n",
        count(all.len(), "migration")
    );
    if let Some(last) = all.last().filter(|last| !last.empty_tables.is_empty()) {
        let tables: Vec<_> = last
            .empty_tables
            .iter()
            .map(|(table, why)| format!("{table} ({why})"))
            .collect();
        let what = format!("not tested with rows: {}", harmless(&tables.join(", ")));
        text += &signed(Sign::Warning, &what, style);
    }
    let (sign, title, color) = if failed == 0 {
        (Sign::Passed, "ROLLBACK TEST PASSED", Paint::BoldGreen)
    } else {
        (Sign::Failed, "ROLLBACK TEST FAILED", Paint::BoldRed)
    };
    text + &steps::verdict(&signed(sign, title, style), color, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_migration_counts_once() {
        let exact = Rehearsal::new("V1__a".into());
        let not_again = Rehearsal {
            error: Some("cannot be applied again".into()),
            ..Rehearsal::new("V2__b".into())
        };
        let kept = Rehearsal {
            irreversible: Some("it deletes rows".into()),
            ..Rehearsal::new("V3__c".into())
        };
        let text = closing(&[exact, not_again, kept], Style::PLAIN);
        assert!(
            text.contains(
                "3 migrations: 1 exact, 0 equal but for physical order, 1 irreversible, 1 failed\n"
            ),
            "{text}"
        );
    }
}
