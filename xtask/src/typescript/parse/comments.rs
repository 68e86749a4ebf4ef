//! Keeps the comments that speak to this tool; most do not, and would only cost memory.

use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use oxc_ast::ast;

use super::span;
use crate::typescript::syntax::Comment;
use crate::typescript::vocabulary::COMMENT_WORDS;

static SEARCH: LazyLock<Option<Searcher>> = LazyLock::new(|| Searcher::new(COMMENT_WORDS));

/// Whether a comment in `text` may be one that speaks to this tool.
pub(super) fn may_speak(text: &str) -> bool {
    SEARCH
        .as_ref()
        .is_none_or(|search| search.find(text).is_some())
}

/// The comments of the file that speak to this tool.
pub(super) fn read(comments: &[ast::Comment], text: &str) -> Vec<Comment> {
    comments
        .iter()
        .filter_map(|comment| keep(comment, text))
        .collect()
}

fn keep(comment: &ast::Comment, text: &str) -> Option<Comment> {
    let content = comment.content_span();
    let content = text.get(content.start as usize..content.end as usize)?;
    let before = comment.is_leading().then_some(comment.attached_to);
    may_speak(content).then(|| Comment {
        span: span(comment.span),
        text: content.to_owned(),
        before,
    })
}
