//! Finds the statements of one way back on a scratch database, which has the schema before the
//! migration.

use anyhow::{Result, anyhow};

use super::attempt::{Attempt, Done};
use super::ddl::columns::path_parts;
use super::ddl::names;
use super::losses::{self, ForeseenLoss, Identities, NOT_UNDONE};
use super::plan;
use super::renames::Names;
use super::schemas::Schemas;
use super::unwritten;
use crate::migrations::Migration;
use crate::migrations::comparison;
use crate::migrations::losses::StorageIdentity;
use crate::migrations::scratch_environment::ScratchSession;
use crate::postgres::error::ServerError;
use crate::schema::diff::{ChangeKind, Likeness, SchemaDiff, diff};
use crate::schema::model::{ObjectName, Schema, Sequence};

/// How often the schema is read again to see what is still missing. A change that blocks another is
/// seen in the next round, and no chain of them is that long.
const ROUNDS: usize = 8;

/// A way back that was not rehearsed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// The statements, in their order.
    pub done: Vec<Done>,
    /// What is still different after it; none where nothing is.
    pub difference: Option<String>,
    /// The tables that have their columns in another order after it.
    pub reordered: Vec<String>,
    /// The data that does not come back.
    pub losses: Vec<ForeseenLoss>,
    /// What it does not undo.
    pub notes: Vec<String>,
}

impl Draft {
    /// Runs a migration, and finds its way back. Afterwards the database is as the migration leaves
    /// it.
    ///
    /// # Errors
    /// When the migration does not run, or the database goes away.
    pub(super) fn write(session: &mut ScratchSession, migration: &Migration) -> Result<Self> {
        let before = session.read()?;
        let earlier = Names::read(&mut session.client)?;
        let stored = StorageIdentity::read(&mut session.client)?;
        session.replay([migration])?;
        let after = StorageIdentity::read(&mut session.client)?;
        let names_after = Names::read(&mut session.client)?;
        let (mut transaction, mut reader, privileges) = session.transaction()?;
        let mut attempt = Attempt::new(&mut transaction, privileges);
        earlier.restore(&names_after, &mut attempt)?;
        let renamed = reader.read(attempt.transaction)?;
        let mut now = renamed.clone();
        let mut difference = remaining(&mut attempt, &before, &now)?;
        for _ in 0..ROUNDS {
            if is_done(&difference) {
                break;
            }
            let steps = plan::steps(Schemas {
                wanted: &before,
                now: &now,
            });
            let has_run = attempt.run(steps)?;
            now = reader.read(attempt.transaction)?;
            difference = remaining(&mut attempt, &before, &now)?;
            if !has_run {
                break;
            }
        }
        let restored = StorageIdentity::read(attempt.transaction)?;
        let harm = harm(&stored, &after, &restored);
        let role = attempt
            .transaction
            .query_one("SELECT current_user::text", &[])
            .map_err(|error| anyhow!(ServerError::from(error)))?
            .get::<_, String>(0);
        let identities = Identities {
            before: stored,
            after,
            restored,
        };
        let written = unwritten::statements(&migration.file, &migration.sql, &before);
        let draft = Self {
            difference: harm
                .or_else(|| (!is_done(&difference)).then(|| explained(&difference, &attempt))),
            reordered: reordered(&difference),
            losses: losses::losses(&identities, &migration.sql, (&before, &renamed)),
            notes: written
                .into_iter()
                .chain(lost_positions(&before, &renamed))
                .map(|what| format!("{NOT_UNDONE}{what}"))
                .chain(moved_positions(&before, &renamed))
                .collect(),
            done: attempt.done,
        };
        let draft = draft.for_whoever_migrates(&role);
        transaction
            .rollback()
            .map_err(|error| anyhow!(ServerError::from(error)))?;
        Ok(draft)
    }
}

