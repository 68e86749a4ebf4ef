//! `db-rollback --test` on the terminal: a line for each migration, details where they matter, a summary.

use super::steps::{banner, indented, signed};
use crate::render::style::{Sign, count, harmless};
use crate::report::{Rehearsal, Verdict};
use crate::terminal::Style;

/// The first lines.
#[must_use]
pub fn opening(style: Style) -> String {
    signed(Sign::RollingBack, "Testing rollback capability on a scratch database: up, down, up again...", style) + "\n"
}

/// One migration.
#[must_use]
pub fn rehearsal(one: &Rehearsal, style: Style) -> String {
    let is_untried = matches!(one.verdict, Verdict::Unknown(_));
    let mark = match one.passed() {
        false => Sign::Failed,
        true if one.irreversible.is_some() || is_untried || !one.lost_rows.is_empty() || !one.warnings.is_empty() => {
            Sign::Warning
        }
        true => Sign::Passed,
    };
    let mut text = signed(mark, &format!("{}: {}", one.name, harmless(&verdict(one))), style);
    for (table, rows) in &one.lost_rows {
        text += &format!("   {} of `{}` lost or changed on the way\n", count(*rows, "row"), harmless(table));
    }
    if let Verdict::NotRestored(detail) | Verdict::PrivilegesDiffer(detail) = &one.verdict {
        text += &indented(&harmless(detail));
    }
    for warning in &one.warnings {
        text += &indented(&harmless(warning));
    }
    for note in &one.notes {
        text += &indented(&harmless(&format!("note: {note}")));
    }
    text + &one.error.as_ref().map(|error| indented(&harmless(error))).unwrap_or_default()
}

fn verdict(one: &Rehearsal) -> String {
    if let Some(reason) = &one.irreversible {
        return format!("irreversible: {reason}");
    }
    match &one.verdict {
        Verdict::Exact => "exact".into(),
        Verdict::PhysicalOrderOnly => "equal but for the physical order of columns".into(),
        Verdict::PrivilegesDiffer(_) => "restored but for privileges and owners".into(),
        Verdict::NotRestored(_) => "not restored (- before, + after the way back)".into(),
        Verdict::Unknown(why) => why.clone(),
    }
}

/// The last lines.
#[must_use]
pub fn closing(all: &[Rehearsal], style: Style) -> String {
    let number = |is_it: fn(&Rehearsal) -> bool| all.iter().filter(|one| is_it(one)).count();
    let exact = number(|one| one.verdict == Verdict::Exact && one.irreversible.is_none());
    let order = number(|one| one.verdict == Verdict::PhysicalOrderOnly);
    let irreversible = number(|one| one.irreversible.is_some());
    let failed = number(|one| !one.passed());
    let untried =
        match number(|one| one.passed() && one.irreversible.is_none() && matches!(one.verdict, Verdict::Unknown(_))) {
            0 => String::new(),
            some => format!(", {some} not tried"),
        };
    let mut text = format!(
        "\n{}: {exact} exact, {order} equal but for physical order, {irreversible} irreversible, {failed} failed{untried}\n",
        count(all.len(), "migration")
    );
    if let Some(last) = all.last().filter(|last| !last.empty_tables.is_empty()) {
        let tables: Vec<_> = last.empty_tables.iter().map(|(table, why)| format!("{table} ({why})")).collect();
        let what = format!("not tested with rows: {}", harmless(&tables.join(", ")));
        text += &signed(Sign::Warning, &what, style);
    }
    let verdict = if failed == 0 {
        signed(Sign::Passed, "ROLLBACK TEST PASSED", style)
    } else {
        signed(Sign::Failed, "ROLLBACK TEST FAILED", style)
    };
    text + &banner(verdict.trim_end())
}
