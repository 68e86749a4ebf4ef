//! Defaults that are written out, as PostgreSQL writes them and as code does. What is computed, and
//! types whose values are written in many ways, are not compared.

use serde_json::Value;

use crate::schema::types::{ColumnType, Scalar};

/// The literal in the column's default `expression`, where it is another value than the stated one:
/// its text, and its JSON.
pub(super) fn differing(
    (stated_text, json): (Option<&str>, &str),
    expression: &str,
    ty: &ColumnType,
) -> Option<String> {
    let spelling = Spelling::of(&ty.scalar)?;
    if ty.array {
        let actual = elements(expression)?;
        let stated: Value = serde_json::from_str(json).ok()?;
        let stated: Vec<String> = stated.as_array()?.iter().map(text).collect::<Option<_>>()?;
        let is_same = stated.len() == actual.len()
            && stated
                .iter()
                .zip(&actual)
                .all(|(one, other)| spelling.is_same(one, other));
        return (!is_same).then(|| format!("{{{}}}", actual.join(",")));
    }
    let actual = literal(expression)?;
    let is_same = match spelling {
        Spelling::Json => {
            let actual: Value = serde_json::from_str(&actual).ok()?;
            let value: Value = serde_json::from_str(json).ok()?;
            // Drizzle writes a string into the migration as it is: `.default('{}')` is an object.
            let text = stated_text.unwrap_or_default();
            let written = serde_json::from_str(text).ok();
            is_same_json(&value, &actual)
                || written.is_some_and(|written| is_same_json(&written, &actual))
        }
        spelling => spelling.is_same(stated_text?, &actual),
    };
    (!is_same).then_some(actual)
}

/// How the values of a type are written.
#[derive(Clone, Copy)]
enum Spelling {
    Text,
    /// `char(n)`, whose values end with as many spaces as it takes.
    Padded,
    Number,
    Boolean,
    /// Upper and lower case are the same.
    Uuid,
    Date,
    Json,
}

impl Spelling {
    fn of(scalar: &Scalar) -> Option<Self> {
        let name = match scalar {
            Scalar::Enum(..) => return Some(Self::Text),
            Scalar::Builtin(name) => name.as_str(),
            Scalar::Other(_) => return None,
        };
        Some(match name {
            "text" | "character varying" => Self::Text,
            "character" => Self::Padded,
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                Self::Number
            }
            "boolean" => Self::Boolean,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "json" | "jsonb" => Self::Json,
            _written_in_many_ways => return None,
        })
    }

    fn is_same(self, stated: &str, actual: &str) -> bool {
        match self {
            Self::Text => stated == actual,
            Self::Padded => stated.trim_end_matches(' ') == actual.trim_end_matches(' '),
            Self::Number => is_same_number(stated, actual),
            // As PostgreSQL reads it: `'t'` is true.
            Self::Boolean => stated.chars().next() == actual.chars().next(),
            Self::Uuid => stated.eq_ignore_ascii_case(actual),
            // `today` is another one each day.
            Self::Date => !is_day(stated) || !is_day(actual) || stated == actual,
            Self::Json => true,
        }
    }
}

fn is_same_number(stated: &str, actual: &str) -> bool {
    let numbers = stated.parse::<f64>().ok().zip(actual.parse::<f64>().ok());
    stated == actual
        || numbers.is_some_and(|(stated, actual)| {
            (stated - actual).abs() <= f64::EPSILON * stated.abs().max(actual.abs())
        })
}

fn is_same_json(stated: &Value, actual: &Value) -> bool {
    match (stated, actual) {
        (Value::Number(stated), Value::Number(actual)) => {
            is_same_number(&stated.to_string(), &actual.to_string())
        }
        (Value::Array(stated), Value::Array(actual)) => {
            stated.len() == actual.len()
                && stated
                    .iter()
                    .zip(actual)
                    .all(|(one, other)| is_same_json(one, other))
        }
        (Value::Object(stated), Value::Object(actual)) => {
            let is_same = |(name, one): (&String, &Value)| {
                actual
                    .get(name)
                    .is_some_and(|other| is_same_json(one, other))
            };
            stated.len() == actual.len() && stated.iter().all(is_same)
        }
        (stated, actual) => stated == actual,
    }
}

