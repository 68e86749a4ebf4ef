//! What a written way back does not undo, because no schema shows it: rows that the migration writes,
//! and positions of sequences that it sets.

use crate::migrations::losses::destructive::{self, Name};
use crate::migrations::statements::{Effect, ParsedStatement, Reference};
use crate::schema::model::{ObjectName, Schema};
use crate::source::{LineIndex, Span};

/// The statements of a migration that write rows of tables that were there before it, or positions of
/// sequences: their words and their lines. What a savepoint takes back is not among them.
pub(super) fn statements(file: &str, text: &str, before: &Schema) -> Vec<String> {
    let lines = LineIndex::new(file.into(), text.into());
    let mut all = Vec::new();
    // A table that is renamed is still one from before.
    let mut renamed: Vec<ObjectName> = Vec::new();
    for statement in &destructive::read(text) {
        if statement.undone {
            continue;
        }
        for placed in &statement.effects {
            let line = lines.location(placed.span).line;
            let is_earlier = |table: &Reference| {
                let name = Name::of(table, statement);
                name.among(before.tables.keys().chain(&renamed)).is_some()
            };
            let told = match &placed.effect {
                Effect::Insert(one) if is_earlier(&one.table) => format!("INSERT in line {line}"),
                Effect::Update(one) if is_earlier(&one.table) => format!("UPDATE in line {line}"),
                Effect::Delete { table, .. } if is_earlier(table) => {
                    format!("DELETE in line {line}")
                }
                Effect::Truncate { tables, cascade }
                    if *cascade || tables.iter().any(|(table, _)| is_earlier(table)) =>
                {
                    format!("TRUNCATE in line {line}")
                }
                Effect::Write(table) if is_earlier(table) => {
                    format!("{} in line {line}", word(text, placed.span))
                }
                Effect::Opaque(_) | Effect::DropOthers(_) => format!(
                    "{} in line {line}, where it writes rows",
                    word(text, placed.span)
                ),
                Effect::AlterTable { table, action, .. } => {
                    if let Some(name) = new_name(statement, table, action) {
                        renamed.extend(Some(name).filter(|_| is_earlier(table)));
                    }
                    continue;
                }
                _no_rows => continue,
            };
            all.push(told);
        }
        let of_statement = text.get(statement.span.range()).unwrap_or_default();
        if sets_position(of_statement) {
            let line = lines.location(first_word(text, statement.span)).line;
            all.push(format!("the position of a sequence, set in line {line}"));
        }
    }
    all
}

/// Whether the statement sets a sequence to a position: `setval`, `RESTART`.
fn sets_position(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let restarts = |word: &str| text.contains(word) && text.contains("restart");
    text.contains("setval") || restarts("sequence") || restarts("identity") || restarts("alter")
}

/// The name that a table has after an action.
fn new_name(
    statement: &ParsedStatement,
    table: &Reference,
    action: &crate::migrations::statements::TableAction,
) -> Option<ObjectName> {
    use crate::migrations::statements::TableAction;
    let old = Name::of(table, statement).object();
    match action {
        TableAction::RenameTo(to) => Some(ObjectName {
            name: to.clone(),
            ..old
        }),
        TableAction::SetSchema(to) => Some(ObjectName {
            namespace: to.clone(),
            ..old
        }),
        _other => None,
    }
}

/// The first word of a statement or clause, in capital letters.
fn word(text: &str, span: Span) -> String {
    let shown = text.get(first_word(text, span).range()).unwrap_or_default();
    let end = shown
        .find(|character: char| !character.is_ascii_alphabetic())
        .unwrap_or(shown.len());
    shown[..end].to_uppercase()
}

/// The span without the comments at its beginning.
fn first_word(text: &str, span: Span) -> Span {
    let inside = text.get(span.range()).unwrap_or_default();
    let tokens = crate::migrations::sql::tokens(inside);
    let first = tokens.iter().find(|token| token.is_significant());
    first.map_or(span, |token| Span {
        start: span.start + token.span.start,
        end: span.end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Table;

    #[test]
    fn rows_of_earlier_tables_are_not_undone() {
        let mut before = Schema::default();
        before
            .tables
            .insert(ObjectName::public("users"), Table::default());
        let text = "-- why\n/* and\nhow */ UPDATE users SET a = 1;\nINSERT INTO other VALUES (1);\n\
                    delete from only public.users;\n-- a block\nDO $$ begin end $$;\ncreate table x ();\n\
                    alter table users rename to people; with gone as (\n  delete from people returning 1) select 1;\n\
                    select setval('s', 5);\nsavepoint a; delete from people; rollback to a;\n\
                    alter sequence s restart with 5;\nselect wipe();";
        assert_eq!(
            statements("a.sql", text, &before),
            [
                "UPDATE in line 3",
                "DELETE in line 5",
                "DO in line 7, where it writes rows",
                "DELETE in line 10",
                "the position of a sequence, set in line 11",
                "the position of a sequence, set in line 13",
                "SELECT in line 14, where it writes rows",
            ]
        );
    }
}
