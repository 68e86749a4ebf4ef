//! Finds, makes and reads the two tables of the tool in a database: refinery's history, and the
//! journal beside it.

use std::collections::HashMap;

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::error::SqlState;
use postgres::{Client, GenericClient, SimpleQueryMessage};

use super::journal::{self, JournalEntry};
use super::sql::literal;
use super::{AppliedRow, history};
use crate::postgres::error::ServerError;

/// The tables that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables {
    /// refinery's history.
    pub history: bool,
    /// The journal.
    pub journal: bool,
    /// The journal's column for stamps of the catalogs, which earlier versions of the tool did not
    /// have.
    pub stamps: bool,
}

/// The content of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The applied migrations.
    pub history: Vec<AppliedRow>,
    /// How to undo them, and the progress of those without transaction.
    pub journal: Vec<JournalEntry>,
    /// The stamp that the last run recorded, see [`super::catalog_stamp`].
    pub last_stamp: Option<String>,
}

/// Returns the history table `configured` of the database of `client`, with its namespace, as SQL
/// writes it. A name without a namespace is looked for in all of them. The table that the first run
/// made stays the history, whatever comes before it in `search_path`, and no temporary table takes
/// its place.
///
/// # Errors
/// When several tables have this name, and `search_path` does not decide between them.
pub fn locate(client: &mut impl GenericClient, configured: &str) -> Result<String> {
    if configured.contains('.') {
        return Ok(configured.to_owned());
    }
    let name = literal(configured);
    let query = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS found,
                pg_catalog.pg_table_is_visible(c.oid)::text AS visible
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relname = {name} AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
         UNION ALL
         SELECT pg_catalog.quote_ident(pg_catalog.current_schema()) || '.' || pg_catalog.quote_ident({name}), NULL"
    );
    let answer = client.simple_query(&query);
    let answer =
        answer.with_context(|| format!("cannot look for the history table `{configured}`"))?;
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((
            row.get(0)?.to_owned(),
            row.get(1).map(|visible| visible == "true"),
        )),
        _other => None,
    });
    let (found, new): (Vec<_>, Vec<_>) = rows.partition(|(_, visible)| visible.is_some());
    let visible = found.iter().find(|(_, visible)| *visible == Some(true));
    // The table that `search_path` finds, otherwise the only one, otherwise the one that would be
    // created.
    match (visible, found.as_slice(), new.first()) {
        (Some((table, _)), _, _) | (None, [(table, _)], _) | (None, [], Some((table, _))) => {
            Ok(table.clone())
        }
        (None, [], None) => Ok(configured.to_owned()),
        (None, several, _) => {
            let names: Vec<String> = several
                .iter()
                .map(|(table, _)| format!("`{table}`"))
                .collect();
            bail!(
                "several tables of the database are called `{configured}`: {}; say in the configuration which one holds the \
                 history of these migrations, `history-table = \"<schema>.{configured}\"`",
                names.join(", ")
            )
        }
    }
}

/// Adds advice to an error, where no namespace of `search_path` exists.
fn explained(error: postgres::Error) -> anyhow::Error {
    let leads_nowhere = error.code() == Some(&SqlState::INVALID_SCHEMA_NAME);
    let error = anyhow!(ServerError::from(error));
    if !leads_nowhere {
        return error;
    }
    error.context(
        "the database has no schema of `search_path`; say in the configuration where the history is to be, \
         `history-table = \"ops.history\"`: that schema is made",
    )
}

