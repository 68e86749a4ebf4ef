//! `z.infer<typeof schema>` and `z.input<typeof schema>`.

use std::rc::Rc;

use super::{Schema, SchemaKind, forced, schema_of};
use crate::typescript::resolve::{
    Lazy, ObjectType, Property, PropertyPlace, Resolver, Type, union,
};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum InferredSide {
    Input,
    Output,
}

/// Returns the type of the result of parsing with `schema`.
pub fn output<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>) -> Type<'p> {
    infer(resolver, schema, InferredSide::Output)
}

/// Returns the type of the input that `schema` accepts.
pub fn input<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>) -> Type<'p> {
    infer(resolver, schema, InferredSide::Input)
}

fn infer<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>, side: InferredSide) -> Type<'p> {
    resolver
        .deeper(|| kind(resolver, schema, side))
        .unwrap_or_else(Type::unresolved)
}

fn kind<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>, side: InferredSide) -> Type<'p> {
    let of = |inner: &Rc<Schema<'p>>| infer(resolver, inner, side);
    match &schema.kind {
        SchemaKind::Custom(of) => of.get(resolver),
        SchemaKind::Declared(inner, of) => match declared(resolver, of) {
            Some(custom) => infer(resolver, &custom, side),
            None => infer(resolver, inner, side),
        },
        // `z.coerce.number()` takes anything.
        _ if side == InferredSide::Input && schema.constraints.coerced => Type::Unknown,
        SchemaKind::String => Type::String,
        SchemaKind::Number => Type::Number,
        SchemaKind::Bigint => Type::Bigint,
        SchemaKind::Boolean => Type::Boolean,
        SchemaKind::Date => Type::Date,
        SchemaKind::Symbol => Type::Symbol,
        SchemaKind::Null => Type::Null,
        SchemaKind::Undefined => Type::Undefined,
        SchemaKind::Any => Type::Any,
        SchemaKind::Unknown => Type::Unknown,
        SchemaKind::Never => Type::Never,
        SchemaKind::Opaque => Type::Opaque,
        SchemaKind::Function => Type::Function,
        SchemaKind::Values(values) => {
            union(values.iter().map(|value| resolver.type_of(value, false)))
        }
        SchemaKind::Object(shape) => object(resolver, shape, side),
        SchemaKind::Array(element) => Type::Array(lazy(element, side)),
        SchemaKind::Tuple(items, rest) => Type::Tuple(
            items.iter().map(|item| lazy(item, side)).collect(),
            rest.as_ref().map(|rest| lazy(rest, side)),
        ),
        SchemaKind::Union(options) => {
            resolver.union_once(schema, side == InferredSide::Input, || {
                union(options.iter().map(of))
            })
        }
        SchemaKind::Intersection(left, right) => resolver.intersect(of(left), of(right)),
        SchemaKind::Record(key, value) => {
            resolver.builtin("Record", &[Lazy::known(of(key)), lazy(value, side)])
        }
        SchemaKind::Lazy(function) => of(&forced(resolver, function)),
        SchemaKind::Optional(inner) => union([of(inner), Type::Undefined]),
        SchemaKind::Nullable(inner) => union([of(inner), Type::Null]),
        SchemaKind::NonOptional(inner)
            if side == InferredSide::Input
                && matches!(inner.kind, SchemaKind::Default(_) | SchemaKind::Prefault(_)) =>
        {
            Type::unresolved("whether what has a default is required depends on Zod's version")
        }
        SchemaKind::NonOptional(inner) => {
            of(inner).without(|member| matches!(member, Type::Undefined))
        }
        SchemaKind::Prefault(inner) if side == InferredSide::Output => of(inner),
        SchemaKind::Default(inner) | SchemaKind::Prefault(inner) => match side {
            InferredSide::Output => of(inner).without(|member| matches!(member, Type::Undefined)),
            InferredSide::Input => union([of(inner), Type::Undefined]),
        },
        SchemaKind::Catch(inner) => match side {
            InferredSide::Output => of(inner),
            InferredSide::Input => {
                Type::unresolved("what `.catch()` takes depends on Zod's version")
            }
        },
        SchemaKind::Transform(inner, function) => match side {
            InferredSide::Input => of(inner),
            InferredSide::Output => transformed(resolver, of(inner), function),
        },
        SchemaKind::Preprocess(inner) => match side {
            InferredSide::Input => Type::Unknown,
            InferredSide::Output => of(inner),
        },
        SchemaKind::Pipe(from, to) => match side {
            InferredSide::Input => of(from),
            InferredSide::Output => of(to),
        },
        SchemaKind::Unresolved(why) => Type::Unresolved(Rc::clone(why)),
    }
}

