//! The description of a schema in the terms of a field.

use std::cell::Cell;
use std::rc::Rc;

use compact_str::{CompactString, ToCompactString};

use super::loosest::{loosest, stated};
use super::tidying::is_tidying;
use super::{Schema, SchemaKind, forced, pipe};
use crate::facts::{Constraints, Kind};
use crate::typescript::kinds;
use crate::typescript::resolve::{Resolver, Type};
use crate::typescript::values::Value;

/// The values that a schema accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaDescription {
    /// Whether the value may be absent.
    pub optional: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether an absent value is filled in.
    pub has_default: bool,
    /// The kind of any other value.
    pub kind: Kind,
    /// The constraints on the value.
    pub constraints: Constraints,
    /// The least and the greatest of its values, where those are numbers that are written out.
    pub literals: Option<(f64, f64)>,
}

/// How deep arrays and unions are described.
const DEPTH: u32 = 24;

/// How many parts of a schema are described: schemas that are several times in others grow with
/// each level.
const PARTS: u32 = 10_000;

/// Which values of a schema are described.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DescribedSide {
    /// The values that the schema accepts.
    Taken,
    /// The values that parsing returns.
    Returned,
}

/// Describes the values that `schema` accepts.
pub fn describe<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>) -> SchemaDescription {
    let parts = &Cell::new(PARTS);
    within(resolver, schema, DescribedSide::Taken, DEPTH, parts)
}

/// Describes the values that parsing with `schema` returns, where they are others than `taken`, the
/// values that it accepts.
pub fn returned<'p>(
    resolver: &Resolver<'p>,
    schema: &Rc<Schema<'p>>,
    taken: &SchemaDescription,
) -> Option<SchemaDescription> {
    if !taken.constraints.changes_value() {
        return None;
    }
    let parts = &Cell::new(PARTS);
    Some(within(
        resolver,
        schema,
        DescribedSide::Returned,
        DEPTH,
        parts,
    ))
}

fn within<'p>(
    resolver: &Resolver<'p>,
    schema: &Rc<Schema<'p>>,
    side: DescribedSide,
    left: u32,
    parts: &Cell<u32>,
) -> SchemaDescription {
    let (Some(left), Some(more)) = (left.checked_sub(1), parts.get().checked_sub(1)) else {
        return plain(Kind::Unresolved(
            "it refers to itself or is nested too deeply".into(),
        ));
    };
    parts.set(more);
    let of = |inner: &Rc<Schema<'p>>| within(resolver, inner, side, left, parts);
    let refined = schema.constraints.refined;
    let mut items = None;
    let mut described = match &schema.kind {
        SchemaKind::Optional(inner) => SchemaDescription {
            optional: true,
            ..of(inner)
        },
        SchemaKind::Declared(inner, _) => of(inner),
        SchemaKind::Nullable(inner) => SchemaDescription {
            nullable: true,
            ..of(inner)
        },
        SchemaKind::NonOptional(inner) => {
            let inner = of(inner);
            // What is filled in is there.
            SchemaDescription {
                optional: inner.has_default,
                ..inner
            }
        }
        SchemaKind::Default(inner) | SchemaKind::Prefault(inner) => SchemaDescription {
            optional: true,
            has_default: true,
            ..of(inner)
        },
        SchemaKind::Catch(inner) => coerced(SchemaDescription {
            optional: true,
            has_default: true,
            ..of(inner)
        }),
        SchemaKind::Transform(inner, function) if side == DescribedSide::Returned => {
            let given = of(inner);
            if given.kind == Kind::String && is_tidying(function) {
                given
            } else {
                made(resolver, schema)
            }
        }
        SchemaKind::Transform(inner, _) => {
            let mut described = of(inner);
            described.constraints.transformed = true;
            described
        }
        SchemaKind::Preprocess(inner) => coerced(of(inner)),
        SchemaKind::Pipe(from, to) if side == DescribedSide::Returned => {
            pipe::returned(of(from), of(to))
        }
        SchemaKind::Pipe(from, to) => pipe::piped(of(from), of(to)),
        SchemaKind::Union(options) => either(options.iter().map(of).collect()),
        SchemaKind::Intersection(left, right) => both(of(left), of(right)),
        SchemaKind::Lazy(function) => of(&forced(resolver, function)),
        SchemaKind::Values(values) => of_values(values),
        SchemaKind::Custom(of) => of_type(resolver, &of.get(resolver)),
        SchemaKind::Null => SchemaDescription {
            nullable: true,
            ..plain(Kind::Union(Box::default()))
        },
        SchemaKind::Undefined => SchemaDescription {
            optional: true,
            ..plain(Kind::Union(Box::default()))
        },
        SchemaKind::Any | SchemaKind::Unknown => SchemaDescription {
            optional: true,
            ..plain(Kind::Any)
        },
        SchemaKind::Array(element) => array(of(element), &mut items),
        SchemaKind::Tuple(elements, rest) => {
            // Which place takes which value is not kept.
            let mut element = either(elements.iter().chain(rest).map(of).collect());
            element.constraints.refined = true;
            array(element, &mut items)
        }
        SchemaKind::String => plain(Kind::String),
        SchemaKind::Number => plain(Kind::Number),
        SchemaKind::Bigint => plain(Kind::Bigint),
        SchemaKind::Boolean => plain(Kind::Boolean),
        SchemaKind::Date => plain(Kind::Date),
        SchemaKind::Object(_) | SchemaKind::Record(..) | SchemaKind::Opaque => plain(Kind::Json),
        SchemaKind::Symbol => plain(Kind::Unresolved("a symbol is no data".into())),
        SchemaKind::Function => plain(Kind::Unresolved("a function is no data".into())),
        SchemaKind::Never => plain(Kind::Unresolved("it is never there".into())),
        SchemaKind::Unresolved(why) => plain(Kind::Unresolved((**why).into())),
    };
    if !is_wrapper(&schema.kind) {
        let integer = described.constraints.integer;
        described.constraints = Constraints {
            items,
            only: described.constraints.only,
            ..schema.constraints.clone()
        };
        described.constraints.integer |= integer;
    }
    described.constraints.refined |= refined;
    described
}

