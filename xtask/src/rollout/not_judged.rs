//! Changes of a branch whose effect on running code does not follow from its declarations: who may
//! read which rows, what triggers and functions do, which keys `ON CONFLICT` names. They are named
//! in one note, since silence would read as a pass.

use std::collections::{BTreeMap, BTreeSet};

use super::demands::CodeDemands;
use crate::schema::model::{Constraint, ConstraintKind, Index, ObjectName, Schema, Table};
use crate::schema::privileges::{self, Privilege};

/// Names the changes between two schemas that nothing here judges.
#[must_use]
pub(super) fn not_judged(old: &Schema, new: &Schema, running: &CodeDemands) -> Vec<String> {
    let mut all = Vec::new();
    for (name, before) in &old.tables {
        if let Some(after) = new.tables.get(name).filter(|after| *after != before) {
            of_table(name, before, after, &mut all);
            all.extend(conflict_targets(name, before, after, running));
        }
    }
    all.extend(views(old, new));
    let routines = changed("function", &old.routines, &new.routines);
    all.extend(routines);
    all.extend(changed("domain", &old.domains, &new.domains));
    all.extend(changed("type", &old.composites, &new.composites));
    all.extend(changed("type", &old.ranges, &new.ranges));
    all.extend(gone_sequences(old, new));
    all.extend(rare_objects(old, new));
    all.extend(lost_privileges(old, new));
    all
}

fn of_table(name: &ObjectName, before: &Table, after: &Table, all: &mut Vec<String>) {
    let guards = |table: &Table| (table.row_security, table.force_row_security);
    if guards(before) != guards(after) {
        all.push(format!("row-level security of `{name}`"));
    }
    // A policy has no effect until row-level security is on.
    if before.row_security || after.row_security {
        all.extend(of_parts("policy", name, &before.policies, &after.policies));
    }
    all.extend(of_parts("trigger", name, &before.triggers, &after.triggers));
    all.extend(of_parts("rule", name, &before.rules, &after.rules));
}

/// Parts of a table that are new, gone or changed: any of that may refuse or change rows.
fn of_parts<T: PartialEq>(
    kind: &str,
    table: &ObjectName,
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{kind} `{name}` of `{table}`"))
        .collect()
}

/// Objects that are gone or changed. New ones take nothing away.
fn changed<T: PartialEq>(
    kind: &str,
    before: &BTreeMap<ObjectName, T>,
    after: &BTreeMap<ObjectName, T>,
) -> Vec<String> {
    before
        .iter()
        .filter(|(name, object)| after.get(*name) != Some(*object))
        .map(|(name, _)| format!("{kind} `{name}`"))
        .collect()
}

/// Views that keep their columns, and are made of something else.
fn views(old: &Schema, new: &Schema) -> Vec<String> {
    let is_changed = |(name, before): &(&ObjectName, &crate::schema::model::View)| {
        let after = new.views.get(*name);
        after.is_some_and(|after| after.definition != before.definition)
    };
    old.views
        .iter()
        .filter(is_changed)
        .map(|(name, _)| format!("what the view `{name}` returns"))
        .collect()
}

/// Sequences that code may ask by name.
fn gone_sequences(old: &Schema, new: &Schema) -> Vec<String> {
    let own = old.sequences.iter();
    own.filter(|(name, sequence)| sequence.owned_by.is_none() && !new.sequences.contains_key(*name))
        .map(|(name, _)| format!("sequence `{name}`"))
        .collect()
}

/// Rarer objects that are gone or changed, and new ones that act by themselves.
fn rare_objects(old: &Schema, new: &Schema) -> Vec<String> {
    let none = BTreeMap::new();
    let mut all = Vec::new();
    for (kind, before) in &old.objects {
        let after = new.objects.get(kind).unwrap_or(&none);
        for (name, object) in before {
            if after.get(name) != Some(object) {
                all.push(format!("{kind} `{name}`"));
            }
        }
    }
    let acting = "event trigger";
    let before = old.objects.get(acting).unwrap_or(&none);
    let after = new.objects.get(acting).into_iter().flatten();
    all.extend(
        after
            .filter(|(name, _)| !before.contains_key(*name))
            .map(|(name, _)| format!("{acting} `{name}`")),
    );
    for name in old.extensions.keys() {
        if !new.extensions.contains_key(name) {
            all.push(format!("extension `{name}`"));
        }
    }
    all
}

