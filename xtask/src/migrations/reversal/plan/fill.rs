//! Values for rows that get a column which must not be NULL, and of whose values none is left.

use crate::migrations::seed;
use crate::schema::model::{Column, ConstraintKind, Schema, Table};
use crate::schema::types::{ColumnType, Scalar};

/// How the rows of a table get a value in a column that must not be NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fill {
    /// The same for every row, or one that is computed for each: as SQL writes it.
    Value(String),
    /// Numbers from 1 on.
    Numbers,
    /// No value is right: it would have to be one of another table, or its type is not known.
    None,
}

/// The fill of `column`, whose table is `table` in `schema`.
pub(super) fn fill(schema: &Schema, table: &Table, column: &Column) -> Fill {
    let constraints = || {
        table
            .constraints
            .values()
            .filter(|constraint| constraint.columns.contains(&column.name))
    };
    if constraints().any(|constraint| constraint.kind == ConstraintKind::ForeignKey) {
        return Fill::None;
    }
    let kind = ColumnType::resolve(&column.type_name, schema);
    let is_unique = constraints().any(|constraint| {
        let kind = constraint.kind;
        matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            && constraint.columns.len() == 1
    }) || table.indexes.values().any(|index| {
        index.definition.starts_with("CREATE UNIQUE")
            && index.definition.ends_with(&format!("({})", column.name))
    });
    if is_unique {
        return unique(&kind);
    }
    let checks: Vec<_> = constraints()
        .filter(|constraint| constraint.kind == ConstraintKind::Check)
        .collect();
    if let Some(check) = checks.first() {
        let likely = seed::likely_values_near(schema, table, column, &check.definition);
        return likely.into_iter().next().map_or(Fill::None, Fill::Value);
    }
    if !kind.domains.is_empty() {
        let likely = seed::likely_values(schema, table, column, 1);
        return likely.into_iter().next().map_or(Fill::None, Fill::Value);
    }
    neutral(&kind, &column.type_name)
}

fn unique(kind: &ColumnType) -> Fill {
    let Scalar::Builtin(name) = &kind.scalar else {
        return Fill::None;
    };
    match name.as_str() {
        _ if kind.array || !kind.domains.is_empty() => Fill::None,
        "smallint" | "integer" | "bigint" => Fill::Numbers,
        "uuid" => Fill::Value("gen_random_uuid()".into()),
        // The 36 characters of a UUID.
        "text" | "character varying" if kind.length.is_none_or(|length| length >= 36) => {
            Fill::Value("gen_random_uuid()::text".into())
        }
        _ => Fill::None,
    }
}

/// The value that says least: the empty text, zero, the beginning of time.
fn neutral(kind: &ColumnType, type_name: &str) -> Fill {
    if kind.array {
        return Fill::Value("'{}'".into());
    }
    let value = match &kind.scalar {
        Scalar::Enum(_, labels) => match labels.first() {
            Some(first) => format!("'{}'::{type_name}", first.replace('\'', "''")),
            None => return Fill::None,
        },
        Scalar::Builtin(name) => match name.as_str() {
            "text" | "character varying" | "character" | "bytea" => "''".into(),
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision"
            | "money" => "0".into(),
            "boolean" => "false".into(),
            "json" | "jsonb" => "'{}'".into(),
            "uuid" => "'00000000-0000-0000-0000-000000000000'".into(),
            "date" | "timestamp with time zone" | "timestamp without time zone" => {
                "'1970-01-01'".into()
            }
            "time without time zone" | "time with time zone" => "'00:00'".into(),
            "interval" => "'0'".into(),
            "inet" | "cidr" => "'0.0.0.0'".into(),
            "tsvector" => "''".into(),
            _ => return Fill::None,
        },
        Scalar::Other(_) => return Fill::None,
    };
    Fill::Value(value)
}
