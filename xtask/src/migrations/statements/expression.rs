//! An expression of a statement, as it is written.

use crate::migrations::sql::{self, Cursor, TokenKind};
use crate::source::Span;

/// An expression, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Its text.
    pub sql: String,
    /// Its bytes in the file.
    pub span: Span,
}

impl Expression {
    /// The names that it calls as functions, without their schemas.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let tokens = self.significant();
        let mut called = Vec::new();
        for pair in tokens.windows(2) {
            if pair[1].kind == TokenKind::OpenParen
                && let Some(name) = Cursor::new(&self.sql, &pair[..1]).identifier()
            {
                called.push(name.name);
            }
        }
        called
    }

    /// All names in it, of columns, functions and types, and its keywords.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let name = |token: &sql::Token| {
            Cursor::new(&self.sql, std::slice::from_ref(token))
                .identifier()
                .map(|name| name.name)
        };
        sql::tokens(&self.sql).iter().filter_map(name).collect()
    }

    /// The text with `value` in place of the word `VALUE`, which stands for the value of a domain.
    #[must_use]
    pub fn with_value(&self, value: &str) -> String {
        let text = |token: &sql::Token| {
            if token.is_word(&self.sql, "value") {
                value.to_owned()
            } else {
                token.text(&self.sql).to_owned()
            }
        };
        sql::tokens(&self.sql).iter().map(text).collect()
    }

    /// Whether it holds a query of its own.
    #[must_use]
    pub fn has_query(&self) -> bool {
        let words = ["select", "table", "values", "with"];
        sql::tokens(&self.sql)
            .iter()
            .any(|token| words.iter().any(|word| token.is_word(&self.sql, word)))
    }

    /// Whether it is `NULL`, perhaps with a type.
    #[must_use]
    pub fn is_null(&self) -> bool {
        let tokens = self.significant();
        let [first, rest @ ..] = tokens.as_slice() else {
            return false;
        };
        first.is_word(&self.sql, "null") && self.is_cast(rest)
    }

    /// Whether it is one literal that is not `NULL`, perhaps with a type: `'x'::text`, `0`, `true`.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        let tokens = self.significant();
        let mut rest = tokens.as_slice();
        if rest.len() > 1 && rest[0].text(&self.sql) == "-" {
            rest = &rest[1..];
        }
        let [first, rest @ ..] = rest else {
            return false;
        };
        let is_value = matches!(
            first.kind,
            TokenKind::String | TokenKind::DollarString | TokenKind::Number
        ) || first.is_word(&self.sql, "true")
            || first.is_word(&self.sql, "false");
        is_value && self.is_cast(rest)
    }

    fn significant(&self) -> Vec<sql::Token> {
        sql::tokens(&self.sql)
            .into_iter()
            .filter(|token| token.is_significant())
            .collect()
    }

    /// Whether `rest` is nothing, or `::` with a type and nothing after it.
    fn is_cast(&self, rest: &[sql::Token]) -> bool {
        let mut cursor = Cursor::new(&self.sql, rest);
        if cursor.peek().is_none() {
            return true;
        }
        if !cursor.eat_text("::") || cursor.qualified().is_empty() {
            return false;
        }
        // `timestamp with time zone`, `varchar(3)`, `text[]`
        while cursor.identifier().is_some() {}
        let is_length = |inside: Cursor<'_>| {
            let mut tokens = inside.rest().iter();
            tokens.all(|token| matches!(token.kind, TokenKind::Number | TokenKind::Comma))
        };
        if cursor
            .parenthesised()
            .is_some_and(|inside| !is_length(inside))
        {
            return false;
        }
        while cursor.eat_text("[") {
            if !cursor.eat_text("]") {
                return false;
            }
        }
        cursor.peek().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(sql: &str) -> Expression {
        Expression {
            sql: sql.into(),
            span: Span::default(),
        }
    }

    #[test]
    fn functions_are_seen_by_their_brackets() {
        let text = "lower(a) || app.\"F\" (b) || 'x(y)' || c";
        assert_eq!(expression(text).calls(), ["lower", "F"]);
    }

    #[test]
    fn literals_are_told_from_null_and_from_calls() {
        for (text, is_literal, is_null) in [
            ("'x'", true, false),
            ("'x'::app.role", true, false),
            ("-1", true, false),
            ("TRUE", true, false),
            ("null", false, true),
            ("NULL::text", false, true),
            ("'x'::varchar(3)", true, false),
            ("'{}'::text[]", true, false),
            ("'x'::text || f()", false, false),
            ("'x'::numeric(f())", false, false),
            ("NULL::text || f()", false, false),
            ("now()", false, false),
            ("1 + 1", false, false),
            ("", false, false),
        ] {
            let found = expression(text);
            assert_eq!(
                (found.is_literal(), found.is_null()),
                (is_literal, is_null),
                "{text}"
            );
        }
    }
}
