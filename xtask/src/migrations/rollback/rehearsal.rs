//! Proves on a scratch database that migrations can be undone: each is applied, undone, and applied again, with rows in
//! every table, and the schema and the rows are compared each time.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::{Client, GenericClient};

use super::loss::quoted;
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::migrations::script::Script;
use crate::migrations::seed::{Seeder, TABLES_AT_ONCE};
use crate::migrations::{Down, Migration, replay};
use crate::report::{Rehearsal, Verdict};
use crate::schema::diff::{Likeness, diff};
use crate::schema::model::{ObjectName, Schema};

/// Rehearses the last `last` of `migrations`, or all; `each` is told of every verdict.
///
/// # Errors
/// When there is no scratch database, or a migration does not run on an empty one.
pub fn rehearse(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
    last: Option<usize>,
    each: &mut dyn FnMut(&Rehearsal) -> Result<()>,
) -> Result<()> {
    let first = migrations.len().saturating_sub(last.unwrap_or(migrations.len()));
    let mut stage = Stage::new(environment, migrations, first)?;
    for index in first..migrations.len() {
        each(&stage.one(index)?)?;
    }
    Ok(())
}

/// The scratch database, which always has the schema of the first so many migrations when the next one begins.
struct Stage<'a> {
    environment: &'a ScratchEnvironment<'a>,
    migrations: &'a [Migration],
    session: ScratchSession,
    schema: Schema,
    seeder: Seeder,
}

/// What a migration is to be compared with.
#[derive(Clone, Copy)]
struct Expected<'e> {
    before: &'e Schema,
    after: &'e Schema,
    rows: &'e Rows,
}

impl<'a> Stage<'a> {
    fn new(environment: &'a ScratchEnvironment<'a>, migrations: &'a [Migration], count: usize) -> Result<Self> {
        let mut session = environment.open()?;
        session.replay(migrations.iter().take(count))?;
        let schema = session.read()?;
        Ok(Self { environment, migrations, session, schema, seeder: Seeder::default() })
    }

    fn one(&mut self, index: usize) -> Result<Rehearsal> {
        let migrations = self.migrations;
        let migration = &migrations[index];
        let seeded = self.seeder.fill(&mut self.session.client, &self.schema, index * 2)?;
        let mut rehearsal = Rehearsal {
            name: migration.to_string(),
            verdict: Verdict::Exact,
            irreversible: None,
            lost_rows: Vec::new(),
            empty_tables: seeded.empty,
            error: None,
        };
        let rows = Rows::read(&mut self.session.client, &self.schema)?;
        if let Err(error) = replay::run(&mut self.session.client, migration) {
            // With rows it fails, without it may not: the rest goes on without them.
            empty(&mut self.session.client, &self.schema)?;
            rehearsal.error = Some(format!("fails on tables with generated rows: {error:#}"));
            replay::run(&mut self.session.client, migration)?;
        }
        let after = self.session.read()?;
        let before = std::mem::replace(&mut self.schema, after.clone());
        let expected = Expected { before: &before, after: &after, rows: &rows };
        match &migration.down {
            Down::Irreversible { reason, .. } => rehearsal.irreversible = Some(reason.clone()),
            Down::Sql { file, sql, no_transaction } => {
                let _known = self.seeder.fill(&mut self.session.client, &after, index * 2 + 1)?;
                if *no_transaction || migration.no_transaction {
                    self.there_and_back(index, file, sql, *no_transaction, expected, &mut rehearsal)?;
                } else {
                    self.there_and_back_in_one(migration, (file, sql), expected, &mut rehearsal)?;
                }
            }
        }
        Ok(rehearsal)
    }

