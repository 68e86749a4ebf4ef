//! Recognises constraints among the elements of a table.

use crate::migrations::sql::Cursor;

/// Whether a table element or an `ADD` is a constraint. The words are reserved, except `exclude`,
/// which may also be the name of a column.
pub(super) fn is_constraint(cursor: &Cursor<'_>) -> bool {
    let reserved = ["constraint", "primary", "unique", "check", "foreign"];
    let mut after = cursor.clone();
    let excludes = after.eat("exclude") && (after.at("using") || after.eat_text("("));
    excludes || reserved.iter().any(|word| cursor.at(word))
}
