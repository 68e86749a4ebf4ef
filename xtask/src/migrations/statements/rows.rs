//! The rows that an `UPDATE` or a `DELETE` is about, and the values that it writes, as they are
//! written.

use crate::migrations::sql::Cursor;

/// The rows of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AffectedRows {
    /// The alias of the table.
    pub alias: Option<String>,
    /// The condition after `WHERE`.
    pub condition: Option<String>,
    /// Whether other tables take part (`USING`, `FROM`, `WITH`), so that the condition alone does
    /// not tell the rows.
    pub joins: bool,
}

/// Reads the rows of a statement, whose first token is next. `joins` says that it stands in or after
/// a `WITH`. Also returns the columns that are set to a single value.
pub(super) fn read(mut cursor: Cursor<'_>, joins: bool) -> (AffectedRows, Vec<(String, String)>) {
    let deletes = cursor.eat_all(&["delete", "from"]);
    let _update = cursor.eat("update");
    let _only = cursor.eat("only");
    if cursor.clone().parenthesised().is_some() {
        cursor.skip_one();
    } else {
        let _table = cursor.qualified();
    }
    let _star = cursor.eat_text("*");
    let alias = alias(&mut cursor);
    let joined = if deletes { "using" } else { "from" };
    let mut rows = AffectedRows {
        alias,
        condition: None,
        joins: joins || cursor.clone().skip_past(&[joined]),
    };
    let mut condition = cursor.clone();
    if condition.skip_past(&["where"]) {
        rows.condition = text(&until(&condition, &["returning"]));
    }
    let values = if cursor.eat("set") {
        assignments(&cursor)
    } else {
        Vec::new()
    };
    (rows, values)
}

fn alias(cursor: &mut Cursor<'_>) -> Option<String> {
    let is_written = cursor.eat("as");
    let words = ["set", "using", "where", "returning"];
    if !is_written && words.iter().any(|word| cursor.at(word)) {
        return None;
    }
    cursor.identifier().map(|name| name.name)
}

/// The columns and values of `SET`. A list of columns is left out: which value belongs to which
/// column is not read.
fn assignments(cursor: &Cursor<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for mut part in until(cursor, &["from", "where", "returning"]).split_at_commas() {
        let column = part.identifier();
        if !part.eat_text("=") {
            continue;
        }
        let value = text(&part);
        all.extend(
            column
                .zip(value)
                .map(|(column, value)| (column.name, value)),
        );
    }
    all
}

/// The tokens before the first of `words`, outside parentheses.
fn until<'s>(cursor: &Cursor<'s>, words: &[&str]) -> Cursor<'s> {
    let mut ahead = cursor.clone();
    while ahead.peek().is_some() {
        if words.iter().any(|word| ahead.at(word)) {
            break;
        }
        ahead.skip_one();
    }
    let length = cursor.rest().len() - ahead.rest().len();
    Cursor::new(cursor.source(), &cursor.rest()[..length])
}

fn text(cursor: &Cursor<'_>) -> Option<String> {
    let text = cursor.source().get(cursor.span()?.range())?;
    Some(text.to_owned())
}
