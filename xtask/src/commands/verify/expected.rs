//! The schema that the TypeScript is compared with. It is the snapshot's while that stands for the
//! migrations, else a replay's; or a database's as it is.

use anyhow::{Context as _, Result, bail};

use super::Options;
use crate::commands::Context;
use crate::commands::drift::{self, Drift};
use crate::commands::made_schema;
use crate::commands::rows_in_the_way::{self, RowsInTheWay};
use crate::migrations::Migration;
use crate::migrations::tables::{self, Records};
use crate::postgres::catalog::{self, OwnTables};
use crate::postgres::connect::connect;
use crate::report::Finding;
use crate::schema::diff;
use crate::schema::model::Schema;
use crate::schema::snapshot::{self, Snapshot};
use crate::tree::{Tree as _, WorkingTree};

/// The schema that the TypeScript is compared with.
#[derive(Debug)]
pub struct ExpectedSchema {
    /// The schema.
    pub schema: Schema,
    /// The origin of the schema, in words for people.
    pub against: String,
    /// The migrations that were known before, by name and checksum: those that the snapshot stands
    /// for, or those that the database has. `None` where nothing tells.
    pub known: Option<Vec<(String, u64)>>,
    /// Whether `known` is from a snapshot that stands for all of the migrations. It may be as new as
    /// they are: [`reviewed`](super::reviewed) tells which are older.
    pub is_known_by_snapshot: bool,
    /// The schema after all migrations, where only the first ones were requested.
    pub later: Option<Schema>,
    /// The schema of a snapshot that does not stand for the migrations any more.
    stale: Option<Schema>,
    /// Changes that were made in the database outside its migrations.
    pub drift: Vec<Finding>,
    /// The rows of the judged database that stop pending migrations.
    pub rows: Option<RowsInTheWay>,
}

impl ExpectedSchema {
    /// The schema that the options request. Only the first `asked` of `migrations` count.
    pub fn of(
        context: &Context,
        options: &Options,
        migrations: &[Migration],
        asked: usize,
    ) -> Result<Self> {
        match options.database {
            true => Self::database(context, migrations),
            false => Self::migrations(context, options, migrations, asked),
        }
    }

    fn database(context: &Context, migrations: &[Migration]) -> Result<Self> {
        let target = context.target()?;
        let mut client = connect(&target)?;
        let schema = catalog::read(&mut client, &OwnTables::of(&context.config));
        let schema =
            schema.with_context(|| format!("cannot read the catalogs of {}", target.describe()))?;
        let table = tables::locate(&mut client, &context.config.history_table)?;
        let records = Records::read(&mut client, &table)?;
        let drift = match drift::look(context, &mut client, migrations, &records, &schema)? {
            Drift::Findings(findings) => findings,
            Drift::NotLookedAt(why) => {
                context
                    .terminal
                    .eprint(&format!("Nobody looked for drift of the database: {why}\n"))?;
                Vec::new()
            }
        };
        let known: Vec<_> = records
            .history
            .iter()
            .map(|row| (row.to_string(), row.checksum))
            .collect();
        // A database without history does not tell which migrations were reviewed.
        let known = (!known.is_empty()).then_some(known);
        let rows = rows_in_the_way::of_target(context, &mut client, migrations, &records)?;
        for note in &rows.notes {
            context.terminal.eprint(&format!("Not checked: {note}\n"))?;
        }
        Ok(Self {
            schema,
            against: format!("{} as it is", target.describe()),
            known,
            is_known_by_snapshot: false,
            later: None,
            stale: None,
            drift,
            rows: Some(rows),
        })
    }

