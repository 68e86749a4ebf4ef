//! Zod schemas, version 3 and 4, as values: what the builders build ([`build`]), what the methods
//! change ([`method`]), what a schema takes ([`describe`]) and what `z.infer` makes of it
//! ([`output`], [`input`]).

mod build;
mod checks;
mod describe;
pub mod form;
mod infer;
mod loosest;
mod methods;
mod objects;
mod pipe;
mod tidying;

use std::rc::Rc;

use super::resolve::{Lazy, Resolver};
use super::syntax::{TypeKind, TypeNode};
use super::values::{ObjectValue, Value};
use crate::facts::{Constraints, Family, Origin, Syntax};
pub use build::build;
pub use describe::{describe, returned};
pub use infer::{input, output};
pub(super) use methods::custom;
pub use methods::{member, method};
pub use pipe::piped_shape;

/// `const X = z.object({…})`
pub const ORIGIN: Origin = Origin {
    id: "zod",
    noun: "validation schema",
    family: Family::Validation,
    names_table: false,
    enforced: true,
    names_rows: false,
    of_requests: false,
    syntax: Syntax::ZodCalls,
    example: None,
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: true,
    queries_name_types: false,
    casts_enums: false,
};

/// A schema.
#[derive(Clone)]
pub struct Schema<'p> {
    /// The kind of values that the schema accepts.
    pub kind: SchemaKind<'p>,
    /// The constraints beyond the kind.
    pub constraints: Constraints,
}

/// The kind of values that a schema accepts.
#[derive(Clone)]
pub enum SchemaKind<'p> {
    /// `z.string()`
    String,
    /// `z.number()`
    Number,
    /// `z.bigint()`
    Bigint,
    /// `z.boolean()`
    Boolean,
    /// `z.date()`
    Date,
    /// `z.symbol()`
    Symbol,
    /// `z.null()`
    Null,
    /// `z.undefined()`, `z.void()`
    Undefined,
    /// `z.any()`
    Any,
    /// `z.unknown()`
    Unknown,
    /// `z.never()`
    Never,
    /// `z.map()`, `z.file()`…: an object that is no plain one.
    Opaque,
    /// `z.function()`
    Function,
    /// `z.literal('a')`, `z.enum(['a'])`, `z.nativeEnum(A)`: strings, numbers, booleans, null.
    Values(Rc<[Value<'p>]>),
    /// `z.object({…})`
    Object(Rc<ObjectValue<'p>>),
    /// `z.array(x)`
    Array(Rc<Schema<'p>>),
    /// `z.tuple([x, y])`, with the rest.
    Tuple(Rc<[Rc<Schema<'p>>]>, Option<Rc<Schema<'p>>>),
    /// `z.union([x, y])`, `z.discriminatedUnion(…)`
    Union(Rc<[Rc<Schema<'p>>]>),
    /// `x.and(y)`
    Intersection(Rc<Schema<'p>>, Rc<Schema<'p>>),
    /// `z.record(x, y)`
    Record(Rc<Schema<'p>>, Rc<Schema<'p>>),
    /// `z.lazy(() => x)`: the function.
    Lazy(Value<'p>),
    /// `z.custom<T>()`, `z.instanceof(T)`, `z.ZodType<T>`
    Custom(Lazy<'p>),
    /// `const x: z.ZodType<T> = y`: what `y` takes, with the type of the declaration.
    Declared(Rc<Schema<'p>>, Lazy<'p>),
    /// `x.optional()`
    Optional(Rc<Schema<'p>>),
    /// `x.nullable()`
    Nullable(Rc<Schema<'p>>),
    /// `x.nonoptional()`
    NonOptional(Rc<Schema<'p>>),
    /// `x.default(v)`
    Default(Rc<Schema<'p>>),
    /// `x.prefault(v)`: `v` is parsed where nothing comes in, so that the type of what comes out is
    /// that of `x`. Zod 4.1 still took `undefined` away from it.
    Prefault(Rc<Schema<'p>>),
    /// `x.catch(v)`
    Catch(Rc<Schema<'p>>),
    /// `x.transform(f)`, with the function.
    Transform(Rc<Schema<'p>>, Value<'p>),
    /// `z.preprocess(f, x)`
    Preprocess(Rc<Schema<'p>>),
    /// `x.pipe(y)`
    Pipe(Rc<Schema<'p>>, Rc<Schema<'p>>),
    /// Not known, and why.
    Unresolved(Rc<str>),
}

impl<'p> Schema<'p> {
    /// A schema that demands nothing beyond its kind.
    pub fn new(kind: SchemaKind<'p>) -> Rc<Self> {
        Rc::new(Self {
            kind,
            constraints: Constraints::default(),
        })
    }

    /// A schema that is not known, because of `why`.
    pub fn unresolved(why: impl Into<Rc<str>>) -> Rc<Self> {
        Self::new(SchemaKind::Unresolved(super::resolve::reason(why)))
    }

    /// The same with other constraints.
    fn constrained(mut self: Rc<Self>, change: impl FnOnce(&mut Constraints)) -> Rc<Self> {
        change(&mut Rc::make_mut(&mut self).constraints);
        self
    }

    /// The schema inside what is optional, nullable, refined or transformed.
    pub fn innermost(&self) -> &Self {
        match &self.kind {
            SchemaKind::Pipe(inner, _) => inner.innermost(),
            _ => self.wrapped().map_or(self, Self::innermost),
        }
    }

    /// The schema that is made optional, transformed or the like, one layer down.
    fn wrapped(&self) -> Option<&Self> {
        match &self.kind {
            SchemaKind::Optional(inner)
            | SchemaKind::Nullable(inner)
            | SchemaKind::NonOptional(inner)
            | SchemaKind::Default(inner)
            | SchemaKind::Prefault(inner)
            | SchemaKind::Catch(inner)
            | SchemaKind::Transform(inner, _)
            | SchemaKind::Preprocess(inner)
            | SchemaKind::Declared(inner, _) => Some(inner),
            _ => None,
        }
    }
}

/// The schema that a value is, through casts.
pub(super) fn schema_of<'p>(value: &Value<'p>) -> Rc<Schema<'p>> {
    match value.uncast() {
        Value::Zod(schema) => Rc::clone(schema),
        Value::Unknown(why) => Schema::new(SchemaKind::Unresolved(Rc::clone(why))),
        Value::ZodCheck(name, _) => Schema::unresolved(format!("`z.{name}()` is not read")),
        _ => Schema::unresolved("it is no schema"),
    }
}

/// A schema whose declaration says that it is a `z.ZodType<T>`; none where it says something else.
pub(super) fn declared<'p>(value: &Value<'p>, node: &TypeNode, of: &Lazy<'p>) -> Option<Value<'p>> {
    let (TypeKind::Reference(named), Value::Zod(schema)) = (&node.kind, value.uncast()) else {
        return None;
    };
    let is_schema = named
        .path
        .last()
        .is_some_and(|name| matches!(name.as_str(), "ZodType" | "ZodSchema" | "ZodMiniType"));
    let declared = || {
        Value::Zod(Schema::new(SchemaKind::Declared(
            Rc::clone(schema),
            of.clone(),
        )))
    };
    (is_schema && !named.arguments.is_empty()).then(declared)
}

/// The schema that `z.lazy(function)` stands for.
fn forced<'p>(resolver: &Resolver<'p>, function: &Value<'p>) -> Rc<Schema<'p>> {
    schema_of(&resolver.call(function, &[]))
}
