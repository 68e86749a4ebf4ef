//! What a function does. Whoever reads types and schemas calls few functions, so that bodies are read when one of
//! them is first needed: then those of the whole file, once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use super::{Expr, ExprKind, Statement, StatementKind};
use crate::source::Span;

/// The statements of a function.
#[derive(Debug, Clone)]
pub struct Body(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// What was read together with what stands around it.
    Read(Vec<Statement>),
    /// The body that starts at a byte of a file.
    Later(Arc<Source>, u32),
}

/// The bodies of a file by their first byte, those inside other bodies left out.
pub type Bodies = HashMap<u32, Vec<Statement>>;

/// A file whose bodies were not read yet.
pub struct Source {
    /// The path below the root of the monorepo.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    read: fn(&Self) -> Bodies,
    bodies: OnceLock<Bodies>,
}

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

    /// The body of `source` that starts at the byte `start`.
    #[must_use]
    pub fn later(source: &Arc<Source>, start: u32) -> Self {
        Self(Kept::Later(Arc::clone(source), start))
    }

    /// Its statements. Needs the stack that parsing needs.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        match &self.0 {
            Kept::Read(statements) => statements,
            Kept::Later(source, start) => source.bodies().get(start).map_or(&*BROKEN, Vec::as_slice),
        }
    }
}

impl Source {
    /// The file `path`, whose bodies `read` reads.
    #[must_use]
    pub fn new(path: Arc<str>, text: Arc<str>, read: fn(&Self) -> Bodies) -> Self {
        Self { path, text, read, bodies: OnceLock::new() }
    }

    fn bodies(&self) -> &Bodies {
        self.bodies.get_or_init(|| (self.read)(self))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {}", self.path)
    }
}
