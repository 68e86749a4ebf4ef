//! Runs migrations on a scratch database, to learn what schema they make and whether they run at all.

use anyhow::{Result, anyhow};
use postgres::{Client, Transaction};

use super::Migration;
use super::script::{self, Script, StatementObserver, Unobserved};
use crate::postgres::error::ServerError;

/// What one migration sets (`search_path`, a role) must not reach the next.
pub(super) const FRESH_SESSION: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// Runs `migrations` one after the other.
///
/// # Errors
/// As [`run`].
pub fn replay<'m>(client: &mut Client, migrations: impl IntoIterator<Item = &'m Migration>) -> Result<()> {
    migrations.into_iter().try_for_each(|migration| run(client, migration))
}

/// Runs one migration.
///
/// # Errors
/// Those of its statements, with file, line and column, all that PostgreSQL says, and what to do where the scratch database
/// lacks something; a migration in a transaction has then changed nothing.
pub fn run(client: &mut Client, migration: &Migration) -> Result<()> {
    observed(client, migration, &mut Unobserved)
}

/// Runs one migration, of whose statements `observer` is told.
///
/// # Errors
/// As [`run`], and those of the observer.
pub(super) fn observed(client: &mut Client, migration: &Migration, observer: &mut dyn StatementObserver) -> Result<()> {
    script::run(client, Script::of(migration), FRESH_SESSION, observer).map_err(|error| cannot_replay(migration, error))
}

/// Runs the statements of a migration in an open transaction.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub(super) fn run_statements(transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
    script::run_in(transaction, Script::of(migration), &mut Unobserved).map_err(|error| cannot_replay(migration, error))
}

/// Commits what [`run_statements`] did.
///
/// # Errors
/// As [`run`].
pub(super) fn commit(transaction: Transaction<'_>, migration: &Migration) -> Result<()> {
    script::commit(transaction, &migration.file).map_err(|error| cannot_replay(migration, error))
}

fn cannot_replay(migration: &Migration, error: anyhow::Error) -> anyhow::Error {
    let way_out = way_out(&error);
    error.context(format!("cannot replay `{migration}` on the scratch database{way_out}"))
}

/// Which extensions, roles and namespaces there are, and how much room, is not the migration's fault.
fn way_out(error: &anyhow::Error) -> &'static str {
    let message = format!("{error:#}");
    let lacks_role = message.contains("role \"") && message.contains("\" does not exist (SQLSTATE 42704)");
    let lacks_namespace = message.contains("(SQLSTATE 3F000)");
    let lacks_extension = message.contains("extension \"") && message.contains("\" is not available");
    if lacks_extension {
        ", which lacks an extension: install it for that PostgreSQL, or set `SHADOW_DATABASE_URL` to a server that has it"
    } else if lacks_role || lacks_namespace {
        ", which holds only what the migrations make: let `scratch-setup` name an SQL file that makes the roles and schemas that others make in production"
    } else if message.contains("(SQLSTATE 53100)") {
        ", which has no room left: set `TMPDIR` to a folder with more, or `SHADOW_DATABASE_URL` to another server"
    } else if message.contains("(SQLSTATE 2D000)") {
        "; a block or procedure that commits cannot run in a migration, not even without a transaction: after a crash \
         nobody could tell how far it came. Write its parts as statements"
    } else {
        ""
    }
}

/// Runs a script: forward or back.
///
/// # Errors
/// As [`run`].
pub fn run_script(client: &mut Client, script: Script<'_>) -> Result<()> {
    script::run(client, script, FRESH_SESSION, &mut Unobserved)
}

/// Runs a script in an open transaction, as far as to what its COMMIT would check.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub fn run_in(transaction: &mut Transaction<'_>, script: Script<'_>) -> Result<()> {
    script::run_in(transaction, script, &mut Unobserved)?;
    let checked = transaction.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {FRESH_SESSION}"));
    checked.map_err(|error| {
        anyhow!(ServerError::from(error)).context(format!("the COMMIT of `{}` would fail", script.file))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_make_in_production_has_a_way_out() {
        let shown = |text: &str| way_out(&anyhow!(text.to_owned()));
        assert!(shown("role \"anon\" does not exist (SQLSTATE 42704)").contains("`scratch-setup`"));
        assert!(shown("schema \"auth\" does not exist (SQLSTATE 3F000)").contains("`scratch-setup`"));
        assert_eq!(shown("type \"mood\" does not exist (SQLSTATE 42704)"), "");
    }
}
