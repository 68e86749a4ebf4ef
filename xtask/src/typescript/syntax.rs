//! A file as this tool keeps it: owned, small, without parentheses, JSX and other syntax that says
//! nothing about data. The parser's own tree lives in an arena of its thread. This tree can be
//! shared, so that every file is parsed once, and files in parallel.

mod body;
mod expression;
mod module;
mod statement;
mod type_node;

use compact_str::CompactString;
use smallvec::SmallVec;

pub use body::Body;
pub use expression::{
    Argument, Binary, ClassDecl, ClassMember, Expr, ExprKind, Function, KeyName, MemberKind,
    ObjectMember, Parameter, PatternName, PatternRest, PropertyKey,
};
pub use module::{Comment, Export, Import, Imported, Module};
pub use statement::{
    Alias, Case, EnumDecl, EnumMember, Interface, Name, NamespaceDeclaration, Statement,
    StatementKind, Variable,
};
pub use type_node::{
    ConditionalType, ImportType, Keyword, MappedType, Modifier, NamedType, PropertySignature,
    TemplateType, TypeKind, TypeMember, TypeNode, TypeParameter,
};

/// A text of the file. Names and most literals are short, and kept in place.
pub type Text = CompactString;

/// `a.b.C` as its names, most often one.
pub type Path = SmallVec<[Text; 1]>;
