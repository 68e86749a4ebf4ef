//! A renamed column: it gets its new name at once, with all that stands on it, and the old name
//! stays as a second column until the running code is gone. So keys, indexes, views, policies and
//! the identity are those of the branch from the first release on.

use super::basis::Basis;
use super::draft::{Draft, Steps};
use super::pair;
use crate::migrations::reversal::ddl::columns::type_of;
use crate::migrations::reversal::ddl::names::{name, qualified};
use crate::schema::model::{Column, ObjectName, Table};

/// Plans the clause `text`, which renames `old` to `now`.
pub(super) fn plan(
    basis: &Basis<'_>,
    table: &ObjectName,
    (old, now): (&Column, &Column),
    text: &str,
    (draft, steps): (&mut Draft, &mut Steps),
) {
    let (old_name, new_name) = (name(&old.name), name(&now.name));
    let target = qualified(table);
    draft.serve(format!(
        "-- The old name stays, as a second column.\n-- squawk-ignore renaming-column\n{text}"
    ));
    if let Some(expression) = &now.generated {
        let kind = match now.generated_virtual {
            true => "VIRTUAL",
            false => "STORED",
        };
        // Behind the other statements, when the columns have the names that it uses.
        draft.expand_last.push(format!(
            "ALTER TABLE {target} ADD COLUMN {old_name} {} GENERATED ALWAYS AS ({expression}) {kind};",
            type_of(old)
        ));
    } else {
        draft.serve(format!(
            "-- Both columns hold the same while old and new code run.\n\
             ALTER TABLE {target} ADD COLUMN {old_name} {};",
            type_of(old)
        ));
        // The old name has no default: a value in it is one that somebody wrote.
        let on_insert = format!(
            "    IF NEW.{old_name} IS NOT NULL THEN NEW.{new_name} := NEW.{old_name};\n    \
             ELSE NEW.{old_name} := NEW.{new_name}; END IF;\n"
        );
        let on_update = format!(
            "    IF NEW.{new_name} IS DISTINCT FROM OLD.{new_name} THEN NEW.{old_name} := NEW.{new_name};\n    \
             ELSE NEW.{new_name} := NEW.{old_name}; END IF;\n"
        );
        draft.serve(pair::fill_first(table, &old_name, &new_name));
        draft.serve(pair::keep(table, &old.name, &on_insert, &on_update));
        if old.not_null {
            let check = name(&format!("{}_{}_is_there", table.name, old.name));
            draft.serve(format!(
                "-- NOT NULL, without reading the table.\n\
                 ALTER TABLE {target} ADD CONSTRAINT {check} CHECK ({old_name} IS NOT NULL) NOT VALID;"
            ));
        }
        draft.contract.push(pair::keep_no_longer(table, &old.name));
    }
    let grants = pair::grant_like(basis.running.schema, table, &old.name, &old.name);
    draft.expand_last.extend(grants);
    if let Some(before) = basis.old_table(table) {
        for twin in twins(table, before, &old.name) {
            if !draft.expand_last.contains(&twin) {
                draft.expand_last.push(twin);
            }
        }
        if !before.triggers.is_empty() {
            steps.by_hand(format!(
                "look at the triggers of `{table}`: they run in the order of their names, before or after the one that keeps `{}` and `{}` the same",
                old.name, now.name
            ));
        }
    }
    draft.put_off(pair::drop_copy(table, &old.name, &now.name));
}

/// The indexes of the old name: the running code looks rows up by it, and names it in `ON CONFLICT`.
fn twins(table: &ObjectName, before: &Table, column: &str) -> Vec<String> {
    let is_named = |text: &str| {
        text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .any(|word| word == column)
    };
    let mut all = Vec::new();
    for constraint in before.constraints.values() {
        let is_key = constraint.definition.starts_with("PRIMARY KEY (")
            || constraint.definition.starts_with("UNIQUE (");
        if is_key && constraint.columns.iter().any(|one| one == column) {
            let columns: Vec<String> = constraint.columns.iter().map(|one| name(one)).collect();
            all.push(format!(
                "CREATE UNIQUE INDEX ON {} ({});",
                qualified(table),
                columns.join(", ")
            ));
        }
    }
    for (index, one) in &before.indexes {
        let Some((head, rest)) = one.definition.split_once(" ON ") else {
            continue;
        };
        let Some(head) = head.strip_suffix(&format!(" {}", name(index))) else {
            continue;
        };
        if is_named(rest) {
            all.push(format!("{head} ON {rest};"));
        }
    }
    all
}
