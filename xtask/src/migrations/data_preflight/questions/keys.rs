//! Questions about keys: unique ones, foreign ones, and exclusions.

use std::rc::Rc;

use anyhow::Result;

use super::{Draft, GIVE_VALUES, Poser, one_line};
use crate::migrations::data_preflight::question::RowsInTheWay;
use crate::migrations::data_preflight::source::RowSource;
use crate::migrations::data_preflight::target::TargetIndex;
use crate::migrations::sql::{identifier, quoted};
use crate::migrations::statements::{Expression, ForeignKey, Insertion, NewIndex};
use crate::schema::model::ObjectName;

/// The advice for rows that share a value.
const TELL_APART: &str =
    "merge these rows, or give them different values, in an earlier statement or migration";

impl Poser<'_, '_> {
    pub(in crate::migrations::data_preflight) fn pose_unique(
        &mut self,
        columns: &[String],
        nulls_not_distinct: bool,
        clause: &str,
    ) -> Result<()> {
        let rows = RowsInTheWay::Shared {
            elements: columns.iter().map(|name| identifier(name)).collect(),
            condition: None,
            nulls_not_distinct,
        };
        let which = format!("that share `{}` with another row", columns.join(", "));
        self.put(Draft {
            column: single(columns),
            columns: columns.to_vec(),
            inherits: false,
            ..Draft::new(clause, rows, which, TELL_APART)
        })
    }

    pub(super) fn pose_index(&mut self, index: &NewIndex) -> Result<()> {
        if let Some(name) = index.name.as_ref().filter(|_| index.if_not_exists)
            && self.target.has_relation(&self.name.namespace, name)?
        {
            return Ok(());
        }
        let element = |element: &crate::migrations::statements::IndexElement| {
            format!("({})", element.expression.sql)
        };
        let texts: Vec<_> = index
            .elements
            .iter()
            .map(|one| one_line(&one.expression.sql))
            .collect();
        let rows = RowsInTheWay::Shared {
            elements: index.elements.iter().map(element).collect(),
            condition: index.condition.as_ref().map(|one| one.sql.clone()),
            nulls_not_distinct: index.nulls_not_distinct,
        };
        let expressions = index.elements.iter().map(|one| one.expression.clone());
        let which = format!("that share `{}` with another row", texts.join(", "));
        let columns: Vec<_> = index
            .elements
            .iter()
            .filter_map(|one| one.column.clone())
            .collect();
        self.put(Draft {
            column: single(&columns).filter(|_| index.elements.len() == 1),
            expressions: expressions.chain(index.condition.clone()).collect(),
            inherits: false,
            ..Draft::new("`CREATE UNIQUE INDEX`", rows, which, TELL_APART)
        })
    }

    /// A constraint that takes an index over: it was made unique before, and a primary key allows no
    /// NULL.
    pub(super) fn pose_using(&mut self, index: &str, primary: bool) -> Result<()> {
        if !primary {
            return Ok(());
        }
        let mut columns = self.pending.indexes.get(index).cloned();
        if let (None, Some(table)) = (&columns, &self.table.table) {
            let indexes = self.target.unique_indexes(table.oid)?;
            let found = indexes.into_iter().find(|one| one.name == index);
            columns = found.map(|one| one.columns);
        }
        for column in columns.unwrap_or_default() {
            self.pose_not_null(&column, "`PRIMARY KEY`")?;
        }
        Ok(())
    }