    /// Back and forward again in a transaction that is then undone, whatever came of it.
    fn there_and_back_in_one(
        &mut self,
        migration: &Migration,
        (file, sql): (&str, &str),
        expected: Expected<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<()> {
        let (mut transaction, mut catalogs) = self.session.transaction()?;
        match replay::run_in(&mut transaction, Script::new(file, sql, false)) {
            Err(error) => failed(rehearsal, &error),
            Ok(()) => {
                let restored = catalogs.read(&mut transaction)?;
                if judge(&mut transaction, &restored, expected, rehearsal)? {
                    let again = replay::run_in(&mut transaction, Script::of(migration));
                    judge_again(again, || catalogs.read(&mut transaction), expected.after, rehearsal)?;
                }
            }
        }
        transaction.rollback().context("cannot undo the rehearsal")
    }

    /// What refuses transactions stays done: where it went wrong the stage is set up anew.
    fn there_and_back(
        &mut self,
        index: usize,
        file: &str,
        sql: &str,
        no_transaction: bool,
        expected: Expected<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<()> {
        match replay::run_script(&mut self.session.client, Script::new(file, sql, no_transaction)) {
            Err(error) => failed(rehearsal, &error),
            Ok(()) => {
                let restored = self.session.read()?;
                if judge(&mut self.session.client, &restored, expected, rehearsal)? {
                    let again = replay::run(&mut self.session.client, &self.migrations[index]);
                    judge_again(again, || self.session.read(), expected.after, rehearsal)?;
                }
            }
        }
        if !rehearsal.passed() {
            *self = Self::new(self.environment, self.migrations, index + 1)?;
        }
        Ok(())
    }
}

fn failed(rehearsal: &mut Rehearsal, error: &anyhow::Error) {
    rehearsal.verdict = Verdict::Unknown("the way back failed".into());
    rehearsal.error = Some(format!("{error:#}"));
}

/// Judges what the way back left; whether it is worth going forward again.
fn judge(
    client: &mut impl GenericClient,
    restored: &Schema,
    expected: Expected<'_>,
    rehearsal: &mut Rehearsal,
) -> Result<bool> {
    rehearsal.verdict = compare(expected.before, restored);
    rehearsal.lost_rows = expected.rows.missing_in(&Rows::read(client, restored)?);
    Ok(!matches!(rehearsal.verdict, Verdict::NotRestored(_)))
}

/// Judges what came of going forward again.
fn judge_again(
    again: Result<()>,
    read: impl FnOnce() -> Result<Schema>,
    expected: &Schema,
    rehearsal: &mut Rehearsal,
) -> Result<()> {
    if let Err(error) = again {
        rehearsal.error = Some(format!("cannot be applied again: {error:#}"));
    } else if let Verdict::NotRestored(difference) = compare(expected, &read()?) {
        rehearsal.error = Some(format!("makes another schema when it is applied again:\n{difference}"));
    }
    Ok(())
}

fn compare(expected: &Schema, actual: &Schema) -> Verdict {
    let difference = diff(expected, actual);
    match difference.likeness() {
        Likeness::Exact => Verdict::Exact,
        Likeness::PhysicalOrderOnly => Verdict::PhysicalOrderOnly,
        Likeness::Different => Verdict::NotRestored(difference.to_string()),
    }
}

fn empty(client: &mut Client, schema: &Schema) -> Result<()> {
    let tables: Vec<_> =
        schema.tables.iter().filter(|(_, table)| table.foreign.is_none()).map(|(name, _)| quoted(name)).collect();
    if tables.is_empty() {
        return Ok(());
    }
    client
        .batch_execute(&format!("TRUNCATE {} CASCADE", tables.join(", ")))
        .context("cannot empty the scratch database")
}

/// Every row of every table, as JSON without the options of columns.
struct Rows(BTreeMap<ObjectName, Vec<String>>);

impl Rows {
    fn read(client: &mut impl GenericClient, schema: &Schema) -> Result<Self> {
        let tables: Vec<&ObjectName> =
            schema.tables.iter().filter(|(_, table)| table.foreign.is_none()).map(|(name, _)| name).collect();
        let mut all: BTreeMap<ObjectName, Vec<String>> =
            tables.iter().map(|name| ((*name).clone(), Vec::new())).collect();
        for some in tables.chunks(TABLES_AT_ONCE) {
            let select = |(number, name): (usize, &&ObjectName)| {
                format!("SELECT {number}, to_jsonb(r)::text FROM {} AS r", quoted(name))
            };
            let query = some.iter().enumerate().map(select).collect::<Vec<_>>().join(" UNION ALL ");
            for row in client.query(&query, &[]).context("cannot read the rows of the scratch database")? {
                let (number, text): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
                let name = usize::try_from(number).ok().and_then(|number| some.get(number));
                if let Some(rows) = name.and_then(|name| all.get_mut(*name)) {
                    rows.push(text);
                }
            }
        }
        Ok(Self(all))
    }

    /// The tables that have lost or changed rows since, with how many.
    fn missing_in(&self, later: &Self) -> Vec<(String, usize)> {
        let missing = self.0.iter().map(|(name, rows)| {
            let left = later.0.get(name).map(Vec::as_slice).unwrap_or_default();
            (name.to_string(), rows.iter().filter(|row| !left.contains(row)).count())
        });
        missing.filter(|(_, count)| *count > 0).collect()
    }
}
