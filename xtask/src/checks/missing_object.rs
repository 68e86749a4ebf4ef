//! A declaration states an enum, function or composite type that the database does not have, or has
//! otherwise.
//!
//! ## Why
//! Every query that names it fails. It was dropped or renamed under the code, its migration was
//! never written, or the file was generated from another database.
//!
//! ## Example
//! ```sql
//! CREATE TYPE mood AS ENUM ('sad', 'happy');
//! ```
//! ```ts
//! export const moods = pgEnum('moods', ['sad', 'happy']);
//! ```
//! Judged is what says its name in the database: `pgEnum`, and the `Enums`, `Functions` and
//! `CompositeTypes` of Supabase's `Database`. Of functions the names of the arguments are compared,
//! of composite types those of the attributes. The values of an enum are those of `ENUM_MISMATCH`.
//! More than ten of one file are one finding. What stands in a namespace that the migrations do not make is others', and so are functions and
//! composite types where an extension puts its objects.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Check, Model, others, wording};
use crate::facts::{SqlScalar, StatedKind, StatedObject};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::{ObjectName, Schema};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_OBJECT",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: false,
    source: include_str!("missing_object.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let facts = model.input.facts;
    let mut told = of_columns(model);
    let enums = facts.enums.iter().filter_map(|stated| {
        let name = ObjectName::from_key(stated.database_name.as_ref()?);
        let is_gone =
            !has_type(model.input.schema, &name) && others::is_our_namespace(model, &name);
        (is_gone && told.insert(name.clone()))
            .then(|| missing("Enum", &name, &stated.name, &stated.location))
    });
    let enums: Vec<_> = enums.collect();
    let objects = facts.objects.iter();
    let objects = objects.filter_map(|stated| object(model, stated));
    let mut each = enums.into_iter().chain(objects).collect();
    let mut found = model.ignores().taken_out(&mut each);
    found.extend(of_files(each));
    found
}

/// So many objects of one file are each worth a finding: they changed one by one. More have one
/// cause: the file was generated from another database, or long ago.
const FEW: usize = 10;

/// One finding for each file that states several objects otherwise than the database has them.
fn of_files(findings: Vec<Finding>) -> Vec<Finding> {
    let mut files: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let file = finding.location().map(|place| place.file.to_string());
        files
            .entry(file.unwrap_or_default())
            .or_default()
            .push(finding);
    }
    let each = files.into_iter().flat_map(|(file, findings)| {
        if findings.len() > FEW {
            vec![of_file(&file, findings)]
        } else {
            findings
        }
    });
    each.collect()
}

fn of_file(file: &str, findings: Vec<Finding>) -> Finding {
    let names: Vec<&str> = findings
        .iter()
        .map(|finding| finding.entity.as_str())
        .collect();
    let message = format!(
        "{} objects that `{file}` states do not exist, or are otherwise: {}",
        findings.len(),
        wording::quoted_briefly(&names)
    );
    let found = CHECK.finding(file, message).with_detail("entities", names);
    let labels = findings.iter().filter_map(|finding| finding.labels.first());
    let found = labels
        .fold(found, |found, label| {
            found.at(&label.location, label.text.clone())
        })
        .with_help("generate the file again, or write the migrations that it is ahead of");
    found.with_members(findings)
}

/// The enums of an ORM's columns: that the column is of another type is told of it.
fn of_columns(model: &Model<'_>) -> HashSet<ObjectName> {
    let sql = model
        .type_fields()
        .filter_map(|compared| compared.field().sql.as_ref());
    let enums = sql.filter_map(|sql| match &sql.ty.scalar {
        SqlScalar::Enum(name, _) => Some(ObjectName::from_key(name.as_ref()?)),
        SqlScalar::Named(..) | SqlScalar::Unknown(_) => None,
    });
    enums.collect()
}

fn object(model: &Model<'_>, stated: &StatedObject) -> Option<Finding> {
    let schema = model.input.schema;
    let name = ObjectName::from_key(&stated.database_name);
    let is_ours = others::is_our_namespace(model, &name);
    if !is_ours || others::use_namespace(model, &name.namespace) {
        return None;
    }
    let (noun, parts_noun) = match stated.kind {
        StatedKind::Function => ("Function", "arguments"),
        StatedKind::CompositeType => ("Composite type", "attributes"),
    };
    let alternatives = match stated.kind {
        StatedKind::Function => functions(schema, &name),
        StatedKind::CompositeType => composites(schema, &name),
    };
    if alternatives.is_empty() {
        return Some(missing(noun, &name, &stated.name, &stated.location));
    }
    let stated_parts: BTreeSet<String> = stated.parts.as_ref()?.iter().cloned().collect();
    // Of what cannot be read, nothing is known.
    let known: Vec<BTreeSet<String>> = alternatives.into_iter().collect::<Option<_>>()?;
    if known.contains(&stated_parts) {
        return None;
    }
    let actual = known.first()?;
    let difference = in_words(actual, &stated_parts);
    let message = format!(
        "{noun} '{name}' has other {parts_noun} than `{}` states: {difference}",
        stated.name
    );
    let found = CHECK
        .finding(&name.to_string(), message)
        .at(&stated.location, difference)
        .with_help("generate the file again, or write the migration that it is ahead of");
    Some(found)
}

