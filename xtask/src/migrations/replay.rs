//! Runs migrations on a scratch database, to learn the schema that they make and whether they run
//! at all.

use anyhow::{Result, anyhow};
use postgres::Transaction;

use super::Migration;
use super::scratch_environment::privileges::{LendingConnection, LentPrivileges};
use super::script::{self, Both, Script, StatementObserver, Unobserved};
use crate::postgres::error::ServerError;

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

/// Returns advice where the scratch database is the cause: it lacks extensions, roles, namespaces,
/// privileges or room.
fn way_out(error: &anyhow::Error) -> String {
    let message = format!("{error:#}");
    if let Some(extension) = lacked_extension(&message) {
        return format!(
            ", which lacks what the extension `{extension}` makes: no migration creates it, so let \
             `scratch-setup` name an SQL file with `CREATE EXTENSION \"{extension}\";`"
        );
    }
    advice(&message).to_owned()
}

/// Functions and types that well-known extensions make, by the words in which PostgreSQL misses
/// them.
const OF_EXTENSIONS: &[(&str, &str)] = &[
    ("function uuid_generate_v", "uuid-ossp"),
    ("function gen_random_bytes(", "pgcrypto"),
    ("function gen_salt(", "pgcrypto"),
    ("function crypt(", "pgcrypto"),
    ("function similarity(", "pg_trgm"),
    ("function unaccent(", "unaccent"),
    ("operator class \"gin_trgm_ops\"", "pg_trgm"),
    ("operator class \"gist_trgm_ops\"", "pg_trgm"),
    ("type \"citext\"", "citext"),
    ("type \"geography\"", "postgis"),
    ("type \"geometry\"", "postgis"),
    ("type \"hstore\"", "hstore"),
    ("type \"ltree\"", "ltree"),
    ("type \"vector\"", "vector"),
];

/// The extension that makes what PostgreSQL says does not exist.
fn lacked_extension(message: &str) -> Option<&'static str> {
    let is_missing = message.contains("(SQLSTATE 42883)") || message.contains("(SQLSTATE 42704)");
    let mut known = OF_EXTENSIONS.iter().filter(|_| is_missing);
    known
        .find(|(words, _)| message.contains(words) && message.contains("does not exist"))
        .map(|(_, extension)| *extension)
}

/// The advice for a message of PostgreSQL.
fn advice(message: &str) -> &'static str {
    // 42704 stands for a missing object of many kinds: only the message tells that it is a role.
    let lacks_role =
        message.contains("role \"") && message.contains("\" does not exist (SQLSTATE 42704)");
    let lacks_namespace = message.contains("(SQLSTATE 3F000)");
    let lacks_extension =
        message.contains("extension \"") && message.contains("\" is not available");
    if lacks_extension {
        ", which lacks an extension: install it for that PostgreSQL, or set `SHADOW_DATABASE_URL` to a server that has it"
    } else if lacks_role || lacks_namespace {
        ", which holds only what the migrations make: let `scratch-setup` name an SQL file that makes the roles and schemas that others make in production"
    } else if message.contains("role \"") && message.contains("already exists (SQLSTATE 42710)") {
        ", where the role is there already: roles belong to the whole server, and the one that migrates is there before the first \
         migration; make it only where it is missing"
    } else if message.contains("(SQLSTATE 42501)") {
        LACKS_PRIVILEGES
    } else if message.contains("(SQLSTATE 08001)") {
        ", which reaches no other server, so that verifying changes nothing elsewhere; if it should, allow it with \
         `--scratch-superuser`, or let `SHADOW_DATABASE_URL` name a server"
    } else if message.contains("(SQLSTATE 53100)") {
        ", which has no room left: set `TMPDIR` to a folder with more, or `SHADOW_DATABASE_URL` to another server"
    } else if message.contains("(SQLSTATE 2D000)") {
        "; a block or procedure that commits cannot run in a migration, not even without a transaction: after a crash \
         nobody could tell how far it came. Write its parts as statements"
    } else {
        ""
    }
}

/// The advice where a migration lacks a privilege.
const LACKS_PRIVILEGES: &str = ", where it runs as the owner of the database and not as a superuser, so that a branch has no power \
    over the machine that verifies it; if you have read its SQL, allow it with `--scratch-superuser`";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_make_in_production_has_a_way_out() {
        let shown = |text: &str| way_out(&anyhow!(text.to_owned()));
        assert!(shown("role \"anon\" does not exist (SQLSTATE 42704)").contains("`scratch-setup`"));
        assert!(
            shown("schema \"auth\" does not exist (SQLSTATE 3F000)").contains("`scratch-setup`")
        );
        assert_eq!(shown("type \"mood\" does not exist (SQLSTATE 42704)"), "");
        let uuid = shown("function uuid_generate_v4() does not exist (SQLSTATE 42883)");
        assert!(uuid.contains("`CREATE EXTENSION \"uuid-ossp\";`"), "{uuid}");
    }
}
