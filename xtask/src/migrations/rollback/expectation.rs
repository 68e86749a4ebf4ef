//! The expected result of a rollback, and the data that it would destroy. Both are learnt on a
//! scratch database where the files are there, and otherwise taken from the journal.

use anyhow::{Context as _, Result, anyhow};
use postgres::Transaction;

use super::far_servers::{self, KeptAway};
use super::plan::{Plan, Undo};
use super::rehearsed_changes::RehearsedChanges;
use super::scratch_history::ScratchHistory;
use super::shared_transaction::FailsTogether;
use super::unfinished;
use crate::migrations::journal::JournalEntry;
use crate::migrations::losses::StorageIdentity;
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::migrations::script::{self, Script};
use crate::migrations::state::State;
use crate::migrations::{Migration, deferred_constraints, replay};
use crate::schema::model::Schema;

/// The schema to expect after a migration was undone.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// The schema that a replay of the earlier migrations made.
    Schema(Box<Schema>),
    /// The digest that the journal noted before the migration was applied. A digest only tells
    /// equal from different.
    Digest(String),
    /// Nothing is known, for this reason.
    Unknown(String),
}

/// The expectations of a rollback, before anything runs.
#[derive(Debug)]
pub struct RollbackExpectation {
    /// The schema that the applied migrations should have made; none where they could not be
    /// replayed.
    pub current: Option<Schema>,
    /// One for each migration of the plan.
    pub expected: Vec<Expectation>,
    /// The changes that the SQL made to tables and columns on the scratch database; `None` where
    /// the SQL could not run there.
    pub changes: Option<RehearsedChanges>,
}

impl RollbackExpectation {
    /// Replays what can be replayed.
    ///
    /// # Errors
    /// When a down file fails on the scratch database: it would fail on the live one too.
    pub fn new(
        environment: &ScratchEnvironment<'_>,
        plan: &Plan,
        state: &State<'_>,
        journal: &[JournalEntry],
    ) -> Result<Self> {
        let lowest = plan.lowest().unwrap_or(i64::MAX);
        let files: Vec<Option<&Migration>> = state
            .applied
            .iter()
            .map(|applied| {
                applied
                    .file
                    .filter(|file| file.checksum == applied.row.checksum)
            })
            .collect();
        let before: Option<Vec<&Migration>> = files_below(state, &files, lowest);
        let Some(before) = before else {
            return Ok(Self::from_journal(
                plan,
                journal,
                "files of earlier migrations are gone",
            ));
        };
        let mut scratch = match environment.open() {
            Ok(session) => ScratchDatabase::new(session, &environment.config.history_table),
            Err(error) => return Ok(Self::from_journal(plan, journal, &format!("{error:#}"))),
        };
        let work = scratch.session.replaying(before.len());
        let ran = before.iter().try_for_each(|migration| {
            work.next(&migration.to_string());
            scratch.apply(migration)
        });
        drop(work);
        if let Err(error) = ran {
            return Ok(Self::from_journal(plan, journal, &format!("{error:#}")));
        }
        let undone: Option<Vec<Forward<'_>>> = plan
            .undo
            .iter()
            .rev()
            .zip(&files[before.len()..])
            .map(|(undo, file)| Forward::of(undo, *file))
            .collect();
        match undone {
            Some(undone) => Self::rehearse(&mut scratch, plan, &undone),
            None => Self::lowest_only(&mut scratch.session, plan, journal),
        }
    }

