//! Shows the rows as a pending `UPDATE` or `DELETE` leaves them, where its expressions tell: a question
//! about a later statement then counts the rows that it will meet.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Pending, PendingTable};
use crate::migrations::data_preflight::source::RowSource;
use crate::migrations::data_preflight::target::Target;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{AffectedRows, Expression, Update};
use crate::schema::model::ObjectName;
use crate::source::Span;

/// The rows of a table around an `UPDATE`.
pub(in crate::migrations::data_preflight) struct Assigned {
    /// The rows that it concerns, as they are before it.
    pub concerned: RowSource,
    /// The same rows as it leaves them.
    pub written: RowSource,
    /// All rows as it leaves them.
    pub after: RowSource,
    /// Each column that gets a value, with the value and the type.
    pub values: Vec<(String, Expression, String)>,
}

impl Pending {
    /// The rows of `name` around `update`; or why they are not known.
    pub(in crate::migrations::data_preflight) fn assigned(
        &self,
        target: &mut Target<'_>,
        name: &ObjectName,
        update: &Update,
    ) -> Result<Result<Assigned, String>> {
        let (table, source) = match self.simulable(name, update.only) {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        if update.values.len() != update.columns.len() {
            return Ok(Err("it sets several columns at once".to_owned()));
        }
        let mut expressions: Vec<Expression> = Vec::new();
        let mut values = Vec::new();
        for (column, value) in &update.values {
            let Some(type_name) = table.types.get(column) else {
                return Ok(Err(format!(
                    "the type of `{column}` is not known before it"
                )));
            };
            if value.trim().eq_ignore_ascii_case("default") {
                return Ok(Err(format!("it sets `{column}` to its default")));
            }
            let value = expression(value);
            expressions.push(value.clone());
            values.push((column.clone(), value, type_name.clone()));
        }
        let why = self.why_not_simulated(target, (name, table), &update.rows, expressions)?;
        if let Some(why) = why {
            return Ok(Err(why));
        }
        let alias = update.rows.alias.as_deref();
        let known = |column: &&String| !table.unknown.contains_key(*column);
        let list = |is_all: bool| -> Vec<(String, String)> {
            let mut list = Vec::new();
            for column in table.columns.iter().filter(known) {
                let plain = identifier(column);
                let new = values.iter().find(|(set, ..)| set == column);
                let shown = match (new, &update.rows.condition) {
                    (None, _) => plain,
                    (Some((_, value, kind)), Some(condition)) if is_all => format!(
                        "CASE WHEN ({condition}\n) THEN (({}\n)::{kind}) ELSE {plain} END",
                        value.sql
                    ),
                    (Some((_, value, kind)), _) => format!("(({}\n)::{kind})", value.sql),
                };
                list.push((column.clone(), shown));
            }
            list
        };
        let mut concerned = source.clone();
        if let Some(condition) = &update.rows.condition {
            concerned.filter(&format!("({condition}\n)"), alias);
        }
        let mut written = concerned.clone();
        written.assign(list(false), alias);
        // The values may qualify columns with the alias of the statement.
        if let Some(alias) = alias {
            concerned.alias = alias.to_owned();
        }
        let mut after = source.clone();
        after.assign(list(true), alias);
        Ok(Ok(Assigned {
            concerned,
            written,
            after,
            values,
        }))
    }

    /// The rows of `name` that a `DELETE` of `rows` takes, and those that it leaves; or why they are
    /// not known.
    pub(in crate::migrations::data_preflight) fn deleted(
        &self,
        target: &mut Target<'_>,
        name: &ObjectName,
        (rows, only): (&AffectedRows, bool),
    ) -> Result<Result<(RowSource, RowSource), String>> {
        let (table, source) = match self.simulable(name, only) {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        if let Some(why) = self.why_not_simulated(target, (name, table), rows, Vec::new())? {
            return Ok(Err(why));
        }
        let (mut gone, mut left) = (source.clone(), source.clone());
        let condition = rows.condition.as_deref().unwrap_or("true");
        gone.filter(&format!("({condition}\n)"), rows.alias.as_deref());
        left.filter(
            &format!("({condition}\n) IS NOT TRUE"),
            rows.alias.as_deref(),
        );
        Ok(Ok((gone, left)))
    }

    /// The table, where changes of its rows can be shown at all.
    fn simulable(
        &self,
        name: &ObjectName,
        only: bool,
    ) -> Result<(&PendingTable, &RowSource), String> {
        let unknown = || format!("`{name}` is not there yet");
        let table = self.table(name).ok_or_else(unknown)?;
        let stored = table.table.as_ref().ok_or_else(unknown)?;
        let source = table.source.as_ref().ok_or_else(unknown)?;
        if self.has_triggers || stored.has_triggers {
            return Err(format!("triggers of `{name}` may change its rows as well"));
        }
        if only && stored.has_children {
            return Err("it leaves out the tables that inherit from it".to_owned());
        }
        Ok((table, source))
    }

    /// Why the expressions of a change of rows mean something else before it runs.
    fn why_not_simulated(
        &self,
        target: &mut Target<'_>,
        (name, table): (&ObjectName, &PendingTable),
        rows: &AffectedRows,
        mut expressions: Vec<Expression>,
    ) -> Result<Option<String>> {
        if rows.joins {
            return Ok(Some(
                "other tables decide which rows it concerns".to_owned(),
            ));
        }
        expressions.extend(rows.condition.as_deref().map(expression));
        let mut named = BTreeSet::new();
        for expression in &expressions {
            if let Some(why) = self.why_unclear(target, expression)? {
                return Ok(Some(why));
            }
            let names = expression.names().into_iter();
            named.extend(names.filter(|name| table.columns.contains(name)));
        }
        if let Some(why) = named.iter().find_map(|name| table.unknown.get(name)) {
            return Ok(Some(why.clone()));
        }
        Ok(self.why_changed(name, None))
    }

    /// Notes the rows that a change of known rows leaves. The columns that are computed from others
    /// are not known any more.
    pub(super) fn leave(&mut self, name: &ObjectName, after: RowSource) {
        let Some(table) = self.tables.get_mut(name) else {
            return;
        };
        table.source = Some(after);
        let columns = table.table.iter().flat_map(|table| &table.columns);
        let generated: Vec<String> = columns
            .filter(|column| column.generated)
            .map(|column| column.name.clone())
            .collect();
        for column in generated {
            let why = "a pending statement changes the values that it is computed from".to_owned();
            table.unknown.insert(column, why);
        }
    }
}

fn expression(sql: &str) -> Expression {
    Expression {
        sql: sql.to_owned(),
        span: Span::default(),
    }
}
