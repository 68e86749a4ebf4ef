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
        let keys = keys(&finding);
        match keys.iter().find_map(|key| known.get(key).copied()) {
            Some(first) => merge(&mut kept[first], finding),
            None => {
                known.extend(keys.into_iter().map(|key| (key, kept.len())));
                kept.push(finding);
            }
        }
    }
    kept
}

/// What makes two findings the same: the place and the part of it that is wrong.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Where it stands, which part of it is wrong, and the column, where the place is that of several.
    Place(Location, Aspect, Option<String>),
    /// The set of the database and the difference.
    Values(String),
}

/// The part of a field that a check is about. Checks of one part say the same thing of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Aspect {
    Presence,
    Nullability,
    Type,
    Values,
    Strictness,
    Generated,
    Promise,
    Resolution,
}

/// Any of them makes a finding the same as another.
fn keys(finding: &Finding) -> Vec<Key> {
    let Some(aspect) = aspect(finding.kind) else { return Vec::new() };
    let differs = aspect == Aspect::Values && finding.details.contains_key("missing");
    let values = differs.then(|| {
        let detail = |key: &str| finding.details.get(key).map(ToString::to_string).unwrap_or_default();
        Key::Values(["databaseValues", "missing", "unknown"].map(detail).join("|"))
    });
    // A declaration's name is the place of every column that it lacks, and of several an enum is the place.
    let of_several = finding.kind.starts_with("MISSING_") && !finding.details.contains_key("found") || differs;
    let place = finding
        .location()
        .map(|location| Key::Place(location.clone(), aspect, of_several.then(|| finding.field.clone()).flatten()));
    // An insert may leave out what may be null: where the field is wrong about null, that says it all.
    let omissible = finding.location().filter(|_| finding.details.contains_key("optional"));
    let omissible = omissible.map(|location| Key::Place(location.clone(), Aspect::Nullability, None));
    values.into_iter().chain(place).chain(omissible).collect()
}

fn aspect(kind: &str) -> Option<Aspect> {
    match kind {
        "MISSING_FIELD_IN_TYPE" | "MISSING_COLUMN_IN_INSERT" | "MISSING_FIELD_IN_VALIDATION" => Some(Aspect::Presence),
        "MISSING_FIELD_IN_SCHEMA" | "UNKNOWN_FIELD_IN_VALIDATION" => Some(Aspect::Presence),
        "NULLABILITY_MISMATCH" | "VALIDATION_NULLABILITY_MISMATCH" => Some(Aspect::Nullability),
        "TYPE_MISMATCH" | "VALIDATION_TYPE_MISMATCH" | "ORM_TYPE_MISMATCH" => Some(Aspect::Type),
        "ENUM_MISMATCH" => Some(Aspect::Values),
        "LOOSE_VALIDATION" | "STRICT_VALIDATION" => Some(Aspect::Strictness),
        "GENERATED_COLUMN_IN_INSERT" => Some(Aspect::Generated),
        "CONTRACT_FIELD_MISMATCH" => Some(Aspect::Promise),
        "UNRESOLVED_TYPE" => Some(Aspect::Resolution),
        _of_one_place => None,
    }
}

fn merge(first: &mut Finding, again: Finding) {
    for label in again.labels {
        if !first.labels.iter().any(|known| known.location == label.location) {
            first.labels.push(label);
        }
    }
}
