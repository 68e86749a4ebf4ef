//! Splits a text into statements. They end at a `;` outside parentheses (`CREATE RULE … DO (a; b)`)
//! and outside the body of an SQL function (`BEGIN ATOMIC a; b; END`), as for psql.

use super::cursor::Cursor;
use super::lexer::Lexer;
use super::token::{Construct, Token, TokenKind};
use crate::source::Span;

/// One statement of a text, without the `;` and without the comments before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The whole text that holds it; spans count from its first byte.
    pub source: &'a str,
    /// From its first token to its last, without the `;`.
    pub span: Span,
    /// Its tokens without comments and white space.
    pub tokens: Vec<Token>,
    /// The data of a `COPY … FROM stdin`, which only psql can send.
    pub copy_data: Option<Span>,
    /// Whether a backslash was taken for an escape in its plain strings; `None` where they hold
    /// none.
    pub backslash_escapes: Option<bool>,
}

impl<'a> Statement<'a> {
    /// The statement as it is written.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.source.get(self.span.range()).unwrap_or_default()
    }

    /// Reads the statement from its first token.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self.source, &self.tokens)
    }
}

/// The tokens of `text`, with comments and white space; side by side they are the text.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut splitter = Splitter::new(text);
    splitter.run();
    splitter.all
}

/// The statements of `text`, empty ones (`;;`) left out.
#[must_use]
pub fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut splitter = Splitter::new(text);
    splitter.run();
    splitter.done
}

struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    all: Vec<Token>,
    /// The significant tokens of the statement being read.
    open: Vec<Token>,
    paren_depth: usize,
    /// How many `BEGIN ATOMIC` wait for their `END`.
    body_depth: usize,
    done: Vec<Statement<'a>>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str) -> Self {
        let lexer = Lexer::new(text);
        Self {
            text,
            lexer,
            all: Vec::new(),
            open: Vec::new(),
            paren_depth: 0,
            body_depth: 0,
            done: Vec::new(),
        }
    }

    fn run(&mut self) {
        while let Some(token) = self.lexer.next() {
            self.all.push(token);
            if token.is_significant() {
                self.take(token);
            }
        }
        self.close();
    }

    fn take(&mut self, token: Token) {
        match token.kind {
            TokenKind::OpenParen => self.paren_depth += 1,
            TokenKind::CloseParen => self.paren_depth = self.paren_depth.saturating_sub(1),
            TokenKind::Semicolon if self.paren_depth == 0 && self.body_depth == 0 => {
                return self.close();
            }
            // In parentheses `END` belongs to an expression.
            TokenKind::Word if self.paren_depth == 0 => self.follow_body(token),
            _other => {}
        }
        self.open.push(token);
    }

    /// Follows the words that begin and end a body. `END` ends a body where a statement would
    /// begin. Elsewhere it belongs to a `CASE`, or is a name: `SELECT 1 end`. By the grammar, a
    /// body may create routines with bodies.
    fn follow_body(&mut self, word: Token) {
        let Some(last) = self.open.last().copied() else {
            return;
        };
        let follows = |name: &str| last.is_word(self.text, name);
        if word.is_word(self.text, "atomic") && follows("begin") && self.creates_routine() {
            self.body_depth += 1;
        } else if word.is_word(self.text, "end")
            && (last.kind == TokenKind::Semicolon || follows("atomic"))
        {
            self.body_depth = self.body_depth.saturating_sub(1);
        }
    }

    fn creates_routine(&self) -> bool {
        let mut cursor = Cursor::new(self.text, &self.open);
        let create = cursor.eat("create");
        cursor.eat_all(&["or", "replace"]);
        create && (cursor.eat("function") || cursor.eat("procedure"))
    }

    fn close(&mut self) {
        self.paren_depth = 0;
        self.body_depth = 0;
        let tokens = std::mem::take(&mut self.open);
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return;
        };
        let span = Span {
            start: first.span.start,
            end: last.span.end,
        };
        // Before the statement's own setting is followed: its strings were read under the earlier
        // one.
        let backslash_escapes = tokens
            .iter()
            .any(|token| self.has_backslash(*token))
            .then_some(self.lexer.backslash_escapes);
        self.follow_string_setting(&tokens);
        let copy_data = self.copy_data(&tokens);
        self.done.push(Statement {
            source: self.text,
            span,
            tokens,
            copy_data,
            backslash_escapes,
        });
    }

    /// Whether a token is a plain string with a backslash, so that the setting decides where it
    /// ends.
    fn has_backslash(&self, token: Token) -> bool {
        let is_string = matches!(
            token.kind,
            TokenKind::String | TokenKind::Unterminated(Construct::String)
        );
        let text = token.text(self.text);
        is_string && text.starts_with(['\'', 'n', 'N']) && text.contains('\\')
    }

    fn copy_data(&mut self, tokens: &[Token]) -> Option<Span> {
        let mut cursor = Cursor::new(self.text, tokens);
        if !(cursor.eat("copy") && cursor.skip_past(&["from", "stdin"])) {
            return None;
        }
        let data = self.lexer.copy_data()?;
        self.all.push(data);
        Some(data.span)
    }

    /// Follows `standard_conforming_strings`, which decides whether a backslash in a plain string
    /// escapes from here on.
    fn follow_string_setting(&mut self, tokens: &[Token]) {
        if let Some(value) = string_setting(Cursor::new(self.text, tokens)) {
            self.lexer.backslash_escapes = matches!(value.as_str(), "off" | "false" | "no" | "0");
        }
    }
}

