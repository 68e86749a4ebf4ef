//! `db-inspect`: prints the facts that were read from the application side and the schema, so that
//! each verdict can be traced.

mod human;
mod json;
mod tables;

use std::collections::HashMap;

use anyhow::{Context as _, Result};

use super::{Context, Outcome, made_schema};
use crate::checks::{entities, matching};
use crate::cli::Format;
use crate::facts::{Declaration, Facts, Origin, UnresolvedEndpoint};
use crate::migrations::Migration;
use crate::readers::{self, Input};
use crate::schema::model::{ObjectName, Schema};
use crate::schema::snapshot;
use crate::source::Location;

/// Options of `db-inspect`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print only this; without it everything that was read from TypeScript
    #[arg(value_enum)]
    pub what: Option<Subject>,
}

/// The parts that can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// The tables of the schema that the migrations make
    Tables,
    /// Interfaces, aliases of object types, classes, and the tables that an ORM declares
    Types,
    /// Schemas of Zod and class-validator, and the schemas of OpenAPI documents
    Schemas,
    /// Endpoints that a contract describes
    Contracts,
    /// Endpoints that the server offers
    Routes,
}

/// The table that each declaration describes, by the place of the declaration's name.
type TablesOf = HashMap<Location, ObjectName>;

/// Runs `db-inspect`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let text = match options.what {
        Some(Subject::Tables) => tables::render(&schema(context)?, context.options.format),
        what => {
            let facts = readers::read(&Input {
                tree: &context.tree(),
                config: &context.config,
                cache: None,
            })?;
            let tables = tables_of(context, &facts)?;
            render(&facts, &tables, what, context.options.format)
        }
    };
    context.print_result(&text)?;
    Ok(Outcome::Clean)
}

fn render(facts: &Facts, tables: &TablesOf, what: Option<Subject>, format: Format) -> String {
    match format {
        Format::Human => human::render(facts, tables, what),
        Format::Json => json::render(facts, tables, what),
    }
}

/// Groups `tables` by ORM. An ORM without tables is included.
fn by_origin(
    tables: &[Declaration],
) -> impl Iterator<Item = (Origin, impl Iterator<Item = &Declaration> + Clone)> {
    let origins = readers::origins().filter(|origin| origin.is_table());
    origins.map(|origin| {
        (
            origin,
            tables
                .iter()
                .filter(move |table| table.origin.id == origin.id),
        )
    })
}

/// Whether an unresolved endpoint belongs to the subject `what`.
fn is_wanted(endpoint: &UnresolvedEndpoint, what: Option<Subject>) -> bool {
    let is_contract = endpoint.what == "contract";
    what.is_none_or(|what| is_contract == (what == Subject::Contracts))
}

/// The schema that the migrations make: the snapshot's while it is fresh, else replayed on a
/// scratch database.
fn schema(context: &Context) -> Result<Schema> {
    let migrations = context.migrations()?;
    match fresh_snapshot(context, &migrations)? {
        Some(schema) => Ok(schema),
        None => made_schema::schema(context, &migrations),
    }
}

fn fresh_snapshot(context: &Context, migrations: &[Migration]) -> Result<Option<Schema>> {
    let snapshot =
        snapshot::read(&context.tree(), &context.config.snapshot).with_context(|| {
            format!(
                "cannot read the schema snapshot `{}`",
                context.config.snapshot
            )
        })?;
    Ok(snapshot
        .filter(|snapshot| snapshot.is_fresh(migrations))
        .map(|snapshot| snapshot.schema))
}

/// Returns the table that each declaration describes. An outdated snapshot is better than none, and
/// without one the TypeScript is shown without tables.
fn tables_of(context: &Context, facts: &Facts) -> Result<TablesOf> {
    let Some(snapshot) = snapshot::read(&context.tree(), &context.config.snapshot)? else {
        return Ok(TablesOf::new());
    };
    let entities = entities::entities(&snapshot.schema, &context.config);
    let mut tables = TablesOf::new();
    let migrations = context.migrations().unwrap_or_default();
    let provenance = context.provenance(&migrations);
    for described in matching::describe(
        entities,
        facts,
        &context.config,
        &provenance.of_schema(&snapshot.schema),
    ) {
        for description in &described.descriptions {
            tables.insert(
                description.declaration.location.clone(),
                described.entity.name.clone(),
            );
        }
    }
    Ok(tables)
}
