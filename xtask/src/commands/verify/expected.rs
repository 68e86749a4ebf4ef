//! The schema that the TypeScript is compared with: the snapshot's while it stands for the migrations, a replay's when it
//! does not, or a database's as it is.

use anyhow::{Context as _, Result, bail};

use super::Options;
use crate::commands::Context;
use crate::migrations::{Migration, replay};
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::connect::{Target, connect};
use crate::render::human;
use crate::schema::diff;
use crate::schema::model::Schema;
use crate::schema::snapshot::{self, FIX, Snapshot};
use crate::tree::{Tree as _, WorkingTree};

/// The schema to compare with, and what it is.
pub fn schema(context: &Context, options: &Options, migrations: &[Migration]) -> Result<(Schema, String)> {
    if options.database { of_database(context) } else { of_migrations(context, options, migrations) }
}

fn of_database(context: &Context) -> Result<(Schema, String)> {
    let target = Target::open(context.options.database_url.as_deref(), &context.config, &context.root)?;
    let mut client = connect(&target)?;
    let own = OwnTables::of(&context.config);
    let schema = catalog::read(&mut client, &own);
    let schema = schema.with_context(|| format!("cannot read the catalogs of {}", target.describe()))?;
    Ok((schema, format!("{} as it is", target.describe())))
}

fn of_migrations(context: &Context, options: &Options, migrations: &[Migration]) -> Result<(Schema, String)> {
    let path = &context.config.snapshot;
    let counted = human::count(migrations.len(), "migration");
    let stale = match snapshot::read(&context.tree(), path)? {
        Some(snapshot) if snapshot.is_fresh(migrations) => {
            return Ok((snapshot.schema, format!("`{path}`, which stands for {counted}")));
        }
        Some(snapshot) => format!("does not stand for the migrations: {}", snapshot.staleness(migrations).join(", ")),
        None => "does not exist".to_owned(),
    };
    // A commit does not wait for a database.
    if options.staged {
        bail!("cannot verify what is staged: `{path}` as it is staged {stale}; {}", stage(context, migrations))
    }
    if options.offline {
        bail!("cannot verify offline: `{path}` {stale}; run `{FIX}` and commit the file, or verify without `--offline`")
    }
    let schema = match context.memory.as_ref().and_then(|memory| memory.replayed(migrations)) {
        Some(schema) => schema,
        None => replayed(context, migrations)?,
    };
    Ok((schema, format!("a replay of {counted} on a scratch database (`{path}` {stale}; `{FIX}` updates it)")))
}

fn replayed(context: &Context, migrations: &[Migration]) -> Result<Schema> {
    let shadow = context.options.shadow_database_url.as_deref().filter(|url| !url.is_empty());
    let schema = replay::schema(&context.config, &context.root, shadow, migrations)?;
    if let Some(memory) = &context.memory {
        memory.keep_replayed(migrations, &schema);
    }
    Ok(schema)
}

/// What migrations change that the snapshot, or the database that is judged, does not have yet; none where there are none.
pub fn pending(
    context: &Context,
    options: &Options,
    migrations: &[Migration],
    schema: &Schema,
) -> Result<Option<String>> {
    let snapshot = snapshot::read(&context.tree(), &context.config.snapshot)?;
    let changes = match snapshot {
        Some(snapshot) if options.database => diff::diff(schema, &snapshot.schema),
        Some(snapshot) if !snapshot.is_fresh(migrations) => diff::diff(&snapshot.schema, schema),
        Some(_) | None => return Ok(None),
    };
    Ok((!options.database || !changes.is_empty()).then(|| changes.without_grants().to_string()))
}

/// What to run so that the staged snapshot stands for the staged migrations.
fn stage(context: &Context, migrations: &[Migration]) -> String {
    let path = &context.config.snapshot;
    let on_disk = WorkingTree::new(&context.root).read(path).ok();
    let on_disk = on_disk.and_then(|bytes| Snapshot::parse(&String::from_utf8_lossy(&bytes), path).ok());
    if on_disk.is_some_and(|snapshot| snapshot.is_fresh(migrations)) {
        return format!("the file on disk does: run `git add {path}`");
    }
    format!("run `{FIX}` and `git add {path}`")
}
