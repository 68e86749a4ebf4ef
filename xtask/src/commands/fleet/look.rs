//! Looks at one database of a fleet, in a transaction that cannot write.

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, IsolationLevel, Transaction};

use crate::commands::{Context, drift as drift_of_one, live, privilege_drift};
use crate::migrations::Migration;
use crate::migrations::catalog_stamp::CatalogStamper;
use crate::migrations::journal::{JournalEntry, Phase};
use crate::migrations::state::State;
use crate::migrations::tables::{self, Records, Tables};
use crate::postgres::connect::{Target, connect_beside};
use crate::postgres::error::ServerError;
use crate::postgres::scratch::TargetSettings;
use crate::report::FleetDatabaseState;
use crate::schema::model::Schema;

/// How long the survey waits for a lock, and how long one of its queries may take. A database whose
/// catalogs are locked for longer is named instead of waited for.
const LIMITS: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'";

/// What one database tells about itself.
pub(super) struct Looked {
    /// Its state, without drift.
    pub state: FleetDatabaseState,
    /// Its schema, where it has to be compared.
    pub suspect: Option<Suspect>,
}

/// A database whose catalogs are not known to be as its migrations left them.
pub(super) struct Suspect {
    /// The version of its newest applied migration.
    pub newest: i64,
    /// Its schema.
    pub schema: Schema,
    /// Its names and settings, for a scratch database that is like it.
    pub likeness: TargetSettings,
}

/// Connects to `target`, and looks. All of it is one transaction, and nothing is set beyond it, so
/// that a pooler before the database does no harm and is not looked for.
///
/// # Errors
/// When it cannot be reached, or its tables cannot be read.
pub(super) fn look(context: &Context, target: &Target, files: &[Migration]) -> Result<Looked> {
    let mut client = connect_beside(target)?;
    let mut transaction = begin(&mut client)?;
    let (state, schema) = in_transaction(context, &mut transaction, files)?;
    let suspect = match schema {
        Some((newest, schema)) => Some(Suspect {
            newest,
            schema,
            likeness: likeness(context, &mut transaction, files)?,
        }),
        None => None,
    };
    Ok(Looked { state, suspect })
}

fn begin(client: &mut Client) -> Result<Transaction<'_>> {
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

fn likeness(
    context: &Context,
    transaction: &mut Transaction<'_>,
    files: &[Migration],
) -> Result<TargetSettings> {
    let environment = context.scratch_environment().like(transaction, files)?;
    Ok(environment.likeness)
}

type Seen = (FleetDatabaseState, Option<(i64, Schema)>);

fn in_transaction(
    context: &Context,
    transaction: &mut Transaction<'_>,
    files: &[Migration],
) -> Result<Seen> {
    let table = tables::locate(transaction, &context.config.history_table)?;
    let (records, stamp) = records(context, transaction, &table)?;
    let state = State::new(records.history.clone(), files);
    let mut told = FleetDatabaseState {
        version: records.history.last().map(ToString::to_string),
        pending: state.pending.len() + state.out_of_order.len(),
        problems: state.problems.iter().map(ToString::to_string).collect(),
        unchecked: Vec::new(),
    };
    told.problems
        .extend(records.journal.iter().filter_map(interrupted));
    let Some(newest) = records.history.last().map(|row| row.version) else {
        return Ok((told, None));
    };
    if drift_of_one::severity(&context.config).is_none() {
        return Ok((told, None));
    }
    if !told.problems.is_empty() {
        told.unchecked.push(
            "drift: the history and the migration files disagree, or a migration is applied or undone in part"
                .to_owned(),
        );
        return Ok((told, None));
    }
    if privilege_drift::is_asked_for(&context.config, state.applied_files()) {
        told.unchecked
            .push("privileges: they are compared one database at a time".to_owned());
    }
    let is_unchanged = stamp.is_some() && stamp == records.last_stamp && records.is_as_recorded();
    if is_unchanged {
        return Ok((told, None));
    }
    let schema = live::read(transaction, &context.config)?;
    let is_noted = match records.noted_digest() {
        Some(noted) => live::is_digest_of(noted, &schema, transaction)?,
        None => false,
    };
    let suspect = (!is_noted).then_some((newest, schema));
    Ok((told, suspect))
}

/// The records of the database, and the stamp of its catalogs, where its journal keeps stamps and
/// this role may read all catalogs.
fn records(
    context: &Context,
    transaction: &mut Transaction<'_>,
    table: &str,
) -> Result<(Records, Option<String>)> {
    let found = Tables::find(transaction, table)?;
    if found.stamps {
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
