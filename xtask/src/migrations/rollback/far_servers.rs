//! Keeps ways back that are tried on a scratch database from reaching other servers. A foreign
//! table on it leads to the same rows as on the live database, and deleted rows are gone.

use anyhow::{Context as _, Result};
use postgres::{Client, Transaction};

use crate::migrations::losses::written;
use crate::migrations::scratch_environment::ChangesFarRows;
use crate::migrations::script::{StatementObserver, Step};
use crate::postgres::error::ServerError;
use crate::schema::model::Schema;

/// Returns the reason not to run `sql` on a scratch database with this schema; `None` where its
/// text reaches no other server.
pub(super) fn reason(sql: &str, schema: &Schema) -> Option<String> {
    let text = sql.to_lowercase();
    if text.contains("dblink") {
        return Some("it calls `dblink`, which reaches another server".into());
    }
    let mut foreign = schema
        .tables
        .iter()
        .filter(|(_, table)| table.foreign.is_some())
        .map(|(name, _)| name);
    let named = foreign.find(|name| holds_word(&text, &name.name.to_lowercase()))?;
    written::may_change_rows(sql)
        .then(|| format!("it names the foreign table `{named}`, whose rows lie elsewhere"))
}

fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// An observer that has PostgreSQL itself refuse access to foreign tables, for access that no text
/// shows. Minor releases since August 2024 have the setting.
pub(super) struct KeptAway {
    is_needed: bool,
}

const IS_KNOWN: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind')";

const REFUSE: &str = "SET LOCAL restrict_nonsystem_relation_kind = 'foreign-table'";

impl KeptAway {
    /// Makes an observer for a scratch database with this schema.
    pub(super) fn new(client: &mut Client, schema: &Schema) -> Result<Self> {
        let has_foreign = schema.tables.values().any(|table| table.foreign.is_some());
        let is_needed = has_foreign && client.query_one(IS_KNOWN, &[])?.try_get(0)?;
        Ok(Self { is_needed })
    }
}

impl StatementObserver for KeptAway {
    fn before(&mut self, transaction: &mut Transaction<'_>, _step: &Step<'_>) -> Result<()> {
        match self.is_needed {
            true => transaction
                .batch_execute(REFUSE)
                .context("cannot keep the scratch database from other servers"),
            false => Ok(()),
        }
    }
}

/// Whether that refusal stopped a script, or the missing network of the scratch database did
/// (08001).
pub(super) fn stopped(error: &anyhow::Error) -> bool {
    if error.downcast_ref::<ChangesFarRows>().is_some() {
        return true;
    }
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServerError>());
    server.is_some_and(|error| {
        error.sqlstate.as_deref() == Some("08001")
            || error.message == "access to non-system foreign table is restricted"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{ObjectName, Table};

    #[test]
    fn what_writes_to_foreign_tables_is_seen_in_the_text() {
        let far = Table {
            foreign: Some(Default::default()),
            ..Table::default()
        };
        let tables = [
            (ObjectName::public("far_a"), far),
            (ObjectName::public("near"), Table::default()),
        ];
        let schema = Schema {
            tables: tables.into_iter().collect(),
            ..Schema::default()
        };
        for sql in [
            "DELETE FROM far_a",
            "DO $$ BEGIN DELETE FROM public.Far_A; END $$",
            "SELECT dblink_exec('x', 'y')",
        ] {
            assert!(reason(sql, &schema).is_some(), "{sql}");
        }
        for sql in [
            "DROP FOREIGN TABLE far_a",
            "DELETE FROM near",
            "UPDATE near SET a = 'far_ab'",
        ] {
            assert_eq!(reason(sql, &schema), None, "{sql}");
        }
    }
}
