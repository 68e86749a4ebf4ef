//! Comments that speak to this tool, in a Prisma schema: `// db-verify-ignore TYPE: reason` in the
//! lines above a field or model, or behind it.

use super::source_file::{IGNORE_TAG, SourceFile};
use super::syntax::Comment;
use crate::facts::{Ignore, Tags};
use crate::source::Span;

/// The tags of what stands from the byte `start` to the end `line_end` of its line.
pub(super) fn at(file: &SourceFile, start: u32, line_end: u32) -> Tags {
    let mut tags = Tags::default();
    // Most files have no such comment.
    if !file.has_tags {
        return tags;
    }
    let belongs = |comment: &&Comment| {
        let behind = comment.span.start >= start && comment.span.start <= line_end;
        behind || (!comment.trailing && comment.span.end <= start && is_above(file, comment, start))
    };
    for comment in file.syntax.comments.iter().filter(belongs) {
        tags.ignores.extend(ignores(file, comment));
    }
    tags
}

/// Whether nothing but space and other comments stands between the comment and `start`.
fn is_above(file: &SourceFile, comment: &Comment, start: u32) -> bool {
    let between = Span {
        start: comment.span.end,
        end: start,
    };
    let mut lines = file.text.get(between.range()).unwrap_or_default().lines();
    lines.all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with("//")
    })
}

fn ignores(file: &SourceFile, comment: &Comment) -> Option<Ignore> {
    let text = file.text.get(comment.span.range())?;
    let rest = &text[text.find(IGNORE_TAG)? + IGNORE_TAG.len()..];
    let rest = rest.trim_start_matches(':').trim_end_matches("*/").trim();
    let (kind, reason) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Ignore {
        kind: kind.trim().to_owned(),
        reason: reason.trim().to_owned(),
        location: file.lines.location(comment.span),
    })
}