/// The schema that a declaration names.
fn declared<'p>(resolver: &Resolver<'p>, of: &Lazy<'p>) -> Option<Rc<Schema<'p>>> {
    match of.get(resolver) {
        Type::Value(value) => match value.uncast() {
            Value::Zod(schema) => Some(Rc::clone(schema)),
            _ => None,
        },
        _ => None,
    }
}

fn lazy<'p>(schema: &Rc<Schema<'p>>, side: InferredSide) -> Lazy<'p> {
    let schema = Rc::clone(schema);
    Lazy::computed(move |resolver| infer(resolver, &schema, side))
}

/// Returns the type that the function of `.transform()` returns.
fn transformed<'p>(resolver: &Resolver<'p>, given: Type<'p>, function: &Value<'p>) -> Type<'p> {
    let returned = resolver.call(function, &[Value::Typed(Lazy::known(given))]);
    match resolver.awaited(&resolver.type_of(&returned, false)) {
        Type::Unresolved(_) => Type::unresolved("what `.transform()` returns is not read"),
        other => other,
    }
}

fn object<'p>(resolver: &Resolver<'p>, shape: &ObjectValue<'p>, side: InferredSide) -> Type<'p> {
    let properties = shape
        .entries
        .iter()
        .map(|entry| property(resolver, entry, side))
        .collect();
    Type::Object(Rc::new(ObjectType {
        properties,
        incomplete: shape.open.clone(),
        ..ObjectType::default()
    }))
}

fn property<'p>(
    resolver: &Resolver<'p>,
    entry: &ObjectEntry<'p>,
    side: InferredSide,
) -> Property<'p> {
    let schema = schema_of(&entry.value);
    Property {
        name: Rc::clone(&entry.name),
        optional: may_be_absent(resolver, &schema, side),
        value: lazy(&schema, side),
        place: entry.place.as_ref().map(|place| PropertyPlace {
            module: place.scope.module,
            span: place.span,
            key: place.key,
            value: Some(place.value.span),
            node: None,
        }),
    }
}

/// Whether the key gets a `?`.
fn may_be_absent<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>, side: InferredSide) -> bool {
    // What takes too long is not known, which its type says.
    resolver
        .deeper(|| absent(resolver, schema, side))
        .unwrap_or(false)
}

fn absent<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>, side: InferredSide) -> bool {
    match &schema.kind {
        SchemaKind::Optional(_) | SchemaKind::Undefined => true,
        SchemaKind::Default(_) | SchemaKind::Prefault(_) | SchemaKind::Catch(_) => {
            side == InferredSide::Input
        }
        SchemaKind::Nullable(inner) => may_be_absent(resolver, inner, side),
        SchemaKind::Transform(inner, _) | SchemaKind::Preprocess(inner) => {
            side == InferredSide::Input && may_be_absent(resolver, inner, side)
        }
        SchemaKind::Pipe(from, to) => match side {
            InferredSide::Input => may_be_absent(resolver, from, side),
            InferredSide::Output => may_be_absent(resolver, to, side),
        },
        SchemaKind::Union(options) => options
            .iter()
            .any(|option| may_be_absent(resolver, option, side)),
        SchemaKind::Lazy(_) => false,
        SchemaKind::Custom(of) => of.get(resolver).has_undefined(),
        SchemaKind::Declared(inner, of) => match declared(resolver, of) {
            Some(custom) => may_be_absent(resolver, &custom, side),
            None => may_be_absent(resolver, inner, side),
        },
        _ => false,
    }
}
