//! Types as they are written.

use super::{Path, PropertyKey, Text};
use crate::source::Span;

/// A type as it is written. Most of a generated file is types, so a node is small: the parts of
/// rarer kinds are boxed.
#[derive(Debug, Clone)]
pub struct TypeNode {
    /// Its bytes.
    pub span: Span,
    /// The kind of type node.
    pub kind: TypeKind,
}

/// The kind of a type node.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// `string`, `null`…
    Keyword(Keyword),
    /// `'a'`
    String(Text),
    /// `1`, `-1`
    Number(f64),
    /// `true`
    Boolean(bool),
    /// `1n`
    Bigint,
    /// `` `a${string}` ``
    Template(Box<TemplateType>),
    /// `T[]`
    Array(Box<TypeNode>),
    /// `[A, B?, ...C]`; optional elements are unions with `undefined`, rest elements arrays.
    Tuple(Box<[TypeNode]>),
    /// `...T` in a tuple.
    Rest(Box<TypeNode>),
    /// `A | B`
    Union(Box<[TypeNode]>),
    /// `A & B`
    Intersection(Box<[TypeNode]>),
    /// `a.b.C<T>`
    Reference(Box<NamedType>),
    /// `typeof a.b`
    Query(Box<NamedType>),
    /// `import('x').A<T>`
    Import(Box<ImportType>),
    /// `{…}`
    Object(Box<[TypeMember]>),
    /// `T[K]`
    Indexed(Box<TypeNode>, Box<TypeNode>),
    /// `keyof T`
    KeyOf(Box<TypeNode>),
    /// `{ [K in C as N]: T }`
    Mapped(Box<MappedType>),
    /// `C extends E ? T : F`
    Conditional(Box<ConditionalType>),
    /// `infer T`
    Infer(Box<Text>),
    /// A function or constructor type.
    Function,
    /// `this`
    This,
    /// Anything else, named for the reason it is not read.
    Other(&'static str),
}

/// A name with its type arguments: `a.b.C<T>`.
#[derive(Debug, Clone)]
pub struct NamedType {
    /// `a.b.C`
    pub path: Path,
    /// `<T>`
    pub arguments: Box<[TypeNode]>,
}

impl NamedType {
    /// Whether it is `name` alone, whatever its arguments.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        matches!(self.path.as_slice(), [only] if only == name)
    }

    /// The names and the type arguments, to be matched together.
    #[must_use]
    pub fn parts(&self) -> (&[Text], &[TypeNode]) {
        (&self.path, &self.arguments)
    }
}

/// `import('x').A<T>`
#[derive(Debug, Clone)]
pub struct ImportType {
    /// `x`
    pub specifier: Text,
    /// `A<T>`
    pub named: NamedType,
    /// Whether `typeof` stands before it.
    pub of_value: bool,
}

/// `` `a${string}` ``
#[derive(Debug, Clone)]
pub struct TemplateType {
    /// The texts around the types, one more than types.
    pub texts: Box<[Text]>,
    /// `string`
    pub types: Box<[TypeNode]>,
}

/// `{ [K in C as N]: T }`
#[derive(Debug, Clone)]
pub struct MappedType {
    /// `K`
    pub parameter: Text,
    /// `C`
    pub constraint: TypeNode,
    /// `N`
    pub name: Option<TypeNode>,
    /// `T`
    pub value: Option<TypeNode>,
    /// `?`, `-?`
    pub optional: Modifier,
}

/// `C extends E ? T : F`
#[derive(Debug, Clone)]
pub struct ConditionalType {
    /// `C`
    pub check: TypeNode,
    /// `E`
    pub extends: TypeNode,
    /// `T`
    pub then: TypeNode,
    /// `F`
    pub otherwise: TypeNode,
}

/// A type that is a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// `any`
    Any,
    /// `unknown`
    Unknown,
    /// `never`
    Never,
    /// `string`
    String,
    /// `number`
    Number,
    /// `bigint`
    Bigint,
    /// `boolean`
    Boolean,
    /// `symbol`
    Symbol,
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// `void`
    Void,
    /// `object`
    Object,
}

/// The effect of a mapped type on the `?` of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    /// Nothing.
    Keep,
    /// `?`, `+?`
    Add,
    /// `-?`
    Remove,
}

/// A member of an interface or object type.
#[derive(Debug, Clone)]
pub enum TypeMember {
    /// `name?: T`
    Property(PropertySignature),
    /// `[key: string]: T`
    Index(Box<[TypeNode; 2]>),
    /// A method: not data.
    Method,
    /// A call or construct signature: a type with one is a function.
    Call,
}

/// `name?: T`, of an interface, object type or class.
#[derive(Debug, Clone)]
pub struct PropertySignature {
    /// All of it.
    pub span: Span,
    /// `name`
    pub key: PropertyKey,
    /// Whether there is a `?`.
    pub optional: bool,
    /// `T`; a property without one is `any`.
    pub value: Option<TypeNode>,
}

/// `T extends C = D`
#[derive(Debug, Clone)]
pub struct TypeParameter {
    /// `T`
    pub name: Text,
    /// `C`
    pub constraint: Option<TypeNode>,
    /// `D`
    pub default: Option<TypeNode>,
    /// `const T`: literals that are given stay literals.
    pub constant: bool,
}

impl TypeNode {
    /// The properties of an object type that stand in it by name, for a reader that only looks for
    /// one.
    pub fn properties(members: &[TypeMember]) -> impl Iterator<Item = &PropertySignature> {
        members.iter().filter_map(|member| match member {
            TypeMember::Property(property) => Some(property),
            TypeMember::Index(_) | TypeMember::Method | TypeMember::Call => None,
        })
    }
}
