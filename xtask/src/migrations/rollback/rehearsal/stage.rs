//! The scratch database of a rehearsal. Migrations go forward, back and forward again on it, each
//! committed as on a live database.

use anyhow::{Context as _, Result};
use postgres::GenericClient;

use super::allowances::allowances;
use super::row_texts::RowTexts;
use super::trial::Trial;
use crate::migrations::rollback::far_servers::{self, KeptAway};
use crate::migrations::rollback::privileges::ExpectedPrivileges;
use crate::migrations::rollback::scratch_history::ScratchHistory;
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::migrations::script::Script;
use crate::migrations::seed::{self, Seeder, added_columns};
use crate::migrations::{Down, Migration, comparison, replay, script};
use crate::postgres::error::whole;
use crate::report::{Rehearsal, RollbackVerdict};
use crate::schema::diff::{Change, Likeness, SchemaDiff, diff};
use crate::schema::model::{ObjectName, Schema};

/// The error of a stage whose scratch database could not be replaced.
const GONE: &str = "the scratch database is gone";

/// The scratch database. When a migration begins, it has the schema of all earlier ones.
pub(super) struct Stage<'a> {
    environment: &'a ScratchEnvironment<'a>,
    migrations: &'a [Migration],
    /// `None` only while it is replaced.
    scratch: Option<RehearsalScratch>,
    schema: Schema,
    seeder: Seeder,
    /// The tables that were filled last.
    filled: Vec<ObjectName>,
}

/// A scratch database with its history.
struct RehearsalScratch {
    session: ScratchSession,
    history: ScratchHistory,
}

/// The schemas and rows with which a way back is compared.
#[derive(Clone, Copy)]
struct ExpectedState<'e> {
    before: &'e Schema,
    after: &'e Schema,
    rows: &'e RowTexts,
    /// Objects that triggers made for made-up rows after the migration: neither direction is to
    /// blame for them.
    made_by_rows: &'e [Change],
}

impl ExpectedState<'_> {
    /// The differences of `actual` from `expected` for which a migration or its way back is to
    /// blame.
    fn difference(&self, expected: &Schema, actual: &Schema) -> SchemaDiff {
        let mut difference = diff(expected, actual);
        difference
            .changes
            .retain(|change| !self.made_by_rows.contains(change));
        difference
    }
}

impl<'a> Stage<'a> {
    /// A stage with the first `count` of `migrations`.
    pub(super) fn new(
        environment: &'a ScratchEnvironment<'a>,
        migrations: &'a [Migration],
        count: usize,
    ) -> Result<Self> {
        let (scratch, seeder) = (None, Seeder::default());
        let mut stage = Self {
            environment,
            migrations,
            scratch,
            schema: Schema::default(),
            seeder,
            filled: Vec::new(),
        };
        stage.renew(count)?;
        Ok(stage)
    }

    /// Replaces the scratch database by one with the first `count` migrations and none of the
    /// present made-up rows. The old one goes first: on a server that others share its roles would
    /// be in the way.
    fn renew(&mut self, count: usize) -> Result<()> {
        self.scratch = None;
        let mut session = self.environment.open()?;
        let history = ScratchHistory::new(&mut session, &self.environment.config.history_table)?;
        for migration in self.migrations.iter().take(count) {
            history.apply(&mut session, migration)?;
        }
        self.schema = session.read()?;
        self.seeder = Seeder::default();
        self.scratch = Some(RehearsalScratch { session, history });
        Ok(())
    }

    fn scratch(&mut self) -> Result<&mut RehearsalScratch> {
        self.scratch.as_mut().context(GONE)
    }

    fn session(&mut self) -> Result<&mut ScratchSession> {
        Ok(&mut self.scratch()?.session)
    }

