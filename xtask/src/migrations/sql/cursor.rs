//! Reads the tokens of a statement from left to right: enough to recognise its clauses and names
//! without a grammar.

use super::token::{Token, TokenKind};
use crate::source::Span;

/// A place between two tokens of a statement.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    source: &'a str,
    tokens: &'a [Token],
}

/// A name as PostgreSQL stores it, with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// Unquoted: in lower case unless it was quoted, cut to 63 bytes.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

impl<'a> Cursor<'a> {
    /// Begins before `tokens`, which were read from `source` and hold no comments.
    #[must_use]
    pub fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        Self { source, tokens }
    }

    /// The whole text that spans count in.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The next token, without going past it.
    #[must_use]
    pub fn peek(&self) -> Option<Token> {
        self.tokens.first().copied()
    }

    /// The tokens that are left.
    #[must_use]
    pub fn rest(&self) -> &'a [Token] {
        self.tokens
    }

    /// Whether the next token is the unquoted word `word`.
    #[must_use]
    pub fn at(&self, word: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.is_word(self.source, word))
    }

    /// Whether the next tokens are the unquoted words `words`.
    #[must_use]
    pub fn at_all(&self, words: &[&str]) -> bool {
        words.len() <= self.tokens.len()
            && words
                .iter()
                .zip(self.tokens)
                .all(|(word, token)| token.is_word(self.source, word))
    }

    /// Goes past the word `word`, if it is next.
    pub fn eat(&mut self, word: &str) -> bool {
        self.eat_all(&[word])
    }

    /// Goes past `words`, if all of them are next.
    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let next = self.at_all(words);
        if next {
            self.tokens = &self.tokens[words.len()..];
        }
        next
    }

    /// Goes past the token that is written `text`, if it is next.
    pub fn eat_text(&mut self, text: &str) -> bool {
        let next = self
            .peek()
            .is_some_and(|token| token.text(self.source) == text);
        if next {
            self.next();
        }
        next
    }

    /// Goes past the first place where the unquoted words `words` follow each other, outside
    /// parentheses. Does not move if there is none.
    pub fn skip_past(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        while ahead.peek().is_some() {
            if ahead.eat_all(words) {
                *self = ahead;
                return true;
            }
            ahead.skip_one();
        }
        false
    }

    /// Goes past one token, or past a whole `(…)` or `[…]`.
    pub fn skip_one(&mut self) {
        let mut depth = 0_usize;
        for token in self.by_ref() {
            match token.kind {
                TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
                TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
                _other => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Splits the rest at its commas outside parentheses.
    #[must_use]
    pub fn split_at_commas(&self) -> Vec<Cursor<'a>> {
        let mut parts = Vec::new();
        let mut ahead = self.clone();
        let mut start = self.tokens;
        while let Some(token) = ahead.peek() {
            let before = start.len() - ahead.tokens.len();
            ahead.skip_one();
            if token.kind == TokenKind::Comma {
                parts.push(Self {
                    source: self.source,
                    tokens: &start[..before],
                });
                start = ahead.tokens;
            }
        }
        parts.push(Self {
            source: self.source,
            tokens: start,
        });
        parts
    }

    /// Returns the inside of the `(…)` that is next, and goes past it.
    pub fn parenthesised(&mut self) -> Option<Cursor<'a>> {
        self.peek()
            .filter(|token| token.kind == TokenKind::OpenParen)?;
        let all = self.tokens;
        self.skip_one();
        let length = all.len() - self.tokens.len();
        let closed = all[length - 1].kind == TokenKind::CloseParen && length > 1;
        Some(Self {
            source: self.source,
            tokens: &all[1..length - usize::from(closed)],
        })
    }

    /// The name that is next; goes past it.
    pub fn identifier(&mut self) -> Option<Identifier> {
        let token = self.peek()?;
        let text = token.text(self.source);
        let name = match token.kind {
            // In UTF-8 PostgreSQL folds ASCII letters only.
            TokenKind::Word => text.to_ascii_lowercase(),
            TokenKind::QuotedIdentifier => unquote(text),
            _other => return None,
        };
        self.next();
        Some(Identifier {
            name: cut(name),
            span: token.span,
        })
    }

    /// The name that is next, with the names before its dots: `audit.users` is `[audit, users]`.
    /// Empty if there is none.
    pub fn qualified(&mut self) -> Vec<Identifier> {
        let mut parts = Vec::new();
        while let Some(part) = self.identifier() {
            parts.push(part);
            if !self.eat_text(".") {
                break;
            }
        }
        parts
    }

    /// The bytes from the next token to the last one.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        Some(Span {
            start: self.tokens.first()?.span.start,
            end: self.tokens.last()?.span.end,
        })
    }
}

