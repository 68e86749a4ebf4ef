//! Cuts SQL text into tokens, by the rules of PostgreSQL's `scan.l`. It works on bytes. Every byte
//! that ends a token is ASCII, and a character beyond ASCII is part of a name, so that no token
//! ends inside a character.

use super::token::{Construct, Token, TokenKind};
use crate::source::Span;

/// Reads one token after the other.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether `\` escapes inside a plain `'…'`: after `SET standard_conforming_strings = off`.
    pub(super) backslash_escapes: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            backslash_escapes: false,
        }
    }

    /// The data that follows `COPY … FROM stdin;`: the lines through `\.`, or all that is left.
    pub(super) fn copy_data(&mut self) -> Option<Token> {
        let start = self.at;
        while self.at < self.bytes.len() {
            let line_start = self.at;
            self.advance_while(|byte| byte != b'\n');
            let line = &self.bytes[line_start..self.at];
            self.at = (self.at + 1).min(self.bytes.len());
            // The first line is the rest of the line of the statement itself.
            if line_start > start && line.trim_ascii_end() == b"\\." {
                break;
            }
        }
        (self.at > start).then(|| self.token(TokenKind::CopyData, start))
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        Token {
            kind,
            span: Span {
                start: offset(start),
                end: offset(self.at),
            },
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn looking_at(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    fn advance_while(&mut self, mut wanted: impl FnMut(u8) -> bool) {
        while self.peek(0).is_some_and(&mut wanted) {
            self.at += 1;
        }
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    /// Reads a token that begins with `first`. The order of the arms counts: a comment is no
    /// operator, a number may begin with a dot, and a string with a letter.
    fn kind(&mut self, first: u8) -> TokenKind {
        match first {
            _ if is_space(first) => self.run(TokenKind::Whitespace, is_space),
            b'-' if self.looking_at(b"--") => {
                self.run(TokenKind::LineComment, |byte| !is_newline(byte))
            }
            b'/' if self.looking_at(b"/*") => self.block_comment(),
            b'\'' => self.string(0, self.backslash_escapes),
            b'"' => self.quoted_identifier(0),
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) => self.number(),
            b'\\' => self.run(TokenKind::PsqlCommand, |byte| !is_newline(byte)),
            b';' => self.single(TokenKind::Semicolon),
            b'(' => self.single(TokenKind::OpenParen),
            b')' => self.single(TokenKind::CloseParen),
            b'[' => self.single(TokenKind::OpenBracket),
            b']' => self.single(TokenKind::CloseBracket),
            b',' => self.single(TokenKind::Comma),
            b'.' => self.single(TokenKind::Dot),
            _ if is_name_start(first) => self.word(),
            b':' => self.colon(),
            _ if is_operator(first) => self.operator(),
            _ => self.single(TokenKind::Unknown),
        }
    }

    fn run(&mut self, kind: TokenKind, wanted: fn(u8) -> bool) -> TokenKind {
        self.advance_while(wanted);
        kind
    }

    /// Comments nest, as SQL demands and C does not.
    fn block_comment(&mut self) -> TokenKind {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            if self.looking_at(b"/*") {
                depth += 1;
                self.at += 2;
            } else if self.looking_at(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return TokenKind::BlockComment;
                }
            } else {
                self.at += 1;
            }
        }
        TokenKind::Unterminated(Construct::BlockComment)
    }

    /// A string whose opening quote stands `prefix` bytes ahead. Strings with only a line end
    /// between them are one string. The first decides whether a backslash escapes in the second.
    fn string(&mut self, prefix: usize, backslash_escapes: bool) -> TokenKind {
        self.at += prefix + 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\'' if self.peek(1) == Some(b'\'') => self.at += 2,
                b'\'' => {
                    self.at += 1;
                    match self.continuation() {
                        Some(quote) => self.at = quote + 1,
                        None => return TokenKind::String,
                    }
                }
                b'\\' if backslash_escapes => self.at = (self.at + 2).min(self.bytes.len()),
                _ => self.at += 1,
            }
        }
        TokenKind::Unterminated(Construct::String)
    }

    /// Returns the place of the quote that continues the string just closed, after white space and
    /// comments with a line end.
    fn continuation(&self) -> Option<usize> {
        let mut ahead = Self {
            bytes: self.bytes,
            at: self.at,
            backslash_escapes: false,
        };
        let mut newline = false;
        loop {
            let first = ahead.peek(0)?;
            if first == b'\'' {
                return newline.then_some(ahead.at);
            }
            if is_space(first) {
                newline |= is_newline(first);
                ahead.at += 1;
            } else if ahead.looking_at(b"--") {
                ahead.advance_while(|byte| !is_newline(byte));
            } else {
                return None;
            }
        }
    }

    fn quoted_identifier(&mut self, prefix: usize) -> TokenKind {
        self.at += prefix + 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' if self.peek(1) == Some(b'"') => self.at += 2,
                b'"' => return self.single(TokenKind::QuotedIdentifier),
                _ => self.at += 1,
            }
        }
        TokenKind::Unterminated(Construct::QuotedIdentifier)
    }

    /// `$1`, `$tag$…$tag$`, or a `$` that means nothing.
    fn dollar(&mut self) -> TokenKind {
        if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            return self.run(TokenKind::Parameter, |byte| byte.is_ascii_digit());
        }
        let rest = &self.bytes[self.at + 1..];
        let tag_length = rest
            .iter()
            .position(|byte| !is_tag(*byte))
            .unwrap_or(rest.len());
        if rest.get(tag_length) != Some(&b'$') {
            return self.single(TokenKind::Unknown);
        }
        let delimiter = &self.bytes[self.at..self.at + tag_length + 2];
        self.at += delimiter.len();
        match find(&self.bytes[self.at..], delimiter) {
            Some(length) => {
                self.at += length + delimiter.len();
                TokenKind::DollarString
            }
            None => {
                self.at = self.bytes.len();
                TokenKind::Unterminated(Construct::DollarString)
            }
        }
    }

    /// A name, a keyword, or the prefix of a string: the `E` of `E'…'`.
    fn word(&mut self) -> TokenKind {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (Some(b'e' | b'E'), Some(b'\''), _) => self.string(1, true),
            (Some(b'b' | b'B' | b'x' | b'X'), Some(b'\''), _) => self.string(1, false),
            (Some(b'n' | b'N'), Some(b'\''), _) => self.string(1, self.backslash_escapes),
            // A backslash begins a code point here, and does not escape the quote.
            (Some(b'u' | b'U'), Some(b'&'), Some(b'\'')) => self.string(2, false),
            (Some(b'u' | b'U'), Some(b'&'), Some(b'"')) => self.quoted_identifier(2),
            _ => self.run(TokenKind::Word, is_name),
        }
    }

    /// Digits with at most one dot and an exponent. `1..10` is a number, two dots and a number.
    /// Letters that follow (`0xFF`, `1_000`, junk) belong to it.
    fn number(&mut self) -> TokenKind {
        self.advance_while(|byte| byte.is_ascii_digit() || byte == b'_');
        if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
            self.at += 1;
            self.advance_while(|byte| byte.is_ascii_digit() || byte == b'_');
        }
        let exponent = matches!(self.peek(0), Some(b'e' | b'E'));
        let sign = matches!(self.peek(1), Some(b'+' | b'-'));
        if exponent && sign && self.peek(2).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 2;
        }
        self.run(TokenKind::Number, |byte| is_name(byte) && byte != b'$')
    }

    /// `::`, `:=`, or the `:` of a slice.
    fn colon(&mut self) -> TokenKind {
        self.at += if matches!(self.peek(1), Some(b':' | b'=')) {
            2
        } else {
            1
        };
        TokenKind::Operator
    }

    /// A run of operator characters. A comment that begins inside the run ends it, as in
    /// PostgreSQL.
    fn operator(&mut self) -> TokenKind {
        self.at += 1;
        while self.peek(0).is_some_and(is_operator) {
            if self.looking_at(b"--") || self.looking_at(b"/*") {
                break;
            }
            self.at += 1;
        }
        TokenKind::Operator
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let first = self.peek(0)?;
        let kind = self.kind(first);
        Some(self.token(kind, start))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn is_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Returns whether `byte` may be in the tag between the dollars. The caller has seen that the tag
/// does not begin with a digit.
fn is_tag(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit()
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| *byte == first) {
        from += at;
        if haystack[from..].starts_with(needle) {
            return Some(from);
        }
        from += 1;
    }
    None
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::TokenKind::{self, *};
    use super::{Construct, Lexer};

    fn kinds(sql: &str) -> Vec<TokenKind> {
        Lexer::new(sql)
            .filter(|token| token.is_significant())
            .map(|token| token.kind)
            .collect()
    }

    fn texts(sql: &str) -> Vec<&str> {
        Lexer::new(sql)
            .filter(|token| token.is_significant())
            .map(|token| token.text(sql))
            .collect()
    }

    #[test]
    fn strings_end_where_postgres_ends_them() {
        assert_eq!(texts(r"'it''s' x"), ["'it''s'", "x"]);
        assert_eq!(texts(r"'a\' x"), [r"'a\'", "x"]);
        assert_eq!(texts(r"E'a\'b' x"), [r"E'a\'b'", "x"]);
        assert_eq!(texts(r"U&'\0061' x"), [r"U&'\0061'", "x"]);
        assert_eq!(texts("n'a' b'1' X'f'"), ["n'a'", "b'1'", "X'f'"]);
        assert_eq!(texts("nameE'a'"), ["nameE", "'a'"]);
    }

    #[test]
    fn a_string_that_goes_on_after_a_line_end_keeps_its_escapes() {
        assert_eq!(texts("E'a' -- c\n 'b\\'c' x"), ["E'a' -- c\n 'b\\'c'", "x"]);
        assert_eq!(texts("'a' 'b'"), ["'a'", "'b'"]);
    }

    #[test]
    fn dollar_quotes_need_their_own_tag() {
        assert_eq!(texts("$a$ $b$ ; $$ $a$ x"), ["$a$ $b$ ; $$ $a$", "x"]);
        assert_eq!(texts("name$1$ $1 $$;$$"), ["name$1$", "$1", "$$;$$"]);
        assert_eq!(kinds("$a$ x"), [Unterminated(Construct::DollarString)]);
        assert_eq!(kinds("$ a"), [Unknown, Word]);
        assert_eq!(texts("$é$'$é$ x"), ["$é$'$é$", "x"]);
    }

    #[test]
    fn comments_nest() {
        assert_eq!(texts("/* a /* b */ ; */ x -- y\nz"), ["x", "z"]);
        assert_eq!(
            kinds("a /* /* */"),
            [Word, Unterminated(Construct::BlockComment)]
        );
    }

    #[test]
    fn operators_end_where_a_comment_begins() {
        assert_eq!(texts("a+--b\nc"), ["a", "+", "c"]);
        assert_eq!(texts("a*/**/b"), ["a", "*", "b"]);
        assert_eq!(texts("a::text->>'b'"), ["a", "::", "text", "->>", "'b'"]);
        assert_eq!(
            texts("a=:b f(c:=1) d[1:2]"),
            [
                "a", "=", ":", "b", "f", "(", "c", ":=", "1", ")", "d", "[", "1", ":", "2", "]"
            ]
        );
    }

    #[test]
    fn numbers_keep_their_dot_and_leave_ranges_alone() {
        assert_eq!(
            texts("1.5e-3 .5 1..10 0xFF 1_000 2.e5"),
            ["1.5e-3", ".5", "1", ".", ".10", "0xFF", "1_000", "2.e5"]
        );
    }

    #[test]
    fn quoted_names_and_psql_commands() {
        assert_eq!(
            texts(r#""a;""b".c U&"d""#),
            [r#""a;""b""#, ".", "c", r#"U&"d""#]
        );
        assert_eq!(kinds("\\connect db 'x\nselect"), [PsqlCommand, Word]);
    }
}
