//! `db-baseline`: adopts a database that was made without this tool. Its history is written up to a
//! version, after a comparison has shown that the migrations up to there make its schema.

use anyhow::{Result, bail};
use postgres::Client;

use super::database_lock::{self, LockTimeouts};
use super::{Context, Outcome, live, snapshot_fallback};
use crate::called_as;
use crate::migrations::comparison::Comparison;
use crate::migrations::session::SessionSettings;
use crate::migrations::{self, Migration, baseline, files, history, lock};
use crate::postgres::connect::connect;
use crate::postgres::scratch::Unavailable;
use crate::schema::diff::Likeness;
use crate::schema::snapshot::Snapshot;

/// Options of `db-baseline`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The last migration that the database already has: `7`, `V7__add_user_bio`, `add_user_bio`
    pub migration: String,

    /// How long to wait, in seconds, while somebody else migrates or rolls back
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub lock_timeout: u64,
}

/// Runs `db-baseline`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    context.refuse_in_place("its own table says what is applied, and nothing is to be recorded")?;
    let files = files::load(&context.tree(), &context.config.migrations.dir)?;
    let last = migrations::find(&files, &options.migration)?;
    let target = context.target()?;
    let mut client = connect(&target)?;
    context
        .terminal
        .tell(&format!("Database: {}\n", target.describe()))?;
    let lock_timeouts = LockTimeouts {
        lock_timeout: options.lock_timeout,
        // The default of `--ddl-lock-timeout`. This command has no such option, because it changes
        // no table of the application.
        ddl_lock_timeout: 3000,
        show_queries: false,
    };
    let settings = database_lock::take(context, &mut client, lock_timeouts)?;
    let worked = adopt(context, &mut client, &settings, &files, last);
    lock::release(&mut client, context.config.lock_name());
    worked
}

/// Records the migrations up to `last`, if the database has the schema that they make.
fn adopt(
    context: &Context,
    client: &mut Client,
    settings: &SessionSettings,
    files: &[Migration],
    last: &Migration,
) -> Result<Outcome> {
    // Read under the lock: another run may have recorded migrations before.
    if let Some(row) = history::read(client, &settings.history_table)?.last() {
        bail!(
            "cannot adopt the database: `{}` already records migrations, the last of them `{row}`; `{}` \
             shows them",
            settings.history_table,
            called_as::command("status")
        )
    }
    let had: Vec<&Migration> = files
        .iter()
        .filter(|file| file.version <= last.version)
        .collect();
    let mut comparison = Comparison::new(context.scratch_environment().like(client, files)?, files);
    let expected = match comparison.schema_after(last.version) {
        // The snapshot tells only the schema after the last migration.
        Err(error) if error.downcast_ref::<Unavailable>().is_some() && had.len() == files.len() => {
            let (Snapshot { schema, .. }, why) =
                snapshot_fallback::snapshot(context, files, error)?;
            let path = &context.config.snapshot;
            context.terminal.tell(&format!(
                "`{path}` stands in for a scratch database, because {why}\n"
            ))?;
            schema
        }
        replayed => replayed?,
    };
    let live = live::read(client, &context.config)?;
    let difference = comparison.difference(&expected, &live, last.version)?;
    if difference.likeness() == Likeness::Different {
        context.terminal.tell(&format!(
            "The database is not what the migrations up to {last} make (- migrations, + this database):\n{difference}\n\
             Nothing was recorded. Name the migration that the database has, or make the first difference go away.\n"
        ))?;
        return Ok(Outcome::Errors);
    }
    baseline::record(client, settings, files, last.version)?;
    let count = had.len();
    context.terminal.tell(&format!(
        "Recorded {count} migrations, up to {last}: the database has what they make.\n"
    ))?;
    Ok(Outcome::Clean)
}
