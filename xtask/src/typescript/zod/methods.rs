//! `schema.optional()`, `schema.shape`.

use std::rc::Rc;

use super::{Schema, SchemaKind, checks, forced, objects, schema_of};
use crate::typescript::resolve::{Lazy, Resolver, Type};
use crate::typescript::values::{Arguments, ArrayValue, Value, made_object};

/// `schema.name`, where that is no method.
pub fn member<'p>(
    resolver: &Resolver<'p>,
    schema: &Rc<Schema<'p>>,
    name: &str,
) -> Option<Value<'p>> {
    match (name, &schema.kind) {
        ("_output" | "_type" | "_input", SchemaKind::Declared(..)) => {
            let schema = Rc::clone(schema);
            Some(Value::Typed(Lazy::computed(move |resolver| {
                super::output(resolver, &schema)
            })))
        }
        (_, SchemaKind::Declared(inner, _)) => member(resolver, inner, name),
        (_, SchemaKind::Lazy(function)) if name == "schema" => {
            Some(Value::Zod(forced(resolver, function)))
        }
        ("shape", SchemaKind::Object(shape)) => Some(Value::Object(Rc::clone(shape))),
        ("element", SchemaKind::Array(element)) => Some(Value::Zod(Rc::clone(element))),
        ("options", SchemaKind::Values(values)) => Some(list(values.iter().cloned())),
        ("options", SchemaKind::Union(options)) => {
            Some(list(options.iter().cloned().map(Value::Zod)))
        }
        ("value", SchemaKind::Values(values)) => values.first().cloned(),
        ("enum" | "Enum" | "Values" | "values", SchemaKind::Values(values)) => {
            let text = |value: &Value<'p>| match value.uncast() {
                Value::String(text) => Some((Rc::clone(text), value.clone())),
                _ => None,
            };
            Some(made_object(values.iter().filter_map(text)))
        }
        ("_output" | "_type", _) => {
            let schema = Rc::clone(schema);
            Some(Value::Typed(Lazy::computed(move |resolver| {
                super::output(resolver, &schema)
            })))
        }
        ("_input", _) => {
            let schema = Rc::clone(schema);
            Some(Value::Typed(Lazy::computed(move |resolver| {
                super::input(resolver, &schema)
            })))
        }
        _ => None,
    }
}

fn list<'p>(items: impl Iterator<Item = Value<'p>>) -> Value<'p> {
    Value::Array(Rc::new(ArrayValue {
        items: items.collect(),
        constant: true,
        open: None,
        written: None,
    }))
}

/// `schema.name(arguments)`
pub fn method<'p>(
    resolver: &Resolver<'p>,
    schema: Rc<Schema<'p>>,
    name: &str,
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Value<'p> {
    let inner = || Rc::clone(&schema);
    let argument = || {
        arguments
            .first()
            .map_or_else(|| Schema::unresolved("it lacks an argument"), schema_of)
    };
    let kind = match name {
        "optional" | "exactOptional" => SchemaKind::Optional(inner()),
        "nullable" => SchemaKind::Nullable(inner()),
        "nullish" => SchemaKind::Optional(Schema::new(SchemaKind::Nullable(inner()))),
        "nonoptional" => SchemaKind::NonOptional(inner()),
        "default" | "_default" => SchemaKind::Default(inner()),
        "prefault" => SchemaKind::Prefault(inner()),
        "catch" => SchemaKind::Catch(inner()),
        "array" => SchemaKind::Array(inner()),
        "or" => SchemaKind::Union(Rc::new([inner(), argument()])),
        "and" => SchemaKind::Intersection(inner(), argument()),
        "transform" => SchemaKind::Transform(
            inner(),
            arguments.first().cloned().unwrap_or(Value::Undefined),
        ),
        "pipe" => SchemaKind::Pipe(inner(), argument()),
        "promise" => SchemaKind::Unresolved("a promise is no data".into()),
        "refine" | "superRefine" | "refinement" => {
            return Value::Zod(schema.constrained(|constraints| constraints.refined = true));
        }
        // What comes in is made another value of its kind.
        "overwrite" => {
            return Value::Zod(schema.constrained(checks::overwritten));
        }
        "check" | "with" => return Value::Zod(check(&schema, arguments)),
        "brand" | "readonly" | "describe" | "meta" | "register" | "openapi" | "strict"
        | "passthrough" | "strip" | "loose" | "catchall" | "clone" | "superstrict"
        | "nonstrict" | "annotations" | "title" => {
            return Value::Zod(schema);
        }
        "unwrap" | "removeDefault" | "innerType" | "removeCatch" | "sourceType" => {
            return Value::Zod(unwrap(&schema));
        }
        "extend" | "safeExtend" | "augment" | "setKey" | "merge" | "pick" | "omit" | "partial"
        | "required" | "deepPartial" | "keyof" => {
            return Value::Zod(objects::method(&schema, name, arguments));
        }
        "extract" | "exclude" => {
            return Value::Zod(filtered(&schema, arguments, name == "extract"));
        }
        "rest" => match &schema.kind {
            SchemaKind::Tuple(items, _) => SchemaKind::Tuple(Rc::clone(items), Some(argument())),
            _ => return Value::unknown("`.rest()` is not read here"),
        },
        name => return demand(resolver, schema, name, types, arguments),
    };
    Value::Zod(Schema::new(kind))
}

