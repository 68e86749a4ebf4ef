//! Statements as they are written. Of control flow, only the fact is kept that a statement may not
//! run.

use std::sync::Arc;

use super::{ClassDecl, Expr, Function, Text, TypeMember, TypeNode, TypeParameter};
use crate::source::Span;

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its bytes, from `export` on.
    pub span: Span,
    /// Whether `export` stands before it.
    pub exported: bool,
    /// The kind of statement.
    pub kind: StatementKind,
}

/// The kind of a statement.
#[derive(Debug, Clone)]
pub enum StatementKind {
    /// `interface A {}`
    Interface(Interface),
    /// `type A = B`
    Alias(Alias),
    /// `enum A {}`
    Enum(EnumDecl),
    /// `class A {}`
    Class(Arc<ClassDecl>),
    /// `function a() {}`
    Function(Name, Arc<Function>),
    /// One name of `const a = b`.
    Variable(Variable),
    /// `namespace A {}`
    Namespace(NamespaceDeclaration),
    /// `export default a`, `export = a`
    Default(Expr),
    /// `a();`
    Expression(Expr),
    /// `return a;`
    Return(Option<Expr>),
    /// The bodies of `if`, `for`, `try` and blocks: they may run or not.
    Nested(Vec<Statement>),
    /// The condition of `if (a)`, `while (a)`: it may narrow the types of the names in it. Walks
    /// leave it out.
    Condition(Expr),
    /// `switch (a) { case b: … }`
    Switch(Expr, Vec<Case>),
}

/// `case a: …`, `default: …`
#[derive(Debug, Clone)]
pub struct Case {
    /// `a`; none of `default`.
    pub test: Option<Expr>,
    /// The statements that run.
    pub body: Vec<Statement>,
    /// Whether the next case runs too, because nothing ends this one.
    pub falls_through: bool,
}

/// A declared name.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name; `default` of a default export without one.
    pub text: Text,
    /// Its bytes.
    pub span: Span,
}

/// `interface Name<T> extends A, B { … }`
#[derive(Debug, Clone)]
pub struct Interface {
    /// `Name`
    pub name: Name,
    /// `<T>`
    pub type_parameters: Vec<TypeParameter>,
    /// `A, B`, as references.
    pub extends: Vec<TypeNode>,
    /// `{ … }`
    pub members: Box<[TypeMember]>,
}

/// `type Name<T> = value`
#[derive(Debug, Clone)]
pub struct Alias {
    /// `Name`
    pub name: Name,
    /// `<T>`
    pub type_parameters: Vec<TypeParameter>,
    /// `value`
    pub value: TypeNode,
}

/// `enum Name { A = 'a' }`
#[derive(Debug, Clone)]
pub struct EnumDecl {
    /// `Name`
    pub name: Name,
    /// In order.
    pub members: Vec<EnumMember>,
}

/// `A = 'a'`
#[derive(Debug, Clone)]
pub struct EnumMember {
    /// `A`
    pub name: Text,
    /// `'a'`
    pub value: Option<Expr>,
}

/// One name of `const a: T = b`; of a pattern, `b` is a member access.
#[derive(Debug, Clone)]
pub struct Variable {
    /// `a`
    pub name: Name,
    /// `T`
    pub annotation: Option<TypeNode>,
    /// `b`
    pub value: Option<Expr>,
    /// Whether it is `const`.
    pub constant: bool,
}

/// `namespace A.B { … }`, `declare module 'x' { … }`, `declare global { … }`
#[derive(Debug, Clone)]
pub struct NamespaceDeclaration {
    /// `A`, `x`, `global`
    pub name: Name,
    /// `{ … }`
    pub body: Vec<Statement>,
    /// Whether it is a `module 'x'` or `global`: its names are declared elsewhere.
    pub ambient: bool,
}

impl Statement {
    /// The name that the statement declares.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.declared().map(|name| name.0)
    }

    /// Whether it declares an object type, as is seen without evaluating it.
    #[must_use]
    pub fn is_object_type(&self) -> bool {
        matches!(
            self.kind,
            StatementKind::Interface(_) | StatementKind::Class(_)
        )
    }

    /// The name that the statement declares, with its bytes.
    #[must_use]
    pub fn declared(&self) -> Option<(&str, Span)> {
        let name = match &self.kind {
            StatementKind::Interface(interface) => &interface.name,
            StatementKind::Alias(alias) => &alias.name,
            StatementKind::Enum(declaration) => &declaration.name,
            StatementKind::Class(class) => {
                return class
                    .name
                    .as_ref()
                    .map(|(name, span)| (name.as_str(), *span));
            }
            StatementKind::Function(name, _) => name,
            StatementKind::Variable(variable) => &variable.name,
            StatementKind::Namespace(namespace) => &namespace.name,
            StatementKind::Default(_)
            | StatementKind::Expression(_)
            | StatementKind::Return(_)
            | StatementKind::Nested(_)
            | StatementKind::Condition(_)
            | StatementKind::Switch(..) => return None,
        };
        Some((&name.text, name.span))
    }

    /// As [`Expr::walk`], over all expressions of the statement.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            StatementKind::Class(class) => class.walk(visit),
            StatementKind::Function(_, function) => function
                .body
                .statements()
                .iter()
                .for_each(|statement| statement.walk(visit)),
            StatementKind::Variable(variable) => {
                variable.value.iter().for_each(|value| value.walk(visit))
            }
            StatementKind::Namespace(namespace) => namespace
                .body
                .iter()
                .for_each(|statement| statement.walk(visit)),
            StatementKind::Default(value) | StatementKind::Expression(value) => value.walk(visit),
            StatementKind::Return(value) => value.iter().for_each(|value| value.walk(visit)),
            StatementKind::Nested(body) => body.iter().for_each(|statement| statement.walk(visit)),
            StatementKind::Switch(value, cases) => {
                value.walk(visit);
                for case in cases {
                    case.test.iter().for_each(|test| test.walk(visit));
                    case.body.iter().for_each(|statement| statement.walk(visit));
                }
            }
            StatementKind::Interface(_)
            | StatementKind::Alias(_)
            | StatementKind::Enum(_)
            | StatementKind::Condition(_) => {}
        }
    }
}
