//! Files that hold both directions, each after a comment: `-- migrate:up`, `-- Down Migration`.

use crate::migrations::sql::{self, Token, TokenKind};

/// Where a direction begins.
pub(super) struct Marker<'a> {
    /// Whether it is the way back.
    pub down: bool,
    /// What follows the marker on its line: `transaction:false`.
    pub options: &'a str,
    start: usize,
    end: usize,
}

/// The text of one direction.
pub(super) struct Half<'a> {
    pub down: bool,
    pub options: &'a str,
    pub text: &'a str,
}

/// Cuts `text` at the comments that `direction` recognises: given the comment without its dashes, it says whether it
/// is the way back, and what the options are. The first part of the result is what stands before the first one.
pub(super) fn split<'a>(text: &'a str, direction: fn(&'a str) -> Option<(bool, &'a str)>) -> (&'a str, Vec<Half<'a>>) {
    let is_comment = |token: &Token| token.kind == TokenKind::LineComment;
    let markers: Vec<_> = sql::tokens(text)
        .into_iter()
        .filter(is_comment)
        .filter_map(|token| {
            let range = token.span.range();
            let (down, options) = direction(text.get(range.clone())?.trim_start_matches('-').trim())?;
            Some(Marker { down, options, start: range.start, end: range.end })
        })
        .collect();
    let ends = markers.iter().skip(1).map(|next| next.start).chain([text.len()]);
    let halves = markers.iter().zip(ends).map(|(marker, end)| Half {
        down: marker.down,
        options: marker.options,
        text: text.get(marker.end..end).unwrap_or_default(),
    });
    let before = markers.first().map_or(text, |first| text.get(..first.start).unwrap_or_default());
    (before, halves.collect())
}
