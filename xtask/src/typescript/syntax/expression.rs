//! Expressions, functions and classes as they are written.

use std::sync::Arc;

use super::{Body, PropertySignature, Text, TypeNode, TypeParameter};
use crate::source::Span;

/// An expression. Parentheses are dropped.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Its bytes.
    pub span: Span,
    /// The kind of expression.
    pub kind: ExprKind,
}

/// The kind of an expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// `'a'`, and templates without expressions.
    String(Text),
    /// `1`
    Number(f64),
    /// `1n`
    Bigint(Text),
    /// `true`
    Boolean(bool),
    /// `null`
    Null,
    /// `/a/i`: source and flags.
    Regex(Box<[Text; 2]>),
    /// `` `a${b}` ``: the texts around the expressions, one more than expressions.
    Template(Box<[Text]>, Box<[Expr]>),
    /// `a`, also `undefined`, `super`, and the `import` of `import('…')`.
    Name(Text),
    /// `this`
    This,
    /// `[a, ...b]`
    Array(Box<[Argument]>),
    /// `{…}`
    Object(Box<[ObjectMember]>),
    /// `a.b`, with the bytes of `b`.
    Member(Box<Expr>, Text, Span),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// The `rest` of `const { b, ...rest } = a`, with the keys that it is left without.
    Rest(Box<Expr>, Box<[Text]>),
    /// `f<T>(a, ...b)`
    Call(Box<Expr>, Box<[TypeNode]>, Box<[Argument]>),
    /// `new F<T>(a)`
    New(Box<Expr>, Box<[TypeNode]>, Box<[Argument]>),
    /// `` tag`…` ``
    Tagged(Box<Expr>, Box<Expr>),
    /// `function f() {}`, `() => a`
    Function(Arc<Function>),
    /// `class {}`
    Class(Arc<ClassDecl>),
    /// `a as T`
    As(Box<Expr>, Box<TypeNode>),
    /// `a as const`
    AsConst(Box<Expr>),
    /// `a satisfies T`
    Satisfies(Box<Expr>, Box<TypeNode>),
    /// `a!`
    NonNull(Box<Expr>),
    /// `a ? b : c`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a || b`, `a + b`…
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `!a`
    Not(Box<Expr>),
    /// `typeof a`
    TypeOf(Box<Expr>),
    /// `await a`
    Await(Box<Expr>),
    /// `a = b`
    Assignment(Box<Expr>, Box<Expr>),
    /// Anything else, named for the reason it is not read.
    Other(&'static str),
}

/// An operator with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `**`
    Power,
    /// `||`
    Or,
    /// `??`
    Coalesce,
    /// The default in a pattern, which replaces `undefined`: `{ a = b }`.
    Default,
    /// `&&`
    And,
    /// `===`
    Same,
    /// `!==`
    Different,
    /// `==`, `<`, `in`, `instanceof`: the result is a boolean.
    Compare,
    /// Anything else.
    Other,
}

/// An argument or array element.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Whether `...` stands before it.
    pub spread: bool,
    /// The value.
    pub value: Expr,
}

/// A member of an object literal. A method is a property that holds a function.
#[derive(Debug, Clone)]
pub enum ObjectMember {
    /// `key: value`, `key`, `key() {}`
    Property {
        /// All of it.
        span: Span,
        /// `key`
        key: PropertyKey,
        /// `value`
        value: Expr,
    },
    /// `...value`
    Spread(Expr),
}

/// The name of a property.
#[derive(Debug, Clone)]
pub struct PropertyKey {
    /// Its bytes, with quotes.
    pub span: Span,
    /// The name.
    pub name: KeyName,
}

/// The spelling of a property's name.
#[derive(Debug, Clone)]
pub enum KeyName {
    /// `a`, `'a'`, `['a']`, `1`
    Literal(Text),
    /// `[expression]`
    Computed(Box<Expr>),
    /// `#a`, with its `#`.
    Private(Box<Text>),
}

impl PropertyKey {
    /// The name where it is written out.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &self.name {
            KeyName::Literal(name) => Some(name),
            KeyName::Computed(_) | KeyName::Private(_) => None,
        }
    }
}

/// A function, arrow function or method.
#[derive(Debug, Clone)]
pub struct Function {
    /// `<T>`
    pub type_parameters: Vec<TypeParameter>,
    /// In order; a rest parameter is last.
    pub parameters: Vec<Parameter>,
    /// `: T`
    pub return_type: Option<TypeNode>,
    /// The body. For an arrow function `() => a`, a single `return a`.
    pub body: Body,
    /// Whether it is `async`: it then returns a promise.
    pub is_async: bool,
    /// Whether it is a generator.
    pub generator: bool,
}

/// A name that a pattern binds.
#[derive(Debug, Clone)]
pub struct PatternName {
    /// The property `a` of `{ a: b }`, or the index of `[a, b]`.
    pub property: Text,
    /// `b`
    pub local: Text,
    /// The default `b` of `{ a = b }`, which replaces `undefined`.
    pub default: Option<Expr>,
}

/// The `...rest` of a pattern of an object.
#[derive(Debug, Clone)]
pub struct PatternRest {
    /// `rest`
    pub local: Text,
    /// The keys that it is left without.
    pub keys: Box<[Text]>,
}

