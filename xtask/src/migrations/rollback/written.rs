//! What the text of a down file says about the rows that it changes. It does not say all (a function may change any), so
//! that nothing rests on it: what is foreseen does not have to be found by running the SQL once in vain.

use std::collections::BTreeSet;

use super::storage_identity::Change;
use crate::migrations::sql::{self, Statement};
use crate::schema::model::ObjectName;

/// What statements begin with that change no rows, or only those of what they drop, which is told otherwise.
const DEFINITIONS: &[&str] = &["alter", "analyze", "comment", "create", "drop", "grant", "reset", "revoke", "set"];

/// Whether `text` holds anything that may delete or change rows.
#[must_use]
pub fn may_change_rows(text: &str) -> bool {
    let defines = |one: &Statement<'_>| DEFINITIONS.iter().any(|word| one.cursor().at(word));
    !sql::statements(text).iter().all(defines)
}

/// The tables that `text` updates or deletes from by name.
#[must_use]
pub fn touched_tables(text: &str) -> BTreeSet<Change> {
    sql::statements(text).iter().filter_map(|statement| Some(Change::TouchedTable(target(statement)?))).collect()
}

fn target(statement: &Statement<'_>) -> Option<ObjectName> {
    let mut cursor = statement.cursor();
    if !cursor.eat("update") && !cursor.eat_all(&["delete", "from"]) && !cursor.eat_all(&["merge", "into"]) {
        return None;
    }
    let _only = cursor.eat("only");
    let mut names = cursor.qualified().into_iter().rev().map(|part| part.name);
    let name = names.next()?;
    Some(ObjectName { namespace: names.next().unwrap_or_else(|| "public".to_owned()), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_of_statements_are_tables() {
        let text = "UPDATE users SET a = 1; delete from only Audit.\"Log\" where true; MERGE INTO m USING s ON true WHEN \
                    MATCHED THEN DELETE; insert into t values (1); SELECT f(); update only t2 set x = 1";
        let objects: Vec<String> = touched_tables(text).iter().map(Change::object).collect();
        assert_eq!(objects, ["audit.Log", "m", "t2", "users"]);
        assert!(may_change_rows(text));
        assert!(!may_change_rows("ALTER TABLE a DROP b; drop table c; SET x = 1;"));
    }
}
