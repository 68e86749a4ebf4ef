//! Schemas as the kinds of values that they allow, with constraints. The objects among them are read
//! in [`super::objects`].

use super::document::{NodeValue, Place};
use super::documents::reference;
use super::schemas::Schemas;
use crate::facts::{Constraints, FormatOptions, Kind};

/// So deep schemas may hold each other before they count as endless.
pub(super) const DEPTH: usize = 24;

/// A schema of one value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueSchema {
    pub kind: Kind,
    pub nullable: bool,
    pub constraints: Constraints,
    /// The name of the object that it is, or a list of it.
    pub reference: Option<String>,
    pub has_default: bool,
    pub read_only: bool,
    pub write_only: bool,
}

impl ValueSchema {
    fn of_kind(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
            constraints: Constraints::default(),
            reference: None,
            has_default: false,
            read_only: false,
            write_only: false,
        }
    }

    fn unresolved(reason: impl Into<String>) -> Self {
        Self::of_kind(Kind::Unresolved(reason.into().into()))
    }

    fn is_any(&self) -> bool {
        self.kind == Kind::Any
    }
}

impl<'d> Schemas<'d> {
    /// The values that the schema at `place` allows.
    pub fn value(&self, place: Place<'d>, depth: usize) -> ValueSchema {
        if depth > DEPTH || !self.may_go_on() {
            return ValueSchema::unresolved("its schema holds itself, or too many others");
        }
        let of_reference = match reference(place) {
            Some(written) => Some(match self.documents.target(place, written) {
                Ok(target) => {
                    self.declare_reference(written, target);
                    self.named(target, self.value(target, depth + 1))
                }
                Err(why) => return ValueSchema::unresolved(why),
            }),
            None => None,
        };
        // `true` and `{}` are any value; so is what is no schema.
        let mut found = self.own(place, depth);
        let of_all = place.get("allOf").into_iter().flat_map(Place::items);
        let parts = of_all.map(|part| self.value(part, depth + 1));
        for part in of_reference.into_iter().chain(parts) {
            found = both(found, part);
        }
        for key in ["oneOf", "anyOf"] {
            let members = place.get(key).into_iter().flat_map(Place::items);
            let members: Vec<_> = members
                .map(|member| self.value(member, depth + 1))
                .collect();
            if let Some(one) = one_of(members) {
                found = both(found, one);
            }
        }
        // In 3.0 it stands beside the `allOf` or `$ref` that it is about.
        found.nullable |= place.get("nullable").is_some_and(Place::is_true);
        found.has_default |= place.get("default").is_some();
        found.read_only |= place.get("readOnly").is_some_and(Place::is_true);
        found.write_only |= place.get("writeOnly").is_some_and(Place::is_true);
        found
    }

    /// The same value under the name of the object at `target`, where it is one.
    fn named(&self, target: Place<'d>, mut found: ValueSchema) -> ValueSchema {
        if found.reference.is_none()
            && found.kind == Kind::Json
            && let Ok(target) = self.documents.follow(target)
        {
            found.reference = self.name(target);
        }
        // Comments on a declaration say nothing of the fields that hold it.
        found.has_default = false;
        found
    }

    /// The statements of the keywords beside `$ref`, `allOf` and their like.
    fn own(&self, place: Place<'d>, depth: usize) -> ValueSchema {
        let names = type_names(place);
        let is_null = |name: &&str| *name == "null";
        let nullable = names.iter().any(is_null);
        let kinds: Vec<ValueSchema> = names
            .iter()
            .filter(|name| !is_null(name))
            .map(|name| self.of_type(place, name, depth))
            .collect();
        let mut found = match one_of(kinds) {
            Some(found) => found,
            // `type: 'null'` alone.
            None if nullable => ValueSchema::of_kind(Kind::Any),
            None => self.untyped(place, depth),
        };
        found.nullable |= nullable;
        self.enumerated(place, &mut found);
        found
    }

    fn of_type(&self, place: Place<'d>, name: &str, depth: usize) -> ValueSchema {
        match name {
            "string" => string(place),
            "number" | "integer" => number(place, name == "integer"),
            "boolean" => ValueSchema::of_kind(Kind::Boolean),
            "array" => self.array(place, depth),
            "object" => ValueSchema::of_kind(Kind::Json),
            other => ValueSchema::unresolved(format!("`type: {other}` is none of JSON")),
        }
    }