fn is_wrapper(kind: &SchemaKind<'_>) -> bool {
    matches!(
        kind,
        SchemaKind::Optional(_)
            | SchemaKind::Declared(..)
            | SchemaKind::Nullable(_)
            | SchemaKind::NonOptional(_)
            | SchemaKind::Default(_)
            | SchemaKind::Prefault(_)
            | SchemaKind::Catch(_)
            | SchemaKind::Transform(..)
            | SchemaKind::Preprocess(_)
            | SchemaKind::Pipe(..)
            | SchemaKind::Union(_)
            | SchemaKind::Intersection(..)
            | SchemaKind::Lazy(_)
    )
}

fn plain(kind: Kind) -> SchemaDescription {
    SchemaDescription {
        optional: false,
        nullable: false,
        has_default: false,
        kind,
        constraints: Constraints::default(),
        literals: None,
    }
}

fn array(element: SchemaDescription, items: &mut Option<Box<Constraints>>) -> SchemaDescription {
    *items = element.constraints.of_items().items;
    plain(Kind::Array(Box::new(element.kind)))
}

fn coerced(mut described: SchemaDescription) -> SchemaDescription {
    described.constraints.coerced = true;
    described
}

/// Describes what the function of a `.transform()` returns.
fn made<'p>(resolver: &Resolver<'p>, schema: &Rc<Schema<'p>>) -> SchemaDescription {
    let mut described = of_type(resolver, &super::output(resolver, schema));
    described.constraints.transformed = true;
    described
}

fn of_type<'p>(resolver: &Resolver<'p>, of: &Type<'p>) -> SchemaDescription {
    let held = kinds::held(resolver, of);
    let mut described = SchemaDescription {
        optional: held.optional,
        nullable: held.nullable,
        ..plain(held.kind)
    };
    described.constraints.refined = true;
    described
}