impl Draft {
    /// The same for the role that migrates elsewhere, which has another name than `role` on the
    /// scratch database.
    fn for_whoever_migrates(mut self, role: &str) -> Self {
        let named = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {} ", names::name(role));
        for statement in self.done.iter_mut().flat_map(|one| &mut one.statements) {
            if let Some(rest) = statement.strip_prefix(&named) {
                *statement = format!("ALTER DEFAULT PRIVILEGES {rest}");
            }
        }
        self
    }
}

/// Says which tables and columns the way back would drop although the migration kept them: they
/// hold the data from before it. That happens where the migration gives the name of one to another.
fn harm(
    before: &StorageIdentity,
    after: &StorageIdentity,
    restored: &StorageIdentity,
) -> Option<String> {
    let gone_with_migration = before.changes(after);
    let dropped: Vec<String> = before
        .changes(restored)
        .into_iter()
        .filter(|change| change.is_drop() && !gone_with_migration.contains(change))
        .map(|change| change.path().join("."))
        .collect();
    (!dropped.is_empty()).then(|| {
        format!(
            "it would drop the data from before the migration in {}, whose name the migration gives to \
             something else",
            dropped.join(", ")
        )
    })
}

/// The sequences of their own that the migration drops. Each is made again, and begins anew.
fn lost_positions(before: &Schema, renamed: &Schema) -> Vec<String> {
    gone_sequences(before, renamed)
        .filter(|(_, sequence)| sequence.owned_by.is_none())
        .map(|(name, _)| format!("the position of the sequence {name}, which begins anew"))
        .collect()
}

/// The sequences that the migration takes from a column which stays. Each is made again, and no
/// number that a row has comes twice.
fn moved_positions(before: &Schema, renamed: &Schema) -> Vec<String> {
    let mut all = Vec::new();
    for (name, sequence) in gone_sequences(before, renamed) {
        let path = path_parts(sequence.owned_by.as_deref().unwrap_or_default());
        let [namespace, table, column] = path.as_slice() else {
            continue;
        };
        let owner = ObjectName {
            namespace: namespace.clone(),
            name: table.clone(),
        };
        let owner = renamed.tables.get(&owner);
        if owner.is_some_and(|owner| owner.column(column).is_some()) {
            all.push(format!(
                "the sequence {name} goes on behind the values that are there"
            ));
        }
    }
    all
}

fn gone_sequences<'s>(
    before: &'s Schema,
    renamed: &'s Schema,
) -> impl Iterator<Item = (&'s ObjectName, &'s Sequence)> {
    let is_gone =
        move |(name, _): &(&ObjectName, &Sequence)| !renamed.sequences.contains_key(*name);
    before.sequences.iter().filter(is_gone)
}

/// The differences in meaning, those of privileges included.
fn remaining(attempt: &mut Attempt<'_, '_>, wanted: &Schema, now: &Schema) -> Result<SchemaDiff> {
    let difference = diff(wanted, now);
    if difference.likeness() != Likeness::Different {
        return Ok(difference);
    }
    comparison::without_spellings(attempt.transaction, &difference)
}

fn is_done(difference: &SchemaDiff) -> bool {
    difference.likeness() != Likeness::Different
}

fn reordered(difference: &SchemaDiff) -> Vec<String> {
    let is_order = |what: &ChangeKind| matches!(what, ChangeKind::Reordered { .. });
    let of_order = difference.changes.iter().filter(|one| is_order(&one.what));
    of_order.map(|one| one.object.clone()).collect()
}

/// The difference, with PostgreSQL's reasons why it stays.
fn explained(difference: &SchemaDiff, attempt: &Attempt<'_, '_>) -> String {
    let mut text = difference.to_string().trim_end().to_owned();
    for (step, reason) in &attempt.refused {
        let statement = step
            .ways
            .last()
            .map(|way| way.join("; "))
            .unwrap_or_default();
        let first = statement.lines().next().unwrap_or_default();
        text += &format!("\n`{first}` is refused: {reason}");
    }
    text
}
