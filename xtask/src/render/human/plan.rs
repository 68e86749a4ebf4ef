//! The terminal output of `db-migrate --dry-run`: each statement, and below it its effects on other
//! users of the database.

use super::steps::{banner, indented};
use crate::render::style::{Paint, harmless, harmless_line, paint};
use crate::report::{
    MigrationPlan, PlannedMigration, PlannedStatement, StatementEffects, TableLock,
};
use crate::terminal::Style;

/// Step 2 of a dry run.
#[must_use]
pub fn plan(plan: &MigrationPlan, style: Style) -> String {
    if plan.migrations.is_empty() {
        return String::new();
    }
    let mut text = banner("STEP 2: WHAT WOULD BE APPLIED", style);
    plan.migrations
        .iter()
        .for_each(|one| text += &migration(one, style));
    text += "\nThe schema would change so:\n";
    text + &match plan.schema_diff.as_str() {
        "" => indented("not at all"),
        difference => indented(&harmless(difference)),
    }
}

fn migration(one: &PlannedMigration, style: Style) -> String {
    let how = match one.in_transaction {
        true => "in one transaction: each lock is held until its end",
        false => "without a transaction, statement by statement",
    };
    let name = paint(&harmless(&one.name), Paint::Bold, style);
    let mut text = format!("\n{name} ({}), {how}\n", harmless(&one.file));
    one.statements
        .iter()
        .for_each(|one| text += &statement(one, style));
    text
}

fn statement(one: &PlannedStatement, style: Style) -> String {
    let mut text = String::from("\n");
    for (number, line) in (one.line..).zip(one.sql.lines()) {
        let number = paint(&format!("{number:>4} |"), Paint::Dim, style);
        text += format!("{number} {}", harmless_line(line)).trim_end();
        text.push('\n');
    }
    let effects = match &one.effects {
        StatementEffects::Observed {
            locks,
            rewritten,
            scanned,
        } => observed(locks, rewritten, scanned),
        StatementEffects::NotObserved(known) => vec![known.clone()],
    };
    effects.iter().for_each(|effect| {
        text += &format!(
            "       {} {}\n",
            paint("=", Paint::Dim, style),
            harmless(effect)
        )
    });
    text
}

/// The effects of a statement, a line each. Locks for which no ordinary query waits are left out.
fn observed(locks: &[TableLock], rewritten: &[String], scanned: &[String]) -> Vec<String> {
    let noticed = locks
        .iter()
        .filter_map(|lock| Some((lock, lock.mode.waiting()?)));
    let locks = noticed.map(|(lock, waiting)| {
        format!("locks `{}` {}: {waiting}", lock.object, lock.mode.as_sql())
    });
    let rewritten = rewritten
        .iter()
        .map(|object| format!("writes `{object}` anew: takes as long as it is large"));
    let scanned = scanned
        .iter()
        .map(|object| format!("reads all of `{object}`"));
    locks.chain(rewritten).chain(scanned).collect()
}
