//! The clauses of `ALTER TABLE`, of which each is a statement with the same head.

use crate::migrations::sql::{Cursor, Statement};
use crate::source::Span;

/// A clause of `ALTER TABLE`.
pub(super) struct Clause<'s> {
    /// As it is written.
    pub(super) text: &'s str,
    /// Its bytes in the migration.
    pub(super) span: Span,
    cursor: Cursor<'s>,
}

impl Clause<'_> {
    /// Whether it adds a column.
    pub(super) fn adds(&self) -> bool {
        self.cursor.at("add")
    }

    /// The new name in `RENAME TO name`.
    pub(super) fn renames_to(&self) -> Option<String> {
        let mut cursor = self.cursor.clone();
        let renames = cursor.eat_all(&["rename", "to"]);
        cursor
            .identifier()
            .filter(|_| renames)
            .map(|name| name.name)
    }
}

/// `ALTER TABLE runs`, and the clauses behind it; none of another statement.
pub(super) fn clauses<'s>(statement: &'s Statement<'s>) -> Option<(String, Vec<Clause<'s>>)> {
    let mut cursor = statement.cursor();
    if !cursor.eat_all(&["alter", "table"]) {
        return None;
    }
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    if cursor.qualified().is_empty() {
        return None;
    }
    cursor.eat_text("*");
    let start = cursor.span()?.start;
    let head = Span {
        start: statement.span.start,
        end: start,
    };
    let text = |span: Span| statement.source.get(span.range()).unwrap_or_default();
    let clauses = cursor.split_at_commas().into_iter().filter_map(|cursor| {
        let span = cursor.span()?;
        Some(Clause {
            text: text(span),
            span,
            cursor,
        })
    });
    Some((text(head).trim_end().to_owned(), clauses.collect()))
}
