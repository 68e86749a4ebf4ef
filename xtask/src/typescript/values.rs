//! The values of constants, evaluated by default without running the program. They are strings,
//! objects, functions that return schemas, Zod schemas and Drizzle tables. [`super::resolve::Resolver::value`]
//! evaluates an expression in its scope.

mod arguments;
mod assignments;
mod calls;
mod classes;
mod context;
mod control_flow;
mod effects;
mod equality;
mod exports;
mod expressions;
mod globals;
mod inference;
mod lists;
mod mapped;
mod members;
mod operators;
mod parameters;
mod places;
mod program_calls;
mod running;
mod spread;
mod type_of;
mod words;

use std::rc::Rc;

use super::drizzle;
use super::resolve::{Lazy, Scope, is_same_name};
use super::syntax::{
    Argument, Binary, ClassDecl, EnumDecl, Expr, Function, Module, NamespaceDeclaration,
};
use super::zod;
use crate::facts::MadeOf;
use crate::source::Span;
pub use arguments::{Arguments, UnknownCall};
pub use classes::{ClassInstance, member_name, method_scope};
pub(super) use effects::{CALLS, DEPTH, STEPS};
pub use effects::{Effects, Handle, PathText, RouterId, Running, Site};
pub use exports::TopLevel;
pub use mapped::MadeClass;
pub(super) use members::made_object;

