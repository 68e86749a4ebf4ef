//! How far lowering has descended, and what it does with the bodies of functions.

use std::cell::RefCell;
use std::sync::Arc;

use oxc_ast::ast;
use rustc_hash::FxHashSet;

use super::{span, statements};
use crate::typescript::syntax::{self, Body, Source};

/// What is nested deeper than this is not read: types and expressions that people write are not.
const DEPTH: u32 = 600;

/// Where lowering is.
#[derive(Clone, Copy)]
pub(super) struct Level<'l> {
    depth: u32,
    bodies: &'l Bodies,
}

/// What is done with the bodies of functions.
pub(super) enum Bodies {
    /// They are read when they are needed. The set holds the first bytes of those that were left out of what is
    /// parsed; one that is met, by itself or inside
    /// another, is taken out of it.
    Later(Arc<Source>, RefCell<FxHashSet<u32>>),
    /// They are what is wanted, and collected here.
    Wanted(RefCell<syntax::Bodies>),
    /// They are part of what is read.
    Inside,
}

impl Bodies {
    /// Whether every body that was left out was met.
    pub fn all_met(&self) -> bool {
        match self {
            Self::Later(_, left_out) => left_out.borrow().is_empty(),
            Self::Wanted(_) | Self::Inside => true,
        }
    }

    /// The bodies that were wanted.
    pub fn found(self) -> syntax::Bodies {
        match self {
            Self::Wanted(found) => found.into_inner(),
            Self::Later(..) | Self::Inside => syntax::Bodies::default(),
        }
    }
}

impl<'l> Level<'l> {
    /// At the top of a file.
    pub fn top(bodies: &'l Bodies) -> Self {
        Self { depth: 0, bodies }
    }

    pub fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    pub fn is_too_deep(self) -> bool {
        self.depth >= DEPTH
    }

    /// The body of a function.
    pub fn body(self, node: &ast::FunctionBody<'_>) -> Body {
        let read = || statements::lower_all(&node.statements, Level { bodies: &Bodies::Inside, ..self });
        match self.bodies {
            Bodies::Later(source, left_out) => {
                let mut left_out = left_out.borrow_mut();
                let was_left_out = left_out.remove(&node.span.start);
                if !was_left_out && !left_out.is_empty() {
                    left_out.retain(|start| !(node.span.start..node.span.end).contains(start));
                }
                if was_left_out || !node.statements.is_empty() {
                    return Body::later(source, span(node.span));
                }
            }
            Bodies::Wanted(found) => {
                found.borrow_mut().insert(node.span.start, read());
            }
            Bodies::Inside => return Body::read(read()),
        }
        Body::read(Vec::new())
    }
}