/// A parameter of a function.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name; none of a pattern.
    pub name: Option<Text>,
    /// The names of a pattern.
    pub bindings: Vec<PatternName>,
    /// The name of what a pattern leaves over.
    pub left: Option<PatternRest>,
    /// Whether it is `...rest`.
    pub rest: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// `: T`
    pub annotation: Option<TypeNode>,
    /// `= value`
    pub default: Option<Expr>,
    /// The bytes of the property that a constructor's `public name: T` declares. Private and
    /// protected properties are left out.
    pub property: Option<Span>,
    /// Whether a constructor's parameter declares a property of any visibility.
    pub declares: bool,
    /// `@Body('x')`
    pub decorators: Vec<Expr>,
    /// The bytes of the name or pattern.
    pub span: Span,
}

/// A class.
#[derive(Debug, Clone)]
pub struct ClassDecl {
    /// The name and its bytes.
    pub name: Option<(Text, Span)>,
    /// `<T>`
    pub type_parameters: Vec<TypeParameter>,
    /// `extends a.b(c)`, with type arguments.
    pub extends: Option<(Expr, Box<[TypeNode]>)>,
    /// `implements A, B`
    pub implements: Vec<TypeNode>,
    /// `@Controller('x')`
    pub decorators: Vec<Expr>,
    /// In order.
    pub members: Vec<ClassMember>,
}

/// A member of a class.
#[derive(Debug, Clone)]
pub struct ClassMember {
    /// Name, `?` and type; of a method the type is left out.
    pub property: PropertySignature,
    /// Whether it is `static`.
    pub is_static: bool,
    /// Whether it is `readonly`: then a literal keeps its own type.
    pub readonly: bool,
    /// Whether it is `private` or `protected`.
    pub hidden: bool,
    /// The kind of member.
    pub kind: MemberKind,
    /// `@Get('x')`
    pub decorators: Vec<Expr>,
}

/// The kind of a class member.
#[derive(Debug, Clone)]
pub enum MemberKind {
    /// `a = value`
    Field(Option<Expr>),
    /// `a() {}`
    Method(Arc<Function>),
    /// `get a() {}`
    Getter(Arc<Function>),
    /// `set a(b) {}`
    Setter,
    /// `constructor() {}`
    Constructor(Arc<Function>),
    /// `static {}` and index signatures.
    Other,
}

impl Expr {
    /// Calls `visit` for this expression and all inside it, function bodies included, outer before
    /// inner.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Function(function) => function
                .body
                .statements()
                .iter()
                .for_each(|statement| statement.walk(visit)),
            ExprKind::Class(class) => class.walk(visit),
            _ => self.parts(&mut |part| part.walk(visit)),
        }
    }

    /// Calls `visit` for the expressions directly inside this one: functions and classes have none.
    pub fn parts<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            ExprKind::Template(_, parts) => parts.iter().for_each(visit),
            ExprKind::Array(items) => items.iter().for_each(|item| visit(&item.value)),
            ExprKind::Object(members) => members.iter().for_each(|member| match member {
                ObjectMember::Property { value, .. } | ObjectMember::Spread(value) => visit(value),
            }),
            ExprKind::Call(callee, _, arguments) | ExprKind::New(callee, _, arguments) => {
                visit(callee);
                arguments.iter().for_each(|argument| visit(&argument.value));
            }
            ExprKind::Conditional(test, then, otherwise) => {
                [test, then, otherwise]
                    .into_iter()
                    .for_each(|part| visit(part));
            }
            ExprKind::Binary(_, left, right)
            | ExprKind::Assignment(left, right)
            | ExprKind::Index(left, right)
            | ExprKind::Tagged(left, right) => {
                visit(left);
                visit(right);
            }
            ExprKind::Member(inner, ..)
            | ExprKind::Rest(inner, _)
            | ExprKind::As(inner, _)
            | ExprKind::AsConst(inner)
            | ExprKind::Satisfies(inner, _)
            | ExprKind::NonNull(inner)
            | ExprKind::Negative(inner)
            | ExprKind::Not(inner)
            | ExprKind::TypeOf(inner)
            | ExprKind::Await(inner) => visit(inner),
            ExprKind::Function(_)
            | ExprKind::Class(_)
            | ExprKind::String(_)
            | ExprKind::Number(_)
            | ExprKind::Bigint(_)
            | ExprKind::Boolean(_)
            | ExprKind::Null
            | ExprKind::Regex(..)
            | ExprKind::Name(_)
            | ExprKind::This
            | ExprKind::Other(_) => {}
        }
    }
}

impl ClassDecl {
    /// Whether it or one of its members has a decorator.
    #[must_use]
    pub fn is_decorated(&self) -> bool {
        !self.decorators.is_empty()
            || self
                .members
                .iter()
                .any(|member| !member.decorators.is_empty())
    }

    /// As [`Expr::walk`], over decorators, initial values and bodies.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        self.decorators
            .iter()
            .for_each(|decorator| decorator.walk(visit));
        for member in &self.members {
            member
                .decorators
                .iter()
                .for_each(|decorator| decorator.walk(visit));
            match &member.kind {
                MemberKind::Field(value) => value.iter().for_each(|value| value.walk(visit)),
                MemberKind::Method(function)
                | MemberKind::Getter(function)
                | MemberKind::Constructor(function) => {
                    for parameter in &function.parameters {
                        parameter
                            .decorators
                            .iter()
                            .for_each(|decorator| decorator.walk(visit));
                    }
                    function
                        .body
                        .statements()
                        .iter()
                        .for_each(|statement| statement.walk(visit));
                }
                MemberKind::Setter | MemberKind::Other => {}
            }
        }
    }
}