    /// A schema without `type`: its other keywords tell.
    fn untyped(&self, place: Place<'d>, depth: usize) -> ValueSchema {
        let is_object = ["properties", "additionalProperties", "patternProperties"];
        if is_object.iter().any(|key| place.get(key).is_some()) {
            return ValueSchema::of_kind(Kind::Json);
        }
        if place.get("items").is_some() {
            return self.array(place, depth);
        }
        if place.get("format").is_some() && place.get("enum").is_none() {
            return string(place);
        }
        // `allOf: [{ $ref: … }, { maxLength: 5 }]`: what it is, another part says.
        let (text, number) = (string(place).constraints, number(place, false).constraints);
        ValueSchema {
            constraints: narrowed(text, number),
            ..ValueSchema::of_kind(Kind::Any)
        }
    }

    fn array(&self, place: Place<'d>, depth: usize) -> ValueSchema {
        let items = place.get("items");
        let items = items.map_or_else(
            || ValueSchema::of_kind(Kind::Any),
            |items| self.value(items, depth + 1),
        );
        ValueSchema {
            constraints: Constraints {
                min_length: count(place, "minItems"),
                max_length: count(place, "maxItems"),
                ..items.constraints.of_items()
            },
            reference: items.reference,
            ..ValueSchema::of_kind(Kind::Array(Box::new(items.kind)))
        }
    }

    /// Narrows `found` to the values of `enum` and `const`.
    fn enumerated(&self, place: Place<'d>, found: &mut ValueSchema) {
        let listed = place.get("enum").map(|values| values.items().collect());
        let constant = place.get("const").map(|value| vec![value]);
        let Some(values): Option<Vec<Place<'d>>> = listed.or(constant) else {
            return;
        };
        let texts: Vec<String> = values
            .iter()
            .filter_map(|value| value.text().map(str::to_owned))
            .collect();
        let nulls = values
            .iter()
            .filter(|value| matches!(value.value(), NodeValue::Null))
            .count();
        found.nullable |= nulls > 0 && type_names(place).is_empty();
        let is_of_texts = !texts.is_empty() && texts.len() + nulls == values.len();
        if is_of_texts && matches!(found.kind, Kind::String | Kind::Any) {
            found.kind = Kind::Enum(texts);
        } else if found.is_any() && values.iter().all(|value| value.number().is_some()) {
            found.kind = Kind::Number;
        }
    }
}

/// The names in `type`: one in 3.0, one or several in 3.1.
fn type_names(place: Place<'_>) -> Vec<&str> {
    let Some(named) = place.get("type") else {
        return Vec::new();
    };
    match named.text() {
        Some(name) => vec![name],
        // `null` without quotes is what YAML reads as nothing.
        None if matches!(named.value(), NodeValue::Null) => vec!["null"],
        None => named
            .items()
            .map(|name| name.text().unwrap_or("null"))
            .collect(),
    }
}

fn string(place: Place<'_>) -> ValueSchema {
    let format = place.get("format").and_then(Place::text);
    if format == Some("binary") {
        // A file, of which nothing is known.
        return ValueSchema::of_kind(Kind::Any);
    }
    let (format, format_options) = format.and_then(known_format).unzip();
    ValueSchema {
        constraints: Constraints {
            format: format.map(str::to_owned),
            format_options: format_options.unwrap_or_default(),
            min_length: count(place, "minLength"),
            max_length: count(place, "maxLength"),
            pattern: place
                .get("pattern")
                .and_then(Place::text)
                .map(str::to_owned),
            ..Constraints::default()
        },
        ..ValueSchema::of_kind(Kind::String)
    }
}

/// The format of strings that is called so in documents, under the name that facts have for it.
fn known_format(name: &str) -> Option<(&'static str, FormatOptions)> {
    let any = FormatOptions::default();
    let version = |version| FormatOptions {
        version: Some(version),
        ..any
    };
    // Servers write instants with and without their offset under this name, whatever RFC 3339 says.
    let instant = FormatOptions {
        offset: true,
        local: true,
        version: None,
    };
    Some(match name {
        "date-time" => ("datetime", instant),
        "date" => ("date", any),
        "time" => ("time", any),
        "duration" => ("duration", any),
        "email" | "idn-email" => ("email", any),
        "uuid" => ("uuid", any),
        "uri" | "url" | "iri" => ("url", any),
        "ipv4" => ("ip", version(4)),
        "ipv6" => ("ip", version(6)),
        "ulid" => ("ulid", any),
        _unknown => return None,
    })
}