fn of_values(values: &[Value<'_>]) -> SchemaDescription {
    let mut texts = Vec::new();
    let mut members = Vec::new();
    let mut described = plain(Kind::Union(Box::default()));
    for value in values {
        match value.uncast() {
            Value::String(text) => texts.push(text.to_string()),
            Value::Number(_) => members.push(Kind::Number),
            Value::Bigint(_) => members.push(Kind::Bigint),
            Value::Boolean(_) => members.push(Kind::Boolean),
            Value::Null => described.nullable = true,
            Value::Undefined => described.optional = true,
            _ => members.push(Kind::Unresolved("a literal is computed".into())),
        }
    }
    let whole = |value: &Value<'_>| matches!(value.uncast(), Value::Number(number) if number.fract() == 0.0);
    described.constraints.integer = values.iter().all(whole);
    described.constraints.only = match values {
        [value] => only_value(value.uncast()),
        _several => None,
    };
    if !texts.is_empty() {
        members.insert(0, Kind::Enum(texts));
    }
    let numbers: Option<Vec<f64>> = values.iter().map(Value::as_number).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty());
    SchemaDescription {
        kind: kinds::merge(members),
        literals: numbers.map(|numbers| {
            let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            (least, numbers.into_iter().fold(f64::NEG_INFINITY, f64::max))
        }),
        ..described
    }
}

/// The text of a boolean or number.
fn only_value(value: &Value<'_>) -> Option<CompactString> {
    match value {
        Value::Boolean(value) => Some(value.to_compact_string()),
        Value::Number(value) => Some(value.to_compact_string()),
        _other => None,
    }
}

fn both(left: SchemaDescription, right: SchemaDescription) -> SchemaDescription {
    let kind = match (left.kind, right.kind) {
        (Kind::Any, kind) | (kind, Kind::Any) => kind,
        (left, right) if left == right => left,
        _ => Kind::Unresolved("it is an intersection of different kinds".into()),
    };
    let mut described = plain(kind);
    described.optional = left.optional && right.optional;
    described.nullable = left.nullable && right.nullable;
    described.constraints.refined = true;
    described
}

/// Any of `options`; where they take values of one kind, the loosest constraints hold.
fn either(options: Vec<SchemaDescription>) -> SchemaDescription {
    let optional = options
        .iter()
        .any(|option| option.optional && option.kind != Kind::Any);
    let any = options.iter().any(|option| option.kind == Kind::Any);
    let nullable = options.iter().any(|option| option.nullable);
    let has_default = options.iter().any(|option| option.has_default);
    let empty = Kind::Union(Box::default());
    let values: Vec<_> = options
        .iter()
        .filter(|option| option.kind != empty)
        .collect();
    let kind = kinds::merge(values.iter().map(|option| option.kind.clone()));
    let constraints = match values.as_slice() {
        [only] => only.constraints.clone(),
        several => loosest(&of_options(several, &kind)),
    };
    // What takes whatever JSON can hold says nothing, not even of null, which is a value of JSON
    // too.
    let (kind, nullable) = if is_any_json(&kind) {
        (Kind::Any, false)
    } else {
        (kind, nullable)
    };
    SchemaDescription {
        optional: optional || any,
        nullable,
        has_default,
        kind,
        constraints,
        literals: None,
    }
}

/// The constraints of each of `options`, which take values of `kind` together. Where some of them
/// are values that are written out beside others that are not, those have limits too.
fn of_options(options: &[&SchemaDescription], kind: &Kind) -> Vec<Constraints> {
    let is_open = |option: &&&SchemaDescription| {
        option.literals.is_none() && !matches!(option.kind, Kind::Enum(_))
    };
    let mut open = options.iter().filter(is_open);
    let is_limited = open.any(|option| option.constraints != Constraints::default());
    let is_plain = matches!(kind, Kind::String | Kind::Number | Kind::Bigint);
    let of = |option: &&SchemaDescription| match is_plain && is_limited {
        true => stated(&option.kind, &option.constraints, option.literals),
        false => option.constraints.clone(),
    };
    options.iter().map(of).collect()
}

fn is_any_json(kind: &Kind) -> bool {
    let Kind::Union(members) = kind else {
        return false;
    };
    let has = |wanted: Kind| members.contains(&wanted);
    let holds_more = members
        .iter()
        .any(|member| matches!(member, Kind::Json | Kind::Array(_)));
    has(Kind::String) && has(Kind::Number) && has(Kind::Boolean) && holds_more
}
