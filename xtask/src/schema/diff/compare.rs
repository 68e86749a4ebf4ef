//! Compares the canonical JSON of two schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Change, ChangeKind};

/// The kind of changes of privileges.
pub(super) const GRANTS: &str = "grants on";

/// Sections of a schema, and the word for one object of each. Changes are reported in this order.
const KINDS: &[(&str, &str)] = &[
    ("namespaces", "namespace"),
    ("extensions", "extension"),
    ("enums", "enum"),
    ("domains", "domain"),
    ("composites", "composite type"),
    ("ranges", "range type"),
    ("sequences", "sequence"),
    ("tables", "table"),
    ("views", "view"),
    ("routines", "routine"),
    ("grants", GRANTS),
];

/// Members of an object that hold parts, and the word for one part of each.
const PARTS: &[(&str, &str)] = &[
    ("columns", "column"),
    ("constraints", "constraint"),
    ("indexes", "index"),
    ("statistics", "statistics"),
    ("triggers", "trigger"),
    ("policies", "policy"),
    ("rules", "rule"),
    ("checks", "check"),
];

/// The changes between two schemas.
pub(super) fn sections(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (section, kind) in KINDS {
        let pick = |schema: &Map<String, Value>| members(schema.get(*section));
        objects(kind, &pick(before), &pick(after), &mut changes);
    }
    let (before, after) = (
        members(before.get("objects")),
        members(after.get("objects")),
    );
    for kind in keys(&before, &after) {
        objects(
            &kind,
            &members(before.get(&kind)),
            &members(after.get(&kind)),
            &mut changes,
        );
    }
    changes
}

/// The objects of a kind, by name.
pub(super) fn members_of_kind(sections: &Map<String, Value>, kind: &str) -> Map<String, Value> {
    match KINDS.iter().find(|(_, known)| *known == kind) {
        Some((section, _)) => members(sections.get(*section)),
        None => members(
            sections
                .get("objects")
                .and_then(|objects| objects.get(kind)),
        ),
    }
}

/// The part of an object of this kind and name.
pub(super) fn part(object: &Value, (kind, name): (&str, &str)) -> Option<Value> {
    let (member, _) = PARTS.iter().find(|(_, known)| *known == kind)?;
    parts(object.get(*member))
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, part)| part)
}

/// The changes of the objects of a kind.
pub(super) fn objects(
    kind: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    for name in keys(before, after) {
        let mut report = |part, what| {
            changes.push(Change {
                kind: kind.to_owned(),
                object: name.clone(),
                part,
                what,
            })
        };
        match (before.get(&name), after.get(&name)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => object(kind, old, new, &mut report),
            (Some(old), None) => report(None, ChangeKind::Removed(short(old))),
            (None, Some(new)) => {
                report(None, ChangeKind::Added(short(new)));
                contents(new, &mut report);
            }
            (None, None) => {}
        }
    }
}

/// Reports the parts of a new object, so that a reviewer sees its content.
fn contents(object: &Value, report: &mut impl FnMut(Option<(String, String)>, ChangeKind)) {
    for (member, kind) in PARTS {
        for (name, part) in parts(object.get(*member)) {
            report(
                Some(((*kind).to_owned(), name)),
                ChangeKind::Added(short(&part)),
            );
        }
    }
}

fn object(
    kind: &str,
    old: &Value,
    new: &Value,
    report: &mut impl FnMut(Option<(String, String)>, ChangeKind),
) {
    if let (Value::Array(old), Value::Array(new)) = (old, new) {
        return lists(old, new, report);
    }
    attributes(
        old,
        new,
        |attribute| PARTS.iter().any(|(member, _)| *member == attribute),
        &mut |what| report(None, what),
    );
    for (member, part_kind) in PARTS {
        let (before, after) = (parts(old.get(*member)), parts(new.get(*member)));
        let find = |parts: &[(String, Value)], name: &str| {
            parts
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, part)| part.clone())
        };
        let mut names: Vec<&String> = before.iter().map(|(name, _)| name).collect();
        names.extend(
            after
                .iter()
                .map(|(name, _)| name)
                .filter(|name| find(&before, name).is_none()),
        );
        for name in names {
            let mut report_part =
                |what| report(Some(((*part_kind).to_owned(), name.clone())), what);
            match (find(&before, name), find(&after, name)) {
                (Some(old), Some(new)) => attributes(&old, &new, |_| false, &mut report_part),
                (Some(old), None) => report_part(ChangeKind::Removed(short(&old))),
                (None, Some(new)) => report_part(ChangeKind::Added(short(&new))),
                (None, None) => {}
            }
        }
        if *member == "columns" {
            order(kind, &before, &after, report);
        }
    }
}

