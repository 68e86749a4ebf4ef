//! Observes the effects of each statement of a migration on other users of the database. These are
//! its locks, and the tables that it rewrites or reads whole. PostgreSQL decides them statement by
//! statement, by rules that change with its versions. So the effects are not guessed from the SQL.
//! They are seen on the scratch database, where nobody has to wait.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use postgres::{Client, GenericClient, Transaction};

use super::scratch_environment::{ScratchEnvironment, ScratchSession};
use super::script::{StatementObserver, Step, TransactionMode};
use super::sql::Statement;
use super::{Migration, replay, sql};
use crate::report::{LockMode, PlannedMigration, PlannedStatement, StatementEffects, TableLock};
use crate::source::LineIndex;

/// Runs `applied` and then `planned` on a scratch database. Returns the effects of `planned`.
///
/// # Errors
/// When there is no scratch database, or a migration does not run there.
pub fn observe(
    environment: &ScratchEnvironment<'_>,
    applied: &[&Migration],
    planned: &[&Migration],
) -> Result<Vec<PlannedMigration>> {
    let mut session = environment.open()?;
    session.replay(applied.iter().copied())?;
    let what = "seeing the locks of migrations on a scratch database";
    let work = environment.progress.begin_counted(what, planned.len());
    planned
        .iter()
        .map(|migration| {
            work.next(&migration.to_string());
            one(&mut session, migration)
        })
        .collect()
}

fn one(session: &mut ScratchSession, migration: &Migration) -> Result<PlannedMigration> {
    let before = ObservedRelations::read(&mut session.client)?;
    let mut observer = EffectsObserver::new(&before, TransactionMode::of(migration.no_transaction));
    replay::observed(session.parts(), migration, &mut observer)?;
    Ok(planned(
        migration,
        &sql::statements(&migration.sql),
        observer.effects,
    ))
}

/// Returns the plan of a migration as far as it is known without a scratch database.
#[must_use]
pub fn unseen(migration: &Migration) -> PlannedMigration {
    let statements = sql::statements(&migration.sql);
    let nothing =
        StatementEffects::NotObserved("there is no scratch database to see its locks on".into());
    let effects = vec![nothing; statements.len()];
    planned(migration, &statements, effects)
}

/// The tables that statements write anew or read whole.
#[must_use]
pub fn heavy(migrations: &[PlannedMigration]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let statements = migrations.iter().flat_map(|one| &one.statements);
    for statement in statements {
        if let StatementEffects::Observed {
            rewritten, scanned, ..
        } = &statement.effects
        {
            names.extend(rewritten.iter().chain(scanned).cloned());
        }
    }
    names.into_iter().collect()
}

fn planned(
    migration: &Migration,
    statements: &[Statement<'_>],
    effects: Vec<StatementEffects>,
) -> PlannedMigration {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    let statements = statements
        .iter()
        .zip(effects)
        .map(|(statement, effects)| PlannedStatement {
            line: lines.location(statement.span).line,
            sql: statement.text().to_owned(),
            effects,
        });
    PlannedMigration {
        name: migration.to_string(),
        file: migration.file.clone(),
        in_transaction: !migration.no_transaction,
        statements: statements.collect(),
    }
}

/// Returns the manual's statement about a command whose locks cannot be seen.
fn known_of(command: &str) -> String {
    match command.contains("CONCURRENTLY") {
        true => format!(
            "`{command}` lets reads and writes go on, and waits itself for older transactions"
        ),
        false => {
            format!("`{command}` runs outside of a transaction, where its locks cannot be seen")
        }
    }
}

/// The relations of the database.
#[derive(Debug, Clone, Default)]
struct ObservedRelations(BTreeMap<u32, ObservedRelation>);

#[derive(Debug, Clone)]
struct ObservedRelation {
    /// `users`, `audit.log`
    name: String,
    /// `pg_class.relkind`
    kind: String,
    /// The file of its data, which is replaced when the data is written anew.
    file: u32,
    /// The table of an index.
    table: Option<u32>,
    /// How often it was read whole so far, by PostgreSQL's counter for the transaction.
    scans: i64,
}

/// Composite types (`c`) hold no rows. The counter of whole reads exists for tables and
/// materialized views only.
const RELATIONS: &str = "
    SELECT c.oid, c.relkind::text AS kind, c.relfilenode AS file, i.indrelid AS table_oid,
           CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name,
           CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_stat_get_xact_numscans(c.oid) ELSE 0 END AS scans
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind <> 'c'
    ORDER BY c.oid";

impl ObservedRelations {
    fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client
            .query(RELATIONS, &[])
            .context("cannot read the relations of the scratch database")?;
        let relation = |row: &postgres::Row| -> Result<(u32, ObservedRelation)> {
            let relation = ObservedRelation {
                name: row.try_get("name")?,
                kind: row.try_get("kind")?,
                file: row.try_get("file")?,
                table: row.try_get("table_oid")?,
                scans: row.try_get("scans")?,
            };
            Ok((row.try_get("oid")?, relation))
        };
        Ok(Self(rows.iter().map(relation).collect::<Result<_>>()?))
    }
}

