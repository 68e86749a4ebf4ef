//! Comments that speak to this tool: `@table users`, `@projection`, `// db-verify-ignore TYPE:
//! reason`.

use super::File;
use crate::facts::{Ignore, Tags};
use crate::source::Span;
use crate::typescript::syntax::{Comment, Module};
use crate::typescript::vocabulary;

impl File<'_, '_> {
    /// The tags of the declaration at `span`.
    pub(super) fn tags(&self, span: Span) -> Tags {
        read(self.module, span)
    }
}

/// The tags of what stands at `span`: of the comments before it, and of one behind it on its last
/// line.
pub(in crate::typescript) fn read(module: &Module, span: Span) -> Tags {
    let mut tags = Tags::default();
    for comment in module
        .comments
        .iter()
        .filter(|comment| belongs(module, comment, span))
    {
        add(module, comment, &mut tags);
    }
    tags
}

fn belongs(module: &Module, comment: &Comment, span: Span) -> bool {
    match comment.before {
        Some(before) => before == span.start,
        None => {
            let end = Span {
                start: span.end.saturating_sub(1),
                end: span.end,
            };
            comment.span.start >= span.start
                && module.location(comment.span).line == module.location(end).line
        }
    }
}

fn add(module: &Module, comment: &Comment, tags: &mut Tags) {
    for line in comment.text.lines() {
        let line = line.trim_start_matches([' ', '\t', '*']).trim_end();
        if let Some(rest) = after(line, vocabulary::TABLE_TAG) {
            tags.table = rest
                .split_whitespace()
                .next()
                .map(str::to_owned)
                .or(tags.table.take());
        }
        tags.projection |= after(line, vocabulary::PROJECTION_TAG).is_some();
        if let Some(rest) = after(line, vocabulary::IGNORE_TAG) {
            let (kind, reason) = rest.split_once(':').unwrap_or((rest, ""));
            tags.ignores.push(Ignore {
                kind: kind.trim().to_owned(),
                reason: reason.trim().to_owned(),
                location: module.location(comment.span),
            });
        }
    }
}

/// Returns the text that follows the word `word` in `line`. `None` where `word` is missing, or is
/// only the beginning of a longer word.
fn after<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = &line[line.find(word)? + word.len()..];
    (rest.is_empty() || rest.starts_with([' ', '\t', ':']))
        .then(|| rest.trim_start_matches(':').trim())
}