fn number(place: Place<'_>, is_integer: bool) -> ValueSchema {
    let bound = |key: &str| place.get(key).and_then(Place::number);
    let format = place.get("format").and_then(Place::text);
    let (least, greatest) = match format {
        Some("int8") => (Some(-128.0), Some(127.0)),
        Some("int16") => (Some(f64::from(i16::MIN)), Some(f64::from(i16::MAX))),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _unbounded => (None, None),
    };
    // A boolean in 3.0, which is about the bound beside it; a bound itself in 3.1.
    let excludes = |key: &str| place.get(key).is_some_and(Place::is_true);
    let mut constraints = Constraints {
        integer: is_integer || bound("multipleOf").is_some_and(|of| of.fract() == 0.0),
        exclusive_minimum: bound("exclusiveMinimum"),
        exclusive_maximum: bound("exclusiveMaximum"),
        ..Constraints::default()
    };
    if excludes("exclusiveMinimum") {
        constraints.exclusive_minimum = bound("minimum");
    } else {
        constraints.minimum = bound("minimum").or(least);
    }
    if excludes("exclusiveMaximum") {
        constraints.exclusive_maximum = bound("maximum");
    } else {
        constraints.maximum = bound("maximum").or(greatest);
    }
    ValueSchema {
        constraints,
        ..ValueSchema::of_kind(Kind::Number)
    }
}

fn count(place: Place<'_>, key: &str) -> Option<u32> {
    let count = place.get(key)?.number()?;
    (count >= 0.0).then_some(count as u32)
}

/// Values that satisfy both: those of `allOf`.
pub(super) fn both(one: ValueSchema, other: ValueSchema) -> ValueSchema {
    // A field of any value says nothing about null.
    let nullable = match (one.is_any(), other.is_any()) {
        (false, false) => one.nullable && other.nullable,
        (_, _) => one.nullable || other.nullable,
    };
    let kind = match (one.kind, other.kind) {
        (Kind::Any, kind) | (kind, Kind::Any) => kind,
        (Kind::Enum(values), Kind::String) | (Kind::String, Kind::Enum(values)) => {
            Kind::Enum(values)
        }
        (one, _) => one,
    };
    ValueSchema {
        kind,
        nullable,
        constraints: narrowed(one.constraints, other.constraints),
        reference: one.reference.or(other.reference),
        has_default: one.has_default || other.has_default,
        read_only: one.read_only || other.read_only,
        write_only: one.write_only || other.write_only,
    }
}

fn narrowed(one: Constraints, other: Constraints) -> Constraints {
    let least = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let most = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    };
    let (format, format_options) = match &one.format {
        Some(_) => (one.format, one.format_options),
        None => (other.format, other.format_options),
    };
    Constraints {
        format,
        format_options,
        min_length: one.min_length.max(other.min_length),
        max_length: match (one.max_length, other.max_length) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
        minimum: most(one.minimum, other.minimum),
        maximum: least(one.maximum, other.maximum),
        exclusive_minimum: most(one.exclusive_minimum, other.exclusive_minimum),
        exclusive_maximum: least(one.exclusive_maximum, other.exclusive_maximum),
        integer: one.integer || other.integer,
        pattern: one.pattern.or(other.pattern),
        items: one.items.or(other.items),
        ..Constraints::default()
    }
}

/// Values that satisfy one of `members`; none where there are none. `null` among them is no kind.
pub(super) fn one_of(members: Vec<ValueSchema>) -> Option<ValueSchema> {
    let is_only_null = |one: &ValueSchema| one.is_any() && one.nullable;
    let (nulls, members): (Vec<_>, Vec<_>) = members.into_iter().partition(is_only_null);
    let nullable = !nulls.is_empty() || members.iter().any(|member| member.nullable);
    let mut members = members.into_iter();
    let Some(mut found) = members.next() else {
        return nulls.into_iter().next();
    };
    for member in members {
        // A limit that one member lacks is none.
        if member.constraints != found.constraints {
            found.constraints = Constraints::default();
        }
        if member.reference != found.reference {
            found.reference = None;
        }
        found.kind = either(found.kind, member.kind);
        found.has_default |= member.has_default;
    }
    found.nullable = nullable;
    Some(found)
}

fn either(one: Kind, other: Kind) -> Kind {
    match (one, other) {
        (one, other) if one == other => one,
        (Kind::Any, _) | (_, Kind::Any) => Kind::Any,
        (Kind::Unresolved(why), _) | (_, Kind::Unresolved(why)) => Kind::Unresolved(why),
        (Kind::Enum(_), Kind::String) | (Kind::String, Kind::Enum(_)) => Kind::String,
        (Kind::Enum(mut values), Kind::Enum(others)) => {
            values.extend(others);
            Kind::Enum(values)
        }
        (Kind::Union(members), other) => {
            let is_new = !members.contains(&other);
            let members = members.into_iter().chain(is_new.then_some(other));
            Kind::Union(members.collect())
        }
        (one, other) => Kind::Union([one, other].into()),
    }
}
