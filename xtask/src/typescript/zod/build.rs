//! `z.string()`, `z.object({…})`, and the prefix forms `z.optional(x)` of zod/mini.

use std::rc::Rc;

use super::methods::method;
use super::objects::shape;
use super::{Schema, SchemaKind, checks, schema_of};
use crate::facts::Constraints;
use crate::typescript::resolve::{Lazy, Resolver, Type};
use crate::typescript::values::{Arguments, Value, made_object};

/// Evaluates a call of the Zod function at `path`.
pub fn build<'p>(
    resolver: &Resolver<'p>,
    package: &str,
    path: &[&str],
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Value<'p> {
    let namespaces = path.iter().take_while(|name| is_namespace(name)).count();
    let names = &path[namespaces..];
    let built = match names {
        ["coerce", name] => scalar(name).map(|schema| schema.constrained(|it| it.coerced = true)),
        // To Zod 3 a key that may hold anything may be absent too.
        [name @ ("any" | "unknown")] if package == "zod/v3" => Some(Schema::new(
            SchemaKind::Optional(Schema::new(anything(name))),
        )),
        ["iso", name] => Some(formatted(&format!("iso.{name}"), arguments)),
        // A key of an enumeration must be there to Zod 4 alone.
        ["record"] if package == "zod/v3" => simple(resolver, "partialRecord", types, arguments),
        [name] => simple(resolver, name, types, arguments),
        _ => None,
    };
    match (built, names) {
        (Some(schema), _) => Value::Zod(schema),
        (None, [name]) => prefix_form(resolver, name, types, arguments),
        (None, names) => Value::unknown(format!("`z.{}()` is not read", names.join("."))),
    }
}

fn is_namespace(name: &str) -> bool {
    matches!(name, "z" | "default" | "zod" | "Zod" | "core")
}

fn simple<'p>(
    resolver: &Resolver<'p>,
    name: &str,
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Option<Rc<Schema<'p>>> {
    let argument = |at: usize| match arguments.get(at) {
        Some(argument) => schema_of(argument),
        None => Schema::unresolved("it lacks an argument"),
    };
    let kind = match name {
        "object" | "strictObject" | "looseObject" => match arguments.first() {
            Some(value) => return Some(shape(value)),
            None => SchemaKind::Object(Rc::default()),
        },
        "array" => SchemaKind::Array(argument(0)),
        "set" | "map" | "file" => SchemaKind::Opaque,
        "promise" => SchemaKind::Unresolved("a promise is no data".into()),
        "json" => SchemaKind::Any,
        "tuple" => SchemaKind::Tuple(schemas(arguments.first()), arguments.get(1).map(schema_of)),
        "union" => SchemaKind::Union(schemas(arguments.first())),
        "xor" => {
            let union = Schema::new(SchemaKind::Union(schemas(arguments.first())));
            return Some(union.constrained(|constraints| constraints.refined = true));
        }
        "discriminatedUnion" => SchemaKind::Union(schemas(arguments.get(1))),
        "intersection" => SchemaKind::Intersection(argument(0), argument(1)),
        "record" => record(arguments),
        // Its type is a record, and what is in it may be absent.
        "partialRecord" => partial_record(record(arguments)),
        // Keys of another kind pass as well.
        "looseRecord" => SchemaKind::Record(Schema::new(SchemaKind::String), argument(1)),
        "lazy" => SchemaKind::Lazy(arguments.first().cloned().unwrap_or(Value::Undefined)),
        "literal" => literal(arguments.first()),
        "enum" | "nativeEnum" => return Some(enumeration(resolver, arguments.first())),
        "custom" => return Some(custom(types, arguments)),
        "instanceof" => match arguments.first() {
            Some(class) => SchemaKind::Custom(instance(resolver, class)),
            None => SchemaKind::Unknown,
        },
        "preprocess" => SchemaKind::Preprocess(argument(1)),
        "pipeline" | "pipe" => SchemaKind::Pipe(argument(0), argument(1)),
        "templateLiteral" => return Some(template(arguments.first())),
        "hash" | "stringFormat" => {
            return Some(
                Schema::new(SchemaKind::String)
                    .constrained(|constraints| constraints.refined = true),
            );
        }
        // What comes in is decoded before it is judged by the second.
        "codec" => SchemaKind::Pipe(
            Schema::new(SchemaKind::Transform(argument(0), Value::Undefined)),
            argument(1),
        ),
        "ostring" | "onumber" | "oboolean" => SchemaKind::Optional(scalar(&name[1..])?),
        "stringbool" => {
            let string = Schema::new(SchemaKind::String)
                .constrained(|constraints| constraints.refined = true);
            SchemaKind::Pipe(string, Schema::new(SchemaKind::Boolean))
        }
        "keyof" => return Some(super::objects::keys(&argument(0))),
        name => {
            return scalar(name)
                .or_else(|| checks::is_format(name).then(|| formatted(name, arguments)));
        }
    };
    Some(Schema::new(kind))
}

