//! Looks at one database of a fleet, in a transaction that cannot write.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, IsolationLevel, Transaction};

use super::drift::without_namespace;
use super::looked::{Looked, Suspect, likeness};
use super::{foreign, run};
use crate::commands::{Context, drift as drift_of_one, live, privilege_drift, rows_in_the_way};
use crate::fleet::FleetTarget;
use crate::migrations::Migration;
use crate::migrations::catalog_stamp::CatalogStamper;
use crate::migrations::journal::{JournalEntry, Phase};
use crate::migrations::losses::foretold;
use crate::migrations::state::State;
use crate::migrations::tables::{self, Records, Tables};
use crate::postgres::connect::connect_to_look;
use crate::postgres::error::ServerError;
use crate::report::FleetDatabaseState;
use crate::schema::model::Schema;

/// How long the survey waits for a lock, and how long one of its queries may take. A database whose
/// catalogs are locked for longer is named instead of waited for.
const LIMITS: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'";

/// The questions of a survey.
pub(super) enum Questions<'q> {
    /// The state of the database, and its drift.
    Status,
    /// Obstacles of pending migrations, too.
    Forward(RunQuestions<'q>),
    /// Only how many migrations are applied, from this version on.
    Back(i64),
}

/// The questions before migrations, beside those about the state of a database.
pub(super) struct RunQuestions<'q> {
    /// The version of the last migration that is to be applied.
    pub last: i64,
    /// The names whose data may be lost in the database of a name.
    pub accepted: &'q (dyn Fn(&str) -> BTreeSet<String> + Sync),
}

/// Connects to the database `one`, and looks. Nothing is set beyond a transaction, so that a pooler
/// before the database does no harm and is not looked for. A run asks `questions`, too.
///
/// # Errors
/// When it cannot be reached, or its tables cannot be read.
pub(super) fn look(
    context: &Context,
    one: &FleetTarget,
    files: &[Migration],
    questions: &Questions<'_>,
) -> Result<Looked> {
    let confined = one.schema.as_ref().map(|_| run::context(context, one));
    let context = confined.as_ref().unwrap_or(context);
    let mut client = connect_to_look(&one.target)?;
    let mut transaction = begin(&mut client)?;
    if let Some(schema) = &one.schema {
        tables::refuse_missing_schema(&mut transaction, schema)?;
    }
    if let Questions::Back(lowest) = questions {
        return applied_from(context, &mut transaction, *lowest);
    }
    if context.config.migrations.are_foreign() {
        return foreign::look(context, &mut transaction, files);
    }
    let Seen {
        mut state,
        schema,
        newest,
        planned,
    } = in_transaction(context, &mut transaction, files)?;
    let suspect = match schema {
        Some(schema) => Some(Suspect {
            newest,
            schema,
            tenant: one.schema.clone(),
            likeness: likeness(context, &mut transaction, files)?,
        }),
        None => None,
    };
    drop(transaction);
    if let Questions::Forward(questions) = questions
        && state.problems.is_empty()
    {
        let planned = planned.into_iter();
        let planned: Vec<&Migration> = planned
            .filter(|one| one.version <= questions.last)
            .collect();
        state.pending = planned.len();
        ask(context, &mut client, &planned, &mut state, || {
            (questions.accepted)(&one.name)
        })?;
    }
    Ok(Looked {
        state,
        suspect,
        newest,
    })
}

/// The state of a database of which the migrations from version `lowest` on are to be undone. They
/// are counted as pending.
fn applied_from(
    context: &Context,
    transaction: &mut Transaction<'_>,
    lowest: i64,
) -> Result<Looked> {
    let table = tables::locate(transaction, &context.config.history_table)?;
    let (
        Records {
            history, journal, ..
        },
        _,
    ) = Tables::find(transaction, &table)?.read(transaction, &table, None)?;
    let begun = journal.iter().filter(|entry| entry.phase != Phase::Applied);
    let in_part = begun.map(|entry| entry.version);
    let versions: BTreeSet<i64> = history
        .iter()
        .map(|row| row.version)
        .chain(in_part)
        .collect();
    Ok(Looked {
        state: FleetDatabaseState {
            version: history.last().map(ToString::to_string),
            pending: versions.range(lowest..).count(),
            ..FleetDatabaseState::default()
        },
        suspect: None,
        newest: history.last().map_or(i64::MIN, |row| row.version),
    })
}

/// Counts the rows that stop the `planned` migrations, and the data that they destroy.
fn ask(
    context: &Context,
    client: &mut Client,
    planned: &[&Migration],
    state: &mut FleetDatabaseState,
    accepted: impl FnOnce() -> BTreeSet<String>,
) -> Result<()> {
    if planned.is_empty() {
        return Ok(());
    }
    let rows = rows_in_the_way::look(context, client, planned)?;
    let found = rows.findings.into_iter();
    state.obstacles = match &context.config.tenant {
        Some(tenant) => found.map(|one| without_namespace(one, tenant)).collect(),
        None => found.collect(),
    };
    state.unchecked.extend(rows.notes);
    let foretold = foretold::foretell(client, planned, &accepted())?;
    state.losses = foretold.losses;
    state.unchecked.extend(foretold.unknown);
    Ok(())
}