    /// Applies the migrations and undoes them again.
    fn rehearse(
        scratch: &mut ScratchDatabase,
        plan: &Plan,
        undone: &[Forward<'_>],
    ) -> Result<Self> {
        let mut schemas = vec![scratch.session.read()?];
        for forward in undone {
            forward.run(scratch)?;
            schemas.push(scratch.session.read()?);
        }
        let changes = Self::undo(scratch, plan, &schemas)?;
        let current = schemas.pop();
        let expected = schemas
            .into_iter()
            .rev()
            .map(|schema| Expectation::Schema(Box::new(schema)))
            .collect();
        Ok(Self {
            current,
            expected,
            changes,
        })
    }

    /// Undoes the migrations, in the transactions in which they will be undone for real. `schemas`
    /// are those before, between and after them. `None` where undoing them would reach another
    /// server.
    fn undo(
        scratch: &mut ScratchDatabase,
        plan: &Plan,
        schemas: &[Schema],
    ) -> Result<Option<RehearsedChanges>> {
        let mut changes =
            RehearsedChanges::new(StorageIdentity::read(&mut scratch.session.client)?);
        let undone: Vec<(&Undo, &Schema)> = plan.undo.iter().zip(schemas.iter().rev()).collect();
        if undone
            .iter()
            .any(|(undo, schema)| far_servers::reason(&undo.sql, schema).is_some())
        {
            return Ok(None);
        }
        // The same groups as in `sequence::groups`, which runs them for real.
        for group in undone.chunk_by(|(a, _), (b, _)| !a.no_transaction && !b.no_transaction) {
            let ran = match group {
                [(one, schema)] => alone(scratch, one, schema),
                several => together(scratch, several),
            };
            match ran {
                Err(error) if far_servers::stopped(&error) => return Ok(None),
                ran => ran?.into_iter().for_each(|after| changes.push(after)),
            }
        }
        Ok(Some(changes))
    }

    /// Returns the expectation where files of undone migrations are gone, but those of earlier ones
    /// are there: only the schema in the end is known.
    fn lowest_only(
        session: &mut ScratchSession,
        plan: &Plan,
        journal: &[JournalEntry],
    ) -> Result<Self> {
        let mut expectation = Self::from_journal(
            plan,
            journal,
            "its file, or that of one undone with it, is gone",
        );
        let lowest = expectation
            .expected
            .last_mut()
            .ok_or_else(|| anyhow!("there is nothing to undo"))?;
        *lowest = Expectation::Schema(Box::new(session.read()?));
        Ok(expectation)
    }

    fn from_journal(plan: &Plan, journal: &[JournalEntry], why: &str) -> Self {
        let expected = plan
            .undo
            .iter()
            .map(|undo| noted(undo, journal, why))
            .collect();
        Self {
            current: None,
            expected,
            changes: None,
        }
    }
}

/// The scratch database of a rollback.
struct ScratchDatabase {
    session: ScratchSession,
    /// `None` where its namespace does not exist before the migrations, as on a database whose
    /// history came later.
    history: Option<ScratchHistory>,
}

impl ScratchDatabase {
    /// Makes the history where `configured` says: a way back that drops it would fail for real.
    fn new(mut session: ScratchSession, configured: &str) -> Self {
        let history = ScratchHistory::new(&mut session, configured).ok();
        Self { session, history }
    }

