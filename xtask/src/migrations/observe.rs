//! What each statement of a migration does to those who use the database meanwhile: the locks that it takes, the tables
//! that it writes anew or reads whole. PostgreSQL decides that statement by statement, and by rules that change with its
//! versions, so it is not guessed from the SQL but seen on the scratch database, where nobody has to wait.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient};

use super::prediction::ScratchEnvironment;
use super::sql::Statement;
use super::{Migration, preflight, replay, sql};
use crate::postgres::error::ServerError;
use crate::report::{Effects, LockMode, PlannedMigration, PlannedStatement, TableLock};
use crate::source::LineIndex;

/// Runs `applied` and then `planned` on a scratch database, and tells what it sees of `planned`.
///
/// # Errors
/// When there is no scratch database, or a migration does not run there.
pub fn observe(
    environment: &ScratchEnvironment<'_>,
    applied: &[&Migration],
    planned: &[&Migration],
) -> Result<Vec<PlannedMigration>> {
    let scratch = environment.scratch()?;
    let mut client = scratch.connect()?;
    applied.iter().try_for_each(|migration| replay::run(&mut client, migration))?;
    planned.iter().map(|migration| one(&mut client, migration)).collect()
}

fn one(client: &mut Client, migration: &Migration) -> Result<PlannedMigration> {
    let statements = sql::statements(&migration.sql);
    let before = Relations::read(client)?;
    let effects = match migration.no_transaction {
        true => statement_by_statement(client, migration, &statements, &before)?,
        false => in_one_transaction(client, migration, &statements, &before)?,
    };
    replay::fresh_session(client)?;
    Ok(planned(migration, &statements, effects))
}

/// What can be told of a migration without a scratch database.
#[must_use]
pub fn unseen(migration: &Migration) -> PlannedMigration {
    let statements = sql::statements(&migration.sql);
    let nothing = Effects::NotObserved("there is no scratch database to see its locks on".into());
    let effects = vec![nothing; statements.len()];
    planned(migration, &statements, effects)
}

