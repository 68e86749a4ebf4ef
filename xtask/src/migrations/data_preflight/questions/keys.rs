//! Questions about keys: unique ones, foreign ones, and exclusions.

use std::rc::Rc;

use anyhow::Result;

use super::{Draft, GIVE_VALUES, Poser, one_line};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::source::RowSource;
use crate::migrations::sql::{identifier, quoted};
use crate::migrations::statements::{Expression, ForeignKey, NewIndex};
use crate::schema::model::ObjectName;

/// The advice for rows that share a value.
pub(super) const TELL_APART: &str =
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
        let which = sharing(&columns.join(", "));
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
        let texts: Vec<_> = index
            .elements
            .iter()
            .map(|one| one_line(&one.expression.sql))
            .collect();
        self.pose_failing(index, &texts.join(", "))?;
        if !index.unique {
            return Ok(());
        }
        let element = |element: &crate::migrations::statements::IndexElement| {
            format!("({})", element.expression.sql)
        };
        let rows = RowsInTheWay::Shared {
            elements: index.elements.iter().map(element).collect(),
            condition: index.condition.as_ref().map(|one| one.sql.clone()),
            nulls_not_distinct: index.nulls_not_distinct,
        };
        let expressions = index.elements.iter().map(|one| one.expression.clone());
        let columns: Vec<_> = index
            .elements
            .iter()
            .filter_map(|one| one.column.clone())
            .collect();
        self.put(Draft {
            column: single(&columns).filter(|_| index.elements.len() == 1),
            expressions: expressions.chain(index.condition.clone()).collect(),
            inherits: false,
            ..Draft::new(
                "`CREATE UNIQUE INDEX`",
                rows,
                sharing(&texts.join(", ")),
                TELL_APART,
            )
        })
    }

    /// The rows for which an expression of the index, or its condition, fails.
    fn pose_failing(&mut self, index: &NewIndex, shown: &str) -> Result<()> {
        let elements = index.elements.iter().filter(|one| one.column.is_none());
        let expressions: Vec<Expression> = elements
            .map(|one| one.expression.clone())
            .chain(index.condition.clone())
            .filter(may_fail)
            .collect();
        if expressions.is_empty() {
            return Ok(());
        }
        let elements = index.elements.iter();
        let row: Vec<_> = elements
            .map(|one| format!("({}\n)", one.expression.sql))
            .collect();
        let row = format!("(ROW({}))::text", row.join(", "));
        let expression = match &index.condition {
            Some(condition) => format!("CASE WHEN ({}\n) THEN {row} END", condition.sql),
            None => row,
        };
        let rows = RowsInTheWay::Unconvertible {
            expression,
            type_name: "text".into(),
            columns: self.table.columns.clone(),
        };
        let which = Which::same(format!("for which `{shown}` fails"));
        self.put(Draft {
            expressions,
            inherits: false,
            ..Draft::new("`CREATE INDEX`", rows, which, GIVE_VALUES)
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
        let which = Which::same(format!(
            "whose `{}` is not in `{parent}`",
            key.columns.join(", ")
        ));
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
                Which::that(("conflicts", "conflict"), "with another row"),
                GIVE_VALUES,
            )
        })
    }
}

/// Functions that fail on no value. Looking at every row for them would only take time.
const NEVER_FAIL: &[&str] = &[
    "btrim", "coalesce", "length", "lower", "ltrim", "md5", "nullif", "rtrim", "upper",
];

/// Whether an expression may fail on a value: by a function, a conversion, or a number too large.
fn may_fail(expression: &Expression) -> bool {
    let text = expression.sql.to_ascii_lowercase();
    let is_sure = |name: &String| NEVER_FAIL.contains(&name.as_str());
    let converts = |after: &str| !after.trim_start().starts_with("text");
    !expression.calls().iter().all(is_sure)
        || text.split("::").skip(1).any(converts)
        // Of a member of a JSON value there is one, or NULL.
        || text.replace("->", "").contains(['/', '%', '*', '+', '-'])
}

/// The words for rows that have the same values.
pub(super) fn sharing(shown: &str) -> Which {
    Which::that(("shares", "share"), &format!("`{shown}` with another row"))
}

/// The column, where there is only one.
pub(super) fn single(columns: &[String]) -> Option<String> {
    match columns {
        [one] => Some(one.clone()),
        _many => None,
    }
}
