//! Checks whether a script is still in the transaction that was begun for it. Files that say
//! `COMMIT` are refused beforehand. This is for one that no text shows, so that "it was undone" is
//! never said of committed work.

use anyhow::{Context as _, Error, Result};
use postgres::{SimpleQueryMessage, Transaction};

use crate::migrations::commit::PartCommitted;
use crate::migrations::sql::Statement;

/// The words one of which appears in every statement that ends a transaction.
const ENDINGS: &[&str] = &["commit", "rollback", "abort", "end", "prepare"];

/// The transaction of a script.
#[derive(Debug)]
pub(super) struct TransactionWatch {
    is_needed: bool,
    /// Its number, once it is known.
    id: Option<String>,
}

impl TransactionWatch {
    /// Watches over a script with this text. Where no word of it can end a transaction, the server
    /// is not asked.
    pub(super) fn new(text: &str) -> Self {
        let mut words =
            text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        let is_needed = words.any(|word| {
            ENDINGS
                .iter()
                .any(|ending| word.eq_ignore_ascii_case(ending))
        });
        Self {
            is_needed,
            id: None,
        }
    }

    /// Notes the transaction before `statement` runs. A `SET` may set its isolation level, which
    /// PostgreSQL refuses after any query. So the transaction is noted with the first statement
    /// that is no `SET`.
    pub(super) fn before(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &Statement<'_>,
    ) -> Result<()> {
        if self.is_needed && self.id.is_none() && !statement.cursor().at("set") {
            self.id = ask(transaction, "SELECT pg_catalog.pg_current_xact_id()")?;
        }
        Ok(())
    }

    /// Refuses a script that ended its transaction, and perhaps began another.
    pub(super) fn ensure_open(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let Some(id) = &self.id else { return Ok(()) };
        let now = ask(
            transaction,
            "SELECT pg_catalog.pg_current_xact_id_if_assigned()",
        )?;
        match now.as_ref() == Some(id) {
            true => Ok(()),
            false => Err(Error::new(PartCommitted)),
        }
    }

    /// Undoes the transaction after `error`. Adds a context to it if a part was committed before.
    pub(super) fn after_error(&self, transaction: &mut Transaction<'_>, error: Error) -> Error {
        let Some(id) = &self.id else { return error };
        let status = transaction
            .batch_execute("ROLLBACK")
            .map_err(Error::new)
            .and_then(|()| {
                ask(
                    transaction,
                    &format!("SELECT pg_catalog.pg_xact_status('{id}')"),
                )
            });
        match status.as_ref().map(Option::as_deref) {
            // A lost connection undid everything that was not committed, and cannot be asked about
            // the rest.
            Err(_) | Ok(Some("aborted")) => error,
            Ok(Some(_) | None) => error.context(PartCommitted),
        }
    }
}

fn ask(transaction: &mut Transaction<'_>, query: &str) -> Result<Option<String>> {
    // Without a prepared statement, which a script may have removed.
    let answer = transaction
        .simple_query(query)
        .context("cannot ask which transaction this is")?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _other => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::TransactionWatch;

    #[test]
    fn only_a_text_with_such_a_word_costs_a_question() {
        for text in [
            "INSERT INTO a VALUES ('\\''); Commit; --');",
            "select 1;end",
            "/* ABORT */",
        ] {
            assert!(TransactionWatch::new(text).is_needed, "{text}");
        }
        for text in [
            "CREATE TABLE vendors (append text);",
            "ALTER TABLE calendar ADD commit_hash text;",
        ] {
            assert!(!TransactionWatch::new(text).is_needed, "{text}");
        }
    }
}
