//! The SQL of one direction of a migration, and its place in the file that holds it. An import cuts
//! it out; in place it stays where it stands, so that lines and columns are those of the team's own
//! file.

use std::ops::Range;

use crate::migrations::sql::{self, TokenKind};

/// A byte order mark, which some editors write before the first character.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The SQL of one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectionPart {
    /// The file that holds it.
    pub file: String,
    /// Whether the other tool runs it outside a transaction.
    pub no_transaction: bool,
    /// The text of the whole file.
    source: String,
    /// The bytes of this direction.
    range: Range<usize>,
    /// The line by which the tool separates statements that it sends one by one.
    separator: Option<&'static str>,
}

impl DirectionPart {
    /// A direction that is all of `file`.
    #[must_use]
    pub fn whole(file: &str, source: String) -> Self {
        let range = 0..source.len();
        Self::within(file, source, range)
    }

    /// A direction that is a part of `file`.
    #[must_use]
    pub(super) fn within(file: &str, source: String, range: Range<usize>) -> Self {
        Self {
            file: file.to_owned(),
            no_transaction: false,
            source,
            range,
            separator: None,
        }
    }

    /// The same text, in which `separator` ends a statement, with or without `;`.
    #[must_use]
    pub(super) fn separated_by(self, separator: &'static str) -> Self {
        Self {
            separator: Some(separator),
            ..self
        }
    }

    /// The text by itself: with LF line ends, and without a byte order mark.
    #[must_use]
    pub fn text(&self) -> String {
        let own = &self.source[self.range.clone()];
        let own = own
            .trim_start_matches(BYTE_ORDER_MARK)
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        match self.separator {
            Some(separator) => joined(&own, separator),
            None if self.range.start > 0 => own.trim_start().to_owned(),
            None => own,
        }
    }

    /// The text at its place in the file: every byte of the rest is a space, and lines stay lines.
    #[must_use]
    pub fn in_place(&self) -> String {
        let mut text = self.source.clone().into_bytes();
        let outside = [0..self.range.start, self.range.end..text.len()];
        for range in outside {
            blank(&mut text[range]);
        }
        if self.source.starts_with(BYTE_ORDER_MARK) {
            blank(&mut text[..BYTE_ORDER_MARK.len()]);
        }
        if let Some(separator) = self.separator {
            self.end_statements(&mut text, separator);
        }
        // Only whole characters were replaced.
        String::from_utf8(text).unwrap_or_default()
    }

    /// Replaces each separator by `;` where the statement before it has none.
    fn end_statements(&self, text: &mut [u8], separator: &str) {
        let mut start = 0;
        for (at, _) in self.source.match_indices(separator) {
            let piece = &self.source[start..at];
            let tokens = sql::tokens(piece);
            let last = tokens.iter().rfind(|token| token.is_significant());
            let is_open = last.is_some_and(|last| last.kind != TokenKind::Semicolon);
            // A comment at the end of the line would hide the `;` after it.
            let hidden = tokens
                .last()
                .filter(|token| token.kind == TokenKind::LineComment && !piece.ends_with('\n'));
            let from = hidden.map_or(at, |comment| start + comment.span.range().start);
            let end = at + separator.len();
            blank(&mut text[from..end]);
            if is_open {
                text[from] = b';';
            }
            start = end;
        }
    }
}

/// Replaces every byte by a space, but line ends.
pub(super) fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if !matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// Joins the pieces between separators. The tool sends each by itself, so that its last `;` may be
/// missing.
fn joined(text: &str, separator: &str) -> String {
    let pieces = text.split(separator).map(|piece| {
        let piece = piece.trim_matches(['\n', ' ']);
        // Comments may stand behind the last statement.
        let last = sql::tokens(piece)
            .into_iter()
            .rfind(|token| token.is_significant());
        match last {
            Some(last) if last.kind != TokenKind::Semicolon => {
                let end = last.span.range().end;
                format!("{};{}", &piece[..end], &piece[end..])
            }
            Some(_) | None => piece.to_owned(),
        }
    });
    pieces
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKPOINT: &str = "--> statement-breakpoint";

    #[test]
    fn pieces_end_with_a_semicolon_before_their_comments() {
        assert_eq!(
            joined("a--> statement-breakpoint\nb; -- c", BREAKPOINT),
            "a;\n\nb; -- c\n"
        );
        assert_eq!(
            joined("a -- why\n--> statement-breakpoint\n", BREAKPOINT),
            "a; -- why\n"
        );
    }

    #[test]
    fn in_place_every_byte_keeps_its_offset() {
        let text = "\u{feff}-- é\r\n-- up\r\nselect 'é';\n-- down\nselect 2;";
        let start = text.find("select 'é'").expect("up");
        let end = text.find("-- down").expect("down");
        let placed = DirectionPart::within("a.sql", text.to_owned(), start..end).in_place();
        assert_eq!((placed.len(), placed.lines().count()), (text.len(), 5));
        assert_eq!(placed.find("select 'é';"), Some(start));
        assert_eq!(placed.trim(), "select 'é';");
    }

    #[test]
    fn in_place_a_separator_ends_its_statement() {
        let placed = |text: &str| {
            let part = DirectionPart::whole("a.sql", text.to_owned()).separated_by(BREAKPOINT);
            let placed = part.in_place();
            assert_eq!(placed.len(), text.len());
            sql::statements(&placed)
                .iter()
                .map(|statement| statement.text().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(placed("a;--> statement-breakpoint\nb"), ["a", "b"]);
        assert_eq!(placed("a\n--> statement-breakpoint\nb;"), ["a", "b"]);
        assert_eq!(placed("a -- why--> statement-breakpoint\nb"), ["a", "b"]);
        assert_eq!(placed("--> statement-breakpoint\nb"), ["b"]);
    }
}