/// Compares lists of words, such as privileges: reports the added and the removed ones.
fn lists(
    old: &[Value],
    new: &[Value],
    report: &mut impl FnMut(Option<(String, String)>, ChangeKind),
) {
    for gone in old.iter().filter(|item| !new.contains(item)) {
        report(None, ChangeKind::Removed(shown(Some(gone))));
    }
    for added in new.iter().filter(|item| !old.contains(item)) {
        report(None, ChangeKind::Added(shown(Some(added))));
    }
}

/// Compares the order of columns. In a table it is only physical; in any other object it is a
/// difference. Added and removed columns are reported already, so only those that stayed are
/// compared.
fn order(
    kind: &str,
    before: &[(String, Value)],
    after: &[(String, Value)],
    report: &mut impl FnMut(Option<(String, String)>, ChangeKind),
) {
    let stayed = |these: &[(String, Value)], those: &[(String, Value)]| -> Vec<String> {
        let names = these.iter().map(|(name, _)| name);
        names
            .filter(|name| those.iter().any(|(other, _)| other == *name))
            .cloned()
            .collect()
    };
    let (old, new) = (stayed(before, after), stayed(after, before));
    if old == new {
        return;
    }
    if kind == "table" {
        report(
            None,
            ChangeKind::Reordered {
                before: old,
                after: new,
            },
        );
    } else {
        let attribute = "order of columns".to_owned();
        report(
            None,
            ChangeKind::Changed {
                attribute,
                before: old.join(", "),
                after: new.join(", "),
            },
        );
    }
}

fn attributes(
    old: &Value,
    new: &Value,
    skip: impl Fn(&str) -> bool,
    report: &mut impl FnMut(ChangeKind),
) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        if old != new {
            let (before, after) = (shown(Some(old)), shown(Some(new)));
            report(ChangeKind::Changed {
                attribute: "definition".to_owned(),
                before,
                after,
            });
        }
        return;
    };
    let appeared = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(appeared).filter(|key| !skip(key)) {
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            let by_default = default_of(key, before.or(after));
            let value = |value: Option<&Value>| {
                value.map_or_else(
                    || by_default.to_owned(),
                    |value| shown_attribute(key, value),
                )
            };
            report(ChangeKind::Changed {
                attribute: key.replace('_', " "),
                before: value(before),
                after: value(after),
            });
        }
    }
}

/// Returns the value of an attribute that the snapshot leaves out. Attributes that are usually true
/// are left out when true.
fn default_of(attribute: &str, present: Option<&Value>) -> &'static str {
    match present {
        Some(Value::Bool(_)) if matches!(attribute, "validated" | "valid" | "index_valid") => "yes",
        Some(Value::Bool(_)) => "no",
        _ => "none",
    }
}

/// A value for people.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| shown(Some(item)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(Value::Object(members)) => {
            let member = |(key, value): (&String, &Value)| {
                format!("{} {}", key.replace('_', " "), shown(Some(value)))
            };
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The value of an attribute for people. A definition that the snapshot holds line by line becomes
/// one text again.
fn shown_attribute(attribute: &str, value: &Value) -> String {
    match value {
        Value::Array(lines) if attribute == "definition" => lines
            .iter()
            .map(|line| shown(Some(line)))
            .collect::<Vec<_>>()
            .join("\n"),
        other => shown(Some(other)),
    }
}

/// Summarises an object or column on one line: its definition, or the type of a column with its
/// other attributes.
fn short(value: &Value) -> String {
    let Value::Object(members) = value else {
        return shown(Some(value));
    };
    match (members.get("definition"), members.get("type")) {
        (Some(Value::String(definition)), _) => definition.clone(),
        (None, Some(Value::String(column_type))) => {
            let rest = members
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "name" | "type"));
            let words = rest.map(|(key, value)| match value {
                Value::Bool(true) => key.replace('_', " "),
                other => format!("{} {}", key.replace('_', " "), shown(Some(other))),
            });
            std::iter::once(column_type.clone())
                .chain(words)
                .collect::<Vec<_>>()
                .join(", ")
        }
        (None, None) if members.contains_key("labels") => shown(members.get("labels")),
        (None, None) if members.contains_key("command") => shown(Some(value)),
        _ => String::new(),
    }
}

/// The parts of an object by name: of a map its members, of a list of columns each by its own name.
fn parts(value: Option<&Value>) -> Vec<(String, Value)> {
    match value {
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, part)| (name.clone(), part.clone()))
            .collect(),
        Some(Value::Array(items)) => {
            let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
            items
                .iter()
                .filter_map(|item| Some((name(item)?, item.clone())))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn members(value: Option<&Value>) -> Map<String, Value> {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn keys(before: &Map<String, Value>, after: &Map<String, Value>) -> BTreeSet<String> {
    before.keys().chain(after.keys()).cloned().collect()
}
