//! Questions about columns that a statement adds: rows that are there get the default, or NULL.

use anyhow::Result;

use super::{Draft, Poser, one_line};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::source::RowSource;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{AddedColumn, ConstraintKind};
use crate::schema::model::ObjectName;

/// Functions of PostgreSQL that are volatile and never NULL. Those of the first group never give the
/// same value twice.
pub(super) const UNIQUE_VALUES: &[&str] = &[
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "nextval",
];
const NEVER_NULL: &[&str] = &["clock_timestamp", "random", "timeofday"];

/// The advice for a new column that old rows have no value for.
const GUARD: &str =
    "give the column a `DEFAULT`, or add it without `NOT NULL`, fill it, and then `SET NOT NULL`";

impl Poser<'_, '_> {
    pub(super) fn pose_added(&mut self, column: &AddedColumn) -> Result<()> {
        if column.if_not_exists && self.table.columns.contains(&column.name) {
            return Ok(());
        }
        if self.has_domain_default(column)? {
            self.unknown("`ADD COLUMN`", "its domain has a default");
            return Ok(());
        }
        let default = column.generated.as_ref().or(column.default.as_ref());
        let calls = default.map(|default| default.calls()).unwrap_or_default();
        let is_filled = !calls.is_empty()
            && calls.iter().all(|name| {
                UNIQUE_VALUES.contains(&name.as_str()) || NEVER_NULL.contains(&name.as_str())
            });
        let is_distinct = column.numbered
            || calls
                .iter()
                .any(|name| UNIQUE_VALUES.contains(&name.as_str()))
                && is_filled;
        let value = self.pending.value_of(self.target, column)?;
        if column.not_null && !column.numbered && !is_filled {
            self.pose_missing_value(column, &value)?;
        }
        if let (Some(generated), Ok(_)) = (&column.generated, &value) {
            let rows = RowsInTheWay::Unconvertible {
                expression: generated.sql.clone(),
                type_name: column.type_name.clone(),
                columns: self.table.columns.clone(),
            };
            let which = Which::same(format!("for which `{}` fails", one_line(&generated.sql)));
            self.put(Draft {
                column: Some(column.name.clone()),
                expressions: vec![generated.clone()],
                ..Draft::new("`ADD COLUMN … GENERATED`", rows, which, super::GIVE_VALUES)
            })?;
        }
        for constraint in &column.constraints {
            if !constraint.not_valid {
                self.pose_added_constraint(column, &constraint.kind, (&value, is_distinct))?;
            }
        }
        Ok(())
    }

    fn pose_missing_value(
        &mut self,
        column: &AddedColumn,
        value: &Result<String, String>,
    ) -> Result<()> {
        let default = column.generated.as_ref().or(column.default.as_ref());
        if default.is_some_and(|default| default.is_literal()) {
            return Ok(());
        }
        let (condition, expressions) = match (default.filter(|one| !one.is_null()), value) {
            (None, _) => ("true".to_owned(), Vec::new()),
            (Some(default), Ok(value)) => (
                format!("({value}) IS NOT DISTINCT FROM NULL"),
                vec![default.clone()],
            ),
            (Some(_), Err(why)) => {
                self.unknown("`ADD COLUMN … NOT NULL`", why.clone());
                return Ok(());
            }
        };
        let which = Which::same(format!(
            "that would have NULL in the new column `{}`",
            column.name
        ));
        self.put(Draft {
            column: Some(column.name.clone()),
            expressions,
            ..Draft::new(
                "`ADD COLUMN … NOT NULL`",
                RowsInTheWay::Where(condition),
                which,
                GUARD,
            )
        })
    }

    fn pose_added_constraint(
        &mut self,
        column: &AddedColumn,
        kind: &ConstraintKind,
        (value, is_distinct): (&Result<String, String>, bool),
    ) -> Result<()> {
        let default = column.generated.as_ref().or(column.default.as_ref());
        let is_null = default.is_none_or(|default| default.is_null()) && !column.numbered;
        let name = column.name.clone();
        let clause = "`ADD COLUMN`";
        match kind {
            ConstraintKind::Check(check) => match value {
                // A sequence begins at 1 by default, and who limits it knows how.
                Err(_) if column.numbered => Ok(()),
                Err(why) => {
                    self.unknown(clause, why.clone());
                    Ok(())
                }
                Ok(value) => {
                    let which = Which::same(format!(
                        "for which `{}` would be false, with the default of `{name}`",
                        one_line(&check.sql)
                    ));
                    let rows = RowsInTheWay::Where(format!("({}\n) IS FALSE", check.sql));
                    let draft = Draft {
                        column: Some(name),
                        expressions: vec![check.clone()],
                        source: Some(self.with_added(column, value)),
                        ..Draft::new("`ADD COLUMN … CHECK`", rows, which, super::GIVE_VALUES)
                    };
                    self.put(draft)
                }
            },
            ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey(_) => {
                if is_null || is_distinct {
                    return Ok(());
                }
                let value = match value {
                    Ok(value) => value,
                    Err(why) => {
                        self.unknown(clause, why.clone());
                        return Ok(());
                    }
                };
                let rows = RowsInTheWay::Shared {
                    elements: vec![identifier(&name)],
                    condition: None,
                    nulls_not_distinct: false,
                };
                let which = Which::same(format!(
                    "that would share one value in the new column `{name}`"
                ));
                let draft = Draft {
                    column: Some(name),
                    expressions: default.cloned().into_iter().collect(),
                    source: Some(self.with_added(column, value)),
                    inherits: false,
                    ..Draft::new("`ADD COLUMN … UNIQUE`", rows, which, GUARD)
                };
                self.put(draft)
            }
            ConstraintKind::ForeignKey(key) => {
                if is_null {
                    return Ok(());
                }
                match value {
                    Err(why) => {
                        self.unknown(clause, why.clone());
                        Ok(())
                    }
                    Ok(value) => {
                        let source = self.with_added(column, value);
                        let parent: Option<ObjectName> = self.parent(&key.table);
                        self.pose_foreign_key(key, parent, Some(source))
                    }
                }
            }
            _other => Ok(()),
        }
    }

    /// The rows with the new column.
    fn with_added(&self, column: &AddedColumn, value: &str) -> RowSource {
        let mut source = self.source.clone();
        let kept = |name: &&String| !self.table.unknown.contains_key(*name);
        let mut list: Vec<_> = self
            .table
            .columns
            .iter()
            .filter(kept)
            .map(|name| (name.clone(), identifier(name)))
            .collect();
        list.push((column.name.clone(), value.to_owned()));
        source.change(list);
        source
    }

    /// Whether the column has no default of its own, but its domain has one.
    fn has_domain_default(&mut self, column: &AddedColumn) -> Result<bool> {
        if column.default.is_some() || column.generated.is_some() || column.numbered {
            return Ok(false);
        }
        let Some(reference) = &column.type_reference else {
            return Ok(false);
        };
        self.target.has_domain_default(reference.name())
    }
}
