//! Lays JSON out for review: one line per column, constraint, index, enum; a line of its own for
//! each line of a function. A reviewer's diff then shows the changes of a migration, and no more.

use serde_json::{Map, Value};

/// Members of an object whose own members stand on a line each.
const PARTS: &[&str] = &[
    "columns",
    "constraints",
    "indexes",
    "statistics",
    "triggers",
    "policies",
    "rules",
];

/// The text of `value`, with a line feed at its end.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    write_value("", value, 0, &mut text);
    text.push('\n');
    text
}

fn write_value(key: &str, value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if is_block(key, members, depth) => {
            let items = members
                .iter()
                .map(|(key, member)| (Some(key.as_str()), member));
            write_block(('{', '}'), items, depth, text);
        }
        Value::Array(elements) if (PARTS.contains(&key) && depth == 3) || key == DEFINITION => {
            write_block(
                ('[', ']'),
                elements.iter().map(|element| (None, element)),
                depth,
                text,
            );
        }
        other => write_inline(other, text),
    }
}

/// A text that stands line by line.
const DEFINITION: &str = "definition";

/// Whether an object is laid out as a block. At depth 0 that is the file, at 1 its sections, at 2
/// an object that holds parts or a text of several lines, at 3 its parts.
fn is_block(key: &str, members: &Map<String, Value>, depth: usize) -> bool {
    match depth {
        0 | 1 => true,
        2 => members.iter().any(|(key, member)| {
            PARTS.contains(&key.as_str()) && is_container(member)
                || key == DEFINITION && member.is_array()
        }),
        3 => PARTS.contains(&key),
        _ => false,
    }
}

fn write_block<'a>(
    (open, close): (char, char),
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    depth: usize,
    text: &mut String,
) {
    text.push(open);
    let mut separator = "\n";
    for (key, value) in items {
        text.push_str(separator);
        indent(depth + 1, text);
        if let Some(key) = key {
            text.push_str(&quoted(key));
            text.push_str(": ");
        }
        write_value(key.unwrap_or_default(), value, depth + 1, text);
        separator = ",\n";
    }
    if separator == ",\n" {
        text.push('\n');
        indent(depth, text);
    }
    text.push(close);
}

fn write_inline_object(members: &Map<String, Value>, text: &mut String) {
    text.push_str(if members.is_empty() { "{" } else { "{ " });
    for (place, (key, member)) in members.iter().enumerate() {
        text.push_str(if place == 0 { "" } else { ", " });
        text.push_str(&quoted(key));
        text.push_str(": ");
        write_inline(member, text);
    }
    text.push_str(if members.is_empty() { "}" } else { " }" });
}

fn write_inline_list(elements: &[Value], text: &mut String) {
    text.push('[');
    for (place, element) in elements.iter().enumerate() {
        text.push_str(if place == 0 { "" } else { ", " });
        write_inline(element, text);
    }
    text.push(']');
}

fn write_inline(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_inline_object(members, text),
        Value::Array(elements) => write_inline_list(elements, text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string())
        }
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

fn quoted(key: &str) -> String {
    Value::String(key.to_owned()).to_string()
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}