const LOCKS: &str = "
    SELECT relation, mode FROM pg_catalog.pg_locks
    WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND granted
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

/// Compares the relations and locks after each statement with those before it.
struct EffectsObserver<'a> {
    /// The relations before the migration: only those can be in use by others.
    before: &'a ObservedRelations,
    mode: TransactionMode,
    /// The relations after the last statement of the transaction.
    last: ObservedRelations,
    /// The locks that the transaction holds.
    held: BTreeSet<(u32, LockMode)>,
    effects: Vec<StatementEffects>,
}

impl StatementObserver for EffectsObserver<'_> {
    fn before(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        // Locks and counters belong to a transaction: a new one begins without any.
        if step.number == 1 || self.mode == TransactionMode::PerStatement {
            self.last = ObservedRelations::read(transaction)?;
            self.held.clear();
        }
        Ok(())
    }

    fn after(&mut self, transaction: &mut Transaction<'_>, step: &Step<'_>) -> Result<()> {
        let effects = self.effects_of(transaction, step.statement)?;
        self.effects.push(effects);
        Ok(())
    }

    fn after_alone(&mut self, _client: &mut Client, _step: &Step<'_>, command: &str) -> Result<()> {
        self.effects
            .push(StatementEffects::NotObserved(known_of(command)));
        Ok(())
    }
}

impl<'a> EffectsObserver<'a> {
    fn new(before: &'a ObservedRelations, mode: TransactionMode) -> Self {
        Self {
            before,
            mode,
            last: ObservedRelations::default(),
            held: BTreeSet::new(),
            effects: Vec::new(),
        }
    }

    fn effects_of(
        &mut self,
        client: &mut impl GenericClient,
        statement: &Statement<'_>,
    ) -> Result<StatementEffects> {
        let now = ObservedRelations::read(client)?;
        let locks = self.new_locks(client)?;
        let mut rewritten = Vec::new();
        let mut scanned = Vec::new();
        for (oid, relation) in now
            .0
            .iter()
            .filter(|(oid, _)| self.before.0.contains_key(oid))
        {
            let Some(was) = self.last.0.get(oid) else {
                continue;
            };
            // The indexes of a rewritten table are rewritten with it: the table says it all.
            if self.is_rewritten(oid, &now)
                && !relation
                    .table
                    .is_some_and(|table| self.is_rewritten(&table, &now))
            {
                rewritten.push(relation.name.clone());
            }
            // How a query finds its rows depends on their number, and the scratch database has
            // none.
            if relation.scans > was.scans && !is_query(statement) {
                scanned.push(relation.name.clone());
            }
        }
        self.last = now;
        Ok(StatementEffects::Observed {
            locks,
            rewritten,
            scanned,
        })
    }

    fn is_rewritten(&self, oid: &u32, now: &ObservedRelations) -> bool {
        let files = self.last.0.get(oid).zip(now.0.get(oid));
        files.is_some_and(|(was, is)| {
            was.file != is.file && matches!(is.kind.as_str(), "r" | "m" | "i")
        })
    }

    /// The strongest lock on each relation that was there before, where it is stronger than the
    /// locks that the transaction held on it.
    fn new_locks(&mut self, client: &mut impl GenericClient) -> Result<Vec<TableLock>> {
        let rows = client
            .query(LOCKS, &[])
            .context("cannot read the locks on the scratch database")?;
        let mut strongest: BTreeMap<u32, LockMode> = BTreeMap::new();
        for row in &rows {
            let oid: u32 = row.try_get("relation")?;
            let Some(mode) = LockMode::from_catalog(row.try_get("mode")?) else {
                continue;
            };
            let is_stronger = self
                .held
                .iter()
                .all(|(held, other)| *held != oid || *other < mode);
            if self.before.0.contains_key(&oid) && is_stronger {
                let entry = strongest.entry(oid).or_insert(mode);
                *entry = mode.max(*entry);
            }
        }
        self.held
            .extend(strongest.iter().map(|(oid, mode)| (*oid, *mode)));
        let name = |oid: &u32| {
            self.before
                .0
                .get(oid)
                .map(|relation| relation.name.clone())
                .unwrap_or_default()
        };
        let mut locks: Vec<_> = strongest
            .iter()
            .map(|(oid, mode)| TableLock {
                object: name(oid),
                mode: *mode,
            })
            .collect();
        locks.sort_by(|a, b| b.mode.cmp(&a.mode).then_with(|| a.object.cmp(&b.object)));
        Ok(locks)
    }
}

/// Whether the planner decides how the statement reads its tables.
fn is_query(statement: &Statement<'_>) -> bool {
    let cursor = statement.cursor();
    [
        "select", "insert", "update", "delete", "merge", "with", "do", "call", "copy",
    ]
    .iter()
    .any(|word| cursor.at(word))
}
