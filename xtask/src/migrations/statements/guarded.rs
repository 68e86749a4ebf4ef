//! Keeps squawk's parser from ending the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::migrations::sql::{self, TokenKind};

/// Deeper nesting than any statement of a person. squawk's parser recurses into it, and an overflow
/// of the stack ends the process, which `catch_unwind` cannot prevent.
const DEEPEST: usize = 200;

/// Calls `parse`, which parses `text`. `None` where the text is nested too deep, or squawk panics on
/// it.
pub fn guarded<T>(text: &str, parse: impl FnOnce() -> T) -> Option<T> {
    if nesting(text) > DEEPEST {
        return None;
    }
    catch_unwind(AssertUnwindSafe(parse)).ok()
}

/// Returns how deep brackets are nested.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for token in sql::tokens(text) {
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
            _other => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
