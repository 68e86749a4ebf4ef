//! How far lowering has descended, and what it does with what stands in braces.

use std::cell::RefCell;
use std::sync::Arc;

use oxc_ast::ast;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{functions, span, statements, types};
use crate::typescript::syntax::{Body, Braces as Found, ClassMember, Deferred, Source, TypeMember};

/// What is nested deeper than this is not read: types and expressions that people write are not.
const DEPTH: u32 = 600;

/// Where lowering is.
#[derive(Clone, Copy)]
pub(super) struct Level<'l> {
    depth: u32,
    braces: &'l Braces,
}

/// What is done with what stands in braces: bodies of functions, types and classes.
pub(super) enum Braces {
    /// Bodies are read when they are needed, and so is all that was left out of what is parsed. The set holds the first
    /// bytes of that; one that is met, by itself or inside another, is taken out of it.
    Later(Arc<Source>, RefCell<FxHashSet<u32>>),
    /// They are what is wanted, and collected here.
    Wanted(RefCell<Found>),
    /// They are part of what is read.
    Inside,
}

impl Braces {
    /// Whether everything that was left out was met.
    pub fn all_met(&self) -> bool {
        match self {
            Self::Later(_, left_out) => left_out.borrow().is_empty(),
            Self::Wanted(_) | Self::Inside => true,
        }
    }

    /// What was wanted.
    pub fn found(self) -> Found {
        match self {
            Self::Wanted(found) => found.into_inner(),
            Self::Later(..) | Self::Inside => Found::default(),
        }
    }

    /// Takes what starts at `start` out of what was left out; whether it was.
    fn meet(left_out: &RefCell<FxHashSet<u32>>, start: u32) -> bool {
        let mut left_out = left_out.borrow_mut();
        !left_out.is_empty() && left_out.remove(&start)
    }
}

impl<'l> Level<'l> {
    /// At the top of a file.
    pub fn top(braces: &'l Braces) -> Self {
        Self { depth: 0, braces }
    }

    pub fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    pub fn is_too_deep(self) -> bool {
        self.depth >= DEPTH
    }

    fn inside(self) -> Self {
        Self { braces: &Braces::Inside, ..self }
    }

    /// The body of a function.
    pub fn body(self, node: &ast::FunctionBody<'_>) -> Body {
        let read = || statements::lower_all(&node.statements, self.inside());
        match self.braces {
            Braces::Later(source, left_out) => {
                let was_left_out = Braces::meet(left_out, node.span.start);
                let mut left_out = left_out.borrow_mut();
                if !was_left_out && !left_out.is_empty() {
                    left_out.retain(|start| !(node.span.start..node.span.end).contains(start));
                }
                if was_left_out || !node.statements.is_empty() {
                    return Body::later(source, span(node.span));
                }
            }
            Braces::Wanted(found) => {
                found.borrow_mut().bodies.insert(node.span.start, read());
            }
            Braces::Inside => return Body::read(read()),
        }
        Body::read(Vec::new())
    }

    /// What an interface or object type has.
    pub fn members(self, at: oxc_span::Span, members: &[ast::TSSignature<'_>]) -> Deferred<TypeMember> {
        self.deferred(at, |level| types::members(members, level), |found| &mut found.types)
    }

    /// What a class has.
    pub fn class(self, node: &ast::ClassBody<'_>) -> Deferred<ClassMember> {
        self.deferred(node.span, |level| functions::class_members(&node.body, level), |found| &mut found.classes)
    }

    fn deferred<P>(
        self,
        at: oxc_span::Span,
        read: impl Fn(Self) -> Vec<P>,
        of: fn(&mut Found) -> &mut FxHashMap<u32, Vec<P>>,
    ) -> Deferred<P> {
        match self.braces {
            Braces::Later(source, left_out) if Braces::meet(left_out, at.start) => Deferred::later(source, span(at)),
            Braces::Wanted(found) => {
                // Once for what is wanted inside it, and once for itself.
                let parts = read(self);
                let whole = read(self.inside());
                of(&mut found.borrow_mut()).insert(at.start, whole);
                Deferred::read(parts)
            }
            Braces::Later(..) | Braces::Inside => Deferred::read(read(self)),
        }
    }
}
