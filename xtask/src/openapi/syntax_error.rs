//! Why a text is neither YAML nor JSON that can be read.

use crate::source::Span;

/// So deep lists and objects may be nested. The deepest documents that people write have some
/// thirty levels; the parser of JSON is recursive.
pub(super) const DEPTH: usize = 128;

/// Why a text cannot be read, and where.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub span: Span,
    pub message: String,
}

impl SyntaxError {
    pub fn too_deep(span: Span) -> Self {
        Self {
            span,
            message: format!("the file is nested deeper than {DEPTH} levels"),
        }
    }
}