    /// Rehearses the migration at `index`, which is the next.
    pub(super) fn rehearse(&mut self, index: usize) -> Result<Rehearsal> {
        let migrations = self.migrations;
        let migration = &migrations[index];
        let mut rehearsal = Rehearsal::new(migration.to_string());
        // Two runs of made-up rows for each migration, before and after it, with different numbers.
        rehearsal.empty_tables = self.fill(index * 2)?;
        let rows = self.forward(index, &mut rehearsal)?;
        let after = self.session()?.read()?;
        let before = std::mem::replace(&mut self.schema, after.clone());
        let script = self.back_and_forward(index, (&before, &after, &rows), &mut rehearsal)?;
        let run = index * 2 + 1;
        let schema = &self.schema;
        let session = &mut self.scratch.as_mut().context(GONE)?.session;
        // After the ways back and forward: ways back that copy the new column over an old one would
        // seem to lose rows.
        let filled = added_columns::fill(&mut session.client, &before, schema, run)?;
        // Only after the way back worked without such rows: a failure is then caused by them.
        if let Some(script) = script.filter(|_| rehearsal.passed()) {
            let allowances = allowances(&before, &after);
            let trial = Trial {
                script,
                after: schema,
                allowances: &allowances,
                filled: &filled,
                // Made-up rows of a run have the last digits 1 to 3: 7 and the numbers after it are
                // free.
                number: run * 10 + 7,
            };
            rehearsal.warnings.extend(trial.warnings(session)?);
        }
        Ok(rehearsal)
    }

    /// Fills the empty tables, and reads the schema again where triggers may have changed it.
    /// Returns the tables that stay empty.
    fn fill(&mut self, run: usize) -> Result<Vec<(String, String)>> {
        let session = &mut self.scratch.as_mut().context(GONE)?.session;
        let seeded = self.seeder.fill(&mut session.client, &self.schema, run)?;
        // Only a trigger can have changed the schema: otherwise it need not be read again.
        if seeded.has_fired_triggers {
            self.schema = session.read()?;
        }
        self.filled = seeded.filled;
        Ok(seeded.empty)
    }

    fn rows(&mut self) -> Result<RowTexts> {
        let session = &mut self.scratch.as_mut().context(GONE)?.session;
        RowTexts::read(&mut session.client, &self.schema)
    }

    /// Applies a migration over made-up rows, or without those that make it fail. Returns the rows
    /// that were there before.
    fn forward(&mut self, index: usize, rehearsal: &mut Rehearsal) -> Result<RowTexts> {
        let migrations = self.migrations;
        let migration = &migrations[index];
        let rows = self.rows()?;
        let Err(error) = self.apply(migration) else {
            return Ok(rows);
        };
        let note = format!(
            "it cannot be applied over made-up rows, so that its way back was tried without those from before it: {}",
            whole(&error)
        );
        // A migration without transaction that failed is applied in part, so that only a new stage
        // will do.
        if !migration.no_transaction && self.empty() {
            let rows = self.rows()?;
            if self.apply(migration).is_ok() {
                rehearsal.notes.push(note);
                return Ok(rows);
            }
        }
        self.renew(index)?;
        let rows = self.rows()?;
        self.apply(migration)?;
        rehearsal.notes.push(note);
        Ok(rows)
    }

    fn apply(&mut self, migration: &Migration) -> Result<()> {
        let RehearsalScratch { session, history } = self.scratch()?;
        history.apply(session, migration)
    }

    /// Removes the made-up rows. Returns whether that was possible.
    fn empty(&mut self) -> bool {
        emptied(&mut self.scratch, &mut self.seeder, &self.schema)
    }

    /// Removes them after a way back to the schema `before`, which lacks the tables of the
    /// migration.
    fn empty_before(&mut self, before: &Schema) -> bool {
        emptied(&mut self.scratch, &mut self.seeder, before)
    }

