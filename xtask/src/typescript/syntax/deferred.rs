//! What stands between braces and may never be needed: what a function does, what a type or class has. Whoever reads types
//! and schemas needs little of it, so that it is read when it is first needed: by itself, and where more than a few parts of
//! a file are needed, all of the file at once.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::{fmt, slice};

use rustc_hash::FxHashMap;

use super::{
    ClassMember, Expr, ExprKind, Key, KeyName, MemberKind, Property, Statement, StatementKind, TypeKind, TypeMember,
    TypeNode,
};
use crate::source::Span;

/// The parts of something in braces. Using them needs the stack that parsing needs.
#[derive(Debug, Clone)]
pub struct Deferred<P>(Kept<P>);

/// The statements of a function.
pub type Body = Deferred<Statement>;

#[derive(Debug, Clone)]
enum Kept<P> {
    /// What was read together with what stands around it.
    Read(Vec<P>),
    /// What is read when it is needed.
    Later(Box<Later<P>>),
}

#[derive(Debug, Clone)]
struct Later<P> {
    source: Arc<Source>,
    /// From `{` to `}`.
    span: Span,
    /// What was read; none where it is read with all others of the file. Decided once: who holds a statement of a body
    /// recognises it by its address.
    alone: OnceLock<Option<Vec<P>>>,
}

/// What may be read later.
pub trait Part: Sized + 'static {
    /// The parts at these bytes; none where they cannot be read by themselves.
    fn alone(source: &Arc<Source>, span: Span) -> Option<Vec<Self>>;

    /// Those among everything in braces of a file.
    fn among(all: &Braces) -> &FxHashMap<u32, Vec<Self>>;

    /// What stands for parts that cannot be read.
    fn broken() -> &'static [Self];
}

/// Everything in the braces of a file by its first byte, except what stands inside something else that is listed.
#[derive(Debug, Default)]
pub struct Braces {
    /// The bodies of functions.
    pub bodies: FxHashMap<u32, Vec<Statement>>,
    /// Interfaces and object types.
    pub types: FxHashMap<u32, Vec<TypeMember>>,
    /// Classes.
    pub classes: FxHashMap<u32, Vec<ClassMember>>,
}

/// A file of which some was not read yet.
pub struct Source {
    /// The path below the root of the monorepo.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    reader: Reader,
    braces: OnceLock<Braces>,
    /// How much was asked for by itself.
    asked: AtomicU32,
}

/// How parts are read.
#[derive(Clone, Copy)]
pub struct Reader {
    /// A body by itself.
    pub body: fn(&Arc<Source>, Span) -> Option<Vec<Statement>>,
    /// An interface or object type by itself.
    pub members: fn(&Arc<Source>, Span) -> Option<Vec<TypeMember>>,
    /// A class by itself.
    pub class: fn(&Arc<Source>, Span) -> Option<Vec<ClassMember>>,
    /// All of the file.
    pub all: fn(&Source) -> Braces,
}

/// How many parts of a file are read by themselves. Reading one takes the longer the further down it stands.
const ALONE: u32 = 6;

impl<P> Deferred<P> {
    /// What was read.
    #[must_use]
    pub fn read(parts: Vec<P>) -> Self {
        Self(Kept::Read(parts))
    }

    /// What stands in `source` at `span`, braces included.
    #[must_use]
    pub fn later(source: &Arc<Source>, span: Span) -> Self {
        Self(Kept::Later(Box::new(Later { source: Arc::clone(source), span, alone: OnceLock::new() })))
    }
}

impl<P: Part> Deref for Deferred<P> {
    type Target = [P];

    fn deref(&self) -> &[P] {
        match &self.0 {
            Kept::Read(parts) => parts,
            Kept::Later(later) => later.parts(),
        }
    }
}

impl<'d, P: Part> IntoIterator for &'d Deferred<P> {
    type Item = &'d P;
    type IntoIter = slice::Iter<'d, P>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<P: Part> Later<P> {
    fn parts(&self) -> &[P] {
        match self.alone.get_or_init(|| alone(&self.source, self.span)) {
            Some(parts) => parts,
            None => P::among(self.source.braces()).get(&self.span.start).map_or(P::broken(), Vec::as_slice),
        }
    }
}

impl Source {
    /// The file `path`, whose parts `reader` reads.
    #[must_use]
    pub fn new(path: Arc<str>, text: Arc<str>, reader: Reader) -> Self {
        Self { path, text, reader, braces: OnceLock::new(), asked: AtomicU32::new(0) }
    }

    fn braces(&self) -> &Braces {
        self.braces.get_or_init(|| (self.reader.all)(self))
    }
}

/// What stands in `source` at `span`, read by itself where that is worth it.
fn alone<P: Part>(source: &Arc<Source>, span: Span) -> Option<Vec<P>> {
    let is_worth = source.braces.get().is_none() && source.asked.fetch_add(1, Ordering::Relaxed) < ALONE;
    is_worth.then(|| P::alone(source, span)).flatten()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {}", self.path)
    }
}

impl Part for Statement {
    fn alone(source: &Arc<Source>, span: Span) -> Option<Vec<Self>> {
        (source.reader.body)(source, span)
    }

    fn among(all: &Braces) -> &FxHashMap<u32, Vec<Self>> {
        &all.bodies
    }

    /// What the function returns is not known, and why.
    fn broken() -> &'static [Self] {
        static BROKEN: LazyLock<[Statement; 1]> = LazyLock::new(|| {
            let kind = StatementKind::Return(Some(unread("the body of its function does not parse")));
            [Statement { span: Span::default(), exported: false, kind }]
        });
        &*BROKEN
    }
}

impl Part for TypeMember {
    fn alone(source: &Arc<Source>, span: Span) -> Option<Vec<Self>> {
        (source.reader.members)(source, span)
    }

    fn among(all: &Braces) -> &FxHashMap<u32, Vec<Self>> {
        &all.types
    }

    /// A property of which not even the name is known.
    fn broken() -> &'static [Self] {
        static BROKEN: LazyLock<[TypeMember; 1]> = LazyLock::new(|| [TypeMember::Property(unread_property())]);
        &*BROKEN
    }
}

impl Part for ClassMember {
    fn alone(source: &Arc<Source>, span: Span) -> Option<Vec<Self>> {
        (source.reader.class)(source, span)
    }

    fn among(all: &Braces) -> &FxHashMap<u32, Vec<Self>> {
        &all.classes
    }

    /// As of a type.
    fn broken() -> &'static [Self] {
        static BROKEN: LazyLock<[ClassMember; 1]> = LazyLock::new(|| {
            let kind = MemberKind::Field(None);
            let property = unread_property();
            [ClassMember { property, is_static: false, readonly: false, hidden: false, kind, decorators: Vec::new() }]
        });
        &*BROKEN
    }
}

fn unread(why: &'static str) -> Expr {
    Expr { span: Span::default(), kind: ExprKind::Other(why) }
}

fn unread_property() -> Property {
    const WHY: &str = "what it holds does not parse";
    let span = Span::default();
    let key = Key { span, name: KeyName::Computed(Box::new(unread(WHY))) };
    Property { span, key, optional: false, value: Some(TypeNode { span, kind: TypeKind::Other(WHY) }) }
}
