//! What a function does. Whoever reads types and schemas calls few functions, so that a body is read when it is first
//! needed: by itself, and where more than a few of a file are needed, all of the file at once.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use rustc_hash::FxHashMap;

use super::{Expr, ExprKind, Statement, StatementKind};
use crate::source::Span;

/// The statements of a function.
#[derive(Debug, Clone)]
pub struct Body(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// What was read together with what stands around it.
    Read(Vec<Statement>),
    /// A body of a file that is read when it is needed.
    Later(Later),
}

#[derive(Debug, Clone)]
struct Later {
    source: Arc<Source>,
    /// From `{` to `}`.
    span: Span,
    /// What was read; none where it is read with all others of the file. Decided once: who holds a statement of the body
    /// recognises it by its address.
    alone: OnceLock<Option<Vec<Statement>>>,
}

/// The bodies of a file by their first byte, those inside other bodies left out.
pub type Bodies = FxHashMap<u32, Vec<Statement>>;

/// A file whose bodies were not read yet.
pub struct Source {
    /// The path below the root of the monorepo.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    reader: Reader,
    bodies: OnceLock<Bodies>,
    /// How many bodies were asked for by themselves.
    asked: AtomicU32,
}

/// How bodies are read.
#[derive(Clone, Copy)]
pub struct Reader {
    /// The one at these bytes; none where it cannot be read by itself.
    pub one: fn(&Source, Span) -> Option<Vec<Statement>>,
    /// All of the file.
    pub all: fn(&Source) -> Bodies,
}

/// How many bodies of a file are read by themselves. Reading one takes the longer the further down it stands.
const ALONE: u32 = 4;

/// A body that cannot be read: what its function returns is not known, and why.
static BROKEN: LazyLock<[Statement; 1]> = LazyLock::new(|| {
    let span = Span::default();
    let why = ExprKind::Other("the body of its function does not parse");
    [Statement { span, exported: false, kind: StatementKind::Return(Some(Expr { span, kind: why })) }]
});

impl Body {
    /// A body that was read.
    #[must_use]
    pub fn read(statements: Vec<Statement>) -> Self {
        Self(Kept::Read(statements))
    }

    /// The body of `source` at `span`, braces included.
    #[must_use]
    pub fn later(source: &Arc<Source>, span: Span) -> Self {
        Self(Kept::Later(Later { source: Arc::clone(source), span, alone: OnceLock::new() }))
    }

    /// Its statements. Needs the stack that parsing needs.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        match &self.0 {
            Kept::Read(statements) => statements,
            Kept::Later(later) => later.statements(),
        }
    }
}

impl Later {
    fn statements(&self) -> &[Statement] {
        match self.alone.get_or_init(|| self.source.one(self.span)) {
            Some(statements) => statements,
            None => self.source.bodies().get(&self.span.start).map_or(&*BROKEN, Vec::as_slice),
        }
    }
}

impl Source {
    /// The file `path`, whose bodies `reader` reads.
    #[must_use]
    pub fn new(path: Arc<str>, text: Arc<str>, reader: Reader) -> Self {
        Self { path, text, reader, bodies: OnceLock::new(), asked: AtomicU32::new(0) }
    }

    fn one(&self, span: Span) -> Option<Vec<Statement>> {
        let is_worth = self.bodies.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < ALONE;
        is_worth.then(|| (self.reader.one)(self, span)).flatten()
    }

    fn bodies(&self) -> &Bodies {
        self.bodies.get_or_init(|| (self.reader.all)(self))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {}", self.path)
    }
}