    fn apply(&mut self, migration: &Migration) -> Result<()> {
        match &self.history {
            Some(history) => history.apply(&mut self.session, migration),
            None => self.session.replay([migration]),
        }
    }
}

/// Undoes one migration and commits.
fn alone(
    scratch: &mut ScratchDatabase,
    undo: &Undo,
    schema: &Schema,
) -> Result<Vec<StorageIdentity>> {
    if !undo.no_transaction {
        return in_one_transaction(scratch, &[(undo, schema)]);
    }
    let ScratchDatabase { session, history } = scratch;
    let script = Script::new(&undo.file, &undo.sql, undo.no_transaction);
    let mut observer = KeptAway::new(&mut session.client, schema)?;
    session
        .run_observed(script, &mut observer)
        .with_context(|| cannot_undo(undo))?;
    let (mut transaction, ..) = session.transaction()?;
    forget(&mut transaction, history.as_ref(), undo)?;
    script::commit(transaction, &undo.file)?;
    Ok(vec![StorageIdentity::read(&mut session.client)?])
}

/// Undoes several migrations in one transaction, as for real. Where each succeeds in its own
/// transaction, the error says that the shared one is the cause.
fn together(
    scratch: &mut ScratchDatabase,
    several: &[(&Undo, &Schema)],
) -> Result<Vec<StorageIdentity>> {
    let error = match in_one_transaction(scratch, several) {
        Err(error) if !far_servers::stopped(&error) => error,
        done => return done,
    };
    // One at a time, to see whether the shared transaction is the cause.
    for (undo, schema) in several {
        alone(scratch, undo, schema)?;
    }
    Err(error.context(FailsTogether { is_proven: true }))
}

fn in_one_transaction(
    scratch: &mut ScratchDatabase,
    several: &[(&Undo, &Schema)],
) -> Result<Vec<StorageIdentity>> {
    let ScratchDatabase { session, history } = scratch;
    let mut after = Vec::new();
    let mut observers = Vec::new();
    for (_, schema) in several {
        observers.push(KeptAway::new(&mut session.client, schema)?);
    }
    let (mut transaction, _, privileges) = session.transaction()?;
    for ((undo, _), observer) in several.iter().zip(&mut observers) {
        let script = Script::new(&undo.file, &undo.sql, false);
        if !after.is_empty() {
            deferred_constraints::defer_again(&mut transaction)?;
        }
        replay::run_in(&mut transaction, privileges, script, observer)
            .with_context(|| cannot_undo(undo))?;
        forget(&mut transaction, history.as_ref(), undo)?;
        after.push(StorageIdentity::read(&mut transaction)?);
    }
    let last = several
        .last()
        .map(|(undo, _)| undo.file.as_str())
        .unwrap_or_default();
    script::commit(transaction, last)?;
    Ok(after)
}

/// Removes the records of a migration that was undone.
fn forget(
    transaction: &mut Transaction<'_>,
    history: Option<&ScratchHistory>,
    undo: &Undo,
) -> Result<()> {
    let forgotten = match history {
        Some(history) if undo.in_part => history.forget_entry(transaction, undo.row.version),
        Some(history) => history.forget(transaction, undo.row.version),
        None => Ok(()),
    };
    forgotten.with_context(|| cannot_undo(undo))
}

fn cannot_undo(undo: &Undo) -> String {
    format!("cannot undo `{undo}` on the scratch database; nothing was undone")
}

/// The part of a migration that was applied.
enum Forward<'a> {
    Whole(&'a Migration),
    /// The statements that are done, and their file.
    InPart(&'a str, &'a str),
}

impl<'a> Forward<'a> {
    /// `None` where that part is no longer known.
    fn of(undo: &'a Undo, file: Option<&'a Migration>) -> Option<Self> {
        match (&undo.progress, undo.in_part) {
            (_, false) => file.map(Self::Whole),
            (Some(progress), true) => Some(Self::InPart(unfinished::done(progress), &undo.file)),
            // A way back was begun, and its progress has replaced that of the way forward in the
            // journal.
            (None, true) => None,
        }
    }

    fn run(&self, scratch: &mut ScratchDatabase) -> Result<()> {
        match self {
            Self::Whole(migration) => scratch.apply(migration),
            Self::InPart(sql, file) => scratch
                .session
                .run_script(Script::new(file, sql, true))
                .context("cannot replay what is done of a migration that is applied in part on the scratch database"),
        }
    }
}

/// The files of the applied migrations below `lowest`; none when one of them is gone or changed.
fn files_below<'a>(
    state: &State<'_>,
    files: &[Option<&'a Migration>],
    lowest: i64,
) -> Option<Vec<&'a Migration>> {
    let below = state
        .applied
        .iter()
        .zip(files)
        .filter(|(applied, _)| applied.row.version < lowest);
    below.map(|(_, file)| *file).collect()
}

fn noted(undo: &Undo, journal: &[JournalEntry], why: &str) -> Expectation {
    let entry = journal
        .iter()
        .find(|entry| entry.version == undo.row.version);
    match entry.and_then(|entry| entry.catalog_before.clone()) {
        Some(digest) => Expectation::Digest(digest),
        None => Expectation::Unknown(format!(
            "{why}, and the journal did not note the catalogs before it"
        )),
    }
}
