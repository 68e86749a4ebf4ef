//! Reads from the text of some SQL which rows it changes. The text does not tell all, since a
//! function may change any row. So the result is never relied on. It only saves a first run of the
//! SQL that would find the changes and be undone.

use std::collections::BTreeSet;

use super::row_counters;
use super::storage_identity::StorageChange;
use crate::migrations::sql::{self, Cursor, Statement};
use crate::schema::model::ObjectName;

/// The first words of statements that change no rows, or only the rows of dropped objects, which
/// are reported separately.
const DEFINITIONS: &[&str] = &[
    "alter", "analyze", "comment", "create", "drop", "grant", "reset", "revoke", "set",
];

/// Whether `text` holds anything that may delete or change rows.
#[must_use]
pub fn may_change_rows(text: &str) -> bool {
    let defines = |one: &Statement<'_>| DEFINITIONS.iter().any(|word| one.cursor().at(word));
    !sql::statements(text).iter().all(defines)
}

/// The doubts that the text of some SQL leaves, about which other evidence decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doubts {
    /// Whether it may make PostgreSQL stop counting rows.
    pub may_stop_counting: bool,
    /// Whether a lock on a foreign table may come from a TRUNCATE.
    pub may_truncate: bool,
}

impl Doubts {
    /// Collects the doubts about `text`. Functions that `text` calls are not seen, and may
    /// truncate. A text that never says `alter` locks a foreign table for no other reason.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let may_truncate = text.contains("truncate") || !text.contains("alter");
        Self {
            may_stop_counting: row_counters::may_stop_counting(&text),
            may_truncate,
        }
    }
}

/// The tables that `text` updates, deletes from or truncates by name.
#[must_use]
pub fn touched_tables(text: &str) -> BTreeSet<StorageChange> {
    sql::statements(text)
        .iter()
        .flat_map(targets)
        .map(StorageChange::TouchedTable)
        .collect()
}

fn targets(statement: &Statement<'_>) -> Vec<ObjectName> {
    let mut cursor = statement.cursor();
    if cursor.eat("truncate") {
        let _noise = cursor.eat("table");
        return cursor
            .split_at_commas()
            .iter_mut()
            .filter_map(target)
            .collect();
    }
    match cursor.eat("update")
        || cursor.eat_all(&["delete", "from"])
        || cursor.eat_all(&["merge", "into"])
    {
        true => target(&mut cursor).into_iter().collect(),
        false => Vec::new(),
    }
}

fn target(cursor: &mut Cursor<'_>) -> Option<ObjectName> {
    let _only = cursor.eat("only");
    let mut names = cursor.qualified().into_iter().rev().map(|part| part.name);
    let name = names.next()?;
    Some(ObjectName {
        // A guess where the search path is another one: a wrong name only costs a second run.
        namespace: names.next().unwrap_or_else(|| "public".to_owned()),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_of_statements_are_tables() {
        let text = "UPDATE users SET a = 1; delete from only Audit.\"Log\" where true; MERGE INTO m USING s ON true WHEN \
                    MATCHED THEN DELETE; insert into t values (1); SELECT f(); update only t2 set x = 1; TRUNCATE TABLE t3, \
                    ONLY a.t4 RESTART IDENTITY";
        let objects: Vec<String> = touched_tables(text)
            .iter()
            .map(|change| change.path().join("."))
            .collect();
        assert_eq!(
            objects,
            [
                "a.t4",
                "audit.Log",
                "public.m",
                "public.t2",
                "public.t3",
                "public.users"
            ]
        );
        assert!(may_change_rows(text));
        assert!(!may_change_rows(
            "ALTER TABLE a DROP b; drop table c; SET x = 1;"
        ));
    }
}