fn missing(noun: &str, name: &ObjectName, declared: &str, place: &Location) -> Finding {
    CHECK
        .finding(
            &name.to_string(),
            format!("{noun} '{name}' does not exist, and `{declared}` describes it"),
        )
        .at(place, format!("`{declared}` describes `{name}`"))
        .with_help(format!(
            "write the migration that makes `{name}`, or take `{declared}` out"
        ))
}

/// Whether some type is called so, in whatever namespace: the search path is not known.
fn has_type(schema: &Schema, name: &ObjectName) -> bool {
    let enums = schema.enums.keys().chain(schema.domains.keys());
    enums
        .chain(schema.composites.keys())
        .any(|other| other.name == name.name)
}

/// The attributes of the composite type of this name.
fn composites(schema: &Schema, name: &ObjectName) -> Vec<Option<BTreeSet<String>>> {
    let found = schema.composites.get(name).into_iter();
    found
        .map(|composite| {
            let columns = composite.columns.iter();
            Some(columns.map(|column| column.name.clone()).collect())
        })
        .collect()
}

/// The arguments of each function of this name.
fn functions(schema: &Schema, name: &ObjectName) -> Vec<Option<BTreeSet<String>>> {
    let routines = schema.routines.iter().filter(|(routine, _)| {
        let own = routine.name.split('(').next().unwrap_or_default();
        routine.namespace == name.namespace && own.trim_matches('"') == name.name
    });
    routines
        .map(|(_, routine)| arguments(&routine.definition))
        .collect()
}

/// The names of what a function is called with, by its definition; none where one has no name.
fn arguments(definition: &str) -> Option<BTreeSet<String>> {
    let (_, rest) = definition.split_once('(')?;
    let (mut depth, mut quoted) = (0_usize, false);
    let mut parts = vec![String::new()];
    for character in rest.chars() {
        match character {
            // The value of a default.
            '\'' => quoted = !quoted,
            ')' if !quoted && depth == 0 => break,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        parts.last_mut()?.push(character);
    }
    let mut names = BTreeSet::new();
    for part in parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
    {
        let mut words = part.split_whitespace().peekable();
        match words.peek().copied() {
            Some("OUT" | "TABLE") => continue,
            Some("IN" | "INOUT" | "VARIADIC") => drop(words.next()),
            _ => {}
        }
        let name = words.next()?;
        // A type alone.
        words.next()?;
        names.insert(name.trim_matches('"').to_owned());
    }
    Some(names)
}

fn in_words(actual: &BTreeSet<String>, stated: &BTreeSet<String>) -> String {
    let listed = |names: Vec<&String>| {
        let quoted = names.iter().map(|name| format!("'{name}'"));
        quoted.collect::<Vec<_>>().join(", ")
    };
    let missing: Vec<_> = actual.difference(stated).collect();
    let unknown: Vec<_> = stated.difference(actual).collect();
    let missing = (!missing.is_empty()).then(|| format!("{} missing", listed(missing)));
    let unknown = (!unknown.is_empty()).then(|| format!("{} not in the database", listed(unknown)));
    let words: Vec<_> = missing.into_iter().chain(unknown).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::test_utils::{Case, Cases};

    pub const CASES: Cases = Cases {
        failing: &[
            Case {
                configuration: "types = []\ndrizzle = ['**/*.ts']",
                ..Case::failing_entity(
                    "CREATE TYPE mood AS ENUM ('sad', 'happy');",
                    "import { pgEnum } from 'drizzle-orm/pg-core';\nexport const moods = pgEnum('moods', ['sad', 'happy']);",
                    2,
                )
            },
            Case::failing_entity(
                "CREATE TYPE mood AS ENUM ('sad', 'happy');",
                "export type Database = { public: { Enums: {\n moods: 'sad' | 'happy' } } };",
                2,
            ),
            Case::failing_entity(
                "",
                "export type Database = { public: { Tables: {}; Functions: {\n gone: { Args: never; Returns: number } } } };",
                2,
            ),
            // A file that was generated long ago is one cause.
            Case::failing_entity(
                "",
                "export type Database = { public: { Tables: {}; Enums: {\n a: 'x'; b: 'x'; c: 'x'; d: 'x'; e: 'x'; f: 'x'; g: 'x'; h: 'x'; i: 'x'; j: 'x' }; Functions: { gone: { Args: never; Returns: number } } } };",
                2,
            ),
            Case::failing_entity(
                "",
                "export type Database = { public: { Tables: {}; CompositeTypes: {\n address: { street: string | null } } } };",
                2,
            ),
        ],
        passing: &[
            Case::passing(
                "CREATE TYPE mood AS ENUM ('sad', 'happy');",
                "export type Database = { public: { Enums: { mood: 'sad' | 'happy' } } };",
            ),
            // Others make what is there.
            Case::passing(
                "",
                "export type Database = { storage: { Enums: { kind: 'a' | 'b' }; Functions: { list: { Args: never; Returns: number } } } };",
            ),
        ],
    };

    #[test]
    fn arguments_are_known_by_their_names() {
        let names = |arguments_of: &str| {
            let definition =
                format!("CREATE OR REPLACE FUNCTION public.f({arguments_of})\n RETURNS integer");
            arguments(&definition).map(|names| names.into_iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(names("").as_deref(), Some(""));
        assert_eq!(
            names("a integer, \"bC\" numeric(10,2) DEFAULT 1, e text DEFAULT 'x), y'::text, OUT c text, VARIADIC d text[]")
                .as_deref(),
            Some("a bC d e")
        );
        assert_eq!(names("integer"), None);
    }
}
