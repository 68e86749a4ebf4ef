//! Proves on a scratch database that migrations can be undone: each is applied, undone, and applied again, with rows in
//! every table, and the schema and the rows are compared each time.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use postgres::{Client, GenericClient};

use super::far_servers::{self, KeptAway};
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::migrations::script::{Script, Unobserved};
use crate::migrations::seed::{Seeder, TABLES_AT_ONCE};
use crate::migrations::sql::quoted;
use crate::migrations::{Down, Migration, replay};
use crate::report::{Rehearsal, Verdict};
use crate::schema::diff::{Likeness, diff};
use crate::schema::model::{ObjectName, Schema};

/// From so many migrations on the later ones are rehearsed beside the earlier ones: below, a second cluster costs more time
/// than it saves.
const SHARED_FROM: usize = 60;

/// The part of the migrations that are the earlier ones. The more tables there are the longer each rehearsal takes, so that
/// half of the work is done after this part: the square root of one half.
const EARLIER: f64 = 0.707;

/// Rehearses the last `last` of `migrations`, or all; `each` is told of every verdict, in the order of the migrations.
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
    let (earlier, later) = shares(first..migrations.len(), environment.shadow_url.is_some());
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let beside = scope.spawn(move || {
            // Nobody who listens any more: the earlier ones have failed.
            rehearse_share(environment, migrations, later, &mut |one| Ok(sender.send(one.clone())?))
        });
        rehearse_share(environment, migrations, earlier, each)?;
        receiver.iter().try_for_each(|one| each(&one))?;
        beside.join().unwrap_or_else(|_| bail!("the rehearsal of the later migrations did not end"))
    })
}

/// The migrations that are rehearsed first, and those beside them. On a server that others share there is one scratch
/// database: roles that migrations make would be in each other's way.
fn shares(all: Range<usize>, is_shared_server: bool) -> (Range<usize>, Range<usize>) {
    let count = (all.len() as f64 * EARLIER) as usize;
    let middle = if is_shared_server || all.len() < SHARED_FROM { all.end } else { all.start + count };
    (all.start..middle, middle..all.end)
}

fn rehearse_share(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
    share: Range<usize>,
    each: &mut dyn FnMut(&Rehearsal) -> Result<()>,
) -> Result<()> {
    if share.is_empty() {
        return Ok(());
    }
    let mut stage = Stage::new(environment, migrations, share.start)?;
    share.into_iter().try_for_each(|index| each(&stage.one(index)?))
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
        let mut rows = Rows::read(&mut self.session.client, &self.schema)?;
        if let Err(error) = self.session.replay([migration]) {
            // With rows it fails, without it may not: the rest goes on without them.
            empty(&mut self.session.client, &self.schema)?;
            rows = Rows::read(&mut self.session.client, &self.schema)?;
            rehearsal.error = Some(format!("fails on tables with generated rows: {error:#}"));
            self.session.replay([migration])?;
        }
        let after = self.session.read()?;
        let before = std::mem::replace(&mut self.schema, after.clone());
        let expected = Expected { before: &before, after: &after, rows: &rows };
        match &migration.down {
            Down::Irreversible { reason, .. } => rehearsal.irreversible = Some(reason.clone()),
            Down::Sql { file, sql, no_transaction } => {
                if let Some(reason) = far_servers::reason(sql, &after) {
                    rehearsal.verdict = not_tried(&reason);
                    return Ok(rehearsal);
                }
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
        let mut observer = KeptAway::new(&mut self.session.client, expected.after)?;
        let (mut transaction, mut catalogs, privileges) = self.session.transaction()?;
        match replay::run_in(&mut transaction, privileges, Script::new(file, sql, false), &mut observer) {
            Err(error) => failed(rehearsal, &error),
            Ok(()) => {
                let restored = catalogs.read(&mut transaction)?;
                if judge(&mut transaction, &restored, expected, rehearsal)? {
                    let again = replay::run_in(&mut transaction, privileges, Script::of(migration), &mut Unobserved);
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
        let mut observer = KeptAway::new(&mut self.session.client, expected.after)?;
        match self.session.run_observed(Script::new(file, sql, no_transaction), &mut observer) {
            Err(error) => failed(rehearsal, &error),
            Ok(()) => {
                let restored = self.session.read()?;
                if judge(&mut self.session.client, &restored, expected, rehearsal)? {
                    let again = self.session.replay([&self.migrations[index]]);
                    judge_again(again, || self.session.read(), expected.after, rehearsal)?;
                }
            }
        }
        if !rehearsal.passed() || matches!(rehearsal.verdict, Verdict::Unknown(_)) {
            *self = Self::new(self.environment, self.migrations, index + 1)?;
        }
        Ok(())
    }
}

fn not_tried(reason: &str) -> Verdict {
    Verdict::Unknown(format!("its way back was not tried: {reason}"))
}

fn failed(rehearsal: &mut Rehearsal, error: &anyhow::Error) {
    if far_servers::stopped(error) {
        rehearsal.verdict = not_tried("it uses a foreign table, whose rows lie elsewhere");
        return;
    }
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
    // A table that only grows refuses to be emptied by a trigger; the scratch database is ours.
    let truncate = format!("TRUNCATE {} CASCADE", tables.join(", "));
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    let without_triggers = format!("SET LOCAL session_replication_role = replica; {truncate}");
    if transaction.batch_execute(&without_triggers).is_ok() {
        return transaction.commit().context("cannot empty the scratch database");
    }
    transaction.rollback().context("cannot undo a transaction")?;
    client.batch_execute(&truncate).context("cannot empty the scratch database")
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

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn the_later_ones_are_fewer_since_each_takes_longer() {
        assert_eq!(shares(0..400, false), (0..282, 282..400));
        assert_eq!(shares(100..200, false), (100..170, 170..200));
        assert_eq!(shares(0..10, false), (0..10, 10..10));
        assert_eq!(shares(0..400, true), (0..400, 400..400));
    }
}