fn scalar<'p>(name: &str) -> Option<Rc<Schema<'p>>> {
    let integer = |minimum: f64, maximum: f64| {
        let constraints = Constraints {
            integer: true,
            minimum: Some(minimum),
            maximum: Some(maximum),
            ..Constraints::default()
        };
        Some(Rc::new(Schema {
            kind: SchemaKind::Number,
            constraints,
        }))
    };
    let kind = match name {
        "string" => SchemaKind::String,
        "number" | "nan" | "float32" | "float64" => SchemaKind::Number,
        "int" => {
            return Some(
                Schema::new(SchemaKind::Number)
                    .constrained(|constraints| constraints.integer = true),
            );
        }
        "int32" => return integer(-2_147_483_648.0, 2_147_483_647.0),
        "uint32" => return integer(0.0, 4_294_967_295.0),
        "bigint" | "int64" | "uint64" => SchemaKind::Bigint,
        "boolean" => SchemaKind::Boolean,
        "date" => SchemaKind::Date,
        "symbol" => SchemaKind::Symbol,
        "null" => SchemaKind::Null,
        "undefined" | "void" => SchemaKind::Undefined,
        "any" | "unknown" => anything(name),
        "never" => SchemaKind::Never,
        "function" => SchemaKind::Function,
        _ => return None,
    };
    Some(Schema::new(kind))
}

fn anything<'p>(name: &str) -> SchemaKind<'p> {
    if name == "any" {
        SchemaKind::Any
    } else {
        SchemaKind::Unknown
    }
}

/// `z.email()`, `z.iso.date()`: a string of a format.
fn formatted<'p>(name: &str, arguments: &[Value<'p>]) -> Rc<Schema<'p>> {
    let mut constraints = Constraints::default();
    checks::string(&mut constraints, name.trim_start_matches("iso."), arguments);
    Rc::new(Schema {
        kind: SchemaKind::String,
        constraints,
    })
}

/// `z.optional(x)`, `z.extend(x, {…})`: a method with its object in front; `z.maxLength(5)`: a
/// check for `.check()`.
fn prefix_form<'p>(
    resolver: &Resolver<'p>,
    name: &str,
    types: &[Lazy<'p>],
    arguments: &[Value<'p>],
) -> Value<'p> {
    match arguments.split_first() {
        Some((Value::Zod(schema), rest)) => {
            let name = name.trim_start_matches('_');
            method(
                resolver,
                Rc::clone(schema),
                name,
                types,
                &Arguments::Given(rest),
            )
        }
        _ => Value::ZodCheck(name.into(), arguments.into()),
    }
}

fn schemas<'p>(list: Option<&Value<'p>>) -> Rc<[Rc<Schema<'p>>]> {
    match list.map(Value::uncast) {
        Some(Value::Array(array)) => {
            let mut schemas: Vec<_> = array.items.iter().map(schema_of).collect();
            if let Some(why) = &array.open {
                schemas.push(Schema::new(SchemaKind::Unresolved(Rc::clone(why))));
            }
            schemas.into()
        }
        _ => Rc::new([Schema::unresolved("its list of schemas is computed")]),
    }
}

fn record<'p>(arguments: &[Value<'p>]) -> SchemaKind<'p> {
    let is_schema = |value: &&Value<'p>| matches!(value.uncast(), Value::Zod(_));
    let schemas: Vec<_> = arguments.iter().filter(is_schema).collect();
    match schemas.as_slice() {
        [value] => SchemaKind::Record(Schema::new(SchemaKind::String), schema_of(value)),
        [key, value, ..] => SchemaKind::Record(schema_of(key), schema_of(value)),
        [] => SchemaKind::Record(
            Schema::new(SchemaKind::String),
            Schema::new(SchemaKind::Unknown),
        ),
    }
}

/// Turns a record whose keys are known into an object with optional properties. Any other record is
/// returned unchanged.
fn partial_record<'p>(record: SchemaKind<'p>) -> SchemaKind<'p> {
    let SchemaKind::Record(key, value) = &record else {
        return record;
    };
    let SchemaKind::Values(keys) = &key.kind else {
        return record;
    };
    let value = Value::Zod(Schema::new(SchemaKind::Optional(Rc::clone(value))));
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys.iter() {
        let Some(name) = key.as_str() else {
            return record;
        };
        entries.push((Rc::from(name), value.clone()));
    }
    shape(&made_object(entries)).kind.clone()
}

