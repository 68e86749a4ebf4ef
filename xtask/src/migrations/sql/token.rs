//! The tokens of PostgreSQL's SQL, with their bytes.

use crate::source::Span;

/// A piece of SQL text. The tokens of a text stand side by side, without gaps, from its first byte
/// to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The kind of token.
    pub kind: TokenKind,
    /// Its bytes in the whole text.
    pub span: Span,
}

impl Token {
    /// The text of the token in `sql`, from which it was read.
    #[must_use]
    pub fn text(self, sql: &str) -> &str {
        sql.get(self.span.range()).unwrap_or_default()
    }

    /// Whether the token means something to the server: it is neither a comment nor white space.
    #[must_use]
    pub fn is_significant(self) -> bool {
        !matches!(
            self.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment
        )
    }

    /// Whether this is the unquoted word `word`, in any case.
    #[must_use]
    pub fn is_word(self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks, tabs, line ends.
    Whitespace,
    /// `-- …` without its line end.
    LineComment,
    /// `/* … */`, nested ones included.
    BlockComment,
    /// An unquoted name or keyword.
    Word,
    /// `"…"`, `U&"…"`
    QuotedIdentifier,
    /// `'…'` in all its forms: `E''`, `B''`, `X''`, `N''`, `U&''`.
    String,
    /// `$$…$$`, `$tag$…$tag$`
    DollarString,
    /// A number.
    Number,
    /// `$1`
    Parameter,
    /// `;`
    Semicolon,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `=`, `::`, `->>`…
    Operator,
    /// A command of psql's own, to the end of its line: `\connect`.
    PsqlCommand,
    /// The lines after `COPY … FROM stdin;`, through `\.`.
    CopyData,
    /// A comment, string or quoted name that never ends.
    Unterminated(Construct),
    /// A byte that no token begins with.
    Unknown,
}

/// A construct that can lack its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Construct {
    /// `/*`
    BlockComment,
    /// `'`
    String,
    /// `$tag$`
    DollarString,
    /// `"`
    QuotedIdentifier,
}

impl Construct {
    /// The construct in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::BlockComment => "comment",
            Self::String => "string",
            Self::DollarString => "dollar-quoted string",
            Self::QuotedIdentifier => "quoted name",
        }
    }
}
