//! The counts of what goes with a type, or is read as another value of it.

use std::collections::BTreeMap;

use anyhow::Result;
use postgres::Transaction;

use super::super::destructive::Name;
use super::super::storage_identity::{StorageChange, StorageIdentity};
use super::counted::{Counted, dropped, failed, loss_of};
use crate::migrations::sql::{identifier, literal};
use crate::report::Unit;
use crate::schema::model::ObjectName;

/// The columns of a type, of an array of it, or of a domain over it. Those of partitions are counted
/// with the partitioned table.
const OF_TYPE: &str = "
    SELECT tn.nspname::text, c.relname::text, a.attname::text, t.typelem <> 0 AS is_array
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = c.relnamespace
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type d ON d.oid = t.oid OR d.typarray = t.oid OR t.typbasetype = d.oid
    JOIN pg_catalog.pg_namespace dn ON dn.oid = d.typnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND d.typname = $1 AND ($2::text IS NULL OR dn.nspname = $2) AND dn.nspname !~ '^pg_'
    ORDER BY 1, 2, 3";

/// A column of a type.
struct ColumnOfType {
    table: ObjectName,
    column: String,
    is_array: bool,
}

fn columns(transaction: &mut Transaction<'_>, name: &Name) -> Result<Vec<ColumnOfType>> {
    let rows = transaction
        .query(OF_TYPE, &[&name.name, &name.namespace])
        .map_err(failed)?;
    let mut all = Vec::new();
    for row in rows {
        all.push(ColumnOfType {
            table: ObjectName {
                namespace: row.try_get(0)?,
                name: row.try_get(1)?,
            },
            column: row.try_get(2)?,
            is_array: row.try_get(3)?,
        });
    }
    Ok(all)
}

/// Counts what is lost with a type that is dropped with all that uses it.
pub(super) fn dropped_with(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    name: &Name,
) -> Result<Vec<Counted>> {
    let mut all = Vec::new();
    for of_type in columns(transaction, name)? {
        let change = StorageChange::DroppedColumn(of_type.table, of_type.column);
        all.extend(dropped(transaction, storage, &change)?);
    }
    Ok(all)
}

/// The labels of an enum.
const LABELS: &str = "
    SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
    JOIN pg_catalog.pg_type d ON d.oid = e.enumtypid JOIN pg_catalog.pg_namespace n ON n.oid = d.typnamespace
    WHERE d.typname = $1 AND ($2::text IS NULL OR n.nspname = $2) ORDER BY e.enumsortorder";

/// Counts the values that have other labels after `renames`, where one of them gets the label of
/// another that was there: rows are then read as what they never were.
pub(super) fn relabelled(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (name, renames): (&Name, &[(String, String)]),
) -> Result<Vec<Counted>> {
    let rows = transaction
        .query(LABELS, &[&name.name, &name.namespace])
        .map_err(failed)?;
    let mut labels = BTreeMap::new();
    for row in rows {
        let label: String = row.try_get(0)?;
        labels.insert(label.clone(), label);
    }
    for (from, to) in renames {
        if let Some(now) = labels.values_mut().find(|now| *now == from) {
            now.clone_from(to);
        }
    }
    let is_other = |(label, now): &(&String, &String)| label != now;
    let is_swapped = labels
        .iter()
        .filter(is_other)
        .any(|(_, now)| labels.contains_key(now));
    if !is_swapped {
        return Ok(Vec::new());
    }
    let changed: Vec<String> = labels
        .iter()
        .filter(is_other)
        .map(|(label, _)| literal(label))
        .collect();
    let changed = changed.join(", ");
    let mut all = Vec::new();
    for of_type in columns(transaction, name)? {
        let Some((_, stored)) = storage.table(&of_type.table) else {
            continue;
        };
        let value = identifier(&of_type.column);
        let condition = match of_type.is_array {
            true => format!("CAST({value} AS text[]) && ARRAY[{changed}]"),
            false => format!("CAST({value} AS text) IN ({changed})"),
        };
        let query = format!("SELECT count(*) FROM {} WHERE {condition}", stored.source());
        let count: i64 = transaction
            .query_one(&query, &[])
            .map_err(failed)?
            .try_get(0)?;
        let ObjectName { namespace, name } = &of_type.table;
        let path = [namespace.as_str(), name, &of_type.column];
        let number = stored.number(&of_type.column);
        let is_of_row =
            stored.key.is_empty() || number.is_some_and(|number| stored.key.contains(&number));
        all.push(Counted::Loss(match is_of_row {
            true => loss_of(storage, &path[..2], count, Unit::Rows),
            false => loss_of(storage, &path, count, Unit::Values),
        }));
    }
    Ok(all)
}