/// The value that a statement gives `standard_conforming_strings`, in lower case.
fn string_setting(mut cursor: Cursor<'_>) -> Option<String> {
    const SETTING: &str = "standard_conforming_strings";
    if cursor.eat("reset") {
        return (cursor.eat(SETTING) || cursor.eat("all")).then(|| "on".into());
    }
    if cursor.eat("set") {
        let _scope = cursor.eat("session") || cursor.eat("local");
        let assigned = cursor.eat(SETTING) && (cursor.eat("to") || cursor.eat_text("="));
        return cursor
            .next()
            .filter(|_| assigned)
            .map(|value| unquoted(value.text(cursor.source())));
    }
    if cursor.eat("select") && cursor.skip_past(&["set_config"]) && cursor.eat_text("(") {
        let named = cursor
            .next()
            .is_some_and(|name| unquoted(name.text(cursor.source())) == SETTING);
        let value = cursor.eat_text(",").then(|| cursor.next()).flatten()?;
        return named.then(|| unquoted(value.text(cursor.source())));
    }
    None
}

fn unquoted(text: &str) -> String {
    text.trim_matches('\'').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(sql: &str) -> Vec<&str> {
        statements(sql).iter().map(Statement::text).collect()
    }

    #[test]
    fn statements_end_at_semicolons_of_the_top_level() {
        assert_eq!(split("a; b ;; -- c;\n /* d; */ e"), ["a", "b", "e"]);
        assert_eq!(
            split("select ';', $$;$$, \";\"; x"),
            ["select ';', $$;$$, \";\"", "x"]
        );
        assert_eq!(split(" -- nothing\n ; /**/"), [""; 0]);
    }

    #[test]
    fn rules_keep_their_commands() {
        let rule =
            "create rule r as on insert to t do also (insert into a values (1); delete from b)";
        assert_eq!(split(&format!("{rule}; x")), [rule, "x"]);
    }

    #[test]
    fn bodies_of_sql_functions_keep_their_statements() {
        let body = "create or replace function f(a int) returns int begin atomic \
                    select case when a > 1 then 2 end; select 3; end";
        assert_eq!(split(&format!("{body}; x")), [body, "x"]);
        assert_eq!(
            split("begin; create table atomic (a int); end"),
            ["begin", "create table atomic (a int)", "end"]
        );
        let names = "create function f() returns int begin atomic select 1 end; select t.end as end; end; b";
        assert_eq!(split(names).len(), 2);
    }

    #[test]
    fn the_string_setting_is_followed() {
        assert_eq!(split(r"select '\'; x; y"), [r"select '\'", "x", "y"]);
        assert_eq!(
            split(r"set standard_conforming_strings = off; select '\'; x'; y").len(),
            3
        );
        assert_eq!(
            split(r"set local standard_conforming_strings to 'on'; select '\'; x").len(),
            3
        );
        let config = r"select pg_catalog.set_config('standard_conforming_strings', 'off', false); select '\'; x'; y";
        assert_eq!(split(config).len(), 3);
    }

    #[test]
    fn a_backslash_in_a_plain_string_is_told() {
        let text = r"select '\d', E'\''; select n'\d'; select 'a', E'\d', $$'\d'$$, U&'\0061'; select '' -- '\'
                     ; set standard_conforming_strings = off; select '\''";
        let told: Vec<_> = statements(text)
            .iter()
            .map(|statement| statement.backslash_escapes)
            .collect();
        assert_eq!(
            told,
            [Some(false), Some(false), None, None, None, Some(true)]
        );
    }

    #[test]
    fn the_data_of_copy_is_not_sql() {
        let sql = "copy t (a) from stdin;\n1\tit's; x\n\\.\nselect 1;";
        let statements = statements(sql);
        assert_eq!(
            statements.iter().map(Statement::text).collect::<Vec<_>>(),
            ["copy t (a) from stdin", "select 1"]
        );
        assert!(statements[0].copy_data.is_some() && statements[1].copy_data.is_none());
        assert_eq!(split("copy t from 'file'; a; b").len(), 3);
    }

    /// Pieces that mean something to the lexer, so that random text reaches its corners.
    fn sql() -> impl Strategy<Value = String> {
        let pieces = [
            "'",
            "\"",
            "$$",
            "$a$",
            "$1",
            "/*",
            "*/",
            "--",
            "\n",
            "\r\n",
            ";",
            "(",
            ")",
            "E'",
            "U&'",
            "U&\"",
            "\\",
            "begin atomic ",
            "create function ",
            "case ",
            "end ",
            "copy t from stdin",
            "\\.\n",
            "é",
            "\u{a0}",
            ".",
            "1e",
            "set standard_conforming_strings = off;",
            "a",
            " ",
            "\u{feff}",
            "\0",
            "-",
            "::",
            "select ",
        ];
        prop_oneof![
            3 => proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..40).prop_map(|all| all.concat()),
            1 => any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn tokens_are_the_text(sql in sql()) {
            let text: String = tokens(&sql).iter().map(|token| token.text(&sql)).collect();
            prop_assert_eq!(text, sql);
        }

        #[test]
        fn statements_are_in_order_and_hold_every_significant_token(sql in sql()) {
            let mut end = 0;
            for statement in statements(&sql) {
                prop_assert!(statement.span.start >= end && statement.span.end > statement.span.start);
                prop_assert!(sql.get(statement.span.range()).is_some());
                end = statement.span.end;
            }
            let inside: usize = statements(&sql).iter().map(|statement| statement.tokens.len()).sum();
            let outside = |token: &&Token| {
                token.is_significant() && !matches!(token.kind, TokenKind::Semicolon | TokenKind::CopyData)
            };
            let kept = statements(&sql).iter().flat_map(|statement| statement.tokens.clone())
                .filter(|token| token.kind == TokenKind::Semicolon).count();
            prop_assert_eq!(inside, tokens(&sql).iter().filter(outside).count() + kept);
        }

        #[test]
        fn a_statement_split_again_is_itself(sql in sql()) {
            for statement in statements(&sql).iter().filter(|_| !sql.contains("standard_conforming")) {
                prop_assert_eq!(split(statement.text()), [statement.text()]);
            }
        }
    }
}
