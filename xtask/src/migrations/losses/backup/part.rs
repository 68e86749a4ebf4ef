//! The content of a file of a backup, and all facts about its table that are needed to put it back.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::super::storage_identity::Stored;
use crate::migrations::sql::quoted;
use crate::schema::model::ObjectName;

/// The content of a file.
#[derive(Debug, Clone)]
pub(super) enum BackupPart {
    /// Whole rows of a table.
    Rows(TablePart),
    /// Values of these columns of a table, with the columns that identify the rows.
    Values(TablePart, Vec<String>),
    /// Large objects with their numbers.
    LargeObjects,
    /// The rows behind a foreign table, as they were.
    ForeignTable,
}

/// A table whose data is in a file, whole or in part.
#[derive(Debug, Clone)]
pub(super) struct TablePart {
    pub table: ObjectName,
    /// The table as `FROM` and `UPDATE` name it, without the tables that inherit from it: theirs are
    /// files of their own.
    pub source: String,
    /// The columns in the file.
    pub columns: Vec<String>,
    /// The columns of the primary key; empty where the other columns have to identify the rows.
    pub key: Vec<String>,
    /// Columns that are `GENERATED ALWAYS AS IDENTITY`.
    pub always_generated: Vec<String>,
    /// The tables that its foreign keys refer to.
    pub references: Vec<ObjectName>,
    /// Triggers that would change the rows that are put back, each with the command that switches
    /// it on again.
    pub triggers: Vec<(String, &'static str)>,
}

const ALWAYS_GENERATED: &str = "
    SELECT attname::text FROM pg_catalog.pg_attribute
    WHERE attrelid = $1::text::regclass AND attidentity = 'a' AND NOT attisdropped ORDER BY attnum";

// A reference of a table to itself says nothing about the order of tables.
const REFERENCES: &str = "
    SELECT DISTINCT n.nspname::text, c.relname::text
    FROM pg_catalog.pg_constraint AS f
    JOIN pg_catalog.pg_class AS c ON c.oid = f.confrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE f.contype = 'f' AND f.conrelid = $1::text::regclass AND f.confrelid <> f.conrelid ORDER BY 1, 2";

// `O` and `A` are the triggers that fire in an ordinary session: the others stay as they are.
const TRIGGERS: &str = "
    SELECT tgname::text, tgenabled = 'A' FROM pg_catalog.pg_trigger
    WHERE tgrelid = $1::text::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY tgname";

impl BackupPart {
    /// Whether it holds lost rows, and not lost values of rows that stay.
    pub(super) fn is_of_rows(&self) -> bool {
        matches!(self, Self::Rows(_))
    }

    /// Whole rows of `table`.
    pub(super) fn of_rows(transaction: &mut Transaction<'_>, table: &Stored) -> Result<Self> {
        let part = TablePart::read(transaction, table, table.column_names(), table.key_names())?;
        Ok(Self::Rows(part))
    }

    /// Values of the columns `lost` of `table`, beside the columns of `key`. Without a key, whole
    /// rows.
    pub(super) fn of_columns(
        transaction: &mut Transaction<'_>,
        table: &Stored,
        lost: &[&str],
        key: &[&str],
    ) -> Result<Self> {
        let columns = if key.is_empty() {
            table.column_names()
        } else {
            [key, lost].concat()
        };
        let part = TablePart::read(transaction, table, columns, key.to_vec())?;
        Ok(Self::Values(part, owned(lost)))
    }
}

impl TablePart {
    fn read(
        transaction: &mut Transaction<'_>,
        table: &Stored,
        columns: Vec<&str>,
        key: Vec<&str>,
    ) -> Result<Self> {
        let name = quoted(&table.name);
        let failed = || format!("cannot read how the rows of `{}` are put back", table.name);
        let mut names = |query: &str| transaction.query(query, &[&name]).with_context(failed);
        let always = names(ALWAYS_GENERATED)?
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?;
        let mut references = Vec::new();
        for row in names(REFERENCES)? {
            references.push(ObjectName {
                namespace: row.try_get(0)?,
                name: row.try_get(1)?,
            });
        }
        let mut triggers = Vec::new();
        for row in names(TRIGGERS)? {
            let again = if row.try_get(1)? {
                "ENABLE ALWAYS TRIGGER"
            } else {
                "ENABLE TRIGGER"
            };
            triggers.push((row.try_get(0)?, again));
        }
        Ok(Self {
            table: table.name.clone(),
            source: table.source(),
            columns: owned(&columns),
            key: owned(&key),
            always_generated: always,
            references,
            triggers,
        })
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