    /// Goes back and forward again, from the schema `after`, which came from `before`. Returns the
    /// way back, where it restored the schema and can be tried once more.
    fn back_and_forward(
        &mut self,
        index: usize,
        (before, after, rows): (&Schema, &Schema, &RowTexts),
        rehearsal: &mut Rehearsal,
    ) -> Result<Option<Script<'a>>> {
        let migrations: &'a [Migration] = self.migrations;
        let migration = &migrations[index];
        let (file, sql, no_transaction) = match &migration.down {
            Down::Irreversible { reason, .. } => {
                rehearsal.irreversible = Some(reason.clone());
                return Ok(None);
            }
            Down::Sql {
                file,
                sql,
                no_transaction,
            } => (file, sql, *no_transaction),
        };
        if let Some(reason) = far_servers::reason(sql, after) {
            rehearsal.verdict = not_tried(&reason);
            return Ok(None);
        }
        self.fill(index * 2 + 1)?;
        let made_by_rows = diff(after, &self.schema).changes;
        let expected = ExpectedState {
            before,
            after,
            rows,
            made_by_rows: &made_by_rows,
        };
        let script = Script::new(file, sql, no_transaction);
        let is_back = match no_transaction {
            true => self.back_in_steps(migration, script, expected, rehearsal)?,
            false => {
                self.back(migration, script, expected, rehearsal)?
                    || self.back_without_rows(migration, script, expected, rehearsal)?
                    || self.back_within_bounds(migration, script, expected, rehearsal)?
            }
        };
        match (is_back, no_transaction) {
            (true, _) => self.forward_again(index, expected, rehearsal)?,
            // A way back without transaction that failed is done in part; one in a transaction was
            // undone.
            (false, true) => self.renew(index + 1)?,
            (false, false) => {}
        }
        Ok((is_back && !no_transaction).then_some(script))
    }

    /// Undoes a migration in one transaction, which is committed where it restores the schema.
    fn back(
        &mut self,
        migration: &Migration,
        script: Script<'_>,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<bool> {
        let RehearsalScratch { session, history } = self.scratch()?;
        let mut observer = KeptAway::new(&mut session.client, expected.after)?;
        let (mut transaction, mut catalogs, privileges) = session.transaction()?;
        let ran = replay::run_in(&mut transaction, privileges, script, &mut observer)
            .and_then(|()| history.forget(&mut transaction, migration.version));
        if let Err(error) = ran {
            failed(rehearsal, &error);
            return Ok(false);
        }
        let restored = catalogs.read(&mut transaction)?;
        if !judge(&mut transaction, &restored, expected, rehearsal)? {
            return Ok(false);
        }
        let committed = script::commit(transaction, script.file);
        if let Err(error) = &committed {
            failed(rehearsal, error);
        }
        Ok(committed.is_ok())
    }

    /// Undoes a migration once more. Only a way back that now works counts.
    fn back_again(
        &mut self,
        migration: &Migration,
        script: Script<'_>,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<bool> {
        let mut again = Rehearsal::new(rehearsal.name.clone());
        let is_back = self.back(migration, script, expected, &mut again)?;
        if is_back {
            take_over(rehearsal, again);
        }
        Ok(is_back)
    }

    /// Undoes a migration once more without made-up rows, where it failed over them and the
    /// migration itself failed over such rows too. Then the rows are to blame.
    fn back_without_rows(
        &mut self,
        migration: &Migration,
        script: Script<'_>,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<bool> {
        let Some(error) = rehearsal
            .error
            .clone()
            .filter(|_| !rehearsal.notes.is_empty())
        else {
            return Ok(false);
        };
        if !self.empty() {
            return Ok(false);
        }
        let rows = self.rows()?;
        let expected = ExpectedState {
            rows: &rows,
            ..expected
        };
        let is_back = self.back_again(migration, script, expected, rehearsal)?;
        if is_back {
            rehearsal.notes.push(format!(
                "its way back fails over made-up rows too, and works without them: {error}"
            ));
        }
        Ok(is_back)
    }

    /// Undoes a migration once more where a table becomes a partition again, and rows that were made
    /// up for it since are outside of its bounds. Made-up rows know no bounds.
    fn back_within_bounds(
        &mut self,
        migration: &Migration,
        script: Script<'_>,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<bool> {
        let is_of_bounds = |error: &String| error.contains("partition constraint of relation");
        let Some(error) = rehearsal.error.clone().filter(is_of_bounds) else {
            return Ok(false);
        };
        let filled = std::mem::take(&mut self.filled);
        if filled.is_empty() || seed::empty(&mut self.session()?.client, filled.iter()).is_err() {
            return Ok(false);
        }
        let is_back = self.back_again(migration, script, expected, rehearsal)?;
        if is_back {
            rehearsal.warnings.push(format!(
                "the way back fails over rows outside of the bounds: {error}"
            ));
        }
        Ok(is_back)
    }

    /// Undoes a migration statement by statement. The statements that ran stay done, whether they
    /// restore the schema or not.
    fn back_in_steps(
        &mut self,
        migration: &Migration,
        script: Script<'_>,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<bool> {
        let RehearsalScratch { session, history } = self.scratch()?;
        let mut observer = KeptAway::new(&mut session.client, expected.after)?;
        if let Err(error) = session.run_observed(script, &mut observer) {
            failed(rehearsal, &error);
            return Ok(false);
        }
        let (mut transaction, mut catalogs, _) = session.transaction()?;
        if let Err(error) = history.forget(&mut transaction, migration.version) {
            failed(rehearsal, &error);
            return Ok(false);
        }
        let restored = catalogs.read(&mut transaction)?;
        let is_restored = judge(&mut transaction, &restored, expected, rehearsal)?;
        script::commit(transaction, script.file)?;
        Ok(is_restored)
    }

    /// Applies a migration once more after it was undone. Where it does not make the same schema
    /// again, the stage is replaced: the next migration must find the schema that it would find
    /// live.
    fn forward_again(
        &mut self,
        index: usize,
        expected: ExpectedState<'_>,
        rehearsal: &mut Rehearsal,
    ) -> Result<()> {
        let migrations = self.migrations;
        let migration = &migrations[index];
        let mut applied = self.apply(migration);
        // A note tells already that it fails over made-up rows.
        if applied.is_err()
            && !rehearsal.notes.is_empty()
            && !migration.no_transaction
            && self.empty_before(expected.before)
        {
            applied = self.apply(migration);
        }
        if let Err(error) = applied {
            rehearsal.error = Some(format!("cannot be applied again: {}", whole(&error)));
            return self.renew(index + 1);
        }
        let again = self.session()?.read()?;
        let mut difference = expected.difference(expected.after, &again);
        if difference.is_empty() {
            self.schema = again;
            return Ok(());
        }
        if matches!(rehearsal.verdict, RollbackVerdict::PrivilegesDiffer(_)) {
            difference = difference.without_grants();
        }
        if difference.likeness() == Likeness::Different {
            rehearsal.error = Some(format!(
                "makes another schema when it is applied again:\n{difference}"
            ));
        }
        self.renew(index + 1)
    }
}

