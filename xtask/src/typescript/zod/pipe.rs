//! `x.pipe(y)`: what goes in must pass the first, what comes out of that must pass the second.
//! Where the first changes nothing, what goes in must pass both.

use std::rc::Rc;

use super::describe::SchemaDescription;
use super::{Schema, SchemaKind, schema_of};
use crate::facts::{Constraints, Kind};
use crate::typescript::resolve::reason;
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};

/// Describes the values that `from.pipe(to)` accepts.
pub(super) fn piped(from: SchemaDescription, to: SchemaDescription) -> SchemaDescription {
    if from.constraints.transformed || from.constraints.coerced {
        return changed(from, &to);
    }
    let Some(kind) = common(&from.kind, &to.kind) else {
        let constraints = Constraints {
            transformed: true,
            ..from.constraints
        };
        return SchemaDescription {
            constraints,
            ..from
        };
    };
    let takes_null = from.nullable || from.kind == Kind::Any;
    let coerced = to.constraints.coerced;
    SchemaDescription {
        optional: from.optional && (from.has_default || to.optional || coerced),
        nullable: takes_null && (to.nullable || coerced),
        has_default: from.has_default || (from.optional && to.has_default),
        kind,
        literals: None,
        constraints: both(from.constraints, to.constraints),
    }
}

/// Describes the values that `from.pipe(to)` returns, of what both return.
pub(super) fn returned(from: SchemaDescription, to: SchemaDescription) -> SchemaDescription {
    let changes = from.constraints.transformed || from.constraints.coerced;
    if to.kind == Kind::Any {
        return from;
    }
    if changes || common(&from.kind, &to.kind).is_none() {
        return to;
    }
    piped(from, to)
}

/// Another value comes out than goes in: what the second demands of it is all that is known.
fn changed(mut from: SchemaDescription, to: &SchemaDescription) -> SchemaDescription {
    if from.kind == to.kind {
        let own = std::mem::replace(&mut from.constraints, to.constraints.clone());
        from.constraints.refined |= own != Constraints::default() && own != to.constraints;
        from.constraints.coerced |= own.coerced;
    } else {
        from.constraints.transformed = true;
    }
    from
}

/// Returns the kind that both accept; `None` where no common kind is known.
fn common(one: &Kind, other: &Kind) -> Option<Kind> {
    Some(match (one, other) {
        (one, other) if one == other => one.clone(),
        (Kind::Any, kind) | (kind, Kind::Any) => kind.clone(),
        (Kind::String, Kind::Enum(values)) | (Kind::Enum(values), Kind::String) => {
            Kind::Enum(values.clone())
        }
        (Kind::Enum(one), Kind::Enum(other)) => Kind::Enum(
            one.iter()
                .filter(|value| other.contains(value))
                .cloned()
                .collect(),
        ),
        (Kind::Union(members), kind) | (kind, Kind::Union(members)) if members.contains(kind) => {
            kind.clone()
        }
        (Kind::Array(one), Kind::Array(other)) => Kind::Array(Box::new(common(one, other)?)),
        _ => return None,
    })
}

fn both(one: Constraints, other: Constraints) -> Constraints {
    let told_apart = differ(one.format.as_ref(), other.format.as_ref());
    let told_apart = told_apart || differ(one.pattern.as_ref(), other.pattern.as_ref());
    Constraints {
        format_options: if one.format.is_some() {
            one.format_options
        } else {
            other.format_options
        },
        format: one.format.or(other.format),
        pattern: one.pattern.or(other.pattern),
        min_length: one.min_length.max(other.min_length),
        max_length: least(one.max_length, other.max_length, u32::min),
        minimum: least(one.minimum, other.minimum, f64::max),
        maximum: least(one.maximum, other.maximum, f64::min),
        exclusive_minimum: least(one.exclusive_minimum, other.exclusive_minimum, f64::max),
        exclusive_maximum: least(one.exclusive_maximum, other.exclusive_maximum, f64::min),
        integer: one.integer || other.integer,
        only: one.only.or(other.only),
        coerced: false,
        null_as_absent: false,
        transformed: other.transformed,
        refined: one.refined || other.refined || told_apart,
        items: match (one.items, other.items) {
            (Some(one), Some(other)) => Some(Box::new(both(*one, *other))),
            (one, other) => one.or(other),
        },
    }
}

fn differ(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// The bound that leaves less.
fn least<T>(one: Option<T>, other: Option<T>, of: fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(of(one, other)),
        (one, other) => one.or(other),
    }
}

/// Returns the shape of the objects that a pipe of objects accepts, key by key.
pub fn piped_shape<'p>(schema: &Schema<'p>) -> Option<ObjectValue<'p>> {
    match &schema.kind {
        SchemaKind::Pipe(from, to) => Some(in_both(&unchanged(from)?, &unchanged(to)?)),
        _ => piped_shape(schema.wrapped()?),
    }
}

/// The object that goes in and, but for what its fields change, comes out.
fn unchanged<'p>(schema: &Schema<'p>) -> Option<ObjectValue<'p>> {
    match &schema.kind {
        SchemaKind::Object(shape) => Some((**shape).clone()),
        SchemaKind::Optional(inner)
        | SchemaKind::Nullable(inner)
        | SchemaKind::NonOptional(inner)
        | SchemaKind::Declared(inner, _) => unchanged(inner),
        SchemaKind::Pipe(..) => piped_shape(schema),
        _ => None,
    }
}

fn in_both<'p>(from: &ObjectValue<'p>, to: &ObjectValue<'p>) -> ObjectValue<'p> {
    let piped = |entry: &ObjectEntry<'p>| match to.get(&entry.name) {
        Some(second) => {
            let pipe = SchemaKind::Pipe(schema_of(&entry.value), schema_of(&second.value));
            ObjectEntry {
                value: Value::Zod(Schema::new(pipe)),
                ..entry.clone()
            }
        }
        None => entry.clone(),
    };
    let others = to
        .entries
        .iter()
        .any(|entry| from.get(&entry.name).is_none());
    let why = others.then(|| reason("what it is piped on to demands other fields"));
    ObjectValue {
        entries: from.entries.iter().map(piped).collect(),
        constant: from.constant,
        open: from
            .open
            .clone()
            .or_else(|| to.open.as_ref().map(Rc::clone))
            .or(why),
        ..ObjectValue::default()
    }
}
