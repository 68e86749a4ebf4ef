//! The parts that runs on several databases share: the TypeScript, and the way back on a
//! scratch database. Each is found out when the first run asks for it, and kept for the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result};

use crate::commands::Context;
use crate::commands::judge::Judge;
use crate::migrations::Migration;
use crate::migrations::journal::JournalEntry;
use crate::migrations::rollback::{Plan, RollbackExpectation};
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::migrations::state::State;

/// The parts that runs share.
pub(in crate::commands) struct PreparedRollback<'a> {
    context: &'a Context,
    files: &'a [Migration],
    judge: OnceLock<Judge<'a>>,
    /// Whether the runs are on tenants that share databases.
    is_of_tenants: bool,
    /// By the migrations that are applied, and how they are undone.
    expectations: Mutex<BTreeMap<String, Arc<RollbackExpectation>>>,
}

impl<'a> PreparedRollback<'a> {
    /// The preparation before anything is found out.
    pub(in crate::commands) fn new(context: &'a Context, files: &'a [Migration]) -> Self {
        Self {
            context,
            files,
            judge: OnceLock::new(),
            is_of_tenants: false,
            expectations: Mutex::default(),
        }
    }

    /// The same for tenants that share databases.
    pub(in crate::commands) fn of_tenants(self, is_of_tenants: bool) -> Self {
        Self {
            is_of_tenants,
            ..self
        }
    }

    /// The TypeScript.
    ///
    /// # Errors
    /// As [`Judge::new`].
    pub(super) fn judge(&self) -> Result<&Judge<'a>> {
        if self.judge.get().is_none() {
            // Two runs that ask at once read the files twice, and one of the results is kept.
            let judge = Judge::new(self.context, self.files)?;
            let _ = self.judge.set(match self.is_of_tenants {
                true => judge.of_tenants(),
                false => judge,
            });
        }
        self.judge
            .get()
            .context("the files of the repository were not read")
    }

    /// The expectation of `plan`. Databases with the same history and the same way back share it.
    ///
    /// # Errors
    /// As [`RollbackExpectation::new`].
    pub(super) fn expectation(
        &self,
        environment: &ScratchEnvironment<'_>,
        plan: &Plan,
        state: &State<'_>,
        journal: &[JournalEntry],
    ) -> Result<Arc<RollbackExpectation>> {
        let make = || RollbackExpectation::new(environment, plan, state, journal).map(Arc::new);
        let Some(key) = key(environment, plan, state) else {
            return make();
        };
        // The lock is held while the scratch database is busy, so that there is only one.
        let mut known = self
            .expectations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return Ok(Arc::clone(known));
        }
        let made = make()?;
        // Another database has another journal, so what only that tells is not kept.
        if made.current.is_some() {
            known.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

/// Identifies what the SQL does. `None` where each database has a state of its own.
fn key(environment: &ScratchEnvironment<'_>, plan: &Plan, state: &State<'_>) -> Option<String> {
    if plan.undo.iter().any(|undo| undo.in_part) {
        return None;
    }
    let mut key = String::new();
    let mut names_session = false;
    for applied in &state.applied {
        let _ = writeln!(key, "{} {}", applied.row.version, applied.row.checksum);
        names_session |= applied.file.is_some_and(|file| asks_for_names(&file.sql));
    }
    for undo in &plan.undo {
        let _ = writeln!(
            key,
            "{} {} {}",
            undo.row.version, undo.no_transaction, undo.sql
        );
        names_session |= asks_for_names(&undo.sql);
    }
    let likeness = &environment.likeness;
    let _ = write!(key, "{:?}", likeness.settings);
    if names_session {
        let _ = write!(key, "{} {}", likeness.database, likeness.role);
    }
    Some(key)
}

/// Whether SQL may ask for the names of the database or of the role.
fn asks_for_names(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    [
        "current_database",
        "current_catalog",
        "current_user",
        "current_role",
        "session_user",
        "getpgusername",
    ]
    .iter()
    .any(|word| sql.contains(word))
}
