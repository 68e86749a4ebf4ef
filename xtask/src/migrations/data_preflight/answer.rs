//! The answer to a question.

use postgres::{SimpleQueryMessage, SimpleQueryRow, Transaction};

/// How many keys are told: enough to look at the cause, few enough for a line.
pub(super) const KEYS: usize = 5;

/// The answer to a question.
#[derive(Debug)]
pub(super) enum Answer {
    /// No row is in the way.
    Free,
    /// So many rows are in the way, with some of their keys. The number is not known where a row
    /// made the expression itself fail.
    InTheWay {
        rows: Option<i64>,
        keys: Vec<String>,
    },
    /// It cannot be known, because of this.
    Unknown(String),
}

/// The first row of the answer to `sql`. The simple protocol takes any type of column.
pub(super) fn first(
    transaction: &mut Transaction<'_>,
    sql: &str,
) -> Result<Option<SimpleQueryRow>, postgres::Error> {
    let messages = transaction.simple_query(sql)?;
    Ok(messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _other => None,
    }))
}

/// Whether the error is about a value in a row: its conversion, or a constraint of its type.
pub(super) fn is_about_values(code: &str) -> bool {
    code.starts_with("22") || code.starts_with("23")
}
