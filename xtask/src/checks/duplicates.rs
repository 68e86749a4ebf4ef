//! One change, one finding. A field that several declarations inherit is written once, and a set of
//! values is used in many places: findings about the same text are one finding that names every
//! place.

use std::collections::HashMap;

use super::ignores::Ignores;
use crate::report::{Finding, Severity};
use crate::source::Location;

/// `findings` without those that say again what an earlier one said of the same place. Their other
/// places are kept. A set that a comment silences at one place is not silenced at others.
pub(super) fn removed(findings: Vec<Finding>, ignores: &Ignores<'_>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut known: HashMap<DuplicateKey, usize> = HashMap::new();
    for mut finding in findings {
        let mut keys = keys(&finding);
        if ignores.is_ignored(&finding) {
            keys.retain(|key| !matches!(key, DuplicateKey::Values(_)));
        }
        match keys.iter().find_map(|key| known.get(key).copied()) {
            Some(first) => {
                if says_more(&finding, &kept[first]) {
                    std::mem::swap(&mut finding, &mut kept[first]);
                }
                merge(&mut kept[first], finding);
                known.extend(keys.into_iter().map(|key| (key, first)));
            }
            None => {
                known.extend(keys.into_iter().map(|key| (key, kept.len())));
                kept.push(finding);
            }
        }
    }
    kept
}

/// Whether `finding` is to be kept rather than the one that is `known`. An error of the row is not
/// hidden by the warning of a `Pick` of it. What is inserted may lack values: of two findings about
/// one set the one that knows more is kept.
fn says_more(finding: &Finding, known: &Finding) -> bool {
    let is_worse = finding.severity == Severity::Error && known.severity == Severity::Warning;
    let knows_more =
        finding.severity == known.severity && values_told(finding) > values_told(known);
    is_worse || knows_more
}

/// How many values a finding about a set says to be missing or unknown.
fn values_told(finding: &Finding) -> usize {
    let count = |key: &str| {
        finding
            .details
            .get(key)
            .and_then(serde_json::Value::as_array)
            .map_or(0, Vec::len)
    };
    count("missing") + count("unknown")
}

