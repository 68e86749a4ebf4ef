//! Keeps the comments that speak to this tool; most do not, and would only cost memory.

use oxc_ast::ast;

use super::span;
use crate::typescript::syntax::Comment;

/// Words that make a comment worth keeping.
const WORDS: [&str; 5] = ["@table", "@projection", "db-verify-ignore", "Represents the ", "@kanel"];

/// The comments of the file that hold one of [`WORDS`].
pub(super) fn read(comments: &[ast::Comment], text: &str) -> Vec<Comment> {
    comments.iter().filter_map(|comment| keep(comment, text)).collect()
}

fn keep(comment: &ast::Comment, text: &str) -> Option<Comment> {
    let content = comment.content_span();
    let content = text.get(content.start as usize..content.end as usize)?;
    let speaks = WORDS.iter().any(|word| content.contains(word));
    let before = comment.is_leading().then_some(comment.attached_to);
    speaks.then(|| Comment { span: span(comment.span), text: content.to_owned(), before })
}