/// The value of a constant.
#[derive(Clone)]
pub enum Value<'p> {
    /// A string.
    String(Rc<str>),
    /// Some string.
    Text,
    /// A number.
    Number(f64),
    /// A bigint.
    Bigint(Rc<str>),
    /// A boolean.
    Boolean(bool),
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// `Symbol()`, `Symbol.iterator`
    Symbol,
    /// `/a/i`: source and flags.
    Regex(Rc<str>, Rc<str>),
    /// `[…]`
    Array(Rc<ArrayValue<'p>>),
    /// `{…}`
    Object(Rc<ObjectValue<'p>>),
    /// A function, and where it stands.
    Function(Scope<'p>, &'p Function),
    /// A class, and where it stands.
    Class(Scope<'p>, &'p ClassDecl),
    /// A class that a package makes, by what its instances hold.
    ClassOf(Rc<MadeClass<'p>>),
    /// A TypeScript enum.
    Enum(Scope<'p>, &'p EnumDecl),
    /// `import * as x`
    Module(&'p Module),
    /// `namespace X {}`
    Namespace(Scope<'p>, &'p NamespaceDeclaration),
    /// A name of a package or of the language (package `""`), with the members behind it.
    External(Rc<str>, Rc<[Rc<str>]>),
    /// A Zod schema.
    Zod(Rc<zod::Schema<'p>>),
    /// `z.maxLength(5)`: name and arguments.
    ZodCheck(Rc<str>, Rc<[Value<'p>]>),
    /// A Drizzle table or view.
    Table(Rc<drizzle::DrizzleTable<'p>>),
    /// A Drizzle column.
    Column(Rc<drizzle::DrizzleColumn<'p>>),
    /// `pgEnum('name', […])`
    PgEnum(Rc<drizzle::PgEnum>),
    /// Something of Drizzle's that makes tables: `pgSchema('x')`, `pgTableCreator(…)`.
    TableMaker(Rc<drizzle::TableMaker<'p>>),
    /// `a.b`, where `b` is a method of `a`.
    Method(Rc<Value<'p>>, Rc<str>),
    /// A value with another type than its own: `a as T`, `const a: T = b`.
    Cast(Rc<Value<'p>>, Lazy<'p>),
    /// A member of an enum, with the type of all its members.
    Member(Rc<Value<'p>>, Lazy<'p>),
    /// One of several.
    Either(Rc<[Value<'p>]>),
    /// `a ?? b`, `a || b`
    Fallback(Binary, Rc<Value<'p>>, Rc<Value<'p>>),
    /// `new A()` of a class of the monorepo, while the program is run.
    Instance(Rc<ClassInstance<'p>>),
    /// An application or router that an effect made.
    Handle(Handle),
    /// The result of calling what is not known here, while the program is run.
    Called(Rc<UnknownCall<'p>>),
    /// A promise of a value.
    Promised(Rc<Value<'p>>),
    /// Some value of a type.
    Typed(Lazy<'p>),
    /// Not known, and why.
    Unknown(Rc<str>),
}

/// An array.
#[derive(Clone, Default)]
pub struct ArrayValue<'p> {
    /// The elements.
    pub items: Vec<Value<'p>>,
    /// Whether it is `as const`.
    pub constant: bool,
    /// Why there may be more elements.
    pub open: Option<Rc<str>>,
    /// The elements as they are written, while the program is run.
    pub written: Option<(Scope<'p>, &'p [Argument])>,
}

/// An object.
#[derive(Clone, Default)]
pub struct ObjectValue<'p> {
    /// The properties in order, each name once.
    pub entries: Vec<ObjectEntry<'p>>,
    /// Whether it is `as const`.
    pub constant: bool,
    /// Why there may be more properties.
    pub open: Option<Rc<str>>,
    /// The literal; none of an object that was not written as one.
    pub site: Option<Site<'p>>,
    /// The part of an ORM's table that it is the shape of a schema of.
    pub made_of: Option<Rc<MadeOf>>,
}

/// A property of an object.
#[derive(Clone)]
pub struct ObjectEntry<'p> {
    /// Its name.
    pub name: Rc<str>,
    /// The value of the property.
    pub value: Value<'p>,
    /// Where it was written; none where nothing was.
    pub place: Option<EntryPlace<'p>>,
}

/// Where a property was written.
#[derive(Clone)]
pub struct EntryPlace<'p> {
    /// The file, with the names that are visible there.
    pub scope: Scope<'p>,
    /// The whole property.
    pub span: Span,
    /// The name.
    pub key: Span,
    /// The expression.
    pub value: &'p Expr,
}

impl<'p> Value<'p> {
    /// Not known, because of `why`.
    pub fn unknown(why: impl Into<Rc<str>>) -> Self {
        Self::Unknown(super::resolve::reason(why))
    }

    /// The value behind casts.
    #[must_use]
    pub fn uncast(&self) -> &Self {
        let mut value = self;
        while let Self::Cast(inner, _) | Self::Member(inner, _) = value {
            value = inner;
        }
        value
    }

    /// The value itself, without the type of its place and the promise of it: a program that is run
    /// awaits every promise.
    #[must_use]
    pub fn bare(self) -> Self {
        let mut value = self;
        while let Self::Cast(inner, _) | Self::Member(inner, _) | Self::Promised(inner) = &value {
            let inner = Self::clone(inner);
            value = inner;
        }
        value
    }

    /// A string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.uncast() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self.uncast() {
            Self::Number(value) => Some(*value),
            Self::Bigint(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// An object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Rc<ObjectValue<'p>>> {
        match self.uncast() {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// A property of an object.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name).map(|entry| &entry.value)
    }
}

impl<'p> ArrayValue<'p> {
    /// The expression of the element `at` and its scope, where it is known.
    #[must_use]
    pub fn source(&self, at: usize) -> Option<(Scope<'p>, &'p Expr)> {
        let (scope, items) = self.written.as_ref()?;
        let before = items.get(..=at)?;
        let is_spread = before.iter().any(|item| item.spread);
        (!is_spread).then(|| (scope.clone(), &items[at].value))
    }
}

impl<'p> EntryPlace<'p> {
    /// The name's place.
    #[must_use]
    pub fn site(&self) -> Site<'p> {
        Site {
            file: &self.scope.module.path,
            span: self.key,
        }
    }
}

impl<'p> ObjectValue<'p> {
    /// The property `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ObjectEntry<'p>> {
        self.entries.iter().find(|entry| &*entry.name == name)
    }

    /// Adds a property, in the place of one of the same name.
    pub fn put(&mut self, entry: ObjectEntry<'p>) {
        match self
            .entries
            .iter_mut()
            .find(|known| is_same_name(&known.name, &entry.name))
        {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }
}
