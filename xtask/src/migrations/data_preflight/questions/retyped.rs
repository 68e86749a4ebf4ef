//! Questions about `ALTER COLUMN … TYPE`: values that the new type does not take, and values that are
//! no longer different.

use anyhow::Result;

use super::{Draft, Poser};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::sql::{identifier, literal};
use crate::migrations::statements::{Expression, Reference};

impl Poser<'_, '_> {
    pub(super) fn pose_type(
        &mut self,
        column: &str,
        (type_name, collation): (&str, Option<&str>),
        reference: Option<&Reference>,
        using: Option<&Expression>,
    ) -> Result<()> {
        let clause = "`ALTER COLUMN … TYPE`";
        let help = "change these values in an earlier statement or migration, or convert them with `USING`";
        let which = Which::same(format!("whose `{column}` cannot become `{type_name}`"));
        let labels = reference.and_then(|name| self.pending.labels(self.place, name));
        if let Some(labels) = labels {
            let labels: Vec<_> = labels.iter().map(|label| literal(label)).collect();
            if !reference.is_some_and(|name| is_text_of(column, using, name.name())) {
                self.unknown(
                    clause,
                    "a pending statement makes the type, and `USING` is not the text of the column",
                );
                return Ok(());
            }
            let column_sql = identifier(column);
            let condition = match labels.as_slice() {
                [] => format!("{column_sql} IS NOT NULL"),
                labels => format!("{column_sql}::text NOT IN ({})", labels.join(", ")),
            };
            return self.put(Draft {
                column: Some(column.to_owned()),
                columns: vec![column.to_owned()],
                ..Draft::new(clause, RowsInTheWay::Where(condition), which, help)
            });
        }
        if let Some(name) = reference.filter(|name| self.pending.is_pending_type(name.name())) {
            let why = format!(
                "a pending statement makes or changes the type `{}`",
                name.name()
            );
            self.unknown(clause, why);
            return Ok(());
        }
        if using.is_none() && self.always_fits(column, type_name) {
            // Another collation or the hour that a clock skips may make two values one.
            if collation.is_some() || type_name.to_ascii_lowercase().starts_with("timestamp") {
                let plain = identifier(column);
                self.pose_new_duplicates(column, (type_name, collation), &plain, None)?;
            }
            return Ok(());
        }
        let expression = using.map_or_else(|| identifier(column), |using| using.sql.clone());
        self.put(Draft {
            column: Some(column.to_owned()),
            columns: vec![column.to_owned()],
            expressions: using.cloned().into_iter().collect(),
            ..Draft::new(
                clause,
                RowsInTheWay::Unconvertible {
                    expression: expression.clone(),
                    type_name: type_name.to_owned(),
                    columns: self.table.columns.clone(),
                },
                which,
                help,
            )
        })?;
        self.pose_new_duplicates(column, (type_name, collation), &expression, using)
    }

    /// Values that were different, and are the same in the new type.
    fn pose_new_duplicates(
        &mut self,
        column: &str,
        (type_name, collation): (&str, Option<&str>),
        expression: &str,
        using: Option<&Expression>,
    ) -> Result<()> {
        let Some(table) = &self.table.table else {
            return Ok(());
        };
        for index in self.target.unique_indexes(table.oid)? {
            let is_known = |one: &String| self.table.columns.contains(one);
            let has_expressions = !index.columns.iter().all(is_known);
            if !index.columns.iter().any(|one| one == column)
                || has_expressions
                || index.condition.is_some()
            {
                continue;
            }
            let element = |one: &String| match one == column {
                true => format!(
                    "(({expression}\n)::{type_name} {})",
                    collation.unwrap_or_default()
                ),
                false => identifier(one),
            };
            let which = Which::same(format!(
                "that would share `{}` with another row, of index `{}`",
                index.columns.join(", "),
                index.name
            ));
            self.put(Draft {
                column: Some(column.to_owned()),
                columns: index.columns.clone(),
                expressions: using.cloned().into_iter().collect(),
                inherits: false,
                ..Draft::new(
                    "`ALTER COLUMN … TYPE`",
                    RowsInTheWay::Shared {
                        elements: index.columns.iter().map(element).collect(),
                        condition: None,
                        nulls_not_distinct: index.nulls_not_distinct && !index.primary,
                    },
                    which,
                    "change these values in an earlier statement or migration, or convert them with `USING`",
                )
            })?;
        }
        Ok(())
    }

    /// Whether every value of the column's type is one of the new type, so that nothing is to be
    /// asked: a wider integer, text without a limit.
    fn always_fits(&self, column: &str, type_name: &str) -> bool {
        let Some(old) = self.table.types.get(column) else {
            return false;
        };
        let new = type_name.to_ascii_lowercase();
        let is_text = ["text", "varchar", "character varying"].contains(&new.as_str());
        let wider: &[&str] = match old.as_str() {
            "smallint" => &[
                "int", "integer", "int4", "bigint", "int8", "numeric", "decimal",
            ],
            "integer" => &[
                "bigint", "int8", "numeric", "decimal", "integer", "int", "int4",
            ],
            "bigint" => &["numeric", "decimal", "bigint", "int8"],
            "real" => &["double precision", "float8"],
            "timestamp without time zone" | "timestamp with time zone" => &[
                "timestamptz",
                "timestamp",
                "timestamp with time zone",
                "timestamp without time zone",
            ],
            _other => &[],
        };
        if is_text {
            return true;
        }
        // `varchar(20)` to `varchar(50)`
        let length = |name: &str| -> Option<u32> {
            let inside = name
                .strip_prefix("character varying(")
                .or_else(|| name.strip_prefix("varchar("))?;
            inside.strip_suffix(')')?.trim().parse().ok()
        };
        let is_longer = length(old)
            .zip(length(&new))
            .is_some_and(|(old, new)| old <= new);
        is_longer || wider.contains(&new.as_str())
    }
}

/// Whether the new value is the text of the column: `role::text::role`, `role::role`.
fn is_text_of(column: &str, using: Option<&Expression>, type_name: &str) -> bool {
    let Some(using) = using else { return false };
    let names = using.names();
    let is_plain = using
        .sql
        .chars()
        .all(|letter| letter.is_alphanumeric() || "_\":(). ".contains(letter));
    let known = |name: &String| {
        name == column
            || name == type_name
            || ["text", "varchar", "public", "cast", "as"].contains(&name.as_str())
    };
    is_plain
        && using.calls().iter().all(|name| name == "cast")
        && names.iter().all(known)
        && names.iter().filter(|name| *name == column).count() >= 1
        && names.iter().any(|name| name == type_name)
}