impl Iterator for Cursor<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }
}

/// The name inside `"…"` or `U&"…"`, whose `\XXXX` and `\+XXXXXX` are characters.
fn unquote(text: &str) -> String {
    let (unicode, quoted) = match text.strip_prefix("U&").or_else(|| text.strip_prefix("u&")) {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let inner = inner
        .strip_suffix('"')
        .unwrap_or(inner)
        .replace("\"\"", "\"");
    if unicode { decode(&inner) } else { inner }
}

fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (prefix, digits) = if escape.starts_with('+') {
            (1, 6)
        } else {
            (0, 4)
        };
        let code = escape
            .get(prefix..prefix + digits)
            .and_then(|code| u32::from_str_radix(code, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => {
                decoded.push(character);
                rest = &escape[prefix + digits..];
            }
            None => {
                decoded.push('\\');
                rest = escape.strip_prefix('\\').unwrap_or(escape);
            }
        }
    }
    decoded + rest
}

/// PostgreSQL cuts names to 63 bytes, at a character.
fn cut(mut name: String) -> String {
    let longest = (0..=name.len().min(63))
        .rev()
        .find(|at| name.is_char_boundary(*at))
        .unwrap_or(0);
    name.truncate(longest);
    name
}

#[cfg(test)]
mod tests {
    use super::super::statements;

    fn names(sql: &str) -> Vec<String> {
        statements(sql)[0]
            .cursor()
            .qualified()
            .into_iter()
            .map(|part| part.name)
            .collect()
    }

    #[test]
    fn names_are_what_postgres_stores() {
        assert_eq!(names("Audit . \"User\"\"s\""), ["audit", "User\"s"]);
        assert_eq!(names(r#"U&"d\0061t\+000061""#), ["data"]);
        assert_eq!(names(&"x".repeat(80)), ["x".repeat(63)]);
        assert_eq!(names("'text'"), [""; 0]);
    }

    #[test]
    fn words_are_found_outside_parentheses_only() {
        let statement = &statements("copy (select 1 from stdin) to x from stdin rest")[0];
        let mut cursor = statement.cursor();
        assert!(cursor.skip_past(&["from", "stdin"]) && cursor.at("rest"));
        assert!(!cursor.skip_past(&["from"]) && cursor.at("rest"));
    }

    #[test]
    fn lists_split_at_their_own_commas() {
        let statement = &statements("(a int, b numeric(1, 2), check (a in (1, 2)))")[0];
        let inside = statement.cursor().parenthesised().expect("a list");
        let parts: Vec<_> = inside
            .split_at_commas()
            .iter()
            .filter_map(|part| part.span())
            .collect();
        let texts: Vec<_> = parts
            .iter()
            .map(|span| &statement.source[span.range()])
            .collect();
        assert_eq!(texts, ["a int", "b numeric(1, 2)", "check (a in (1, 2))"]);
        assert!(
            statements("(a, b")[0]
                .cursor()
                .parenthesised()
                .is_some_and(|inside| inside.rest().len() == 3)
        );
        assert!(
            statements("(")[0]
                .cursor()
                .parenthesised()
                .is_some_and(|inside| inside.rest().is_empty())
        );
    }
}
