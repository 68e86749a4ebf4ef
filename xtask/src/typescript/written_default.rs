//! Defaults of an ORM's columns that are written out, as values.

use super::values::{ObjectEntry, Value};
use crate::facts::SqlDefault;

/// Returns a default that is written out: a string, a number, a list.
pub(super) fn written_default(value: &Value<'_>) -> Option<SqlDefault> {
    let text = match value.uncast() {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bigint(digits) => Some(digits.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    };
    let json = json(value)?.to_string();
    Some(SqlDefault::Value { text, json })
}

/// The value as JSON; none where a part of it is computed.
fn json(value: &Value<'_>) -> Option<serde_json::Value> {
    Some(match value.uncast() {
        Value::String(text) => (**text).into(),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < MAX_EXACT => {
            (*number as i64).into()
        }
        Value::Number(number) => (*number).into(),
        Value::Bigint(digits) => digits.parse::<i64>().ok()?.into(),
        Value::Boolean(value) => (*value).into(),
        Value::Null => serde_json::Value::Null,
        Value::Array(array) if array.open.is_none() => array
            .items
            .iter()
            .map(json)
            .collect::<Option<Vec<_>>>()?
            .into(),
        Value::Object(object) if object.open.is_none() => {
            let entry =
                |entry: &ObjectEntry<'_>| Some((entry.name.to_string(), json(&entry.value)?));
            let entries: Option<serde_json::Map<_, _>> = object.entries.iter().map(entry).collect();
            entries?.into()
        }
        _ => return None,
    })
}

/// JavaScript's numbers are whole numbers up to this.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