fn planned(migration: &Migration, statements: &[Statement<'_>], effects: Vec<Effects>) -> PlannedMigration {
    let lines = LineIndex::new(migration.file.as_str().into(), migration.sql.as_str().into());
    let statements = statements.iter().zip(effects).map(|(statement, effects)| PlannedStatement {
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

fn in_one_transaction(
    client: &mut Client,
    migration: &Migration,
    statements: &[Statement<'_>],
    before: &Relations,
) -> Result<Vec<Effects>> {
    let mut transaction = client.transaction()?;
    let mut observer = Observer::new(&mut transaction, before)?;
    let run = |(number, statement)| {
        replay::run_statement(&mut transaction, migration, statement, number)?;
        observer.effects(&mut transaction, statement)
    };
    let effects = (1..).zip(statements).map(run).collect::<Result<Vec<_>>>()?;
    transaction.commit().map_err(|error| {
        let server = anyhow!(ServerError::from(error));
        server.context(format!("the COMMIT of `{migration}` fails on the scratch database"))
    })?;
    Ok(effects)
}

/// Each in a transaction of its own, where it can be.
fn statement_by_statement(
    client: &mut Client,
    migration: &Migration,
    statements: &[Statement<'_>],
    before: &Relations,
) -> Result<Vec<Effects>> {
    let run = |(number, statement): (usize, &Statement<'_>)| {
        if let Some(command) = preflight::refuses_transaction(statement) {
            replay::run_statement(client, migration, statement, number)?;
            return Ok(Effects::NotObserved(known_of(command)));
        }
        let mut transaction = client.transaction()?;
        let mut observer = Observer::new(&mut transaction, before)?;
        replay::run_statement(&mut transaction, migration, statement, number)?;
        let effects = observer.effects(&mut transaction, statement)?;
        transaction.commit().with_context(|| format!("cannot commit statement {number} of `{migration}`"))?;
        Ok(effects)
    };
    (1..).zip(statements).map(run).collect()
}

/// What the manual says about a command whose locks cannot be seen.
fn known_of(command: &str) -> String {
    match command.contains("CONCURRENTLY") {
        true => format!("`{command}` lets reads and writes go on, and waits itself for older transactions"),
        false => format!("`{command}` runs outside of a transaction, where its locks cannot be seen"),
    }
}

/// The relations of the database.
#[derive(Debug, Clone, Default)]
struct Relations(BTreeMap<u32, Relation>);

#[derive(Debug, Clone)]
struct Relation {
    /// `users`, `audit.log`
    name: String,
    /// `pg_class.relkind`
    kind: String,
    /// The file of its data, which is another one once it was written anew.
    file: u32,
    /// The table of an index.
    table: Option<u32>,
    /// How often it was read whole so far, by PostgreSQL's counter.
    scans: i64,
}

const RELATIONS: &str = "
    SELECT c.oid, c.relkind::text AS kind, c.relfilenode AS file, i.indrelid AS table_oid,
           CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name,
           CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_stat_get_xact_numscans(c.oid) ELSE 0 END AS scans
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind <> 'c'
    ORDER BY c.oid";

impl Relations {
    fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client.query(RELATIONS, &[]).context("cannot read the relations of the scratch database")?;
        let relation = |row: &postgres::Row| -> Result<(u32, Relation)> {
            let relation = Relation {
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

/// Compares what is there after each statement with what was there before it.
struct Observer<'a> {
    /// What was there before the migration: only that can be in use.
    before: &'a Relations,
    last: Relations,
    held: BTreeSet<(u32, LockMode)>,
}

impl<'a> Observer<'a> {
    fn new(client: &mut impl GenericClient, before: &'a Relations) -> Result<Self> {
        Ok(Self { before, last: Relations::read(client)?, held: BTreeSet::new() })
    }

    fn effects(&mut self, client: &mut impl GenericClient, statement: &Statement<'_>) -> Result<Effects> {
        let now = Relations::read(client)?;
        let locks = self.new_locks(client)?;
        let mut rewritten = Vec::new();
        let mut scanned = Vec::new();
        for (oid, relation) in now.0.iter().filter(|(oid, _)| self.before.0.contains_key(oid)) {
            let Some(was) = self.last.0.get(oid) else { continue };
            if self.is_rewritten(oid, &now) && !relation.table.is_some_and(|table| self.is_rewritten(&table, &now)) {
                rewritten.push(relation.name.clone());
            }
            // How a query finds its rows depends on how many there are; on scratch there are none.
            if relation.scans > was.scans && !is_query(statement) {
                scanned.push(relation.name.clone());
            }
        }
        self.last = now;
        Ok(Effects::Observed { locks, rewritten, scanned })
    }

    fn is_rewritten(&self, oid: &u32, now: &Relations) -> bool {
        let files = self.last.0.get(oid).zip(now.0.get(oid));
        files.is_some_and(|(was, is)| was.file != is.file && matches!(is.kind.as_str(), "r" | "m" | "i"))
    }

    /// The strongest lock on each relation that was there before, where it is stronger than what the transaction held.
    fn new_locks(&mut self, client: &mut impl GenericClient) -> Result<Vec<TableLock>> {
        let rows = client.query(LOCKS, &[]).context("cannot read the locks on the scratch database")?;
        let mut strongest: BTreeMap<u32, LockMode> = BTreeMap::new();
        for row in &rows {
            let oid: u32 = row.try_get("relation")?;
            let Some(mode) = LockMode::from_catalog(row.try_get("mode")?) else { continue };
            let is_stronger = self.held.iter().all(|(held, other)| *held != oid || *other < mode);
            if self.before.0.contains_key(&oid) && is_stronger {
                let entry = strongest.entry(oid).or_insert(mode);
                *entry = mode.max(*entry);
            }
        }
        self.held.extend(strongest.iter().map(|(oid, mode)| (*oid, *mode)));
        let name = |oid: &u32| self.before.0.get(oid).map(|relation| relation.name.clone()).unwrap_or_default();
        let mut locks: Vec<_> =
            strongest.iter().map(|(oid, mode)| TableLock { object: name(oid), mode: *mode }).collect();
        locks.sort_by(|a, b| b.mode.cmp(&a.mode).then_with(|| a.object.cmp(&b.object)));
        Ok(locks)
    }
}

/// Whether the planner decides how the statement reads its tables.
fn is_query(statement: &Statement<'_>) -> bool {
    let cursor = statement.cursor();
    ["select", "insert", "update", "delete", "merge", "with", "do", "call", "copy"].iter().any(|word| cursor.at(word))
}
