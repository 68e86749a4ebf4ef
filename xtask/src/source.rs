//! Places in source text. Every fact that is read keeps the place it was read from, so that a finding can point at
//! the very line. Lines and columns are 1-based from the moment they exist.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A place in a file below the root of the monorepo.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path relative to the root, with `/` on every platform.
    pub file: Arc<str>,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, counted in characters.
    pub column: u32,
    /// Byte range in the file, for excerpts and edits; not part of any output.
    pub span: Span,
}

/// Half-open byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range as `Range<usize>`, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Turns byte offsets of one file into [`Location`]s.
#[derive(Debug, Clone)]
pub struct LineIndex {
    file: Arc<str>,
    text: Arc<str>,
    /// Found when the first place is asked for: most files are never asked.
    line_starts: OnceLock<Vec<u32>>,
}

impl LineIndex {
    /// Indexes the lines of `text`, which is the content of `file`.
    #[must_use]
    pub fn new(file: Arc<str>, text: Arc<str>) -> Self {
        Self { file, text, line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(newlines.map(|at| offset(at + 1))).collect()
        })
    }

    /// The place of the byte range `span`; a range beyond the text is cut to it.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        let start = floor_char_boundary(&self.text, span.start as usize);
        let line_starts = self.line_starts();
        let line = line_starts.partition_point(|line_start| *line_start as usize <= start);
        let line_start = line_starts[line - 1] as usize;
        let column = self.text[line_start..start].chars().count() + 1;
        let end = span.end.max(offset(start)).min(offset(self.text.len()));
        Location {
            file: Arc::clone(&self.file),
            line: offset(line),
            column: offset(column),
            span: Span { start: offset(start), end },
        }
    }
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, start: u32, end: u32) -> (u32, u32) {
        let index = LineIndex::new("a.ts".into(), text.into());
        let location = index.location(Span { start, end });
        (location.line, location.column)
    }

    #[test]
    fn lines_and_columns_are_one_based_and_counted_in_characters() {
        assert_eq!(place("ab\ncd", 0, 1), (1, 1));
        assert_eq!(place("ab\ncd", 3, 4), (2, 1));
        assert_eq!(place("äb\nöx", 6, 7), (2, 2));
        assert_eq!(place("", 0, 0), (1, 1));
    }

    #[test]
    fn ranges_beyond_the_text_or_inside_a_character_are_cut() {
        assert_eq!(place("ab", 99, 120), (1, 3));
        assert_eq!(place("ä", 1, 2), (1, 1));
    }
}
