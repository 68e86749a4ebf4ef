//! The schema that the migrations make, by whatever the configuration says makes it: SQL that runs
//! on a scratch database, a command of the monorepo's own, or a database that is there.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Context, live, own_command};
use crate::config::{Platform, SchemaSource};
use crate::layouts::in_place;
use crate::migrations::Migration;
use crate::migrations::fingerprint::Fingerprint;
use crate::migrations::foreign_history::{ForeignHistory, Recorder};
use crate::migrations::prediction;
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::postgres::connect::connect;
use crate::postgres::database_url::DatabaseUrl;
use crate::render::human;
use crate::schema::model::Schema;
use crate::schema::snapshot::fix;

/// The schema that `migrations` make.
///
/// # Errors
/// When it cannot be made: a migration does not run, or a command is not allowed.
pub fn schema(context: &Context, migrations: &[Migration]) -> Result<Schema> {
    let config = &context.config.migrations;
    match (&config.replay, &config.schema_from) {
        (Some(command), _) => replayed(context, command),
        (None, Some(SchemaSource::Database)) => of_database(context, migrations),
        (None, Some(SchemaSource::Dump(_)) | None) => {
            context.scratch_environment().schema(migrations)
        }
    }
}

/// As [`schema`], with the fingerprint of each migration, where one can be taken.
///
/// # Errors
/// As [`schema`].
pub fn record(
    context: &Context,
    migrations: &[Migration],
) -> Result<(Vec<Option<Fingerprint>>, Schema)> {
    let config = &context.config.migrations;
    let is_sql = config.replay.is_none() && config.schema_from != Some(SchemaSource::Database);
    if is_sql {
        return prediction::record(&context.scratch_environment(), migrations);
    }
    Ok((Vec::new(), schema(context, migrations)?))
}

/// Describes what [`schema`] does, for people.
#[must_use]
pub fn origin(context: &Context, migrations: &[Migration]) -> String {
    let config = &context.config.migrations;
    match (&config.replay, &config.schema_from) {
        (Some(command), _) => format!("what `{command}` makes on a scratch database"),
        (None, Some(SchemaSource::Database)) => "the database as it is".to_owned(),
        (None, Some(SchemaSource::Dump(dump))) => format!("`{dump}` on a scratch database"),
        (None, None) => {
            let counted = basis(context, migrations.len());
            let platform = match context.config.platform {
                Platform::None => "",
                Platform::Supabase => " with what Supabase makes",
            };
            let aside = in_place::set_aside(&context.tree, config);
            format!(
                "a replay of {counted} on a scratch database{platform}{}",
                without(&aside)
            )
        }
    }
}

/// The source of a snapshot in words: so many migrations, or what is there instead of them.
#[must_use]
pub fn basis(context: &Context, migrations: usize) -> String {
    let config = &context.config.migrations;
    match (&config.replay, &config.schema_from) {
        (None, Some(SchemaSource::Dump(dump))) => format!("`{dump}`"),
        (None, Some(SchemaSource::Database)) => "a database".to_owned(),
        (Some(_), _) | (None, None) => human::count(migrations, "migration"),
    }
}

/// The command that rewrites the snapshot. A command of the monorepo's own has to be allowed.
#[must_use]
pub fn snapshot_command(context: &Context) -> String {
    match context.config.migrations.replay {
        Some(_) => format!("{} --allow-replay", fix()),
        None => fix(),
    }
}

/// Names the files that were left out of a replay.
fn without(files: &[String]) -> String {
    match files {
        [] => String::new(),
        [file] => format!(", without `{file}`, which undoes others"),
        [first, others @ ..] => format!(
            ", without `{first}` and {} that undo others",
            human::count(others.len(), "more file")
        ),
    }
}

/// Runs the monorepo's own command on a scratch database.
fn replayed(context: &Context, command: &str) -> Result<Schema> {
    allow(context, command)?;
    // The command has the power of whoever runs it, so that a superuser on a database that is thrown
    // away adds none.
    let environment = ScratchEnvironment {
        superuser: true,
        ..context.scratch_environment()
    };
    let mut session = environment.open()?;
    let before = session.read()?;
    let url = DatabaseUrl::of_parameters(&session.parameters())?;
    let seconds = context.options.replay_timeout;
    let limit = (seconds > 0).then(|| Duration::from_secs(seconds));
    context
        .terminal
        .eprint(&format!("Running `{command}` on a scratch database\n"))?;
    own_command::run(context, ("replay", command), &url, limit)?;
    let schema = session.read()?;
    if schema == before {
        bail!(
            "`{command}`, which is `migrations.replay`, made nothing in the database of \
             `DATABASE_URL`: does it read that variable? If it reads a file, it may have run on \
             another database; if it reads other variables, set them in front of it, as in \
             `DB_HOST=$PGHOST DB_PORT=$PGPORT DB_USER=$PGUSER DB_PASSWORD=$PGPASSWORD \
             DB_NAME=$PGDATABASE {command}`"
        )
    }
    Ok(schema)
}

/// Refuses a command that nobody allowed: the configuration of a branch names it, and it has the
/// power of whoever runs it.
fn allow(context: &Context, command: &str) -> Result<()> {
    if !context.is_on_disk {
        bail!(
            "`{command}`, which is `migrations.replay`, is not run for a commit: only the snapshot \
             tells what its migrations make; run `{}` on the files on disk, and commit it",
            snapshot_command(context)
        )
    }
    if !context.options.allow_replay || context.memory.is_some() {
        bail!(
            "`{command}`, which is `migrations.replay`, has the power of whoever runs it: when you \
             trust these files, run `{}`, or set `DB_ALLOW_REPLAY=1`",
            snapshot_command(context)
        )
    }
    Ok(())
}

/// The schema of the target database, which has all `migrations`.
fn of_database(context: &Context, migrations: &[Migration]) -> Result<Schema> {
    if !context.is_on_disk {
        bail!(
            "the database as it is tells nothing about a commit: run `{}` and commit the file",
            fix()
        )
    }
    let target = context.target()?;
    let mut client = connect(&target)?;
    if let Some(layout) = context.config.migrations.layout {
        let history = ForeignHistory::read(
            &mut client,
            Recorder::Of(layout),
            &context.config.history_table,
            migrations,
        )?;
        if let Some(pending) = history.pending().first() {
            bail!(
                "{} has not applied `{pending}`, so that it is not what the migrations make: apply \
                 it there first",
                target.describe()
            )
        }
    }
    live::read(&mut client, &context.config)
        .with_context(|| format!("cannot read the schema of {}", target.describe()))
}
