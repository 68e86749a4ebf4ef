//! Runs migrations on an empty scratch database, to learn what schema they make and whether they run at all. They run
//! as `db-migrate` runs them: each in one transaction and a fresh session, those without transaction statement by
//! statement.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use postgres::{Client, GenericClient, Transaction};

use super::{Migration, preflight, sql};
use crate::config::Config;
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::error::{Script, ServerError};
use crate::postgres::scratch::Scratch;
use crate::schema::model::Schema;
use crate::source::LineIndex;
use crate::tree::{Tree, WorkingTree};

/// What one migration sets (`search_path`, a role) must not reach the next.
pub(super) const FRESH_SESSION: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// The longest excerpt of a statement in an error.
const EXCERPT: usize = 80;

/// The schema that `migrations` make of an empty database: a scratch database of its own, gone afterwards.
///
/// # Errors
/// When there is no scratch database, or a migration does not run: with file, line and column, and all that
/// PostgreSQL says.
pub fn schema(config: &Config, root: &Path, shadow_url: Option<&str>, migrations: &[Migration]) -> Result<Schema> {
    let scratch = scratch(config, root, shadow_url)?;
    let mut client = scratch.connect()?;
    replay(&mut client, migrations)?;
    read_catalog(&mut client, &OwnTables::of(config))
}

/// A scratch database that is ready for the first migration: empty, but for what the files of `scratch-setup` make.
///
/// # Errors
/// When there is no scratch database, or a file cannot be read or does not run.
pub fn scratch(config: &Config, root: &Path, shadow_url: Option<&str>) -> Result<Scratch> {
    let scratch = Scratch::start(config, root, shadow_url)?;
    if !config.scratch_setup.is_empty() {
        let mut client = scratch.connect()?;
        config.scratch_setup.iter().try_for_each(|file| set_up(&mut client, &WorkingTree::new(root), file))?;
    }
    Ok(scratch)
}

fn set_up(client: &mut Client, tree: &dyn Tree, file: &str) -> Result<()> {
    let bytes = tree.read(file).with_context(|| format!("cannot read `{file}`, which `scratch-setup` names"))?;
    let text =
        String::from_utf8(bytes).with_context(|| format!("`{file}`, which `scratch-setup` names, is not UTF-8"))?;
    run_script(client, file, &text, preflight::is_no_transaction(&text))
        .with_context(|| format!("cannot prepare the scratch database with `{file}` (from `scratch-setup`)"))
}

/// Runs `migrations` one after the other.
///
/// # Errors
/// As [`schema`].
pub fn replay(client: &mut Client, migrations: &[Migration]) -> Result<()> {
    migrations.iter().try_for_each(|migration| run(client, migration))
}

/// Runs `migrations` one after the other; the schema after each of them.
///
/// # Errors
/// As [`schema`].
pub fn schemas(client: &mut Client, migrations: &[Migration], own: &OwnTables) -> Result<Vec<Schema>> {
    let after = |migration| {
        run(client, migration)?;
        read_catalog(client, own)
    };
    migrations.iter().map(after).collect()
}

/// Runs one migration.
///
/// # Errors
/// As [`schema`]; a migration in a transaction has then changed nothing.
pub fn run(client: &mut Client, migration: &Migration) -> Result<()> {
    run_script(client, &migration.file, &migration.sql, migration.no_transaction)
        .map_err(|error| cannot_replay(migration, error))
}

/// Runs the statements of a migration in an open transaction.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub(super) fn run_statements(transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
    one_by_one(transaction, &migration.file, &migration.sql).map_err(|error| cannot_replay(migration, error))
}