/// A method that only demands more: `.min(5)`.
fn demand<'p>(
    resolver: &Resolver<'p>,
    mut schema: Rc<Schema<'p>>,
    name: &str,
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Value<'p> {
    match &schema.kind {
        SchemaKind::Declared(inner, _) => {
            return method(resolver, Rc::clone(inner), name, types, arguments);
        }
        SchemaKind::Lazy(function) => {
            return method(resolver, forced(resolver, function), name, types, arguments);
        }
        SchemaKind::Unresolved(why) => return Value::Unknown(Rc::clone(why)),
        SchemaKind::Function => return Value::Zod(schema),
        _ => {}
    }
    let Schema { kind, constraints } = Rc::make_mut(&mut schema);
    let known = match kind {
        SchemaKind::String => checks::string(constraints, name, arguments),
        SchemaKind::Number | SchemaKind::Bigint => checks::number(constraints, name, arguments),
        SchemaKind::Array(_) | SchemaKind::Opaque => checks::sized(constraints, name, arguments),
        SchemaKind::Date => {
            constraints.refined = true;
            matches!(name, "min" | "max")
        }
        _ => false,
    };
    if known {
        Value::Zod(schema)
    } else {
        Value::unknown(format!("`.{name}()` of a schema is not read"))
    }
}

/// `.check(z.maxLength(5), z.email())`
fn check<'p>(schema: &Rc<Schema<'p>>, arguments: &[Value<'p>]) -> Rc<Schema<'p>> {
    arguments
        .iter()
        .fold(Rc::clone(schema), |mut schema, argument| {
            let Schema { kind, constraints } = Rc::make_mut(&mut schema);
            let known = match (argument.uncast(), kind) {
                (Value::ZodCheck(name, arguments), SchemaKind::String) => {
                    checks::string(constraints, name, arguments)
                }
                (Value::ZodCheck(name, arguments), SchemaKind::Number | SchemaKind::Bigint) => {
                    checks::number(constraints, name, arguments)
                }
                (Value::ZodCheck(name, arguments), SchemaKind::Array(_)) => {
                    checks::sized(constraints, name, arguments)
                }
                (Value::Zod(format), SchemaKind::String) => {
                    if format.constraints.format.is_some() {
                        constraints.format.clone_from(&format.constraints.format);
                        constraints.format_options = format.constraints.format_options;
                    }
                    constraints.format.is_some()
                }
                _ => false,
            };
            constraints.refined |= !known;
            schema
        })
}

fn unwrap<'p>(schema: &Rc<Schema<'p>>) -> Rc<Schema<'p>> {
    match &schema.kind {
        SchemaKind::Optional(inner)
        | SchemaKind::Nullable(inner)
        | SchemaKind::NonOptional(inner)
        | SchemaKind::Default(inner)
        | SchemaKind::Prefault(inner)
        | SchemaKind::Catch(inner)
        | SchemaKind::Array(inner)
        | SchemaKind::Preprocess(inner)
        | SchemaKind::Transform(inner, _) => Rc::clone(inner),
        _ => Rc::clone(schema),
    }
}

/// `.extract(['a'])`, `.exclude(['a'])`
fn filtered<'p>(schema: &Rc<Schema<'p>>, arguments: &[Value<'p>], keep: bool) -> Rc<Schema<'p>> {
    let (SchemaKind::Values(values), Some(Value::Array(names))) =
        (&schema.kind, arguments.first().map(Value::uncast))
    else {
        return Schema::unresolved("the values it takes of an enum are computed");
    };
    let named = |value: &&Value<'p>| {
        names
            .items
            .iter()
            .any(|name| name.as_str() == value.as_str())
            == keep
    };
    Schema::new(SchemaKind::Values(
        values.iter().filter(named).cloned().collect(),
    ))
}

/// The type of a `z.ZodType<T>`.
pub(in crate::typescript) fn custom<'p>(of: Lazy<'p>) -> Type<'p> {
    Type::Value(Rc::new(Value::Zod(Schema::new(SchemaKind::Custom(of)))))
}
