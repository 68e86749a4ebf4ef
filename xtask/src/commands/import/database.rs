//! Writes the first migration of a database that has none. Its SQL comes from `pg_dump`, and is
//! tried on a scratch database.

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::Client;

use super::{ImportSummary, Options, new_files, present, write};
use crate::called_as;
use crate::commands::{Context, Outcome, live};
use crate::import::{self, EarlierImport, MigrationFiles};
use crate::layouts::{DirectionPart, Draft, ImportedMigrations, Note, dump};
use crate::migrations::comparison::Comparison;
use crate::migrations::{Migration, OrderKey, files};
use crate::postgres::connect::connect;
use crate::postgres::error::whole;
use crate::postgres::pg_dump::PgDump;
use crate::postgres::scratch::Unavailable;
use crate::schema::diff::{Likeness, SchemaDiff};
use crate::schema::model::{ObjectName, Schema};
use crate::tree::WorkingTree;

/// The name of the migration.
const NAME: &str = "initial_schema";

const HEADER: &str = "-- The schema of the database before it had migrations, as `pg_dump` shows it. Owners and privileges are not part of\n\
                      -- it, because roles belong to the server: write what the application needs as GRANT in a migration of its own.\n";

const DOWN: &str =
    "-- irreversible: it stands for all that the database held before it had migrations\n";

/// The result of trying the migration on a scratch database.
enum Proof {
    /// It makes the schema of the database.
    Equal,
    /// It makes another one.
    Differs(SchemaDiff),
    /// It does not run there.
    Fails(anyhow::Error),
    /// It was not tried; holds the reason.
    Unproven(String),
}

/// Writes the migration of the database into the folder `to`.
pub(super) fn run(context: &Context, options: &Options, to: &str) -> Result<Outcome> {
    let tree = WorkingTree::new(&context.root);
    if let Some(other) = present(&tree, to)?.first() {
        bail!(
            "cannot write the first migration: `{to}` holds `V{}__{}.sql` already; write it into an empty folder with \
             `--to <folder>`",
            other.name.digits,
            other.name.name
        )
    }
    let target = context.target()?;
    let mut client = connect(&target)?;
    let live = live::read(&mut client, &context.config)?;
    if live.is_empty() {
        bail!(
            "there is nothing to import: {} holds no tables",
            target.describe()
        )
    }
    let program =
        PgDump::find(major(&mut client)?).context("cannot import the schema of a database")?;
    let dump = program.schema(&target, &exclusions(&mut client, &live)?)?;
    let (pair, mut notes) = pair(&dump, &target.describe())?;
    let proof = prove(context, &mut client, &live, &pair)?;
    let text = told(&proof, context, to);
    notes.extend(text.map(|text| Note::new(&format!("{}.sql", pair.stem), text)));
    let pairs = [pair];
    if !options.dry_run {
        write(&new_files(
            &tree,
            &context.root,
            to,
            &pairs,
            &[EarlierImport::New],
        )?)?;
    }
    let pairs: Vec<&MigrationFiles> = pairs.iter().collect();
    let tool = "the database".to_owned();
    let imported = ImportSummary {
        tool,
        to,
        pairs: &pairs,
        there: 0,
        notes: &notes,
        dry_run: options.dry_run,
        // The first migration stands for all that there was: nothing is before it.
        ways_back: &[],
    };
    imported.print(context)?;
    // Files that could not be tried are usable: a note says that they were not compared.
    let is_usable = matches!(proof, Proof::Equal | Proof::Unproven(_))
        && pairs.iter().all(|pair| pair.problems.is_empty());
    Ok(if is_usable {
        Outcome::Clean
    } else {
        Outcome::Errors
    })
}

fn major(client: &mut Client) -> Result<u32> {
    let query = "SELECT pg_catalog.current_setting('server_version_num')::int / 10000";
    let row = client
        .query_one(query, &[])
        .context("cannot tell the version of the server")?;
    Ok(u32::try_from(row.try_get::<_, i32>(0)?)?)
}

/// Lists the relations in the namespaces of the database. Those of extensions are left out:
/// `pg_dump` does not write them either.
const RELATIONS: &str = "
    SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1, 2";

const NAMESPACES: &str = "
    SELECT nspname::text FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' AND nspname <> 'public' ORDER BY 1";

