//! The constraints that `.min(5)`, `.email()` and `.int()` add.

use crate::facts::{Constraints, FormatOptions};
use crate::typescript::values::Value;

/// Whether `z.name()` of Zod 4 is a string of a format.
pub(super) fn is_format(name: &str) -> bool {
    format(name).is_some() && !matches!(name, "date" | "time")
}

/// The format that a method of strings demands.
fn format(name: &str) -> Option<&str> {
    Some(match name {
        "uuidv4" | "uuidv6" | "uuidv7" | "guid" => "uuid",
        "httpUrl" => "url",
        "ip" | "ipv4" | "ipv6" => "ip",
        "cidr" | "cidrv4" | "cidrv6" => "cidr",
        "email" | "uuid" | "url" | "cuid" | "cuid2" | "ulid" | "nanoid" | "datetime" | "date"
        | "time" | "duration" | "base64" | "base64url" | "jwt" | "emoji" | "e164" | "xid"
        | "ksuid" | "hostname" | "mac" | "hex" => name,
        _ => return None,
    })
}

/// Applies a method of `z.string()`; false for one that is not known.
pub(super) fn string(constraints: &mut Constraints, name: &str, arguments: &[Value<'_>]) -> bool {
    let length = arguments
        .first()
        .and_then(Value::as_number)
        .and_then(length);
    match name {
        "min" | "minLength" => set_min(constraints, length),
        "max" | "maxLength" => set_max(constraints, length),
        "length" => {
            set_min(constraints, length);
            set_max(constraints, length);
        }
        "nonempty" => set_min(constraints, Some(1)),
        "regex" => pattern(constraints, arguments.first()),
        "startsWith" | "endsWith" | "includes" | "lowercase" | "uppercase" => {
            constraints.refined = true
        }
        "overwrite" => overwritten(constraints),
        "trim" | "toLowerCase" | "toUpperCase" | "normalize" | "slugify" => {}
        name => match format(name) {
            Some(format) => {
                constraints.format_options = options(name, arguments.first());
                constraints.format = Some(format.to_owned());
            }
            None => return false,
        },
    }
    true
}

/// The options of a format, of its name and of its argument: `uuidv7`, `datetime({ offset: true })`.
fn options(name: &str, argument: Option<&Value<'_>>) -> FormatOptions {
    let of_name = ["uuidv", "ipv", "cidrv"]
        .iter()
        .find_map(|format| name.strip_prefix(format));
    let given = argument.and_then(Value::as_object);
    // What is computed may say anything.
    let is_open = match (argument, given) {
        (None, _) => false,
        (Some(argument), None) => argument.as_str().is_none(),
        (Some(_), Some(given)) => given.open.is_some(),
    };
    let option = |name: &str| given.and_then(|given| given.get(name));
    let is_set = |name: &str| {
        is_open
            || option(name).is_some_and(|entry| {
                !matches!(
                    entry.value.uncast(),
                    Value::Boolean(false) | Value::Undefined
                )
            })
    };
    let version = option("version").and_then(|entry| entry.value.as_str());
    let version = version.map(|version| version.trim_start_matches('v'));
    FormatOptions {
        version: of_name.or(version).and_then(|version| version.parse().ok()),
        offset: is_set("offset"),
        local: is_set("local"),
    }
}

/// Applies a method of `z.number()` or `z.bigint()`; false for one that is not known.
pub(super) fn number(constraints: &mut Constraints, name: &str, arguments: &[Value<'_>]) -> bool {
    let value = arguments.first().and_then(Value::as_number);
    match name {
        "min" | "gte" | "minimum" => bound(
            &mut constraints.minimum,
            value,
            &mut constraints.refined,
            f64::max,
        ),
        "max" | "lte" | "maximum" => bound(
            &mut constraints.maximum,
            value,
            &mut constraints.refined,
            f64::min,
        ),
        "gt" => bound(
            &mut constraints.exclusive_minimum,
            value,
            &mut constraints.refined,
            f64::max,
        ),
        "lt" => bound(
            &mut constraints.exclusive_maximum,
            value,
            &mut constraints.refined,
            f64::min,
        ),
        "positive" => bound(
            &mut constraints.exclusive_minimum,
            Some(0.0),
            &mut constraints.refined,
            f64::max,
        ),
        "negative" => bound(
            &mut constraints.exclusive_maximum,
            Some(0.0),
            &mut constraints.refined,
            f64::min,
        ),
        "nonnegative" => bound(
            &mut constraints.minimum,
            Some(0.0),
            &mut constraints.refined,
            f64::max,
        ),
        "nonpositive" => bound(
            &mut constraints.maximum,
            Some(0.0),
            &mut constraints.refined,
            f64::min,
        ),
        "int" => constraints.integer = true,
        "finite" => {}
        // `.safe()` refuses fractions to Zod 4 alone.
        "multipleOf" | "step" | "safe" => constraints.refined = true,
        "overwrite" => overwritten(constraints),
        _ => return false,
    }
    true
}

/// Forgets the earlier demands: they were made of another value than the one that comes out.
pub(super) fn overwritten(constraints: &mut Constraints) {
    *constraints = Constraints {
        coerced: constraints.coerced,
        transformed: constraints.transformed,
        refined: true,
        ..Constraints::default()
    };
}

/// Applies a method of `z.array()` and the like; false for one that is not known.
pub(super) fn sized(constraints: &mut Constraints, name: &str, arguments: &[Value<'_>]) -> bool {
    let size = arguments
        .first()
        .and_then(Value::as_number)
        .and_then(length);
    match name {
        "min" | "minLength" | "minSize" => set_min(constraints, size),
        "max" | "maxLength" | "maxSize" => set_max(constraints, size),
        "length" | "size" => {
            set_min(constraints, size);
            set_max(constraints, size);
        }
        "nonempty" => set_min(constraints, Some(1)),
        _ => return false,
    }
    true
}

/// A bound that is computed demands something that is not known; of two bounds the narrower holds.
fn bound(
    place: &mut Option<f64>,
    value: Option<f64>,
    refined: &mut bool,
    narrower: fn(f64, f64) -> f64,
) {
    match value {
        Some(value) => *place = Some(place.map_or(value, |known| narrower(known, value))),
        None => *refined = true,
    }
}

fn set_min(constraints: &mut Constraints, length: Option<u32>) {
    match length {
        Some(length) => constraints.min_length = constraints.min_length.max(Some(length)),
        None => constraints.refined = true,
    }
}

fn set_max(constraints: &mut Constraints, length: Option<u32>) {
    match length {
        Some(length) => {
            constraints.max_length = Some(
                constraints
                    .max_length
                    .map_or(length, |known| known.min(length)),
            );
        }
        None => constraints.refined = true,
    }
}

fn length(value: f64) -> Option<u32> {
    (value >= 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}

/// The first pattern is kept; flags and further patterns demand more than is kept.
fn pattern(constraints: &mut Constraints, value: Option<&Value<'_>>) {
    match value.map(Value::uncast) {
        Some(Value::Regex(source, flags)) if flags.is_empty() && constraints.pattern.is_none() => {
            constraints.pattern = Some(source.to_string());
        }
        _ => constraints.refined = true,
    }
}
