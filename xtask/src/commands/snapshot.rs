//! `db-snapshot`: rewrites the committed schema from the migrations, or shows how it differs from
//! the schema that they make. Both modes compute the same text.

use anyhow::{Context as _, Result};
use similar::TextDiff;

use super::{Context, Outcome, made_schema, output};
use crate::migrations::Migration;
use crate::render::human;
use crate::schema::snapshot::{self, Snapshot};

/// Options of `db-snapshot`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Write nothing: print the difference and exit with 1 where the snapshot is not what the
    /// migrations make
    #[arg(long)]
    pub check: bool,
}

/// Runs `db-snapshot`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let migrations = context.migrations()?;
    let snapshot = take(context, &migrations)?;
    if options.check {
        check(context, &snapshot)
    } else {
        rewrite(context, &snapshot)
    }
}

/// Takes a snapshot of the schema that the migrations make on a scratch database.
fn take(context: &Context, migrations: &[Migration]) -> Result<Snapshot> {
    let (fingerprints, schema) = made_schema::record(context, migrations)?;
    Ok(Snapshot::new(
        context.config.postgres_major,
        migrations,
        &fingerprints,
        schema,
    ))
}

fn rewrite(context: &Context, snapshot: &Snapshot) -> Result<Outcome> {
    let path = &context.config.snapshot;
    let file = output::path(context, path.as_ref())?;
    let is_current = context
        .tree
        .read(path)
        .is_ok_and(|bytes| bytes == snapshot.to_text().as_bytes());
    if is_current {
        context.terminal.tell(&format!(
            "`{path}` is current: {}\n",
            contents(context, snapshot)
        ))?;
    } else {
        snapshot::write(&file, snapshot)?;
        context.terminal.tell(&format!(
            "wrote `{path}`: {}\n",
            contents(context, snapshot)
        ))?;
    }
    Ok(Outcome::Clean)
}

fn check(context: &Context, snapshot: &Snapshot) -> Result<Outcome> {
    let path = &context.config.snapshot;
    let committed = match context.tree.read(path) {
        Ok(bytes) => {
            // Entries that earlier versions of the tool wrote are no difference.
            snapshot::without_server_entries(String::from_utf8_lossy(&bytes).into_owned(), path)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{path}`")),
    };
    // Fingerprints hold the server's own wording, which another minor version may change, so they
    // are not compared. Where one differs at a migration, a scratch database decides.
    let fingerprints = Snapshot::parse(&committed, path).map(|committed| committed.fingerprints);
    let current = Snapshot {
        fingerprints: fingerprints.unwrap_or_default(),
        ..snapshot.clone()
    }
    .to_text();
    if committed == current {
        context.terminal.tell(&format!(
            "`{path}` is current: {}\n",
            contents(context, snapshot)
        ))?;
        return Ok(Outcome::Clean);
    }
    let diff = TextDiff::from_lines(&committed, &current);
    let diff = diff
        .unified_diff()
        .context_radius(2)
        .header(path, "what the migrations make")
        .to_string();
    context.terminal.print(&format!("{diff}\n"))?;
    context.terminal.tell(&format!(
        "`{path}` is not what the migrations make: run `{}` and commit it\n",
        made_schema::snapshot_command(context)
    ))?;
    Ok(Outcome::Errors)
}

/// `18 migrations, 15 tables`
fn contents(context: &Context, snapshot: &Snapshot) -> String {
    format!(
        "{}, {}",
        made_schema::basis(context, snapshot.migrations.len()),
        human::count(snapshot.schema.tables.len(), "table")
    )
}