    /// `source` shows a column that the same clause adds.
    pub(super) fn pose_foreign_key(
        &mut self,
        key: &ForeignKey,
        parent: Option<ObjectName>,
        source: Option<RowSource>,
    ) -> Result<()> {
        let clause = "`FOREIGN KEY`";
        let Some(parent) = parent else {
            self.unknown(clause, "the table that it refers to is not there yet");
            return Ok(());
        };
        if key.temporal {
            self.unknown(clause, "periods are not compared from here");
            return Ok(());
        }
        let known = self.pending.table(&parent);
        let table = match known.map(|known| known.table.as_ref()) {
            Some(Some(table)) => Some(Rc::clone(table)),
            Some(None) => None,
            None => self.target.table(&parent)?,
        };
        if known.is_some_and(|known| known.has_fixed_rows) {
            self.unknown(clause, format!("a pending statement fills `{parent}`"));
            return Ok(());
        }
        let is_empty = known.is_some_and(|known| known.empty);
        let mut referenced = key.referenced.clone();
        if let Some(table) = table.as_ref().filter(|_| referenced.is_empty()) {
            referenced.clone_from(&table.key);
        }
        if !is_empty {
            let why = match &table {
                Some(table) => table.uncountable.clone(),
                None => None,
            };
            let unknown = known.and_then(|known| {
                referenced
                    .iter()
                    .find_map(|name| known.unknown.get(name).cloned())
            });
            let why = why
                .or(unknown)
                .or_else(|| self.pending.why_changed(&parent, Some(&referenced)));
            let why = why.or_else(|| {
                (referenced.len() != key.columns.len())
                    .then(|| format!("`{parent}` has no primary key yet"))
            });
            if let Some(why) = why.filter(|_| parent != self.name) {
                self.unknown(clause, format!("of `{parent}`: {why}"));
                return Ok(());
            }
        }
        let missing = if is_empty {
            "true".to_owned()
        } else {
            let counterpart = match known.and_then(|known| known.source.clone()) {
                Some(mut source) => {
                    source.only = table.as_ref().is_some_and(|table| table.kind == "r");
                    source.alias = "pgaccord parent".into();
                    source.sql()
                }
                None => format!("{} AS \"pgaccord parent\"", quoted(&parent)),
            };
            let pair = |(own, other): (&String, &String)| {
                format!(
                    "\"pgaccord parent\".{} = {}.{}",
                    identifier(other),
                    identifier(&self.source.alias),
                    identifier(own)
                )
            };
            let pairs: Vec<_> = key.columns.iter().zip(&referenced).map(pair).collect();
            format!(
                "NOT EXISTS (SELECT FROM {counterpart} WHERE {})",
                pairs.join(" AND ")
            )
        };
        let not_null = |column: &String| format!("{} IS NOT NULL", identifier(column));
        let set: Vec<_> = key.columns.iter().map(not_null).collect();
        // With MATCH FULL a key that is NULL in part has no counterpart either.
        let is_set = set.join(if key.full { " OR " } else { " AND " });
        let rows = RowsInTheWay::Where(format!("({is_set}) AND {missing}"));
        let which = format!("whose `{}` is not in `{parent}`", key.columns.join(", "));
        let help = format!(
            "add the missing rows to `{parent}`, or clear or delete these, in an earlier statement or migration"
        );
        self.put(Draft {
            column: single(&key.columns),
            columns: key.columns.clone(),
            inherits: false,
            source,
            ..Draft::new(clause, rows, which, &help)
        })
    }

    pub(super) fn pose_exclusion(
        &mut self,
        elements: &[(Expression, String)],
        condition: Option<&Expression>,
    ) -> Result<()> {
        let pairs = elements
            .iter()
            .map(|(expression, operator)| (expression.sql.clone(), operator.clone()));
        let rows = RowsInTheWay::Conflicting {
            elements: pairs.collect(),
            condition: condition.map(|one| one.sql.clone()),
        };
        let expressions = elements.iter().map(|(expression, _)| expression.clone());
        self.put(Draft {
            expressions: expressions.chain(condition.cloned()).collect(),
            inherits: false,
            ..Draft::new(
                "`EXCLUDE`",
                rows,
                "that conflict with another row".into(),
                GIVE_VALUES,
            )
        })
    }

    /// Fixed rows whose keys are there already.
    pub(super) fn pose_insertion(&mut self, insertion: &Insertion) -> Result<()> {
        let (Some(rows), Some(table)) = (&insertion.rows, &self.table.table) else {
            return Ok(());
        };
        let is_plain = !insertion.on_conflict
            && table.uncountable.is_none()
            && !table.has_triggers
            && !self.source.is_changed()
            && self.pending.why_changed(&self.name, None).is_none();
        // Other fixed rows are no question: whether they collide cannot be told exactly.
        if !is_plain {
            return Ok(());
        }
        let columns = if insertion.columns.is_empty() {
            &self.table.columns
        } else {
            &insertion.columns
        };
        for index in self.target.unique_indexes(table.oid)? {
            if let Some(condition) = collision(&index, columns, rows) {
                let which = format!("that have `{}` already", index.columns.join(", "));
                let help = "leave out rows that are there: `ON CONFLICT DO NOTHING`, or other keys";
                self.put(Draft {
                    column: single(&index.columns),
                    ..Draft::new("`INSERT`", RowsInTheWay::Where(condition), which, help)
                })?;
            }
        }
        Ok(())
    }
}

/// The rows of the table that have a key of the new `rows`; none where a key is not a literal.
fn collision(index: &TargetIndex, columns: &[String], rows: &[Vec<Expression>]) -> Option<String> {
    if index.condition.is_some() || index.columns.iter().any(String::is_empty) {
        return None;
    }
    let mut places = Vec::new();
    for column in &index.columns {
        places.push(columns.iter().position(|one| one == column)?);
    }
    let mut keys = Vec::new();
    for row in rows {
        let mut pairs = Vec::new();
        for (column, place) in index.columns.iter().zip(&places) {
            let value = row.get(*place)?;
            if !value.is_literal() {
                return None;
            }
            pairs.push(format!("{} = {}", identifier(column), value.sql));
        }
        keys.push(format!("({})", pairs.join(" AND ")));
    }
    (!keys.is_empty()).then(|| keys.join(" OR "))
}

fn single(columns: &[String]) -> Option<String> {
    match columns {
        [one] => Some(one.clone()),
        _many => None,
    }
}
