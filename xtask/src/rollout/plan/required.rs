//! Columns that become NOT NULL, or that INSERT needs, while some code still leaves them out.

use crate::migrations::reversal::ddl::names::{name, qualified};
use crate::migrations::sql::{self, Cursor};
use crate::schema::model::{Column, ObjectName};

/// Lets INSERT leave a column out that goes in the second release.
pub(super) fn drop_not_null(table: &ObjectName, column: &str) -> String {
    format!(
        "-- The new code does not write it; it goes in the second release.\n\
         ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;",
        qualified(table),
        name(column)
    )
}

/// The clause `text`, which adds a column, without its NOT NULL.
pub(super) fn without_not_null(text: &str) -> String {
    let tokens = sql::tokens(text);
    let mut kept = String::with_capacity(text.len());
    let (mut at, mut depth) = (0, 0_usize);
    while at < tokens.len() {
        let token = tokens[at];
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _other => {}
        }
        let ahead: Vec<_> = tokens[at..]
            .iter()
            .filter(|token| token.is_significant())
            .copied()
            .take(2)
            .collect();
        if depth == 0
            && token.is_significant()
            && Cursor::new(text, &ahead).at_all(&["not", "null"])
        {
            let end = ahead[1].span.end;
            while tokens.get(at).is_some_and(|token| token.span.end <= end) {
                at += 1;
            }
            kept = kept.trim_end().to_owned();
            continue;
        }
        kept.push_str(token.text(text));
        at += 1;
    }
    kept.trim_end().to_owned()
}

/// Makes a column NOT NULL that the old code left out. `filled` are the statements of the migration
/// that fill it.
pub(super) fn fill_and_require(table: &ObjectName, column: &Column, filled: &[String]) -> String {
    let name = name(&column.name);
    let mut text = "-- Rows that the old code wrote since the first release:\n".to_owned();
    for statement in filled {
        text.push_str(&format!("{statement};\n"));
    }
    if filled.is_empty() {
        text.push_str(&format!(
            "-- complete it: UPDATE {} SET {name} = … WHERE {name} IS NULL;\n",
            qualified(table)
        ));
    }
    text + &require(table, &column.name)
}

/// `SET NOT NULL` without a lock that lasts as long as reading the table does.
pub(super) fn require(table: &ObjectName, column: &str) -> String {
    let check = name(&format!("{}_{column}_is_there", table.name));
    let (table, name) = (qualified(table), name(column));
    format!(
        "-- On a big table, put the VALIDATE into a migration of its own: it reads the table, and lets writers go on.\n\
         ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {check};\n\
         ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL;\n\
         ALTER TABLE {table} DROP CONSTRAINT {check};"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_not_null_is_left_out() {
        for (text, without) in [
            (
                "ADD COLUMN owner integer NOT NULL REFERENCES users",
                "ADD COLUMN owner integer REFERENCES users",
            ),
            (
                "ADD a text CHECK (a IS NOT NULL OR b) not\n null",
                "ADD a text CHECK (a IS NOT NULL OR b)",
            ),
            ("ADD \"not\" text", "ADD \"not\" text"),
        ] {
            assert_eq!(without_not_null(text), without);
        }
    }
}