    /// The schema after the first `asked` ones of `all`.
    fn migrations(
        context: &Context,
        options: &Options,
        all: &[Migration],
        asked: usize,
    ) -> Result<Self> {
        let (path, migrations) = (&context.config.snapshot, &all[..asked]);
        let counted = made_schema::basis(context, migrations.len());
        let snapshot = snapshot::read(&context.tree(), path)?;
        if let Some(snapshot) = snapshot
            .as_ref()
            .filter(|snapshot| snapshot.is_fresh(migrations))
        {
            let schema = snapshot.schema.clone();
            let known = Some(snapshot.migrations.clone());
            let against = format!("`{path}`, which stands for {counted}");
            return Ok(Self {
                schema,
                against,
                known,
                is_known_by_snapshot: true,
                later: None,
                stale: None,
                drift: Vec::new(),
                rows: None,
            });
        }
        // A current snapshot holds only the schema after the last migration.
        let is_current = snapshot
            .as_ref()
            .is_some_and(|snapshot| snapshot.is_fresh(all));
        let why = match &snapshot {
            Some(_) if is_current => "tells only the schema after the last migration".to_owned(),
            Some(old) => format!(
                "does not stand for the migrations: {}",
                old.staleness(all).join(", ")
            ),
            None if context.is_on_disk || options.staged => "does not exist".to_owned(),
            None => "is not in that commit".to_owned(),
        };
        // A commit does not wait for a database.
        if options.staged {
            bail!(
                "cannot verify what is staged: `{path}` as it is staged {why}; {}",
                stage(context, migrations)
            )
        }
        if options.offline {
            let way_out = match is_current {
                true => "leave the migration out, or verify without `--offline`".to_owned(),
                false => format!(
                    "run `{}` and commit the file, or verify without `--offline`",
                    made_schema::snapshot_command(context)
                ),
            };
            bail!("cannot verify offline: `{path}` {why}; {way_out}")
        }
        let schema = match context
            .memory
            .as_ref()
            .and_then(|memory| memory.replayed(migrations))
        {
            Some(schema) => schema,
            None => replayed(context, migrations)?,
        };
        let outdated = if is_current {
            String::new()
        } else {
            format!(
                " (`{path}` {why}; `{}` updates it)",
                made_schema::snapshot_command(context)
            )
        };
        let against = format!("{}{outdated}", made_schema::origin(context, migrations));
        let later = match &snapshot {
            Some(snapshot) if is_current => Some(snapshot.schema.clone()),
            // A later migration that fails is no problem of the earlier ones.
            _ if asked < all.len() => replayed(context, all).ok(),
            _ => None,
        };
        let (known, stale) = snapshot
            .map(|snapshot| (snapshot.migrations, snapshot.schema))
            .unzip();
        Ok(Self {
            schema,
            against,
            known,
            is_known_by_snapshot: false,
            later,
            stale: stale.filter(|_| !is_current),
            drift: Vec::new(),
            rows: None,
        })
    }

    /// Describes the changes that migrations make, and that the snapshot or the judged database
    /// does not have yet. `None` where there are none.
    pub fn pending(&self, context: &Context, options: &Options) -> Result<Option<String>> {
        let changes = if options.database {
            let snapshot = snapshot::read(&context.tree(), &context.config.snapshot)?;
            snapshot
                .map(|snapshot| diff::diff(&self.schema, &snapshot.schema))
                .filter(|changes| !changes.is_empty())
        } else {
            self.stale
                .as_ref()
                .map(|stale| diff::diff(stale, &self.schema))
        };
        Ok(changes.map(|changes| changes.without_grants().to_string()))
    }
}

fn replayed(context: &Context, migrations: &[Migration]) -> Result<Schema> {
    let schema = made_schema::schema(context, migrations)?;
    if let Some(memory) = &context.memory {
        memory.keep_replayed(migrations, &schema);
    }
    Ok(schema)
}

/// Returns the advice for making the staged snapshot stand for the staged migrations.
fn stage(context: &Context, migrations: &[Migration]) -> String {
    let path = &context.config.snapshot;
    let on_disk = WorkingTree::new(&context.root).read(path).ok();
    let on_disk =
        on_disk.and_then(|bytes| Snapshot::parse(&String::from_utf8_lossy(&bytes), path).ok());
    if on_disk.is_some_and(|snapshot| snapshot.is_fresh(migrations)) {
        return format!("the file on disk does: run `git add {path}`");
    }
    format!(
        "run `{}` and `git add {path}`",
        made_schema::snapshot_command(context)
    )
}
