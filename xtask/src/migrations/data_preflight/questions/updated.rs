//! Questions about `UPDATE`: values that cannot be computed, and values that rules of the table refuse.

use anyhow::Result;

use super::kept::{DEFERRED, Kept};
use super::keys::{TELL_APART, sharing, single};
use super::{Draft, GIVE_VALUES, Poser, one_line};
use crate::migrations::data_preflight::pending::Assigned;
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::target::Restricting;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{Expression, ForeignKey, Reference, Update};

const CLAUSE: &str = "`UPDATE`";

impl Poser<'_, '_> {
    /// `keys` are the foreign keys that refer to columns which it sets.
    pub(super) fn pose_update(&mut self, update: &Update, keys: Vec<Restricting>) -> Result<()> {
        let assigned = self.pending.assigned(self.target, &self.name, update)?;
        let kept = match assigned {
            Ok(assigned) => {
                self.pose_values(&assigned)?;
                self.pose_rules(&assigned, &update.columns)?;
                Ok(Kept {
                    clause: CLAUSE,
                    referred: "a row that gets another key",
                    gone: assigned.concerned,
                    left: assigned.after,
                    may_return: true,
                })
            }
            Err(why) => {
                if self.is_restricted(&update.columns)? {
                    self.unknown(CLAUSE, why.clone());
                }
                Err(why)
            }
        };
        self.pose_kept(CLAUSE, keys, &kept)
    }

    /// Whether a rule of the table is about one of `columns`.
    fn is_restricted(&mut self, columns: &[String]) -> Result<bool> {
        let Some(table) = &self.table.table else {
            return Ok(false);
        };
        let mut stored = table.columns.iter();
        if stored.any(|one| one.not_null && columns.contains(&one.name)) {
            return Ok(true);
        }
        for rule in self.target.constraints(table.oid, "")? {
            if rule.columns.iter().any(|column| columns.contains(column)) {
                return Ok(true);
            }
        }
        let indexes = self.target.unique_indexes(table.oid)?;
        Ok(indexes.iter().any(|index| {
            let mut named = index.columns.iter();
            named.any(|column| column.is_empty() || columns.contains(column))
        }))
    }

    /// The rows for which a new value fails, or is NULL where it must not be.
    fn pose_values(&mut self, assigned: &Assigned) -> Result<()> {
        for (column, value, type_name) in &assigned.values {
            // A scratch database reads a literal as well, but applies the rules of a domain to no row.
            if value.is_literal() && !self.target.is_domain(type_name)? {
                continue;
            }
            let draft = |rows: RowsInTheWay, which: String| Draft {
                column: Some(column.clone()),
                expressions: vec![value.clone()],
                source: Some(assigned.concerned.clone()),
                ..Draft::new(CLAUSE, rows, Which::same(which), GIVE_VALUES)
            };
            if !value.is_null() {
                let rows = RowsInTheWay::Unconvertible {
                    expression: value.sql.clone(),
                    type_name: type_name.clone(),
                    columns: self.table.columns.clone(),
                };
                let shown = one_line(&value.sql);
                self.put(draft(
                    rows,
                    format!("for which `{shown}` cannot become `{column}`"),
                ))?;
            }
            let stored = self.table.table.iter().flat_map(|table| &table.columns);
            let mut not_null = stored.filter(|one| one.not_null);
            if not_null.any(|one| one.name == *column) {
                let condition = format!("({}\n) IS NOT DISTINCT FROM NULL", value.sql);
                let which = format!("that would have NULL in `{column}`");
                self.put(draft(RowsInTheWay::Where(condition), which))?;
            }
        }
        Ok(())
    }

    /// The rows whose new values break a check, a foreign key or a unique index.
    fn pose_rules(&mut self, assigned: &Assigned, columns: &[String]) -> Result<()> {
        let Some(table) = &self.table.table else {
            return Ok(());
        };
        let is_about = |of: &[String]| of.iter().any(|column| columns.contains(column));
        for rule in self.target.constraints(table.oid, "")? {
            if !is_about(&rule.columns) {
                continue;
            }
            match (rule.kind.as_str(), &rule.check, &rule.parent) {
                ("c", Some(check), _) => {
                    let rows = RowsInTheWay::Where(format!("({check}) IS FALSE"));
                    let which = format!("for which `{}` would be false", one_line(check));
                    let check = Expression {
                        sql: check.clone(),
                        span: self.place.span,
                    };
                    self.put(Draft {
                        columns: columns.to_vec(),
                        expressions: vec![check],
                        inherits: !rule.no_inherit,
                        source: Some(assigned.written.clone()),
                        ..Draft::new(CLAUSE, rows, Which::same(which), GIVE_VALUES)
                    })?;
                }
                ("f", _, Some(_)) if rule.deferred => {
                    self.unknown(CLAUSE, DEFERRED);
                }
                ("f", _, Some(parent)) => {
                    let key = ForeignKey {
                        columns: rule.columns.clone(),
                        table: Reference { parts: Vec::new() },
                        referenced: rule.referenced.clone(),
                        full: rule.full,
                        has_actions: false,
                        temporal: false,
                    };
                    let written = Some(assigned.written.clone());
                    self.pose_foreign_key(&key, Some(parent.clone()), written)?;
                }
                _other => {}
            }
        }
        for index in self.target.unique_indexes(table.oid)? {
            let is_plain = !index.columns.iter().any(String::is_empty);
            let are_there = index
                .columns
                .iter()
                .all(|one| self.table.columns.contains(one));
            if !is_about(&index.columns) || !is_plain || !are_there {
                continue;
            }
            let rows = RowsInTheWay::Shared {
                elements: index.columns.iter().map(|one| identifier(one)).collect(),
                condition: index.condition.clone(),
                nulls_not_distinct: index.nulls_not_distinct && !index.primary,
            };
            self.put(Draft {
                column: single(&index.columns),
                columns: index.columns.clone(),
                inherits: false,
                source: Some(assigned.after.clone()),
                ..Draft::new(CLAUSE, rows, sharing(&index.columns.join(", ")), TELL_APART)
            })?;
        }
        Ok(())
    }
}
