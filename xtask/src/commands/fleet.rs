//! The fleet: many databases with the same migrations. Reads their list, surveys them, and works on
//! them in waves.

mod advice;
mod connections;
mod consent;
mod drift;
mod foreign;
mod look;
mod looked;
mod migrate;
mod output;
mod rollback;
mod run;
mod selection;
mod shared_objects;
mod stop_signal;
mod survey;
mod waves;

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::Client;

use super::migrate::Learnt;
use super::{Context, Outcome, own_command};
use crate::cli::Format;
use crate::config::{FleetConfig, FleetMode, FleetSource};
use crate::fleet::{self, FleetTarget, ListedTarget, Templates, UrlTrust};
use crate::postgres::connect::connect;
use crate::postgres::error::ServerError;
use crate::render::{human, json};
use crate::report::FleetStatus;

pub use migrate::run as migrate;
pub use rollback::run as rollback;

/// Options of commands on a fleet.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FleetOptions {
    /// Work on every database of the fleet that the configuration names (`[fleet]`)
    #[arg(long)]
    pub fleet: bool,

    /// Only these databases of the fleet, by name or label
    #[arg(long, value_name = "NAME", requires = "fleet", value_delimiter = ',')]
    pub only: Vec<String>,
}

/// Options of commands that change a fleet.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FleetRunOptions {
    /// The databases.
    #[command(flatten)]
    pub targets: FleetOptions,

    /// Leave out these databases of the fleet, by name or label
    #[arg(long, value_name = "NAME", requires = "fleet", value_delimiter = ',')]
    pub skip: Vec<String>,

    /// Only look at each database of the fleet, and say what would stop the run there
    #[arg(long, requires = "fleet")]
    pub survey: bool,

    /// Go on with the last run over the fleet, or with the one of this name
    #[arg(
        long,
        value_name = "RUN",
        requires = "fleet",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub resume: Option<String>,

    /// Go on with that run, but only where it failed or was refused
    #[arg(long, requires = "fleet")]
    pub retry_failed: bool,
}

/// Runs `db-status --fleet`. With `exit_code` it ends with 1 where a database is not current.
pub fn status(context: &Context, options: &FleetOptions, exit_code: bool) -> Result<Outcome> {
    let migrations = &context.config.migrations;
    if migrations.are_foreign() && migrations.layout.is_none() && migrations.replay.is_none() {
        bail!(
            "cannot tell what was applied: without `layout` or `replay` in `migrations` no table of applied migrations is \
             known"
        )
    }
    let config = configured(context)?;
    let targets = fleet::selected(listed(context, config)?, &options.only)?;
    // A file that cannot be read would be missing among the pending ones.
    let files = context.migrations()?;
    let questions = (&look::Questions::Status, &Learnt::default());
    let survey = survey::survey(context, &targets, &files, config.parallel, questions)?;
    let report = FleetStatus {
        databases: survey.databases,
        drift: survey.drift,
        newest: files.last().map(ToString::to_string),
    };
    let terminal = &context.terminal;
    match context.options.format {
        Format::Human => terminal.print_styled(&human::fleet::fleet(&report, terminal.style()))?,
        Format::Json => terminal.print_json(&json::fleet(&report))?,
    }
    Ok(match exit_code && !report.is_current() {
        true => Outcome::Errors,
        false => Outcome::Clean,
    })
}

fn configured(context: &Context) -> Result<&FleetConfig> {
    let config = context.config.fleet.as_ref().with_context(|| {
        format!(
            "`--fleet` needs the section `fleet` in `{}`, which says where the databases are listed",
            context.config.file
        )
    })?;
    if let FleetMode::Schema(_) = config.mode {
        if context.config.history_table.contains('.') {
            bail!(
                "`history-table` is `{}`, one table for all tenants: with `fleet.mode = \"schema\"` each schema has its own, \
                 so write its name alone",
                context.config.history_table
            )
        }
        if context.config.migrations.are_foreign() {
            bail!(
                "`fleet.mode` is `schema`, and another tool keeps the migrations: only the history of its own tables would \
                 tell where each tenant stands, and it is not looked for in schemas"
            )
        }
    }
    Ok(config)
}

/// All databases of the fleet.
fn listed(context: &Context, config: &FleetConfig) -> Result<Vec<FleetTarget>> {
    let _work = context.progress.begin("listing the fleet");
    let (listed, trust) = match &config.source {
        FleetSource::File(file) => (of_file(context, file)?, UrlTrust::Kept),
        FleetSource::Query(query) => (of_query(context, query)?, UrlTrust::Kept),
        FleetSource::Command(command) => (of_command(context, command)?, UrlTrust::Made),
    };
    let variable = |name: &str| std::env::var(name).ok();
    let templates = Templates {
        url: config.url.as_deref(),
        schema: match &config.mode {
            FleetMode::Database => None,
            FleetMode::Schema(schema) => Some(schema),
        },
    };
    fleet::resolve(listed, templates, trust, &variable)
}

fn of_file(context: &Context, file: &str) -> Result<Vec<ListedTarget>> {
    let bytes = context.tree.read(file).with_context(|| {
        format!("cannot read `{file}`, which `fleet.file` names as the list of databases")
    })?;
    fleet::parse(&String::from_utf8_lossy(&bytes))
        .with_context(|| format!("cannot use `{file}`, which `fleet.file` names"))
}

fn of_command(context: &Context, command: &str) -> Result<Vec<ListedTarget>> {
    let printed = own_command::printed(context, ("fleet.command", command))?;
    fleet::parse(&printed)
        .with_context(|| format!("cannot use what `{command}` printed, which is `fleet.command`"))
}

/// Asks the control database. The query runs in a transaction that cannot write.
fn of_query(context: &Context, query: &str) -> Result<Vec<ListedTarget>> {
    let url = context.options.database_url.as_deref();
    if url.is_none_or(str::is_empty) {
        bail!(
            "`fleet.query` asks the database that lists the others: name it with `--database-url` or `DATABASE_URL`"
        )
    }
    let target = context.target()?;
    let failed = || {
        format!(
            "cannot ask {} for the databases of the fleet (`fleet.query`)",
            target.describe()
        )
    };
    let mut client = connect(&target).with_context(failed)?;
    let whole = format!(
        "SELECT pg_catalog.to_jsonb(listed.*) FROM ({}\n) AS listed",
        query.trim().trim_end_matches(';')
    );
    entries(&mut client, &whole)
        .and_then(fleet::parse_entries)
        .with_context(failed)
}

/// The rows of `query`, each as JSON.
fn entries(client: &mut Client, query: &str) -> Result<Vec<serde_json::Value>> {
    let server = |error: postgres::Error| anyhow!(ServerError::from(error));
    let begun = client.build_transaction().read_only(true).start();
    let mut transaction = begun.map_err(server)?;
    let rows = transaction.query(query, &[]).map_err(server)?;
    rows.iter()
        .map(|row| row.try_get(0).map_err(server))
        .collect()
}