/// The identity of a finding: its place and the part of the place that is wrong. Two findings with
/// the same key are the same.
#[derive(Debug, PartialEq, Eq, Hash)]
enum DuplicateKey {
    /// Where it stands, which part of it is wrong, and the column, where the place is that of
    /// several.
    Place(Location, Aspect, Option<String>),
    /// The set of the database and the difference.
    Values(String),
    /// The part that is wrong of a column in the generated types of a table, one for each side:
    /// `Database['public']['Tables']['users']`.
    Generated(String, Aspect, String),
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
fn keys(finding: &Finding) -> Vec<DuplicateKey> {
    let Some(aspect) = aspect(finding.kind) else {
        return Vec::new();
    };
    let differs = aspect == Aspect::Values && finding.details.contains_key("missing");
    let values = differs.then(|| {
        let detail = |key: &str| {
            finding
                .details
                .get(key)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        DuplicateKey::Values(
            ["databaseValues", "missing", "unknown"]
                .map(detail)
                .join("|"),
        )
    });
    // A declaration's name is the place of every column that it lacks, and of several an enum is
    // the place.
    let of_several =
        finding.kind.starts_with("MISSING_") && !finding.details.contains_key("found") || differs;
    let place = finding.location().map(|location| {
        DuplicateKey::Place(
            location.clone(),
            aspect,
            of_several.then(|| finding.field.clone()).flatten(),
        )
    });
    // An insert may leave out what may be null: where the field is wrong about null, that says it
    // all.
    let omissible = finding
        .location()
        .filter(|_| finding.details.contains_key("optional"));
    let omissible =
        omissible.map(|location| DuplicateKey::Place(location.clone(), Aspect::Nullability, None));
    let generated = generated_table(finding).zip(finding.field.clone());
    let generated =
        generated.map(|(table, field)| DuplicateKey::Generated(table.to_owned(), aspect, field));
    let keys = values.into_iter().chain(place).chain(omissible);
    keys.chain(generated).collect()
}

/// The table of whose generated types the finding is: `Row`, `Insert` and `Update` are written by
/// one run of the generator, and what is wrong of one column is so in each.
fn generated_table(finding: &Finding) -> Option<&str> {
    let declaration = finding.declaration.as_deref()?;
    ["['Row']", "['Insert']", "['Update']"]
        .iter()
        .find_map(|side| declaration.strip_suffix(side))
        .filter(|table| table.contains("['Tables']["))
}

fn aspect(kind: &str) -> Option<Aspect> {
    match kind {
        "MISSING_FIELD_IN_TYPE" | "MISSING_COLUMN_IN_INSERT" | "MISSING_FIELD_IN_VALIDATION" => {
            Some(Aspect::Presence)
        }
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

fn merge(first: &mut Finding, mut again: Finding) {
    let of_again = std::mem::take(&mut again.labels);
    for label in of_again.iter().cloned() {
        if !first
            .labels
            .iter()
            .any(|known| known.location == label.location)
        {
            first.labels.push(label);
        }
    }
    let others = match again.members.is_empty() {
        true => vec![Finding {
            labels: of_again,
            ..again
        }],
        false => again.members,
    };
    for other in others {
        join(first, other);
    }
}

/// Keeps `other` as a member where it is about another set than `first`: who accepts the sets that
/// are there today does not accept one more.
fn join(first: &mut Finding, other: Finding) {
    let is_known = |known: &Finding| known.location() == other.location();
    let is_of_set = aspect(other.kind) == Some(Aspect::Values);
    if !is_of_set || is_known(first) || first.members.iter().any(is_known) {
        return;
    }
    if first.members.is_empty() {
        first.members.push(first.clone());
    }
    first.members.push(other);
}

#[cfg(test)]
mod tests {
    use crate::checks::{Input, test_utils, verify};
    use crate::report::{Finding, Severity};
    use crate::schema::provenance::Provenance;

    /// Lists all findings about `ts` beside the tables of `sql`.
    fn findings(sql: &str, ts: &str) -> Vec<Finding> {
        let config = test_utils::config("");
        let input = Input {
            schema: &test_utils::schema(sql),
            facts: &test_utils::facts(ts, &config),
            config: &config,
            provenance: &Provenance::default(),
        };
        verify(&input).0
    }

    /// The part stands before its source, whose error it must not hide.
    #[test]
    fn the_warning_of_a_part_of_a_row_does_not_hide_the_error_of_the_row() {
        let sql = "CREATE TABLE spots (id uuid NOT NULL, name text NOT NULL, label text NOT NULL, archived boolean NOT NULL)";
        let ts = "export type Spot = Pick<SpotsTable, 'id' | 'name' | 'label' | 'is_archived'>;\n\
                  export interface SpotsTable { id: string; name: string; label: string; is_archived: boolean }";
        let found: Vec<_> = findings(sql, ts)
            .into_iter()
            .map(|one| (one.severity, one.declaration))
            .collect();
        assert_eq!(found, [(Severity::Error, Some("SpotsTable".into()))]);
    }

    /// One run of a generator wrote all three.
    #[test]
    fn the_sides_of_a_generated_table_are_one_finding() {
        let sql = "CREATE TABLE users (id text NOT NULL, name text NOT NULL)";
        let side = "id: string; name: string; bio: string";
        let ts = format!(
            "export type Database = {{ public: {{ Tables: {{ users: {{\n Row: {{ {side} }}\n Insert: {{ {side} }}\n Update: {{ id?: string; name?: string; bio?: string }} }} }} }} }}"
        );
        let found: Vec<_> = findings(sql, &ts)
            .into_iter()
            .map(|one| (one.kind, one.declaration, one.labels.len()))
            .collect();
        let row = "Database['public']['Tables']['users']['Row']".to_owned();
        // Three fields, and the table.
        assert_eq!(found, [("MISSING_FIELD_IN_SCHEMA", Some(row), 3)]);
    }

    #[test]
    fn the_finding_that_says_most_about_a_set_is_kept() {
        let sql = "CREATE TYPE role AS ENUM ('admin', 'member'); CREATE TABLE users (id uuid NOT NULL, role role NOT NULL)";
        let ts = "export type Role = 'admin' | 'guest';\nexport interface NewUser { id: string; role: Role }\n\
                  export interface UserRow { id: string; role: Role }";
        let found: Vec<_> = findings(sql, ts)
            .into_iter()
            .map(|one| one.message)
            .collect();
        assert_eq!(
            found,
            [
                "Enum values of field 'role' differ in `Role`: 'member' missing, 'guest' not in the database"
            ]
        );
    }

    /// Each stands by itself in a baseline.
    #[test]
    fn sets_that_differ_alike_are_members_of_one_finding() {
        let sql = "CREATE TYPE role AS ENUM ('admin', 'member'); CREATE TABLE users (id uuid NOT NULL, role role NOT NULL); CREATE TABLE guests (id uuid NOT NULL, role role NOT NULL)";
        let ts = "export interface GuestRow { id: string; role: 'admin' }\n\
                  export interface UserRow { id: string; role: 'admin' }";
        let found = findings(sql, ts);
        let [one] = found.as_slice() else {
            panic!("{found:#?}");
        };
        let members: Vec<_> = one
            .members
            .iter()
            .map(|member| member.declaration.as_deref())
            .collect();
        assert_eq!(members, [Some("GuestRow"), Some("UserRow")]);
    }

    /// A set is mended where it is declared; who uses it comes second.
    #[test]
    fn a_finding_about_a_set_points_at_the_set_first() {
        let sql = "CREATE TYPE role AS ENUM ('admin', 'member'); CREATE TABLE users (id uuid NOT NULL, role role NOT NULL); CREATE TABLE guests (id uuid NOT NULL, role role NOT NULL)";
        let ts = "export enum Role { Admin = 'admin' }\nexport interface GuestRow { id: string; role: Role }\n\
                  export interface UserRow { id: string; role: Role }";
        let found = findings(sql, ts);
        let [one] = found.as_slice() else {
            panic!("{found:#?}");
        };
        let lines: Vec<u32> = one.labels.iter().map(|label| label.location.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }
}
