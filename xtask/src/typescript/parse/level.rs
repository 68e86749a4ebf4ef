//! The position of lowering: its depth, and the place in the file that a place of the parser stands
//! for.

use std::sync::Arc;

use super::bodies::DeferredFile;
use crate::source::Span;

/// Types and expressions that are nested deeper are not read. Code that people write is nested 20
/// levels deep at most. Each level costs stack in every walk of the tree.
const DEPTH: u32 = 600;

/// The place of the syntax node that is being lowered.
#[derive(Clone, Copy)]
pub(super) struct NestingLevel<'l> {
    depth: u32,
    /// The offset that is added to the places of the parser. It wraps around, because a body that
    /// is parsed by itself stands behind a head that its file lacks.
    offset: u32,
    /// The file whose bodies are left for later; none where they are read together with what stands
    /// around them.
    source: Option<&'l Arc<DeferredFile>>,
}

impl<'l> NestingLevel<'l> {
    /// The top of the file `source`, whose bodies are left for later.
    pub fn top(source: &'l Arc<DeferredFile>) -> Self {
        Self {
            depth: 0,
            offset: 0,
            source: Some(source),
        }
    }

    /// Inside a body at `at` that was parsed behind `head`.
    pub fn behind(head: &str, at: Span) -> Self {
        let length = u32::try_from(head.len()).unwrap_or_default();
        Self {
            depth: 0,
            offset: at.start.wrapping_sub(length),
            source: None,
        }
    }

    /// The top of a file whose bodies are read at once.
    #[cfg(test)]
    pub fn whole() -> Self {
        Self {
            depth: 0,
            offset: 0,
            source: None,
        }
    }

    pub fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    pub fn is_too_deep(self) -> bool {
        self.depth >= DEPTH
    }

    pub fn source(self) -> Option<&'l Arc<DeferredFile>> {
        self.source
    }

    /// The place in the file.
    pub fn span(self, at: oxc_span::Span) -> Span {
        Span {
            start: at.start.wrapping_add(self.offset),
            end: at.end.wrapping_add(self.offset),
        }
    }
}