/// `2026-01-31`
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a default is null, which is none.
pub(super) fn is_null(expression: &str) -> bool {
    let value = expression.split("::").next().unwrap_or(expression);
    value.trim_matches(['(', ')']).eq_ignore_ascii_case("null")
}

/// The literal in a default as PostgreSQL writes it: `'draft'::bill_status`, `0`, `'-1'::integer`,
/// `false`.
pub(super) fn literal(expression: &str) -> Option<String> {
    let Some(quoted) = expression.strip_prefix('\'') else {
        let plain = expression
            .split("::")
            .next()
            .unwrap_or(expression)
            .trim_matches(['(', ')']);
        let known = plain.parse::<f64>().is_ok() || matches!(plain, "true" | "false");
        return known.then(|| plain.to_owned());
    };
    // A quote in the text is written twice.
    let text = quoted.replace("''", "\0");
    let (text, rest) = text.split_once('\'')?;
    let is_all = rest.is_empty()
        || (rest.starts_with("::") && !rest.contains(['(', '|', '+', ' '])
            || matches!(rest, "::character varying" | "::double precision"));
    is_all.then(|| text.replace('\0', "'"))
}

/// The elements of a list in a default: `'{}'::text[]`, `'{a,b}'::text[]`, `ARRAY['a'::text]`. None
/// of elements that are quoted or are lists themselves.
fn elements(expression: &str) -> Option<Vec<String>> {
    if let Some(list) = expression.strip_prefix("ARRAY[") {
        // Only a list without elements names its type: `ARRAY[]::text[]`.
        if list.starts_with("]::") {
            return Some(Vec::new());
        }
        let list = list.strip_suffix(']')?;
        if list.contains(['[', ']']) {
            return None;
        }
        return list.split(", ").map(literal).collect();
    }
    let list = literal(expression)?;
    let list = list.strip_prefix('{')?.strip_suffix('}')?;
    if list.contains(['{', '"', '\\']) {
        return None;
    }
    Some(match list {
        "" => Vec::new(),
        list => list.split(',').map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_postgresql_writes_them() {
        let read = |expression| literal(expression);
        assert_eq!(read("'draft'::bill_status").as_deref(), Some("draft"));
        assert_eq!(read("'it''s'::character varying").as_deref(), Some("it's"));
        assert_eq!(read("'-1'::integer").as_deref(), Some("-1"));
        assert_eq!(
            (
                read("5.0").as_deref(),
                read("(-1)").as_deref(),
                read("true").as_deref()
            ),
            (Some("5.0"), Some("-1"), Some("true"))
        );
        assert_eq!(
            (
                read("now()"),
                read("('a'::text || 'b'::text)"),
                read("nextval('s'::regclass)")
            ),
            (None, None, None)
        );
        assert!(is_same_number("5", "5.00") && !is_same_number("5", "6"));
        assert!(is_null("NULL::text") && is_null("NULL") && !is_null("'null'::text"));
    }

    #[test]
    fn lists_are_read_where_their_elements_are_plain() {
        let read = |expression| elements(expression);
        let list = |items: &[&str]| Some(items.iter().map(ToString::to_string).collect());
        assert_eq!(read("'{}'::text[]"), list(&[]));
        assert_eq!(read("'{a,b}'::text[]"), list(&["a", "b"]));
        assert_eq!(read("ARRAY['a'::text, 'b'::text]"), list(&["a", "b"]));
        assert_eq!(read("ARRAY[1, 2]"), list(&["1", "2"]));
        assert_eq!(read("'{\"a b\"}'::text[]"), None);
        assert_eq!(read("ARRAY[]::text[]"), list(&[]));
        assert_eq!(read("make_list()"), None);
    }
}
