//! `db-migrate`: verifies the schema that the pending migrations will make, applies each in one
//! transaction, verifies again before each commit, and reports.

mod before;
mod commit_verifier;
pub(super) mod consent;
mod dry_run;
mod foresee;
mod migration_run;
mod prepared;
mod rows;
mod survey;

use anyhow::{Error, Result};

use super::database_lock::{self, LockTimeouts};
use super::fleet::{self, FleetRunOptions};
use super::interruption::SignalWatch;
use super::{Context, Outcome, wrapped};
use crate::migrations;
use crate::postgres::connect::PendingClient;
use crate::render::human;
pub(in crate::commands) use before::foretold;
use consent::LossArguments;
pub(in crate::commands) use migration_run::MigrationRun;
pub(in crate::commands) use prepared::{Learnt, Prepared};

/// Options of `db-migrate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Migrate up to this migration: `7`, `V7__add_user_bio`, `add_user_bio`; without it all
    /// pending ones are applied
    pub migration: Option<String>,

    /// Change nothing: show what would be applied, which locks each statement takes, and how the
    /// schema would change
    #[arg(long)]
    pub dry_run: bool,

    /// What may be lost.
    #[command(flatten)]
    pub losses: LossArguments,

    /// How long to wait for locks.
    #[command(flatten)]
    pub lock_timeouts: LockTimeouts,

    /// The fleet.
    #[command(flatten)]
    pub fleet: FleetRunOptions,
}

/// Runs `db-migrate`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    if options.fleet.targets.fleet {
        return fleet::migrate(context, options);
    }
    if context.config.migrations.are_foreign() {
        return wrapped::apply(context, options);
    }
    let url = context
        .options
        .database_url
        .as_deref()
        .filter(|url| !url.is_empty());
    let open = || context.target().map(PendingClient::begin);
    // Connecting takes as long as reading the files, so both happen at once. An embedded server is
    // not started before the files are accepted.
    let early = url.map(|_| open());
    let files = context.migrations()?;
    let asked = options
        .migration
        .as_deref()
        .map(|name| migrations::find(&files, name))
        .transpose()?;
    let pending = early.unwrap_or_else(open)?;
    let (run, worked, _target) = std::thread::scope(|scope| {
        let prepared = Prepared::begin(scope, context, &files);
        // Only a connection tells which of several hosts answered.
        let (target, mut client) = pending.wait()?;
        let mut run = MigrationRun::new(context, options, asked, target.describe());
        run.context.say(&human::migration::opening(
            &run.result,
            context.terminal.style(),
        ))?;
        let _signals = SignalWatch::begin(context, run.standing.clone());
        if options.dry_run {
            let worked = run.look(&mut client, &files, &prepared);
            return Ok((run, worked, target));
        }
        let settings = database_lock::take(context, &mut client, options.lock_timeouts)?;
        let worked = run.work_and_unlock((&target, &mut client), &settings, &files, &prepared);
        Ok::<_, Error>((run, worked, target))
    })?;
    run.finish(worked)
}
