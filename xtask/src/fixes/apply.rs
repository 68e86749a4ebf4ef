//! Applies changes to the text of a file. Of changes that overlap the first is applied; the others
//! wait until the result was read again.

use crate::report::Suggestion;

/// A text after changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The text after the changes.
    pub text: String,
    /// For each change, whether it is in it.
    pub taken: Vec<bool>,
}

/// Applies the changes of one file to its `text`.
#[must_use]
pub fn apply(text: &str, changes: &[&Suggestion]) -> Applied {
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|at| (changes[*at].span, changes[*at].rank));
    let mut applied = Applied {
        text: String::with_capacity(text.len()),
        taken: vec![false; changes.len()],
    };
    let mut last: Option<&Suggestion> = None;
    let mut copied = 0;
    for at in order {
        let change = changes[at];
        let same = last
            .is_some_and(|last| last.span == change.span && last.replacement == change.replacement);
        if same {
            applied.taken[at] = true;
        } else if text.get(change.span.range()).is_some()
            && last.is_none_or(|last| fits_behind(last, change))
        {
            applied
                .text
                .push_str(&text[copied..change.span.start as usize]);
            applied.text.push_str(&change.replacement);
            copied = change.span.end as usize;
            applied.taken[at] = true;
            last = Some(change);
        }
    }
    applied.text.push_str(&text[copied..]);
    applied
}

/// Whether `next` touches nothing that `last` changes. At one place only members of a list may
/// follow each other.
fn fits_behind(last: &Suggestion, next: &Suggestion) -> bool {
    let inserts = |change: &Suggestion| change.span.start == change.span.end;
    if inserts(last) || inserts(next) {
        let members = last.rank.is_some() && next.rank.is_some() && inserts(last) && inserts(next);
        return next.span.start > last.span.end || (next.span.start == last.span.end && members);
    }
    next.span.start >= last.span.end
}
