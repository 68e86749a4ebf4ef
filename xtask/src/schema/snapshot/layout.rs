//! Lays JSON out for review: one line per column, constraint, index, enum; a line of its own for each line of a
//! function. What a migration changes is then what a reviewer's diff shows, and no more.

use serde_json::{Map, Value};

/// The text of `value`, with a line feed at its end.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, 0, &mut text);
    text.push('\n');
    text
}

fn write_value(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if is_block(members, depth) => {
            let items = members.iter().map(|(key, member)| (Some(key.as_str()), member));
            write_block(('{', '}'), items, depth, text);
        }
        Value::Array(elements) if elements.iter().any(is_container) => {
            write_block(('[', ']'), elements.iter().map(|element| (None, element)), depth, text);
        }
        Value::Object(members) => write_inline_object(members, text),
        Value::Array(elements) => write_inline_list(elements, text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

/// The file and its sections always; further down, what holds more than one line's worth.
fn is_block(members: &Map<String, Value>, depth: usize) -> bool {
    let holds_containers = |member: &Value| match member {
        Value::Object(inner) => inner.values().any(is_container),
        Value::Array(inner) => inner.iter().any(is_container),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    depth < 2
        || members.contains_key("columns") && !members.contains_key("kind")
        || members.values().any(holds_containers)
        || members.get("definition").is_some_and(Value::is_array)
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
        match (key, value) {
            (Some("definition"), Value::Array(lines)) => write_lines(lines, depth + 1, text),
            (_, value) => write_value(value, depth + 1, text),
        }
        separator = ",\n";
    }
    if separator == ",\n" {
        text.push('\n');
        indent(depth, text);
    }
    text.push(close);
}

/// A text of several lines, one below the other.
fn write_lines(lines: &[Value], depth: usize, text: &mut String) {
    write_block(('[', ']'), lines.iter().map(|line| (None, line)), depth, text);
}

fn write_inline_object(members: &Map<String, Value>, text: &mut String) {
    text.push_str("{ ");
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
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
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
