//! Places in source text. Every fact that is read keeps the place it was read from, so that a
//! finding can point at the very line. Lines and columns are 1-based from the moment they exist.

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
    /// The number of line breaks before each block. It is counted at the first request for a place,
    /// which most files never get.
    breaks_before: OnceLock<Vec<u32>>,
    /// The places of what the text was made of, by the bytes that they begin at; none of a file.
    made_of: Option<Arc<[(u32, Location)]>>,
}

/// Bytes of a block, within which line breaks are counted anew for each place. At most 255, because
/// the breaks of a block are summed up in a `u8`.
const BLOCK: usize = 128;

impl LineIndex {
    /// Indexes the lines of `text`, which is the content of `file`.
    #[must_use]
    pub fn new(file: Arc<str>, text: Arc<str>) -> Self {
        Self {
            file,
            text,
            breaks_before: OnceLock::new(),
            made_of: None,
        }
    }

    /// The index of a text that no file holds. Each of its places is that of what it was made of:
    /// `places` has these in the order of the bytes that they begin at.
    #[must_use]
    pub fn made_of(self, places: Vec<(u32, Location)>) -> Self {
        Self {
            made_of: Some(places.into()),
            ..self
        }
    }

    /// Whether no file holds the text.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.made_of.is_some()
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The length of the text in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The number of line breaks before the byte `at`.
    fn breaks_before(&self, at: usize) -> u32 {
        let bytes = self.text.as_bytes();
        let blocks = self.breaks_before.get_or_init(|| {
            let mut before = 0;
            let whole = bytes.as_chunks::<BLOCK>().0.iter().map(|block| {
                before += u32::from(
                    block
                        .iter()
                        .map(|byte| u8::from(*byte == b'\n'))
                        .sum::<u8>(),
                );
                before
            });
            std::iter::once(0).chain(whole).collect()
        });
        let block = at / BLOCK;
        blocks[block] + offset(memchr::memchr_iter(b'\n', &bytes[block * BLOCK..at]).count())
    }

    /// The place of the byte range `span`; a range beyond the text is cut to it.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        if let Some(places) = &self.made_of
            && let Some((_, place)) = places.get(
                places
                    .partition_point(|(start, _)| *start <= span.start)
                    .saturating_sub(1),
            )
        {
            return place.clone();
        }
        let start = floor_char_boundary(&self.text, span.start as usize);
        let line_start =
            memchr::memrchr(b'\n', &self.text.as_bytes()[..start]).map_or(0, |before| before + 1);
        // `chars().count()` counts many bytes at a time, which lines of megabytes with thousands of
        // places need.
        let column = self.text[line_start..start].chars().count() + 1;
        let end = span.end.max(offset(start)).min(offset(self.text.len()));
        Location {
            file: Arc::clone(&self.file),
            line: self.breaks_before(start) + 1,
            column: offset(column),
            span: Span {
                start: offset(start),
                end,
            },
        }
    }
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
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
    fn lines_are_counted_on_over_blocks() {
        let text = format!("{}\n\n", "a\n".repeat(BLOCK));
        let lines = |at: usize| offset(text[..at].matches('\n').count() + 1);
        (0..=text.len())
            .for_each(|at| assert_eq!(place(&text, offset(at), 0).0, lines(at), "{at}"));
    }

    #[test]
    fn ranges_beyond_the_text_or_inside_a_character_are_cut() {
        assert_eq!(place("ab", 99, 120), (1, 3));
        assert_eq!(place("ä", 1, 2), (1, 1));
    }
}
