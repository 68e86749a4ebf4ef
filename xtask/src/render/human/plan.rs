//! The terminal output of `db-migrate --dry-run`: each statement, and below it its effects on other
//! users of the database.

use super::steps::{banner, indented};
use crate::render::style::{Paint, harmless, harmless_line, paint};
use crate::report::{
    MigrationPlan, PlannedMigration, PlannedStatement, StatementEffects, TableLock, TableSize,
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
        .for_each(|one| text += &migration(one, &plan.sizes, style));
    text += "\nThe schema would change so:\n";
    text + &match plan.schema_diff.as_str() {
        "" => indented("not at all"),
        difference => indented(&harmless(difference)),
    }
}

fn migration(one: &PlannedMigration, sizes: &[TableSize], style: Style) -> String {
    let how = match one.in_transaction {
        true => "in one transaction: each lock is held until its end",
        false => "without a transaction, statement by statement",
    };
    let name = paint(&harmless(&one.name), Paint::Bold, style);
    let mut text = format!("\n{name} ({}), {how}\n", harmless(&one.file));
    one.statements
        .iter()
        .for_each(|one| text += &statement(one, sizes, style));
    text
}

fn statement(one: &PlannedStatement, sizes: &[TableSize], style: Style) -> String {
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
        } => observed(locks, rewritten, scanned, sizes),
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
fn observed(
    locks: &[TableLock],
    rewritten: &[String],
    scanned: &[String],
    sizes: &[TableSize],
) -> Vec<String> {
    let noticed = locks
        .iter()
        .filter_map(|lock| Some((lock, lock.mode.waiting()?)));
    let locks = noticed.map(|(lock, waiting)| {
        format!("locks `{}` {}: {waiting}", lock.object, lock.mode.as_sql())
    });
    let size = |object: &String| sizes.iter().find(|size| size.table == *object);
    let rewritten = rewritten.iter().map(|object| match size(object) {
        Some(size) => format!("writes `{object}` anew ({})", in_words(size)),
        None => format!("writes `{object}` anew: takes as long as it is large"),
    });
    let scanned = scanned.iter().map(|object| match size(object) {
        Some(size) => format!("reads all of `{object}` ({})", in_words(size)),
        None => format!("reads all of `{object}`"),
    });
    locks.chain(rewritten).chain(scanned).collect()
}

/// `12 GB, about 41 million rows`
fn in_words(size: &TableSize) -> String {
    let bytes = in_units(size.bytes, 1024, &["bytes", "kB", "MB", "GB", "TB"]);
    match size.rows {
        Some(1) => format!("{bytes}, about 1 row"),
        Some(rows) => {
            let rows = in_units(rows, 1000, &["", "thousand", "million", "billion"]);
            format!("{bytes}, about {} rows", rows.trim_end())
        }
        None => format!("{bytes}, rows never counted"),
    }
}

/// A number with the largest of `units` in which it is at least 10: no more is known of it.
fn in_units(number: u64, step: u64, units: &[&str]) -> String {
    let mut rest = number;
    let mut at = 0;
    while rest >= 10 * step && at + 1 < units.len() {
        rest /= step;
        at += 1;
    }
    format!("{rest} {}", units[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_say_them() {
        let words = |bytes, rows| {
            in_words(&TableSize {
                table: "orders".into(),
                bytes,
                rows,
            })
        };
        assert_eq!(
            words(12 << 30, Some(41_000_000)),
            "12 GB, about 41 million rows"
        );
        assert_eq!(words(8192, Some(1)), "8192 bytes, about 1 row");
        assert_eq!(words(0, Some(0)), "0 bytes, about 0 rows");
        assert_eq!(words(1 << 20, None), "1024 kB, rows never counted");
    }
}
