//! `db-migrate` and `db-rollback` where another tool keeps the migrations: its own command applies or
//! undoes them, between two verifications. What such a run cannot promise, its report says.

mod apply;
mod undo;

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use postgres::Client;

use super::database_lock::{self, LockTimeouts};
use super::drift;
use super::{Context, live, made_schema, own_command};
use crate::called_as;
use crate::config::Layout;
use crate::migrations::comparison::Comparison;
use crate::migrations::foreign_history::{ForeignHistory, Recorder};
use crate::migrations::{Migration, lock};
use crate::postgres::connect::{Target, connect};
use crate::postgres::database_url::DatabaseUrl;
use crate::report::Finding;
use crate::schema::diff::SchemaDiff;
use crate::schema::model::Schema;
use crate::schema::snapshot;

pub use apply::run as apply;
pub use undo::run as undo;

/// The two facts that no verification around a foreign command can establish. `are_losses_counted`
/// tells whether what the statements say of losses was counted, and consented to.
fn not_promised(command: &str, are_losses_counted: bool) -> Vec<String> {
    let losses = match are_losses_counted {
        true => format!(
            "`{command}` commits by itself, and only what its statements say was counted before it ran"
        ),
        false => format!("`{command}` asks nobody for consent"),
    };
    vec![
        format!(
            "each migration before its COMMIT: `{command}` commits by itself, and what it left stays"
        ),
        format!("whether rows or values are lost: {losses}"),
    ]
}

/// The command of the configuration's `key`.
///
/// # Errors
/// One sentence, where there is none: this tool does not touch what another tool keeps.
fn command<'c>(context: &'c Context, key: &str, command: &'c Option<String>) -> Result<&'c str> {
    let (doing, name) = match key {
        "apply" => ("applies", called_as::subcommand("migrate")),
        _undo => ("undoes", called_as::subcommand("rollback")),
    };
    let tool = context.config.migrations.tool();
    command.as_deref().ok_or_else(|| {
        anyhow!(
            "{tool} keeps these migrations and {doing} them, not this tool: write its command as \
             `{key} = \"<command>\"` under `migrations` in `{}`, so that {name} verifies before and \
             after it",
            context.config.file
        )
    })
}

/// A database that another tool migrates, and the files of its migrations.
struct Wrapped<'a> {
    context: &'a Context,
    layout: Option<Layout>,
    files: Vec<Migration>,
    target: Arc<Target>,
    client: Client,
}

impl<'a> Wrapped<'a> {
    fn open(context: &'a Context) -> Result<Self> {
        let files = context.migrations()?;
        let target = context.target()?;
        let client = connect(&target)?;
        Ok(Self {
            context,
            layout: context.config.migrations.layout,
            files,
            target: Arc::new(target),
            client,
        })
    }

    /// The records of the tool's own table; `None` where no table is known.
    fn history(&mut self) -> Result<Option<ForeignHistory<'_>>> {
        let table = &self.context.config.history_table;
        let history = match self.layout {
            Some(layout) => {
                let recorder = Recorder::Of(layout);
                ForeignHistory::read(&mut self.client, recorder, table, &self.files).map(Some)?
            }
            None => ForeignHistory::of_code(&mut self.client, table, &self.files)?,
        };
        let Some(history) = history else {
            return Ok(None);
        };
        if let Some(failed) = history.failed() {
            bail!(
                "{} began `{failed}` and did not end it: look at what it left, then tell {}",
                history.recorder.name(),
                history.recorder.name()
            )
        }
        Ok(Some(history))
    }

    /// Whether the migrations are SQL, so that a part of them can be replayed. What code makes is
    /// only known of all migrations together.
    fn are_sql(&self) -> bool {
        self.layout.is_some()
    }

    /// The names of the migrations that ran.
    fn applied_names(&mut self) -> Result<BTreeSet<String>> {
        let history = self.history()?;
        let applied = history.map(|history| history.applied()).unwrap_or_default();
        Ok(applied.iter().map(ToString::to_string).collect())
    }

    /// The schema that `applied` make, from the snapshot where it stands for them.
    fn expected(&self, applied: &[Migration]) -> Result<Schema> {
        let snapshot = snapshot::read(&self.context.tree(), &self.context.config.snapshot)?;
        match snapshot.filter(|snapshot| snapshot.is_fresh(applied)) {
            Some(snapshot) => Ok(snapshot.schema),
            None => made_schema::schema(self.context, applied),
        }
    }

    /// How the database differs from `expected`, which `applied` make.
    fn difference(&mut self, expected: &Schema, applied: &[Migration]) -> Result<SchemaDiff> {
        let live = live::read(&mut self.client, &self.context.config)?;
        let environment = self.context.scratch_environment();
        let newest = applied.last().map(|migration| migration.version);
        // Only SQL can be replayed to settle two spellings of one definition.
        match newest.filter(|_| self.layout.is_some()) {
            Some(newest) => {
                let environment = environment.like(&mut self.client, applied)?;
                Comparison::new(environment, applied).difference(expected, &live, newest)
            }
            None => Ok(Comparison::new(environment, applied).apparent(expected, &live)),
        }
    }

    /// The differences between the database and `expected`, as findings.
    fn drift(&mut self, expected: &Schema, applied: &[Migration]) -> Result<Vec<Finding>> {
        let difference = self.difference(expected, applied)?;
        Ok(drift::findings(
            &difference,
            drift::severity(&self.context.config),
        ))
    }

    /// Runs the command, with the lock of the database: two of these runs would verify each other's
    /// changes.
    fn run(&mut self, (key, command): (&str, &str), timeouts: LockTimeouts) -> Result<String> {
        let written = self.context.options.database_url.as_deref();
        let url = DatabaseUrl::of_target(&self.target, written.filter(|url| !url.is_empty()))?;
        database_lock::take(self.context, &mut self.client, timeouts)?;
        let ran = own_command::run(self.context, (key, command), &url, None);
        lock::release(&mut self.client, self.context.config.lock_name());
        ran
    }
}
