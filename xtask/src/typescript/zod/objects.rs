//! `.extend()`, `.merge()`, `.pick()`, `.omit()`, `.partial()`, `.required()`.

use std::rc::Rc;

use super::{Schema, SchemaKind, schema_of};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};

/// The schema of an object of schemas.
pub(super) fn shape<'p>(value: &Value<'p>) -> Rc<Schema<'p>> {
    match value.uncast() {
        Value::Object(shape) => Schema::new(SchemaKind::Object(Rc::clone(shape))),
        Value::Unknown(why) => Schema::new(SchemaKind::Unresolved(Rc::clone(why))),
        _ => Schema::unresolved("its shape is computed"),
    }
}

/// A method of object schemas.
pub(super) fn method<'p>(
    schema: &Rc<Schema<'p>>,
    name: &str,
    arguments: &[Value<'p>],
) -> Rc<Schema<'p>> {
    let SchemaKind::Object(shape) = &schema.kind else {
        return match &schema.kind {
            SchemaKind::Declared(inner, _) => method(inner, name, arguments),
            SchemaKind::Unresolved(_) => Rc::clone(schema),
            _ => Schema::unresolved(format!(
                "`.{name}()` of a schema that is no object is not read"
            )),
        };
    };
    let changed = match (name, arguments.first()) {
        ("keyof", _) => return keys(schema),
        ("partial" | "deepPartial", None) => each(shape, None, optional),
        ("required", None) => each(shape, None, required),
        (_, None) => return Rc::clone(schema),
        ("extend" | "safeExtend" | "augment", Some(extension)) => extend(shape, extension),
        ("setKey", Some(key)) => set_key(shape, key, arguments.get(1)),
        ("merge", Some(other)) => merge(shape, other),
        ("partial", Some(mask)) => masked(mask).and_then(|mask| each(shape, Some(&mask), optional)),
        ("required", Some(mask)) => {
            masked(mask).and_then(|mask| each(shape, Some(&mask), required))
        }
        ("pick", Some(mask)) => masked(mask).and_then(|mask| filter(shape, &mask, true)),
        (_, Some(mask)) => masked(mask).and_then(|mask| filter(shape, &mask, false)),
    };
    match changed {
        Ok(shape) => {
            let constraints = schema.constraints.clone();
            Rc::new(Schema {
                kind: SchemaKind::Object(Rc::new(shape)),
                constraints,
            })
        }
        Err(why) => Schema::new(SchemaKind::Unresolved(why)),
    }
}

type ObjectShape<'p> = Result<ObjectValue<'p>, Rc<str>>;

fn extend<'p>(shape: &ObjectValue<'p>, extension: &Value<'p>) -> ObjectShape<'p> {
    let Some(extension) = extension.as_object() else {
        return Err(match extension.uncast() {
            Value::Unknown(why) => Rc::clone(why),
            _ => "its extension is computed".into(),
        });
    };
    let mut extended = shape.clone();
    extension
        .entries
        .iter()
        .for_each(|entry| extended.put(entry.clone()));
    extended.open = extended.open.take().or_else(|| extension.open.clone());
    Ok(extended)
}

fn merge<'p>(shape: &ObjectValue<'p>, other: &Value<'p>) -> ObjectShape<'p> {
    match &schema_of(other).kind {
        SchemaKind::Object(other) => extend(shape, &Value::Object(Rc::clone(other))),
        SchemaKind::Unresolved(why) => Err(Rc::clone(why)),
        _ => extend(shape, other),
    }
}

fn set_key<'p>(
    shape: &ObjectValue<'p>,
    key: &Value<'p>,
    value: Option<&Value<'p>>,
) -> ObjectShape<'p> {
    let (Some(name), Some(value)) = (key.as_str(), value) else {
        return Err("its key is computed".into());
    };
    let mut changed = shape.clone();
    changed.put(ObjectEntry {
        name: name.into(),
        value: value.clone(),
        place: None,
    });
    Ok(changed)
}