/// `z.templateLiteral(['a-', z.enum(['b', 'c'])])`: one of a few texts, where all parts are; else
/// some text.
fn template<'p>(parts: Option<&Value<'p>>) -> Rc<Schema<'p>> {
    let open =
        || Schema::new(SchemaKind::String).constrained(|constraints| constraints.refined = true);
    let Some(Value::Array(parts)) = parts.map(Value::uncast) else {
        return open();
    };
    let mut made = vec![String::new()];
    for part in &parts.items {
        let texts = match part.uncast() {
            Value::Zod(schema) => match &schema.kind {
                SchemaKind::Values(values) => values
                    .iter()
                    .map(|value| value.as_str().map(str::to_owned))
                    .collect(),
                _ => None,
            },
            other => other.as_str().map(|text| vec![text.to_owned()]),
        };
        match texts {
            Some(texts) if parts.open.is_none() && made.len() * texts.len() <= 1_000 => {
                made = made
                    .iter()
                    .flat_map(|head| texts.iter().map(move |text| format!("{head}{text}")))
                    .collect();
            }
            _ => return open(),
        }
    }
    Schema::new(SchemaKind::Values(
        made.into_iter()
            .map(|text| Value::String(text.into()))
            .collect(),
    ))
}

fn literal<'p>(value: Option<&Value<'p>>) -> SchemaKind<'p> {
    match (value.map(Value::uncast), value) {
        (Some(Value::Array(array)), _) => SchemaKind::Values(array.items.iter().cloned().collect()),
        (Some(Value::Undefined) | None, _) | (_, None) => SchemaKind::Undefined,
        (Some(Value::Unknown(why)), _) => SchemaKind::Unresolved(Rc::clone(why)),
        // To the compiler it is what it is declared to be.
        (Some(_), Some(value)) => SchemaKind::Values(Rc::new([value.clone()])),
    }
}

/// The values of a list, an object or a TypeScript enum.
fn enumeration<'p>(resolver: &Resolver<'p>, values: Option<&Value<'p>>) -> Rc<Schema<'p>> {
    let Some(values) = values else {
        return Schema::unresolved("it lacks its values");
    };
    if let Value::Array(array) = values.uncast() {
        if let Some(why) = &array.open {
            return Schema::new(SchemaKind::Unresolved(Rc::clone(why)));
        }
        // To the compiler they are what the list is declared to hold.
        let items: Rc<[_]> = match values {
            Value::Cast(..) => resolver.elements(values, array).into(),
            _ => array.items.iter().cloned().collect(),
        };
        if items.iter().any(|item| {
            matches!(
                item.uncast(),
                Value::Unknown(_) | Value::Text | Value::Typed(_)
            )
        }) {
            return Schema::unresolved("a value of the enum is computed");
        }
        return Schema::new(SchemaKind::Values(items));
    }
    if let Value::Object(_) | Value::Enum(..) = values.uncast() {
        let list = resolver.object_values(values);
        return enumeration(resolver, Some(&list));
    }
    match values {
        Value::Unknown(why) => Schema::new(SchemaKind::Unresolved(Rc::clone(why))),
        Value::Typed(of) | Value::Cast(_, of) => from_type(resolver, of),
        _ => Schema::unresolved("the values of the enum are computed"),
    }
}

/// `[…] as [Role, ...Role[]]`: the values of the type.
fn from_type<'p>(resolver: &Resolver<'p>, of: &Lazy<'p>) -> Rc<Schema<'p>> {
    let items = match of.get(resolver) {
        Type::Array(item) => item.get(resolver),
        Type::Tuple(items, rest) => crate::typescript::resolve::union(
            items.iter().chain(&rest).map(|item| item.get(resolver)),
        ),
        _ => Type::String,
    };
    let mut values = Vec::new();
    for member in items.members() {
        let Type::StringLiteral(text) = member else {
            return Schema::unresolved("the values of the enum are computed");
        };
        values.push(Value::String(Rc::clone(text)));
    }
    if values.is_empty() {
        return Schema::unresolved("the values of the enum are computed");
    }
    Schema::new(SchemaKind::Values(values.into()))
}

/// Without a function nothing is checked, whatever the type says.
fn custom<'p>(types: &[Lazy<'p>], arguments: &[Value<'p>]) -> Rc<Schema<'p>> {
    let kind = types
        .first()
        .map_or(SchemaKind::Unknown, |of| SchemaKind::Custom(of.clone()));
    let unchecked = arguments.is_empty();
    Schema::new(kind).constrained(|constraints| {
        (constraints.coerced, constraints.refined) = (unchecked, !unchecked)
    })
}

fn instance<'p>(resolver: &Resolver<'p>, class: &Value<'p>) -> Lazy<'p> {
    match class {
        Value::External(package, path) if package.is_empty() => {
            Lazy::known(resolver.builtin(path.last().map_or("", |name| name), &[]))
        }
        Value::Class(..) | Value::ClassOf(_) => Lazy::known(resolver.instance(class, &[])),
        _ => Lazy::known(Type::Opaque),
    }
}
