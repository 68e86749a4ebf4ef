//! Asks the target one question, in a read-only transaction of its own: locks end with it, so that
//! nobody queues behind a count for longer than that.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use postgres::{SimpleQueryMessage, Transaction};

use super::answer::{Answer, KEYS, first, is_about_values};
use super::conversion;
use super::question::{Question, RowsInTheWay};
use super::source::{KEY, ROW};
use super::target::Target;
use crate::migrations::sql::identifier;
use crate::postgres::error::ServerError;

/// How long a question waits for a lock. It takes the weakest, for which only `ALTER TABLE` and the
/// like make it wait, and whoever comes after would wait with it.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// Asks, and waits for the answer for at most `timeout`.
///
/// # Errors
/// When the connection is lost.
pub(super) fn ask(
    target: &mut Target<'_>,
    question: &Question,
    timeout: Duration,
) -> Result<Answer> {
    // PostgreSQL takes a timeout of zero for none.
    if timeout < Duration::from_millis(1) {
        return Ok(Answer::Unknown("the time for all questions is over".into()));
    }
    let mut transaction = target
        .client
        .build_transaction()
        .read_only(true)
        .start()
        .context("cannot begin a read-only transaction")?;
    let answered = set_up(&mut transaction, question, timeout)
        .and_then(|()| answer(&mut transaction, question));
    let answer = match answered {
        Ok(answer) => Ok(answer),
        Err(error) => from_error(error, question, timeout),
    };
    if transaction.rollback().is_err() {
        return Err(anyhow!("the connection was lost while rows were counted"));
    }
    answer
}

fn set_up(
    transaction: &mut Transaction<'_>,
    question: &Question,
    timeout: Duration,
) -> Result<(), postgres::Error> {
    transaction.batch_execute(&format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}",
        timeout.as_millis(),
        LOCK_TIMEOUT.as_millis()
    ))?;
    let Some(path) = &question.path else {
        return Ok(());
    };
    let path: Vec<_> = path.iter().map(|name| identifier(name)).collect();
    let path = crate::migrations::sql::literal(&path.join(", "));
    transaction.batch_execute(&format!(
        "SELECT pg_catalog.set_config('search_path', {path}, true)"
    ))
}

fn answer(
    transaction: &mut Transaction<'_>,
    question: &Question,
) -> Result<Answer, postgres::Error> {
    if let RowsInTheWay::Unconvertible {
        expression,
        type_name,
        columns,
    } = &question.rows
    {
        let conversion = conversion::Conversion {
            source: &question.source,
            expression,
            type_name,
            columns,
        };
        return conversion::count(transaction, &conversion);
    }
    let (count, keys) = queries(question);
    let rows = first(transaction, &count)?
        .and_then(|row| row.get(0).and_then(|text| text.parse::<i64>().ok()))
        .unwrap_or_default();
    if rows < question.at_least {
        return Ok(Answer::Free);
    }
    // The count is the answer; keys that cannot be had in time only help.
    let found = {
        let mut attempt = transaction.transaction()?;
        let found = attempt.simple_query(&keys);
        attempt.rollback()?;
        found
    };
    let mut keys = Vec::new();
    for message in found.unwrap_or_default() {
        if let SimpleQueryMessage::Row(row) = message {
            keys.extend(row.get(0).map(str::to_owned));
        }
    }
    Ok(Answer::InTheWay {
        rows: Some(rows),
        keys,
    })
}

/// The query that counts, and the one that reads some keys.
fn queries(question: &Question) -> (String, String) {
    let source = question.source.sql();
    let rows = match &question.rows {
        RowsInTheWay::Where(condition) => format!("SELECT {KEY} FROM {source} WHERE {condition}"),
        RowsInTheWay::Shared {
            elements,
            condition,
            nulls_not_distinct,
        } => {
            let named: Vec<_> = (0..elements.len()).map(|at| format!("e{at}")).collect();
            let shown = elements.iter().zip(&named);
            let shown: Vec<_> = shown
                .map(|(element, name)| format!("{element} AS {name}"))
                .collect();
            let condition = condition.as_deref().unwrap_or("true");
            // NULLs are different from each other, unless the index says otherwise.
            let set: Vec<_> = named
                .iter()
                .map(|name| format!("{name} IS DISTINCT FROM NULL"))
                .collect();
            let set = if *nulls_not_distinct {
                "true".to_owned()
            } else {
                set.join(" AND ")
            };
            let inner = format!(
                "SELECT {}, {KEY} FROM {source} WHERE ({condition}\n)",
                shown.join(", ")
            );
            let count = format!(
                "SELECT coalesce(sum(n), 0)::bigint FROM (
                     SELECT count(*) AS n FROM ({inner}) AS r WHERE {set} GROUP BY {}
                     HAVING count(*) > 1) AS g",
                named.join(", ")
            );
            let keys = format!(
                "SELECT {KEY} FROM (
                     SELECT {KEY}, count(*) OVER (PARTITION BY {}) AS n FROM ({inner}) AS r WHERE {set}) AS g
                 WHERE n > 1 LIMIT {KEYS}",
                named.join(", ")
            );
            return (count, keys);
        }
        RowsInTheWay::Conflicting {
            elements,
            condition,
        } => {
            let shown: Vec<_> = elements
                .iter()
                .enumerate()
                .map(|(at, (element, _))| format!("({element}) AS e{at}"))
                .collect();
            let condition = condition.as_deref().unwrap_or("true");
            let inner = format!(
                "SELECT {}, {KEY}, {ROW} FROM {source} WHERE ({condition}\n)",
                shown.join(", ")
            );
            let pairs: Vec<_> = elements
                .iter()
                .enumerate()
                .map(|(at, (_, operator))| format!("a.e{at} {operator} b.e{at}"))
                .collect();
            format!(
                "SELECT a.{KEY} FROM ({inner}) AS a WHERE EXISTS (
                     SELECT FROM ({inner}) AS b WHERE a.{ROW} <> b.{ROW} AND {})",
                pairs.join(" AND ")
            )
        }
        RowsInTheWay::Unconvertible { .. } => String::new(),
    };
    (
        format!("SELECT count(*) FROM ({rows}) AS found"),
        format!("{rows} LIMIT {KEYS}"),
    )
}

/// An error of the server as an answer: it is about the question, not about the migration.
fn from_error(error: postgres::Error, question: &Question, timeout: Duration) -> Result<Answer> {
    let Some(server) = error.as_db_error() else {
        return Err(anyhow!(ServerError::from(error)).context("cannot count the rows"));
    };
    let code = server.code().code().to_owned();
    Ok(match code.as_str() {
        "42501" => Answer::Unknown("this role may not read what it needs".into()),
        "57014" => Answer::Unknown(format!(
            "counting takes longer than {} s",
            // Rounded up: a limit of 0 s would read as none.
            timeout.as_millis().div_ceil(1000)
        )),
        "55P03" => Answer::Unknown("another session holds a lock on the table".into()),
        "25006" => Answer::Unknown("the expression would write".into()),
        // The message would show the value.
        _ if is_about_values(&code) && !question.expressions.is_empty() => Answer::InTheWay {
            rows: None,
            keys: Vec::new(),
        },
        _ if is_about_values(&code) => {
            Answer::Unknown(format!("the question fails on a value (SQLSTATE {code})"))
        }
        _other => Answer::Unknown(format!("{} (SQLSTATE {code})", server.message())),
    })
}
