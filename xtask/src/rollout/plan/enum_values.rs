//! Values of an enum that go while others come: the new ones are added first, and the old ones go
//! once nobody writes them.

use std::collections::BTreeSet;

use super::basis::Basis;
use super::draft::{Draft, Steps};
use crate::migrations::Migration;
use crate::migrations::provenance::SearchPath;
use crate::migrations::reversal;
use crate::migrations::reversal::ddl::names::{name, qualified, text};
use crate::migrations::sql::Statement;
use crate::migrations::statements::{self, Effect, TypeAction};
use crate::schema::model::{ObjectName, Schema};

/// Plans the first release of the enum `object`, whose labels change.
pub(super) fn add_new(
    basis: &Basis<'_>,
    object: &ObjectName,
    gone: &[String],
    (draft, steps): (&mut Draft, &mut Steps),
) {
    let schemas = (basis.running.schema, basis.new.schema);
    let (Some(old), Some(new)) = (schemas.0.enums.get(object), schemas.1.enums.get(object)) else {
        return;
    };
    let added: Vec<&String> = new
        .labels
        .iter()
        .filter(|label| !old.labels.contains(label))
        .collect();
    draft.is_split = true;
    for statement in reversal::added_labels(object, new, old) {
        draft.values.push(format!("{statement};"));
    }
    let list = |labels: &mut dyn Iterator<Item = &String>| {
        let quoted: Vec<String> = labels.map(|label| format!("`{label}`")).collect();
        quoted.join(", ")
    };
    let (gone, added) = (list(&mut gone.iter()), list(&mut added.into_iter()));
    if added.is_empty() {
        return;
    }
    let refuses = |demands: &crate::rollout::demands::CodeDemands| {
        demands.tables.iter().any(|one| one.refuses_rows)
    };
    if refuses(basis.running.demands) {
        steps.before.push(format!(
            "deploy code that reads {added} beside {gone}, and does not write {added} yet: the running code refuses rows with it"
        ));
    }
    steps.by_hand(format!(
        "let the new code read {gone} as well, which rows hold until the second release"
    ));
}

/// Plans the second release of a label that is renamed by `ALTER TYPE … RENAME VALUE`: both labels
/// are there by then.
pub(super) fn take_renamed(basis: &Basis<'_>, object: &ObjectName, draft: &mut Draft) {
    let new = basis.new.schema;
    for (from, to) in basis.renames.labels(object) {
        draft.contract.extend(moved_rows(new, object, from, to));
    }
    draft.is_split = true;
    if is_in_view(new, object) {
        draft.contract.push(format!(
            "-- The old values stay in {}, unused: PostgreSQL drops none, and makes no type anew that a view uses.\nSELECT;",
            qualified(object)
        ));
        return;
    }
    let statements = reversal::with_other_labels(new, object);
    draft
        .contract
        .push("-- PostgreSQL drops no value of an enum: the type is made anew, and its columns are written anew.".to_owned());
    draft
        .contract
        .extend(statements.into_iter().map(|one| format!("{one};")));
}

/// The UPDATE of each column of the type from one label to another.
fn moved_rows(schema: &Schema, object: &ObjectName, from: &str, to: &str) -> Vec<String> {
    let (scalar, array) = (qualified(object), format!("{}[]", qualified(object)));
    let (from, to) = (text(from), text(to));
    let mut all = Vec::new();
    for (table, one) in &schema.tables {
        for column in &one.columns {
            let (target, called) = (qualified(table), name(&column.name));
            if one.partition.is_some() || column.generated.is_some() {
                continue;
            }
            if column.type_name == scalar {
                all.push(format!(
                    "UPDATE {target} SET {called} = {to} WHERE {called} = {from};"
                ));
            } else if column.type_name == array {
                all.push(format!(
                    "UPDATE {target} SET {called} = array_replace({called}, {from}, {to}) WHERE {from} = ANY ({called});"
                ));
            }
        }
    }
    all
}

/// Whether a view has a column of the type, or names one of a table.
fn is_in_view(schema: &Schema, object: &ObjectName) -> bool {
    let scalar = qualified(object);
    let is_of_type = |type_name: &str| type_name.trim_end_matches("[]") == scalar;
    let columns = columns_of(schema, object);
    schema.views.values().any(|view| {
        let mut words = view
            .definition
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        view.columns.iter().any(|one| is_of_type(&one.type_name))
            || words.any(|word| columns.iter().any(|(_, column)| column == word))
    })
}

/// The names that types have on the way to `object`, which a migration makes anew: those that its
/// statements rename it from and to.
pub(super) fn names_on_the_way(migration: &Migration, object: &ObjectName) -> BTreeSet<String> {
    let mut names = BTreeSet::from([object.name.clone()]);
    let read = statements::read(&migration.sql, &SearchPath::default());
    let effects = || read.iter().flat_map(|one| &one.effects);
    // Each round follows one more rename; there are no more than statements.
    for _ in 0..read.len() {
        for placed in effects() {
            if let Effect::AlterType {
                name,
                action: TypeAction::RenameTo(to),
            } = &placed.effect
                && (names.contains(name.name()) || names.contains(to))
            {
                names.insert(name.name().to_owned());
                names.insert(to.clone());
            }
        }
    }
    names
}

/// Whether a statement makes, changes, uses or drops one of the types `names`, or sets the default of
/// one of `columns`, each with the name of its table.
pub(super) fn is_about(
    statement: &Statement<'_>,
    names: &BTreeSet<String>,
    columns: &BTreeSet<(String, String)>,
) -> bool {
    let mut cursor = statement.cursor();
    let is_of_type = ["create", "alter", "drop"]
        .iter()
        .any(|verb| cursor.at_all(&[*verb, "type"]));
    let is_of_table = cursor.at_all(&["alter", "table"]);
    if !is_of_type && !is_of_table {
        return false;
    }
    let sets = |word: &str| is_of_table && statement.cursor().skip_past(&[word]);
    let mut words = BTreeSet::new();
    while cursor.peek().is_some() {
        match cursor.identifier() {
            Some(word) => {
                words.insert(word.name);
            }
            None => {
                cursor.next();
            }
        }
    }
    let has_type = !words.is_disjoint(names) && (is_of_type || sets("type"));
    let mut columns = columns.iter();
    let has_column = columns.any(|(table, column)| words.contains(table) && words.contains(column));
    has_type || (has_column && sets("default"))
}

/// The columns of `object` in a schema, each with the name of its table.
pub(super) fn columns_of(schema: &Schema, object: &ObjectName) -> BTreeSet<(String, String)> {
    let scalar = qualified(object);
    let mut all = BTreeSet::new();
    for (table, one) in &schema.tables {
        for column in &one.columns {
            if column.type_name.trim_end_matches("[]") == scalar {
                all.insert((table.name.clone(), column.name.clone()));
            }
        }
    }
    all
}