/// Objects that stay, on which somebody loses a privilege, or that get another owner.
fn lost_privileges(old: &Schema, new: &Schema) -> BTreeSet<String> {
    let (before, after) = (privileges::each(old), privileges::each(new));
    let is_gone = |one: &&Privilege| !one.is_revoked && !after.contains(*one) && one.is_of(new);
    let is_revoked = |one: &&Privilege| one.is_revoked && !before.contains(*one) && one.is_of(old);
    let is_owner =
        |one: &&Privilege| one.grantee.is_none() && !before.contains(*one) && one.is_of(old);
    let lost = before.iter().filter(is_gone);
    let lost = lost.chain(after.iter().filter(|one| is_revoked(one) || is_owner(one)));
    lost.map(|one| format!("privileges on {}", one.object_in_words()))
        .collect()
}

/// Unique keys that are gone, of tables that the running code writes: `INSERT … ON CONFLICT` names
/// them by their columns, and fails without them.
fn conflict_targets(
    name: &ObjectName,
    before: &Table,
    after: &Table,
    running: &CodeDemands,
) -> Vec<String> {
    let mut of_table = running.tables.iter().filter(|one| one.table == *name);
    if !of_table.any(|one| one.inserts) {
        return Vec::new();
    }
    let (known, kept) = (unique_keys(before), unique_keys(after));
    known
        .difference(&kept)
        .map(|key| {
            format!("`INSERT INTO {name} … ON CONFLICT ({key})`, which fails now: the unique key is gone")
        })
        .collect()
}

/// The keys as `ON CONFLICT` names them: columns in any order, expressions and conditions as
/// PostgreSQL writes them.
fn unique_keys(table: &Table) -> BTreeSet<String> {
    let is_key = |one: &&Constraint| {
        matches!(
            one.kind,
            ConstraintKind::PrimaryKey | ConstraintKind::Unique
        )
    };
    let of_constraint = |one: &Constraint| {
        let mut columns = one.columns.clone();
        columns.sort();
        columns.join(", ")
    };
    let keys = table.constraints.values().filter(is_key).map(of_constraint);
    keys.chain(table.indexes.values().filter_map(of_index))
        .collect()
}

fn of_index(index: &Index) -> Option<String> {
    let rest = index.definition.strip_prefix("CREATE UNIQUE INDEX ")?;
    let (_, list) = rest.split_once(" USING ")?;
    let (_, list) = list.split_once(" (")?;
    let (list, condition) = match list.split_once(") WHERE ") {
        Some((list, condition)) => (list, format!(" WHERE {condition}")),
        None => (list.strip_suffix(')')?, String::new()),
    };
    // The commas of an expression tell nothing of its parts.
    if list.contains('(') {
        return Some(format!("{list}{condition}"));
    }
    let mut columns: Vec<&str> = list.split(", ").collect();
    columns.sort_unstable();
    Some(format!("{}{condition}", columns.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_whatever_holds_them() {
        let index = |definition: &str| {
            of_index(&Index {
                definition: definition.into(),
                ..Index::default()
            })
            .unwrap_or_default()
        };
        let unique = "CREATE UNIQUE INDEX i ON public.t USING btree ";
        assert_eq!(index(&format!("{unique}(b, a)")), "a, b");
        assert_eq!(index(&format!("{unique}(lower(a))")), "lower(a)");
        assert_eq!(
            index(&format!("{unique}(a) WHERE (b IS NULL)")),
            "a WHERE (b IS NULL)"
        );
        assert_eq!(index("CREATE INDEX i ON public.t USING btree (a)"), "");
    }
}
