//! Questions about `INSERT`: keys that are there already. Values that are not written come from the
//! default of their column, or from its sequence.

use anyhow::Result;

use super::keys::single;
use super::{Draft, Poser};
use crate::migrations::data_preflight::pending::Place;
use crate::migrations::data_preflight::question::{Posed, RowsInTheWay, Which};
use crate::migrations::data_preflight::target::{TargetColumn, TargetIndex};
use crate::migrations::sql::{Token, identifier, literal, tokens};
use crate::migrations::statements::{Expression, Insertion};
use crate::schema::model::ObjectName;
use crate::source::Span;

const CLAUSE: &str = "`INSERT`";

/// Why the rows of a query are not looked at.
const OF_QUERY: &str = "its rows come from a query";

/// What is said of the rows of a query that go into a table which a pending statement makes. A
/// query that reads no table had the same rows on a scratch database.
pub(super) fn of_query(place: Place<'_>, table: &ObjectName) -> Vec<Posed> {
    if !reads_tables(place) {
        return Vec::new();
    }
    vec![Posed::Unknown {
        what: format!("{CLAUSE} on `{table}`"),
        why: OF_QUERY.into(),
    }]
}

fn reads_tables(place: Place<'_>) -> bool {
    let text = place.migration.sql.get(place.span.range());
    let text = text.unwrap_or_default();
    let words = ["from", "table"];
    let tokens = tokens(text);
    let is_one = |token: &Token| words.iter().any(|word| token.is_word(text, word));
    tokens.iter().any(is_one)
}

/// A new value of a column of a key.
enum NewValue {
    /// As SQL.
    Known(String),
    /// No other row has it: NULL, or one that is never given twice.
    Fresh,
    /// Not known, for this reason.
    Unclear(String),
}

impl Poser<'_, '_> {
    /// New rows whose keys are there already.
    pub(super) fn pose_insertion(&mut self, insertion: &Insertion) -> Result<()> {
        let Some(table) = self.table.table.clone() else {
            return Ok(());
        };
        let indexes = self.target.unique_indexes(table.oid)?;
        let Some(rows) = &insertion.rows else {
            let constraints = self.target.constraints(table.oid, "")?;
            let is_key = |kind: &str| ["p", "u", "x"].contains(&kind);
            // A conflict of keys is looked after.
            let mut rules = constraints
                .iter()
                .filter(|rule| !(insertion.on_conflict && is_key(&rule.kind)));
            let has_unique = !insertion.on_conflict && !indexes.is_empty();
            let mut required = table.columns.iter().filter(|one| one.not_null);
            let is_asked = reads_tables(self.place);
            if is_asked && (rules.next().is_some() || has_unique || required.next().is_some()) {
                self.unknown(CLAUSE, OF_QUERY);
            }
            return Ok(());
        };
        if insertion.on_conflict || indexes.is_empty() {
            return Ok(());
        }
        let why = match (&table.uncountable, table.has_triggers) {
            (Some(why), _) => Some(why.clone()),
            (None, true) => Some(format!(
                "triggers of `{}` may change the new rows",
                self.name
            )),
            (None, false) if self.source.is_changed() => {
                Some("a pending statement changes the table".to_owned())
            }
            (None, false) => self.pending.why_changed(&self.name, None),
        };
        if let Some(why) = why {
            self.unknown(CLAUSE, why);
            return Ok(());
        }
        let columns = match insertion.columns.as_slice() {
            [] => self.table.columns.clone(),
            some => some.to_vec(),
        };
        for index in indexes {
            self.pose_collision(&index, (&columns, rows), &table.columns)?;
        }
        Ok(())
    }

    fn pose_collision(
        &mut self,
        index: &TargetIndex,
        (columns, rows): (&[String], &[Vec<Expression>]),
        stored: &[TargetColumn],
    ) -> Result<()> {
        if index.condition.is_some() || index.columns.iter().any(String::is_empty) {
            self.unknown(
                CLAUSE,
                format!("the keys of the index `{}` are computed", index.name),
            );
            return Ok(());
        }
        let mut keys = Vec::new();
        'rows: for (number, row) in rows.iter().enumerate() {
            let mut pairs = Vec::new();
            for column in &index.columns {
                let written = columns.iter().position(|one| one == column);
                let written = written.and_then(|place| row.get(place));
                let stored = stored.iter().find(|one| one.name == *column);
                match self.new_value(written, stored, number)? {
                    NewValue::Known(value) => {
                        pairs.push(format!("{} = ({value}\n)", identifier(column)));
                    }
                    NewValue::Fresh => continue 'rows,
                    NewValue::Unclear(why) => {
                        self.unknown(CLAUSE, format!("of `{column}`: {why}"));
                        return Ok(());
                    }
                }
            }
            keys.push(format!("({})", pairs.join(" AND ")));
        }
        if keys.is_empty() {
            return Ok(());
        }
        let shown = index.columns.join(", ");
        let which = Which::that(("has", "have"), &format!("`{shown}` already"));
        let help = "leave out rows that are there: `ON CONFLICT DO NOTHING`, or other keys; a sequence that is behind \
                    its column is set with `setval`";
        self.put(Draft {
            column: single(&index.columns),
            ..Draft::new(CLAUSE, RowsInTheWay::Where(keys.join(" OR ")), which, help)
        })
    }

    /// The value of a column in the new row of this number.
    fn new_value(
        &mut self,
        written: Option<&Expression>,
        stored: Option<&TargetColumn>,
        number: usize,
    ) -> Result<NewValue> {
        let is_default = |value: &&Expression| value.sql.trim().eq_ignore_ascii_case("default");
        if let Some(value) = written.filter(|value| !is_default(value)) {
            return self.of_expression(value);
        }
        let Some(stored) = stored else {
            return Ok(NewValue::Unclear("its column is not known".to_owned()));
        };
        if stored.generated {
            return Ok(NewValue::Unclear(
                "it is computed from other columns".to_owned(),
            ));
        }
        if let Some(sequence) = &stored.sequence {
            let increment = format!(
                "(SELECT seqincrement FROM pg_catalog.pg_sequence WHERE seqrelid = {}::pg_catalog.regclass)",
                literal(sequence)
            );
            return Ok(NewValue::Known(format!(
                "SELECT last_value + CASE WHEN is_called THEN {increment} ELSE 0 END + {number} * {increment} FROM {sequence}"
            )));
        }
        match &stored.default {
            None => Ok(NewValue::Fresh),
            Some(default) => self.of_expression(&Expression {
                sql: default.clone(),
                span: Span::default(),
            }),
        }
    }

    fn of_expression(&mut self, value: &Expression) -> Result<NewValue> {
        if value.is_null() {
            return Ok(NewValue::Fresh);
        }
        let calls = value.calls();
        let is_fresh = |name: &String| super::added::UNIQUE_VALUES.contains(&name.as_str());
        if !calls.is_empty() && calls.iter().all(is_fresh) && !calls.contains(&"nextval".to_owned())
        {
            return Ok(NewValue::Fresh);
        }
        Ok(match self.pending.why_unclear(self.target, value)? {
            Some(why) => NewValue::Unclear(why),
            None => NewValue::Known(value.sql.clone()),
        })
    }
}
