//! Proves on a scratch database that migrations can be undone: each is applied, undone, and applied again, with rows in
//! every table, and the schema and the rows are compared each time.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::Client;

use super::loss::quoted;
use crate::migrations::prediction::Laboratory;
use crate::migrations::seed::{self, Seeded};
use crate::migrations::{Down, Migration, replay};
use crate::report::{Rehearsal, Verdict};
use crate::schema::diff::{Likeness, diff};
use crate::schema::model::{ObjectName, Schema};

/// Rehearses the last `last` of `migrations`, or all; `each` is told of every verdict.
///
/// # Errors
/// When there is no scratch database, or a migration does not run on an empty one.
pub fn rehearse(
    laboratory: &Laboratory<'_>,
    migrations: &[Migration],
    last: Option<usize>,
    each: &mut dyn FnMut(&Rehearsal) -> Result<()>,
) -> Result<()> {
    let first = migrations.len().saturating_sub(last.unwrap_or(migrations.len()));
    let scratch = laboratory.scratch()?;
    let mut client = scratch.connect()?;
    for (index, migration) in migrations.iter().enumerate() {
        if index < first {
            replay::run(&mut client, migration)?;
        } else {
            let rehearsal = one(laboratory, &mut client, migration, index)?;
            each(&rehearsal)?;
        }
    }
    Ok(())
}

fn one(laboratory: &Laboratory<'_>, client: &mut Client, migration: &Migration, index: usize) -> Result<Rehearsal> {
    let before = laboratory.read(client)?;
    let seeded = seed::fill(client, &before, index * 2)?;
    let mut rehearsal = Rehearsal {
        name: migration.to_string(),
        verdict: Verdict::Exact,
        irreversible: None,
        lost_rows: Vec::new(),
        empty_tables: seeded.empty,
        error: None,
    };
    let rows = Rows::read(client, &before)?;
    if let Err(error) = replay::run(client, migration) {
        // With rows it fails, without it may not: the rest goes on without them.
        empty(client, &before)?;
        rehearsal.error = Some(format!("fails on tables with generated rows: {error:#}"));
        replay::run(client, migration)?;
    }
    match &migration.down {
        Down::Irreversible { reason, .. } => rehearsal.irreversible = Some(reason.clone()),
        Down::Sql { file, sql, no_transaction } => {
            let after = laboratory.read(client)?;
            let Seeded { .. } = seed::fill(client, &after, index * 2 + 1)?;
            let undone = replay::run_script(client, file, sql, *no_transaction);
            judge(laboratory, client, migration, (&before, &after), &rows, undone, &mut rehearsal)?;
        }
    }
    Ok(rehearsal)
}

/// Judges the way back, and goes forward again.
fn judge(
    laboratory: &Laboratory<'_>,
    client: &mut Client,
    migration: &Migration,
    (before, after): (&Schema, &Schema),
    rows: &Rows,
    undone: Result<()>,
    rehearsal: &mut Rehearsal,
) -> Result<()> {
    if let Err(error) = undone {
        rehearsal.verdict = Verdict::Unknown("the way back failed".into());
        rehearsal.error = Some(format!("{error:#}"));
        return Ok(());
    }
    let restored = laboratory.read(client)?;
    rehearsal.verdict = compare(before, &restored);
    if matches!(rehearsal.verdict, Verdict::NotRestored(_)) {
        rehearsal.lost_rows = rows.missing_in(&Rows::read(client, &restored)?);
        // What the way back left out may stand in the way of going forward again.
        let again = replay::run(client, migration);
        rehearsal.error = again.err().map(|error| format!("cannot be applied again: {error:#}"));
        return Ok(());
    }
    rehearsal.lost_rows = rows.missing_in(&Rows::read(client, &restored)?);
    if let Err(error) = replay::run(client, migration) {
        rehearsal.error = Some(format!("cannot be applied again: {error:#}"));
        empty(client, &restored)?;
        replay::run(client, migration)?;
    } else if let Verdict::NotRestored(difference) = compare(after, &laboratory.read(client)?) {
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

/// Every row of every table, as JSON without the order of columns.
struct Rows(BTreeMap<ObjectName, Vec<String>>);

impl Rows {
    fn read(client: &mut Client, schema: &Schema) -> Result<Self> {
        let mut all = BTreeMap::new();
        for (name, _) in schema.tables.iter().filter(|(_, table)| table.foreign.is_none()) {
            let query = format!("SELECT to_jsonb(r)::text FROM {} AS r ORDER BY 1", quoted(name));
            let rows = client.query(&query, &[]).with_context(|| format!("cannot read the rows of `{name}`"))?;
            all.insert(name.clone(), rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<_>, _>>()?);
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
