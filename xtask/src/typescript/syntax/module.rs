//! A file with its imports and exports.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Statement, Text};
use crate::facts::Problem;
use crate::source::{LineIndex, Location, Span};

/// A file.
#[derive(Debug)]
pub struct Module {
    /// The path below the root of the monorepo.
    pub path: Arc<str>,
    /// Turns bytes into lines and columns.
    pub lines: LineIndex,
    /// The statements of the file.
    pub statements: Vec<Statement>,
    /// The statements that declare each name: several where an interface is merged, or a constant
    /// and a type share a name.
    pub names: FxHashMap<Text, SmallVec<[usize; 1]>>,
    /// The target of each imported name.
    pub imports: FxHashMap<Text, Import>,
    /// Names that are exported otherwise than by `export` before their declaration.
    pub exports: FxHashMap<Text, Export>,
    /// The statements that are `declare module '…'`: their content may belong to another file.
    pub ambient: Vec<usize>,
    /// The specifiers of `export * from`.
    pub star_exports: Vec<Text>,
    /// The comments that speak to this tool, in order.
    pub comments: Vec<Comment>,
    /// The parts of the file that could not be read.
    pub problems: Vec<Problem>,
}

/// The target of an imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module as written: `./user`, `zod`.
    pub specifier: Text,
    /// The imported name.
    pub imported: Imported,
}

/// A name of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// `{ a }`; `default` for a default import.
    Name(Text),
    /// `* as a`
    Namespace,
}

/// The target of an exported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// A name of this file: `export { local as name }`.
    Local(Text),
    /// A name of another: `export { a as name } from './b'`, `export * as name from './b'`.
    From(Import),
}

impl Export {
    /// The import that it passes on.
    #[must_use]
    pub fn import(&self) -> Option<&Import> {
        match self {
            Self::From(import) => Some(import),
            Self::Local(_) => None,
        }
    }
}

/// A comment that speaks to this tool: it holds `@table`, `@projection`, `db-verify-ignore` or the
/// like.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its bytes.
    pub span: Span,
    /// The text without `//` and `/* */`.
    pub text: String,
    /// The first byte of the node that it stands before; none for a comment behind code.
    pub before: Option<u32>,
}

impl Module {
    /// The place of `span` in this file.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        self.lines.location(span)
    }

    /// The statements at the top of the file that declare `name`.
    pub fn declarations(&self, name: &str) -> impl Iterator<Item = &Statement> {
        self.names
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|at| self.statements.get(*at))
    }

    /// Whether other files can import the name `local` of this one.
    #[must_use]
    pub fn is_exported(&self, local: &str) -> bool {
        self.declarations(local).any(|statement| statement.exported)
            || self
                .exports
                .values()
                .any(|export| matches!(export, Export::Local(name) if name == local))
    }
}
