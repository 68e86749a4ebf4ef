//! Files that hold both directions, each after a line that says so: `-- migrate:up`, `-- Down
//! Migration`. The tools look for the first such line of each direction by a regular expression,
//! wherever it stands, and so does this module.

use std::ops::Range;

use regex::Regex;

/// The place of one direction.
pub(super) struct Half<'a> {
    /// The rest of the marker's line: `transaction:false`.
    pub options: &'a str,
    /// The bytes below the marker's line.
    pub range: Range<usize>,
}

/// A file, cut at its markers.
pub(super) struct Halves<'a> {
    /// The bytes before the first marker.
    pub before: Range<usize>,
    pub up: Option<Half<'a>>,
    pub down: Option<Half<'a>>,
}

/// Cuts `text` at the first line that `up` finds and at the first that `down` finds.
pub(super) fn split<'a>(text: &'a str, up: &Regex, down: &Regex) -> Halves<'a> {
    let (up, down) = (place(text, up), place(text, down));
    let half = |own: Option<(usize, usize)>, other: Option<(usize, usize)>| {
        let (start, found) = own?;
        let end = other
            .map(|(other, _)| other)
            .filter(|other| *other > start)
            .unwrap_or(text.len());
        let line = text[found..end].find('\n').map_or(end, |at| found + at);
        Some(Half {
            options: text[found..line].trim(),
            range: (line + 1).min(end)..end,
        })
    };
    let first = [up, down]
        .into_iter()
        .flatten()
        .map(|(start, _)| start)
        .min();
    Halves {
        before: 0..first.unwrap_or(text.len()),
        up: half(up, down),
        down: half(down, up),
    }
}

/// The byte at which the line begins, and the byte at which the marker on it ends.
fn place(text: &str, marker: &Regex) -> Option<(usize, usize)> {
    let found = marker.find(text)?;
    // The pattern may match white space around the marker, line ends included.
    let start = found.start() + found.as_str().len() - found.as_str().trim_start().len();
    let end = found.start() + found.as_str().trim_end().len();
    Some((start, end))
}