/// Begins a transaction that cannot write, and that waits for nothing for long.
///
/// # Errors
/// Those of the connection.
pub(super) fn begin(client: &mut Client) -> Result<Transaction<'_>> {
    let server = |error: postgres::Error| anyhow!(ServerError::from(error));
    let begun = client
        .build_transaction()
        .read_only(true)
        .isolation_level(IsolationLevel::RepeatableRead)
        .start();
    let mut transaction = begun.map_err(server)?;
    transaction.batch_execute(LIMITS).map_err(server)?;
    Ok(transaction)
}

/// The database as the transaction of the survey sees it.
struct Seen<'f> {
    state: FleetDatabaseState,
    /// The schema, where it has to be compared.
    schema: Option<Schema>,
    newest: i64,
    /// The migrations that are not applied yet.
    planned: Vec<&'f Migration>,
}

fn in_transaction<'f>(
    context: &Context,
    transaction: &mut Transaction<'_>,
    files: &'f [Migration],
) -> Result<Seen<'f>> {
    let table = tables::locate(transaction, &context.config.history_table)?;
    let (records, stamp) = records(context, transaction, &table)?;
    let state = State::new(records.history.clone(), files);
    let mut told = FleetDatabaseState {
        version: records.history.last().map(ToString::to_string),
        pending: state.pending.len() + state.out_of_order.len(),
        problems: state.problems.iter().map(ToString::to_string).collect(),
        ..FleetDatabaseState::default()
    };
    told.problems
        .extend(records.journal.iter().filter_map(interrupted));
    let newest = records.history.last().map_or(i64::MIN, |row| row.version);
    let schema = schema(context, transaction, (&records, stamp), &state, &mut told)?;
    Ok(Seen {
        state: told,
        schema,
        newest,
        planned: state.pending,
    })
}

/// The schema of the database, where it is not known to be what its migrations made.
fn schema(
    context: &Context,
    transaction: &mut Transaction<'_>,
    (records, stamp): (&Records, Option<String>),
    state: &State<'_>,
    told: &mut FleetDatabaseState,
) -> Result<Option<Schema>> {
    if records.history.is_empty() || drift_of_one::severity(&context.config).is_none() {
        return Ok(None);
    }
    if !told.problems.is_empty() {
        told.unchecked.push(
            "drift: the history and the migration files disagree, or a migration is applied or undone in part"
                .to_owned(),
        );
        return Ok(None);
    }
    if privilege_drift::is_asked_for(&context.config, state.applied_files()) {
        told.unchecked
            .push("privileges: they are compared one database at a time".to_owned());
    }
    let is_unchanged = stamp.is_some() && stamp == records.last_stamp && records.is_as_recorded();
    if is_unchanged {
        return Ok(None);
    }
    let schema = live::read(transaction, &context.config)?;
    let is_noted = match records.noted_digest() {
        Some(noted) => live::is_digest_of(noted, &schema, transaction)?,
        None => false,
    };
    Ok((!is_noted).then_some(schema))
}

/// The records of the database, and the stamp of its catalogs, where its journal keeps stamps and
/// this role may read all catalogs.
fn records(
    context: &Context,
    transaction: &mut Transaction<'_>,
    table: &str,
) -> Result<(Records, Option<String>)> {
    let found = Tables::find(transaction, table)?;
    // A stamp is one of the whole database: the next tenant's migrations change it, so that taking it
    // would tell nothing, and cost as much as reading the schema of one tenant.
    if found.stamps && context.config.tenant.is_none() {
        let stamper =
            CatalogStamper::new(server_version(transaction)?, &live::model(&context.config));
        // A failed query ends the transaction: the attempt is made in one of its own.
        let mut attempt = transaction.transaction()?;
        if let Ok((records, answer)) = found.read(&mut attempt, table, Some(stamper.query())) {
            attempt.commit()?;
            let stamp = stamper.read(&answer)?;
            return Ok((records, Some(stamp)));
        }
        attempt.rollback()?;
    }
    let (records, _) = found.read(transaction, table, None)?;
    Ok((records, None))
}

fn server_version(transaction: &mut Transaction<'_>) -> Result<u32> {
    let query = "SELECT pg_catalog.current_setting('server_version_num')::int";
    let row = transaction
        .query_one(query, &[])
        .map_err(|error| anyhow!(ServerError::from(error)))
        .context("cannot ask for the version of the server")?;
    Ok(u32::try_from(row.get::<_, i32>(0)).unwrap_or_default())
}

fn interrupted(entry: &JournalEntry) -> Option<String> {
    let what = match entry.phase {
        Phase::Applied => return None,
        Phase::Applying => "applied",
        Phase::RollingBack => "undone",
    };
    Some(format!(
        "`V{}__{}` is {what} in part",
        entry.version, entry.name
    ))
}
