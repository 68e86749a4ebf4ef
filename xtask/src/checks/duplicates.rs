//! One change, one finding. A field that several declarations inherit is written once, and a set of values is used in
//! many places: findings about the same text are one finding that names every place.

use std::collections::HashMap;

use crate::report::Finding;
use crate::source::Location;

/// `findings` without those that say again what an earlier one said of the same place. Their other places are kept.
pub(super) fn removed(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    for finding in findings {
        match key(&finding).and_then(|key| known.insert_or_get(key, kept.len())) {
            Some(first) => merge(&mut kept[first], finding),
            None => kept.push(finding),
        }
    }
    kept
}

/// What makes two findings the same: the place and the part of it that is wrong.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Of a field: where it stands, and whether its presence, its nullability or its type is wrong.
    Place(Location, &'static str),
    /// Of a set of values: the set of the database and the difference.
    Values(String),
}

fn key(finding: &Finding) -> Option<Key> {
    let aspect = aspect(finding.kind);
    if aspect == "values" && finding.details.contains_key("missing") {
        let detail = |key: &str| finding.details.get(key).map(ToString::to_string).unwrap_or_default();
        return Some(Key::Values(["databaseValues", "missing", "unknown"].map(detail).join("|")));
    }
    finding.field.as_ref()?;
    let location = finding.location()?.clone();
    // Several columns may be missing in one declaration: its name is the place of all of them.
    (!aspect.is_empty()).then_some(Key::Place(location, aspect))
}

fn aspect(kind: &str) -> &'static str {
    match kind {
        "NULLABILITY_MISMATCH" | "VALIDATION_NULLABILITY_MISMATCH" => "nullability",
        "TYPE_MISMATCH" | "VALIDATION_TYPE_MISMATCH" => "type",
        "MISSING_FIELD_IN_SCHEMA" | "UNKNOWN_FIELD_IN_VALIDATION" => "presence",
        "ENUM_MISMATCH" => "values",
        _other => "",
    }
}

trait InsertOrGet {
    fn insert_or_get(&mut self, key: Key, value: usize) -> Option<usize>;
}

impl InsertOrGet for HashMap<Key, usize> {
    /// The value that is there already, else none after inserting `value`.
    fn insert_or_get(&mut self, key: Key, value: usize) -> Option<usize> {
        match self.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(value);
                None
            }
        }
    }
}

fn merge(first: &mut Finding, again: Finding) {
    for label in again.labels {
        if !first.labels.iter().any(|known| known.location == label.location) {
            first.labels.push(label);
        }
    }
}
