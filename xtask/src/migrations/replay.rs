//! Runs migrations on a scratch database, to learn the schema that they make and whether they run
//! at all.

mod advice;

use anyhow::{Result, anyhow};
use postgres::Transaction;

use super::Migration;
use super::scratch_environment::privileges::{LendingConnection, LentPrivileges};
use super::script::{self, Both, Script, StatementObserver, Unobserved};
use crate::postgres::error::ServerError;
use advice::{LACKS_PRIVILEGES, way_out};

/// The reset before each migration: settings of one (`search_path`, a role) must not reach the
/// next.
pub(super) const FRESH_SESSION: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// Runs one migration.
///
/// # Errors
/// Those of its statements, with file, line and column, all that PostgreSQL says, and advice where
/// the scratch database lacks something. A migration in a transaction has then changed nothing.
pub fn run((client, privileges): LendingConnection<'_>, migration: &Migration) -> Result<()> {
    observed((client, privileges), migration, &mut Unobserved)
}

/// Runs one migration, and tells `observer` of each statement.
///
/// # Errors
/// As [`run`], and those of the observer.
pub(super) fn observed(
    (client, privileges): LendingConnection<'_>,
    migration: &Migration,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    let ran = script::run(
        client,
        Script::of(migration),
        FRESH_SESSION,
        &mut Both(privileges, observer),
    );
    ran.map_err(|error| cannot_replay(migration, error))
}

/// Runs the statements of a migration in an open transaction.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub(super) fn run_statements(
    transaction: &mut Transaction<'_>,
    privileges: &mut LentPrivileges,
    migration: &Migration,
) -> Result<()> {
    script::run_in(transaction, Script::of(migration), privileges)
        .map_err(|error| cannot_replay(migration, error))
}

/// Commits the transaction in which [`run_statements`] ran.
///
/// # Errors
/// As [`run`].
pub(super) fn commit(transaction: Transaction<'_>, migration: &Migration) -> Result<()> {
    script::commit(transaction, &migration.file).map_err(|error| cannot_replay(migration, error))
}

fn cannot_replay(migration: &Migration, error: anyhow::Error) -> anyhow::Error {
    let way_out = way_out(&error);
    error.context(format!(
        "cannot replay `{migration}` on the scratch database{way_out}"
    ))
}

fn without_privileges(error: anyhow::Error) -> anyhow::Error {
    match format!("{error:#}").contains("(SQLSTATE 42501)") {
        true => error.context(format!(
            "cannot run it on the scratch database{LACKS_PRIVILEGES}"
        )),
        false => error,
    }
}

/// Runs a script: forward or back.
///
/// # Errors
/// As [`run`], and those of the observer.
pub fn run_script(
    (client, privileges): LendingConnection<'_>,
    script: Script<'_>,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    script::run(
        client,
        script,
        FRESH_SESSION,
        &mut Both(privileges, observer),
    )
    .map_err(without_privileges)
}

/// Runs a script that prepares a scratch database. Returns the search path that it leaves. An empty
/// path is not returned: dumps set it for their own names.
///
/// # Errors
/// As [`run`].
pub fn set_up(
    (client, privileges): LendingConnection<'_>,
    script: Script<'_>,
) -> Result<Option<String>> {
    const SET_PATH: &str = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'search_path' AND source = 'session' AND setting <> ''";
    script::run(client, script, "", privileges).map_err(without_privileges)?;
    let path = client
        .query_opt(SET_PATH, &[])
        .map_err(|error| anyhow!(ServerError::from(error)))?;
    client
        .batch_execute(FRESH_SESSION)
        .map_err(|error| anyhow!(ServerError::from(error)))?;
    Ok(path.map(|row| row.get("setting")))
}

/// Runs a script in an open transaction.
///
/// # Errors
/// As [`run`], and those of the observer; the transaction can then only be rolled back.
pub fn run_in(
    transaction: &mut Transaction<'_>,
    privileges: &mut LentPrivileges,
    script: Script<'_>,
    observer: &mut dyn StatementObserver,
) -> Result<()> {
    script::run_in(transaction, script, &mut Both(privileges, observer))
        .map_err(without_privileges)?;
    transaction
        .batch_execute(FRESH_SESSION)
        .map_err(|error| anyhow!(ServerError::from(error)))
}
