//! Text of a Prisma schema → tokens and comments. Every text has tokens: what belongs to no token is
//! one of its own, which the parser then refuses by its place.

use super::syntax::Comment;
use crate::source::Span;

/// The kind of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name.
    Name(String),
    /// `-1.5`
    Number(String),
    /// The text between the quotes, with its escapes read.
    Text(String),
    /// `@@`
    BlockAttribute,
    /// Any other character.
    Mark(char),
}

/// A token with its place.
#[derive(Debug, Clone)]
pub struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// Its bytes.
    pub span: Span,
    /// Whether it is the first of its line.
    pub starts_line: bool,
}

/// Returns the tokens and the comments of `text`.
pub fn tokens(text: &str) -> (Vec<Token>, Vec<Comment>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        line_start: true,
        tokens: Vec::new(),
        comments: Vec::new(),
    };
    while let Some(character) = lexer.peek() {
        lexer.next(character);
    }
    (lexer.tokens, lexer.comments)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line_start: bool,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self, character: char) {
        match character {
            '\n' => {
                self.at += 1;
                self.line_start = true;
            }
            space if space.is_whitespace() || space == '\u{feff}' => self.at += space.len_utf8(),
            '/' if self.rest().starts_with("//") => {
                let line = self.rest().lines().next().unwrap_or_default();
                self.comment(line.len());
            }
            '/' if self.rest().starts_with("/*") => {
                let end = self.rest().find("*/").map(|end| end + 2);
                self.comment(end.unwrap_or(self.rest().len()));
            }
            '"' => self.string(),
            '@' if self.rest().starts_with("@@") => self.token(TokenKind::BlockAttribute, 2),
            '0'..='9' => self.number(),
            '-' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.number()
            }
            letter if is_in_name(letter) => {
                let name = self.taken(|next| is_in_name(next) || next == '-');
                self.token(TokenKind::Name(name.clone()), name.len());
            }
            mark => self.token(TokenKind::Mark(mark), mark.len_utf8()),
        }
    }

    fn number(&mut self) {
        let sign = usize::from(self.rest().starts_with('-'));
        let digits = |character: char| character.is_ascii_digit() || character == '.';
        let length = self.rest()[sign..]
            .find(|character| !digits(character))
            .unwrap_or(self.rest().len() - sign);
        let number = self.rest()[..sign + length].to_owned();
        self.token(TokenKind::Number(number), sign + length);
    }

    /// A string ends at its quote, or where its line does.
    fn string(&mut self) {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        let mut length = self.rest().len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    length = at + 1;
                    break;
                }
                '\n' => {
                    length = at;
                    break;
                }
                '\\' => match characters.next() {
                    Some((at, 'u')) => {
                        let code = self.rest().get(at + 1..at + 5);
                        let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
                        if let Some(read) = code.and_then(char::from_u32) {
                            text.push(read);
                            characters.nth(3);
                        }
                    }
                    Some((_, escaped)) => text.push(unescaped(escaped)),
                    None => {}
                },
                other => text.push(other),
            }
        }
        self.token(TokenKind::Text(text), length);
    }

    fn taken(&self, belongs: impl Fn(char) -> bool) -> String {
        self.rest()
            .chars()
            .take_while(|character| belongs(*character))
            .collect()
    }

    fn token(&mut self, kind: TokenKind, length: usize) {
        let span = self.span(length);
        let starts_line = std::mem::take(&mut self.line_start);
        self.tokens.push(Token {
            kind,
            span,
            starts_line,
        });
        self.at += length;
    }

    fn comment(&mut self, length: usize) {
        let span = self.span(length);
        self.comments.push(Comment {
            span,
            trailing: !self.line_start,
        });
        self.at += length;
    }

    fn span(&self, length: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            start: offset(self.at),
            end: offset(self.at + length),
        }
    }
}

fn is_in_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn unescaped(escaped: char) -> char {
    match escaped {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_tokens_and_comments_in_their_places() {
        let (read, comments) = tokens("a-b @@x(\"\\\"\\u0041\", -1.5) // c\n/* d\n */ [] €");
        let kinds: Vec<_> = read.iter().map(|token| token.kind.clone()).collect();
        let name = |text: &str| TokenKind::Name(text.into());
        let expected = [
            name("a-b"),
            TokenKind::BlockAttribute,
            name("x"),
            TokenKind::Mark('('),
            TokenKind::Text("\"A".into()),
            TokenKind::Mark(','),
            TokenKind::Number("-1.5".into()),
            TokenKind::Mark(')'),
            TokenKind::Mark('['),
            TokenKind::Mark(']'),
            TokenKind::Mark('€'),
        ];
        assert_eq!(kinds, expected);
        let trailing: Vec<bool> = comments.iter().map(|comment| comment.trailing).collect();
        assert_eq!(trailing, [true, false]);
    }

    #[test]
    fn a_string_without_end_ends_with_its_line() {
        let (read, _) = tokens("\"open\nnext");
        assert_eq!(read.len(), 2);
        assert!(read[1].starts_line);
    }
}