impl Tables {
    /// Looks for the tables.
    ///
    /// # Errors
    /// Those of the query.
    pub fn find(client: &mut impl GenericClient, history_table: &str) -> Result<Self> {
        let journal = literal(&journal::table(history_table));
        let query = format!(
            "SELECT (pg_catalog.to_regclass({}) IS NOT NULL)::int, (pg_catalog.to_regclass({journal}) IS NOT NULL)::int,
                    (EXISTS (SELECT FROM pg_catalog.pg_attribute
                             WHERE attrelid = pg_catalog.to_regclass({journal}) AND attname = 'catalog_stamp'))::int",
            literal(history_table)
        );
        let answer = client.simple_query(&query);
        let answer = answer
            .with_context(|| format!("cannot look for the history table `{history_table}`"))?;
        let flag = |at: usize| {
            answer.iter().any(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(at) == Some("1"),
                _other => false,
            })
        };
        Ok(Self {
            history: flag(0),
            journal: flag(1),
            stamps: flag(2),
        })
    }

    /// Creates the missing tables, and returns those that exist then. A role that may not create
    /// tables can migrate where they exist.
    ///
    /// # Errors
    /// When the role may not create tables there.
    pub fn complete(self, client: &mut Client, history_table: &str) -> Result<Self> {
        if let (false, Some((namespace, _))) = (self.history, history_table.rsplit_once('.')) {
            make_namespace(client, namespace)?;
        }
        if !self.history {
            let ddl = history_ddl(history_table);
            let failed = || format!("cannot create the history table `{history_table}`");
            client
                .batch_execute(&ddl)
                .map_err(explained)
                .with_context(failed)?;
        }
        if !self.journal {
            journal::create(client, history_table)?;
        }
        Ok(Self {
            history: true,
            journal: true,
            stamps: self.stamps || !self.journal,
        })
    }

    /// Adds the column for stamps to a journal that has none, if this role owns it and nobody is
    /// using it. Without stamps each run reads the whole catalogs.
    #[must_use]
    pub fn with_stamps(self, client: &mut Client, history_table: &str) -> Self {
        let is_added =
            self.journal && !self.stamps && journal::add_stamps(client, history_table).is_ok();
        Self {
            stamps: self.stamps || is_added,
            ..self
        }
    }

    /// Reads the tables in one message, together with the answer to `question`.
    ///
    /// # Errors
    /// Those of the queries, and rows that were changed by hand.
    pub fn read(
        self,
        client: &mut impl GenericClient,
        history_table: &str,
        question: Option<&str>,
    ) -> Result<(Records, Vec<SimpleQueryMessage>)> {
        let history = self.history.then(|| history::select_sql(history_table));
        let journal = self.journal.then(|| journal::select_sql(history_table));
        let stamp = self.stamps.then(|| journal::last_stamp_sql(history_table));
        let all = [history, journal, stamp, question.map(str::to_owned)];
        let text = all.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let answer = client.simple_query(&text);
        let answer = answer.with_context(|| {
            format!("cannot read the history table `{history_table}` and the journal")
        })?;
        let last_stamp = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                row.try_get("last_stamp").ok().flatten().map(str::to_owned)
            }
            _other => None,
        });
        let records = Records {
            history: history::parse(&answer, history_table)?,
            journal: journal::parse(&answer, history_table)?,
            last_stamp,
        };
        Ok((records, answer))
    }
}

impl Records {
    /// Reads the tables.
    ///
    /// # Errors
    /// Those of the queries, and rows that were changed by hand.
    pub fn read(client: &mut impl GenericClient, history_table: &str) -> Result<Self> {
        let tables = Tables::find(client, history_table)?;
        tables
            .read(client, history_table, None)
            .map(|(records, _)| records)
    }

    /// Whether the newest entry of the journal, which has stamp and digest, belongs to the newest
    /// applied migration. The history must not have changed either since the journal recorded what
    /// was applied.
    #[must_use]
    pub fn is_as_recorded(&self) -> bool {
        let newest = self.history.last().map(|row| row.version);
        let checksums: HashMap<i64, String> = self
            .history
            .iter()
            .map(|row| (row.version, row.checksum.to_string()))
            .collect();
        let is_same = |entry: &JournalEntry| {
            checksums
                .get(&entry.version)
                .is_none_or(|checksum| *checksum == entry.checksum)
        };
        newest.is_some()
            && self.journal.last().map(|entry| entry.version) == newest
            && self.journal.iter().all(is_same)
    }

    /// The digest of the catalogs that the newest applied migration left. They were as expected
    /// then.
    #[must_use]
    pub fn noted_digest(&self) -> Option<&str> {
        self.journal
            .last()?
            .catalog_after
            .as_deref()
            .filter(|_| self.is_as_recorded())
    }
}

/// Creates the namespace of the tables where it does not exist. A role that may not create one can
/// migrate where it does.
pub fn make_namespace(client: &mut impl GenericClient, namespace: &str) -> Result<()> {
    let failed = || format!("cannot make the namespace `{namespace}`, which `history-table` names");
    let query = format!(
        "SELECT pg_catalog.to_regnamespace({})::text",
        literal(namespace)
    );
    let answer = client.simple_query(&query).with_context(failed)?;
    let is_there = answer.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).is_some(),
        _other => false,
    });
    if is_there {
        Ok(())
    } else {
        client
            .batch_execute(&format!("CREATE SCHEMA {namespace}"))
            .with_context(failed)
    }
}

/// Refuses a tenant whose schema does not exist. Whoever makes a tenant makes it, with its owner; and
/// one that was dropped is not made again.
///
/// # Errors
/// When there is no such schema.
pub fn refuse_missing_schema(client: &mut impl GenericClient, schema: &str) -> Result<()> {
    let query = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1";
    let found = client
        .query_opt(query, &[&schema])
        .map_err(explained)
        .context("cannot look for the schema of the tenant")?;
    if found.is_none() {
        bail!("the database has no schema `{schema}`: make it with the tenant, or correct the list")
    }
    Ok(())
}

/// The statement with which refinery itself creates its table.
pub(super) fn history_ddl(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table}(
             version int8 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));"
    )
}