/// Options of `pg_dump` that leave out objects outside the schema: the tables of this tool and of
/// other tools, and namespaces that others own.
fn exclusions(client: &mut Client, live: &Schema) -> Result<Vec<String>> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut exclusions = Vec::new();
    let rows = client
        .query(NAMESPACES, &[])
        .context("cannot list the schemas of the database")?;
    for row in rows {
        let name: String = row.try_get(0)?;
        if !live.namespaces.contains_key(&name) {
            exclusions.push(format!("--exclude-schema={}", quoted(&name)));
        }
    }
    let rows = client
        .query(RELATIONS, &[])
        .context("cannot list the tables of the database")?;
    for row in rows {
        let name = ObjectName {
            namespace: row.try_get(0)?,
            name: row.try_get(1)?,
        };
        let is_of_schema = live.tables.contains_key(&name) || live.views.contains_key(&name);
        if !is_of_schema && !live.sequences.contains_key(&name) {
            exclusions.push(format!(
                "--exclude-table={}.{}",
                quoted(&name.namespace),
                quoted(&name.name)
            ));
        }
    }
    Ok(exclusions)
}

/// The pair of files of a dump.
fn pair(dump: &str, origin: &str) -> Result<(MigrationFiles, Vec<Note>)> {
    let part = |text: String| DirectionPart::whole(origin, text);
    let up = part(format!("{HEADER}{}", dump::cleaned(dump)));
    let draft = Draft {
        version: "1".into(),
        name: NAME.into(),
        up,
        down: Some(part(DOWN.into())),
        order: OrderKey::default(),
    };
    let (pairs, notes) = import::pairs(
        &ImportedMigrations {
            drafts: vec![draft],
            repeatable: Vec::new(),
            notes: Vec::new(),
            set_aside: Vec::new(),
        },
        "the database",
    );
    let pair = pairs
        .into_iter()
        .next()
        .ok_or_else(|| anyhow!("cannot make a migration of the schema"))?;
    Ok((pair, notes))
}

/// Runs the migration on a scratch database, and compares the schema that it makes with the
/// database.
fn prove(
    context: &Context,
    client: &mut Client,
    live: &Schema,
    pair: &MigrationFiles,
) -> Result<Proof> {
    if !pair.problems.is_empty() {
        return Ok(Proof::Unproven("it has to be mended first".into()));
    }
    let files = [migration(pair)?];
    let mut comparison =
        Comparison::new(context.scratch_environment().like(client, &files)?, &files);
    let [migration] = &files;
    let difference = comparison.schema_after(migration.version);
    let difference =
        difference.and_then(|expected| comparison.difference(&expected, live, migration.version));
    Ok(match difference {
        Ok(difference) if difference.likeness() == Likeness::Different => {
            Proof::Differs(difference)
        }
        Ok(_) => Proof::Equal,
        Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
            Proof::Unproven(format!("{error:#}"))
        }
        Err(error) => Proof::Fails(error),
    })
}

/// Reads the migration as its files will be read.
fn migration(pair: &MigrationFiles) -> Result<Migration> {
    const FOLDER: &str = "migrations";
    let place = tempfile::tempdir().context("cannot try the migration")?;
    std::fs::create_dir(place.path().join(FOLDER)).context("cannot try the migration")?;
    for (end, text) in [("sql", &pair.up), ("down.sql", &pair.down)] {
        let file = place
            .path()
            .join(FOLDER)
            .join(format!("{}.{end}", pair.stem));
        std::fs::write(file, text).context("cannot try the migration")?;
    }
    let read = files::load(&WorkingTree::new(place.path()), FOLDER)?;
    read.into_iter()
        .next()
        .ok_or_else(|| anyhow!("cannot try the migration: it is not read back"))
}

/// A note about a migration that was not proven to be equal.
fn told(proof: &Proof, context: &Context, to: &str) -> Option<String> {
    Some(match proof {
        Proof::Equal => return None,
        Proof::Differs(difference) => format!(
            "makes another schema than the database has (- migration, + database); mend it in `{to}` before `{}`:\n\
             {difference}",
            called_as::subcommand("baseline")
        ),
        Proof::Fails(error) => format!(
            "does not run on a scratch database; mend it in `{to}`, and write what belongs to the server or to others (roles, \
             schemas of `foreign-namespaces`) into an SQL file that `{}` names at its top level, \
             `scratch-setup = [\"db/scratch.sql\"]`: {}",
            context.config.file,
            whole(error)
        ),
        Proof::Unproven(why) => format!("was not compared with the database: {why}"),
    })
}
