//! A question to the target: which rows are in the way of one clause.

use super::source::RowSource;
use crate::migrations::statements::Expression;

/// A question, or the reason why none can be asked.
#[derive(Debug)]
pub(super) enum Posed {
    Question(Box<Question>),
    Unknown { what: String, why: String },
}

/// Which rows are in the way of one clause.
#[derive(Debug)]
pub(super) struct Question {
    /// The rows of the table, as the statements before leave them.
    pub(super) source: RowSource,
    /// The table, as the clause names it.
    pub(super) table: String,
    /// The column, where it is about one.
    pub(super) column: Option<String>,
    /// The rows in the way.
    pub(super) rows: RowsInTheWay,
    /// The texts of the migration that the question repeats.
    pub(super) expressions: Vec<Expression>,
    /// The search path of the statement; that of the session where the migration sets none.
    pub(super) path: Option<Vec<String>>,
    /// The clause in a few words: "`SET NOT NULL`".
    pub(super) clause: String,
    /// Which rows are in the way.
    pub(super) which: Which,
    /// What to do, in the imperative.
    pub(super) help: String,
    /// How many rows it takes to stop the statement.
    pub(super) at_least: i64,
}

impl Question {
    /// The clause and its table.
    pub(super) fn subject(&self) -> String {
        match &self.column {
            Some(column) => format!("{} of `{}.{column}`", self.clause, self.table),
            None => format!("{} on `{}`", self.clause, self.table),
        }
    }
}

/// Which rows are in the way, in words that follow "1 row" and "3 rows".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    pub(super) one: String,
    pub(super) many: String,
}

impl Which {
    /// The same words for one and for several: "with NULL in `nick`".
    pub(super) fn same(words: String) -> Self {
        Self {
            one: words.clone(),
            many: words,
        }
    }

    /// "that has `id` already", "that have `id` already".
    pub(super) fn that((one, many): (&str, &str), rest: &str) -> Self {
        Self {
            one: format!("that {one} {rest}"),
            many: format!("that {many} {rest}"),
        }
    }
}

/// The rows in the way, as SQL over the columns of the source.
#[derive(Debug)]
pub(super) enum RowsInTheWay {
    /// Those for which the condition is true.
    Where(String),
    /// Those that share the values of all expressions with another row.
    Shared {
        elements: Vec<String>,
        condition: Option<String>,
        nulls_not_distinct: bool,
    },
    /// Those for which all operators are true together with another row.
    Conflicting {
        elements: Vec<(String, String)>,
        condition: Option<String>,
    },
    /// Those whose value of the expression cannot be assigned to the type.
    Unconvertible {
        expression: String,
        type_name: String,
        /// The columns that the expression may name.
        columns: Vec<String>,
    },
}
