//! Questions about partitions: rows outside of the bounds, and rows of the default partition that
//! belong to a new one.

use anyhow::Result;

use super::{Draft, Poser};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::source::ORIGIN;
use crate::migrations::data_preflight::target::Partitioning;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{Expression, PartitionBounds};
use crate::schema::model::ObjectName;
use crate::source::Span;

const MOVE: &str = "move these rows in an earlier statement or migration";

/// Rows of the default partition that belong to the new partition, whose parent `poser` is about.
pub(super) fn pose_default(poser: &mut Poser<'_, '_>, bounds: &PartitionBounds) -> Result<()> {
    let Some(parent) = &poser.table.table else {
        return Ok(());
    };
    let Some(partitioning) = poser.target.partitioning(parent.oid)? else {
        return Ok(());
    };
    // A parent without a default partition gives up nothing.
    let Some(default) = &partitioning.default else {
        return Ok(());
    };
    match condition(&partitioning, bounds) {
        Some(condition) => {
            let condition = format!("{ORIGIN} = {default} AND {condition}");
            poser.put(Draft {
                columns: partitioning.columns.clone(),
                expressions: expressions(bounds),
                ..Draft::new(
                    "new partition",
                    RowsInTheWay::Where(condition),
                    Which {
                        one: "of the default partition that belongs to the new one".into(),
                        many: "of the default partition that belong to the new one".into(),
                    },
                    MOVE,
                )
            })
        }
        None => {
            poser.unknown("new partition", "its bounds are not compared from here");
            Ok(())
        }
    }
}

/// Rows of the attached table, which `poser` is about, that are outside of the bounds.
pub(super) fn pose_attached(
    poser: &mut Poser<'_, '_>,
    parent: &ObjectName,
    bounds: &PartitionBounds,
) -> Result<()> {
    let Some(table) = poser.target.table(parent)? else {
        return Ok(());
    };
    let clause = "`ATTACH PARTITION`";
    let Some(partitioning) = poser.target.partitioning(table.oid)? else {
        return Ok(());
    };
    match condition(&partitioning, bounds) {
        Some(condition) => {
            poser.put(Draft {
                columns: partitioning.columns.clone(),
                expressions: expressions(bounds),
                ..Draft::new(
                    clause,
                    RowsInTheWay::Where(format!("({condition}) IS NOT TRUE")),
                    Which::same("outside of the bounds".into()),
                    MOVE,
                )
            })?;
        }
        None => poser.unknown(clause, "its bounds are not compared from here"),
    }
    // Each unique index of the parent is made on the partition as well.
    let own = match &poser.table.table {
        Some(own) => poser.target.unique_indexes(own.oid)?,
        None => Vec::new(),
    };
    for index in poser.target.unique_indexes(table.oid)? {
        let has_same = own.iter().any(|one| one.elements == index.elements);
        if !has_same && index.columns.iter().all(|column| !column.is_empty()) {
            poser.pose_unique(&index.columns, index.nulls_not_distinct, clause)?;
        }
    }
    Ok(())
}

/// The bounds as expressions, which may call functions.
fn expressions(bounds: &PartitionBounds) -> Vec<Expression> {
    let texts: Vec<&String> = match bounds {
        PartitionBounds::Range { from, to } => from.iter().chain(to).flatten().collect(),
        PartitionBounds::List(values) => values.iter().collect(),
        PartitionBounds::Hash { modulus, remainder } => vec![modulus, remainder],
        PartitionBounds::Default => Vec::new(),
    };
    let expression = |text: &String| Expression {
        sql: text.clone(),
        span: Span::default(),
    };
    texts.into_iter().map(expression).collect()
}

/// The condition that rows within the bounds meet; `None` where none is written exactly.
fn condition(partitioning: &Partitioning, bounds: &PartitionBounds) -> Option<String> {
    let columns: Vec<_> = partitioning
        .columns
        .iter()
        .map(|name| identifier(name))
        .collect();
    if columns.is_empty() {
        return None;
    }
    match (partitioning.strategy.as_str(), bounds) {
        ("r", PartitionBounds::Range { from, to }) => {
            let side = |operator: &str, bound: &[Option<String>]| match bound {
                // An open bound of the first column opens the whole side.
                [None, ..] => Some("true".to_owned()),
                values => {
                    let values: Option<Vec<_>> = values.iter().cloned().collect();
                    let values = values.filter(|values| values.len() == columns.len())?;
                    Some(format!(
                        "({}) {operator} ({})",
                        columns.join(", "),
                        values.join(", ")
                    ))
                }
            };
            let set: Vec<_> = columns
                .iter()
                .map(|one| format!("{one} IS NOT NULL"))
                .collect();
            Some(format!(
                "({} AND {} AND {})",
                set.join(" AND "),
                side(">=", from)?,
                side("<", to)?
            ))
        }
        ("l", PartitionBounds::List(values)) => {
            let [column] = columns.as_slice() else {
                return None;
            };
            let (nulls, values): (Vec<&String>, Vec<&String>) = values
                .iter()
                .partition(|value| value.eq_ignore_ascii_case("null"));
            let mut parts: Vec<_> = values
                .iter()
                .map(|value| format!("{column} = {value}"))
                .collect();
            if !nulls.is_empty() {
                parts.push(format!("{column} IS NULL"));
            }
            Some(format!("({})", parts.join(" OR ")))
        }
        ("h", PartitionBounds::Hash { modulus, remainder }) => Some(format!(
            "satisfies_hash_partition({}::oid, {modulus}, {remainder}, {})",
            partitioning.oid,
            columns.join(", ")
        )),
        _other => None,
    }
}
