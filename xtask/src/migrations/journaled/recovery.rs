//! Finds out after a crash whether the statement that was running did its work.

use anyhow::{Context as _, Result, bail};
use postgres::{Client, GenericClient};

use crate::migrations::journal::Progress;
use crate::migrations::sql;

/// The state of an interrupted run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterruptedState {
    /// The statement has not run, or without any effect.
    NotRun {
        /// From 1.
        statement: usize,
        /// The number of statements.
        count: usize,
    },
    /// The statement has run, but that was not recorded.
    Done {
        /// From 1.
        statement: usize,
        /// The number of statements.
        count: usize,
    },
    /// The statement has stopped half-way and left indexes that are not valid.
    LeftInvalid {
        /// From 1.
        statement: usize,
        /// The number of statements.
        count: usize,
        /// `namespace.name`, quoted for SQL where needed.
        indexes: Vec<String>,
    },
}

impl std::fmt::Display for InterruptedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotRun { statement, count } => {
                write!(f, "statement {statement} of {count} is next")
            }
            Self::Done { count: 1, .. } => {
                f.write_str("its only statement ran, which is not recorded yet")
            }
            Self::Done { statement, count } if statement == count => {
                write!(f, "all {count} statements ran, which is not recorded yet")
            }
            Self::Done { statement, count } => write!(
                f,
                "statement {statement} of {count} ran, the next one has not"
            ),
            Self::LeftInvalid {
                statement,
                count,
                indexes,
            } => {
                let indexes: Vec<_> = indexes.iter().map(|index| format!("`{index}`")).collect();
                write!(
                    f,
                    "statement {statement} of {count} left the invalid index {}",
                    indexes.join(", ")
                )
            }
        }
    }
}

/// Finds out how far a run came. `is_digest` tells whether a digest is that of the catalogs as they
/// are now.
pub fn assess(
    client: &mut Client,
    progress: &Progress,
    is_digest: impl FnOnce(&mut Client, &str) -> Result<bool>,
) -> Result<InterruptedState> {
    let statements = sql::statements(&progress.sql);
    let (statement, count) = (progress.next, statements.len());
    // All statements are done, and the row of the history is not written yet.
    if statement > count {
        return Ok(InterruptedState::Done {
            statement: count,
            count,
        });
    }
    let Some(before) = &progress.before else {
        return Ok(InterruptedState::NotRun { statement, count });
    };
    // Indexes are looked at before the digest: an index that was left invalid changes the catalogs
    // too, and would pass for a statement that ran.
    let mut indexes = invalid_indexes(client)?;
    indexes.retain(|index| !before.invalid_indexes.contains(index));
    let command = statements
        .get(statement - 1)
        .and_then(sql::refuses_transaction);
    Ok(match command {
        // An index that is half dropped is dropped by running the same statement again.
        Some("DROP INDEX CONCURRENTLY") if !indexes.is_empty() => {
            InterruptedState::NotRun { statement, count }
        }
        _ if !indexes.is_empty() => InterruptedState::LeftInvalid {
            statement,
            count,
            indexes,
        },
        _ if is_digest(client, &before.catalog)? => InterruptedState::NotRun { statement, count },
        _ => InterruptedState::Done { statement, count },
    })
}

// Only `i`: a partitioned index (`I`) may rightly be invalid until each partition has its part.
const INVALID: &str = "
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'
    ORDER BY 1";

/// The indexes that are not valid, as `namespace.name`, quoted for SQL where needed.
pub fn invalid_indexes(client: &mut impl GenericClient) -> Result<Vec<String>> {
    let rows = client
        .query(INVALID, &[])
        .context("cannot list the invalid indexes")?;
    rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

const BUILDER: &str = "
    SELECT pid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = to_regclass($1)::oid LIMIT 1";

/// Drops indexes that one of our statements left behind, unless another session is just building
/// them.
pub(super) fn drop_invalid(client: &mut Client, indexes: &[String]) -> Result<()> {
    for index in indexes {
        if let Some(row) = client
            .query_opt(BUILDER, &[index])
            .context("cannot see who builds indexes")?
        {
            let pid: i32 = row.try_get(0)?;
            bail!(
                "the invalid index `{index}` is being built by the server process {pid}: wait for it, then run again"
            )
        }
        client
            .batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))
            .with_context(|| format!("cannot drop the invalid index `{index}`"))?;
    }
    Ok(())
}