/// The names of `{ a: true, b: true }`; of zod/mini also `['a', 'b']`.
fn masked<'p>(mask: &Value<'p>) -> Result<Vec<Rc<str>>, Rc<str>> {
    match mask.uncast() {
        Value::Object(mask) if mask.open.is_none() => {
            let set = |entry: &&ObjectEntry<'p>| {
                !matches!(
                    entry.value.uncast(),
                    Value::Boolean(false) | Value::Undefined
                )
            };
            Ok(mask
                .entries
                .iter()
                .filter(set)
                .map(|entry| Rc::clone(&entry.name))
                .collect())
        }
        _ => Err("the keys it names are computed".into()),
    }
}

fn filter<'p>(shape: &ObjectValue<'p>, names: &[Rc<str>], keep: bool) -> ObjectShape<'p> {
    let kept = |entry: &&ObjectEntry<'p>| names.contains(&entry.name) == keep;
    let mut filtered = ObjectValue {
        entries: shape.entries.iter().filter(kept).cloned().collect(),
        ..shape.clone()
    };
    if let Some(made_of) = filtered.made_of.as_mut().map(Rc::make_mut) {
        if keep {
            made_of.picked = true;
        } else {
            let omitted = names.iter().map(|name| name.to_string());
            made_of.omitted.extend(omitted);
        }
    }
    Ok(filtered)
}

fn each<'p>(
    shape: &ObjectValue<'p>,
    names: Option<&[Rc<str>]>,
    change: fn(&Rc<Schema<'p>>) -> Rc<Schema<'p>>,
) -> ObjectShape<'p> {
    let entry = |entry: &ObjectEntry<'p>| {
        let named = names.is_none_or(|names| names.contains(&entry.name));
        let value = if named {
            Value::Zod(change(&schema_of(&entry.value)))
        } else {
            entry.value.clone()
        };
        ObjectEntry {
            value,
            ..entry.clone()
        }
    };
    Ok(ObjectValue {
        entries: shape.entries.iter().map(entry).collect(),
        ..shape.clone()
    })
}

fn optional<'p>(schema: &Rc<Schema<'p>>) -> Rc<Schema<'p>> {
    Schema::new(SchemaKind::Optional(Rc::clone(schema)))
}

/// Zod 3 takes `.optional()` off, Zod 4 refuses `undefined`: the same for what is taken, unless it
/// is nullable in between.
fn required<'p>(schema: &Rc<Schema<'p>>) -> Rc<Schema<'p>> {
    match &schema.kind {
        SchemaKind::Optional(inner) => required(inner),
        SchemaKind::Default(_) | SchemaKind::Prefault(_) => {
            Schema::new(SchemaKind::NonOptional(Rc::clone(schema)))
        }
        SchemaKind::Nullable(inner) if is_optional(inner) => Schema::unresolved(
            "whether `.required()` reaches through `.nullable()` depends on Zod's version",
        ),
        _ => Rc::clone(schema),
    }
}

fn is_optional(schema: &Schema<'_>) -> bool {
    match &schema.kind {
        SchemaKind::Optional(_) | SchemaKind::Undefined => true,
        SchemaKind::Nullable(inner) => is_optional(inner),
        SchemaKind::Union(options) => options.iter().any(|option| is_optional(option)),
        _ => false,
    }
}

/// `.keyof()`
pub(super) fn keys<'p>(schema: &Rc<Schema<'p>>) -> Rc<Schema<'p>> {
    match &schema.kind {
        SchemaKind::Object(shape) if shape.open.is_none() => {
            let names = shape
                .entries
                .iter()
                .map(|entry| Value::String(Rc::clone(&entry.name)));
            Schema::new(SchemaKind::Values(names.collect()))
        }
        _ => Schema::unresolved("the keys of a schema that is no known object are not read"),
    }
}