/// Commits what [`run_statements`] did.
///
/// # Errors
/// As [`run`].
pub(super) fn commit(transaction: Transaction<'_>, migration: &Migration) -> Result<()> {
    commit_file(transaction, &migration.file).map_err(|error| cannot_replay(migration, error))
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

/// Runs the text of `file`: forward or back.
///
/// # Errors
/// As [`run`].
pub fn run_script(client: &mut Client, file: &str, text: &str, no_transaction: bool) -> Result<()> {
    if no_transaction {
        in_steps(client, file, text)?;
    } else {
        let mut transaction = client.transaction().map_err(|error| anyhow!(ServerError::from(error)))?;
        one_by_one(&mut transaction, file, text)?;
        commit_file(transaction, file)?;
    }
    fresh_session(client)
}

/// Runs the text of `file` in an open transaction, as far as to what its COMMIT would check.
///
/// # Errors
/// As [`run`]; the transaction can then only be rolled back.
pub fn run_in(transaction: &mut Transaction<'_>, file: &str, text: &str) -> Result<()> {
    one_by_one(transaction, file, text)?;
    let checked = transaction.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {FRESH_SESSION}"));
    checked.map_err(|error| anyhow!(ServerError::from(error)).context(format!("the COMMIT of `{file}` would fail")))
}

/// Undoes what a migration has set.
pub(super) fn fresh_session(client: &mut Client) -> Result<()> {
    client.batch_execute(FRESH_SESSION).map_err(|error| anyhow!(ServerError::from(error)))
}

/// Runs the statement of this number (from 1) of a migration.
pub(super) fn run_statement(
    client: &mut impl GenericClient,
    migration: &Migration,
    statement: &sql::Statement<'_>,
    number: usize,
) -> Result<()> {
    let ran = client.batch_execute(statement.text());
    ran.map_err(|error| explain(error, &migration.file, statement, number))
        .with_context(|| format!("cannot replay `{migration}` on the scratch database"))
}

fn read_catalog(client: &mut Client, own: &OwnTables) -> Result<Schema> {
    catalog::read(client, own)
        .map_err(|error| anyhow!(ServerError::from(error)).context("cannot read the catalogs of the scratch database"))
}

fn commit_file(transaction: Transaction<'_>, file: &str) -> Result<()> {
    transaction.commit().map_err(|error| {
        let server = anyhow!(ServerError::from(error));
        server.context(format!("its COMMIT fails, after all statements of `{file}` ran"))
    })
}

/// Each statement in a transaction of its own, as far as it does not refuse one.
fn in_steps(client: &mut Client, file: &str, text: &str) -> Result<()> {
    for (number, statement) in (1..).zip(sql::statements(text)) {
        let ran = match preflight::refuses_transaction(&statement) {
            Some(_) => client.batch_execute(statement.text()),
            None => in_transaction(client, statement.text()),
        };
        ran.map_err(|error| explain(error, file, &statement, number))?;
    }
    Ok(())
}

fn in_transaction(client: &mut Client, statement: &str) -> Result<(), postgres::Error> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(statement)?;
    transaction.commit()
}

/// Each statement by itself, as the runner sends them: a text that is sent whole is read whole before its first statement
/// has run.
fn one_by_one(client: &mut impl GenericClient, file: &str, text: &str) -> Result<()> {
    for (number, statement) in (1..).zip(sql::statements(text)) {
        client.batch_execute(statement.text()).map_err(|error| explain(error, file, &statement, number))?;
    }
    Ok(())
}

/// PostgreSQL does not say for every error where it is; the statement's place is known.
fn explain(error: postgres::Error, file: &str, statement: &sql::Statement<'_>, number: usize) -> anyhow::Error {
    let start = usize::try_from(statement.span.start).unwrap_or_default();
    let script = script(file, statement.source, start);
    let mut server = ServerError::from(error).locate(&script);
    if server.location.is_none() {
        server.location = Some(LineIndex::new(script.file, script.text).location(statement.span));
    }
    let context = format!("statement {number}, `{}`", excerpt(statement.text()));
    anyhow!(server).context(context)
}

fn script(file: &str, text: &str, base: usize) -> Script {
    Script { file: Arc::from(file), text: Arc::from(text), base }
}

/// The beginning of a statement, on one line.
fn excerpt(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(EXCERPT) {
        line.truncate(end);
        line.push('…');
    }
    line
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

    #[test]
    fn excerpts_are_one_short_line() {
        assert_eq!(excerpt("create table\n  t (a int)"), "create table t (a int)");
        assert_eq!(excerpt(&"ä ".repeat(100)), format!("{}…", "ä ".repeat(40)));
    }
}