/// Replaces the outcome of a way back that failed over made-up rows by that of one without them.
fn take_over(rehearsal: &mut Rehearsal, again: Rehearsal) {
    rehearsal.verdict = again.verdict;
    rehearsal.lost_rows = again.lost_rows;
    rehearsal.changed_values = again.changed_values;
    rehearsal.error = again.error;
}

/// Removes the made-up rows from the tables of `schema`. Returns whether that was possible.
fn emptied(scratch: &mut Option<RehearsalScratch>, seeder: &mut Seeder, schema: &Schema) -> bool {
    let Some(scratch) = scratch else { return false };
    seeder.empty(&mut scratch.session.client, schema).is_ok()
}

fn not_tried(reason: &str) -> RollbackVerdict {
    RollbackVerdict::Unknown(format!("its way back was not tried: {reason}"))
}

fn failed(rehearsal: &mut Rehearsal, error: &anyhow::Error) {
    if far_servers::stopped(error) {
        rehearsal.verdict = not_tried("it uses a foreign table, whose rows lie elsewhere");
        return;
    }
    rehearsal.verdict = RollbackVerdict::Unknown("the way back failed".into());
    rehearsal.error = Some(whole(error));
}

/// Judges the result of the way back. Returns whether the schema is restored.
fn judge(
    client: &mut impl GenericClient,
    restored: &Schema,
    expected: ExpectedState<'_>,
    rehearsal: &mut Rehearsal,
) -> Result<bool> {
    rehearsal.verdict = verdict(client, expected, restored)?;
    let now = RowTexts::read(client, restored)?;
    rehearsal.lost_rows = expected.rows.missing_in(&now);
    rehearsal.changed_values = expected.rows.changed_in(&now);
    Ok(!matches!(
        rehearsal.verdict,
        RollbackVerdict::NotRestored(_)
    ))
}

/// Compares as a rollback on a live database does: a definition in another spelling is the same, and
/// privileges and owners have a verdict of their own.
fn verdict(
    client: &mut impl GenericClient,
    expected: ExpectedState<'_>,
    restored: &Schema,
) -> Result<RollbackVerdict> {
    let ExpectedState { before, after, .. } = expected;
    let mut difference = expected.difference(before, restored).without_grants();
    if difference.likeness() == Likeness::Different {
        difference = comparison::without_spellings(client, &difference)?;
    }
    let privileges = ExpectedPrivileges {
        live: after,
        scratch: Some((after, before)),
    }
    .not_restored(restored);
    Ok(match difference.likeness() {
        Likeness::Different => RollbackVerdict::NotRestored(difference.to_string()),
        _ if !privileges.is_empty() => RollbackVerdict::PrivilegesDiffer(privileges.join("\n")),
        Likeness::Exact => RollbackVerdict::Exact,
        Likeness::PhysicalOrderOnly => RollbackVerdict::PhysicalOrderOnly,
    })
}
