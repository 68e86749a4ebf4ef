//! A run over a fleet: the result of `db-migrate --fleet` and `db-rollback --fleet`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fleet::by_version;
use super::{FleetStatus, FleetVersion, Timestamp};

/// The direction of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetDirection {
    /// `db-migrate --fleet`
    Forward,
    /// `db-rollback --fleet`
    Back,
}

/// A run over a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetRun {
    /// The identity of the run: the name of its file, and part of the names of its sessions.
    pub id: String,
    /// Forward or back.
    pub direction: FleetDirection,
    /// When it began.
    pub timestamp: Timestamp,
    /// The run file; none where nothing was begun.
    pub file: Option<String>,
    /// The last migration that was to be applied, or the oldest that was to be undone.
    pub target: Option<String>,
    /// The findings of the survey, before anything began.
    pub survey: FleetStatus,
    /// Whether the run was to end after the survey.
    pub survey_only: bool,
    /// The waves, in their order.
    pub waves: Vec<FleetWave>,
    /// The result of each database, in the order of the list.
    pub databases: Vec<FleetResult>,
    /// Why no other database began; none where the run did not stop.
    pub stopped: Option<String>,
    /// Notes beside the databases, for people.
    pub notes: Vec<String>,
    /// The command that goes on with the run; none where nothing is left.
    pub go_on: Option<String>,
    /// The duration of all of it.
    pub duration: Duration,
}

/// A wave of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetWave {
    /// `canaries`, `10%`, `the rest`
    pub name: String,
    /// The names of its databases.
    pub databases: Vec<String>,
}

/// The result of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetResult {
    /// The name of the tenant.
    pub name: String,
    /// Its URL without password.
    pub database: String,
    /// The number of its wave, from 1; none where it belongs to none.
    pub wave: Option<usize>,
    /// The outcome.
    pub outcome: FleetOutcome,
    /// The migrations that this run applied or undid.
    pub migrations: Vec<String>,
    /// Its last applied migration after the run, as far as it is known.
    pub version: Option<String>,
    /// The checks that were not made, and what else a person should know.
    pub notes: Vec<String>,
    /// The duration of the work on it.
    pub duration: Duration,
}

/// The outcome of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetOutcome {
    /// It had everything before.
    Current,
    /// It has everything now.
    Done,
    /// It failed, and is left after its last good migration.
    Failed(String),
    /// As before, because the application held its locks.
    LockTimeout(String),
    /// It was not begun, because of what the survey found.
    Refused(String),
    /// It was not begun, because the run stopped or was a survey.
    NotBegun,
}

impl FleetOutcome {
    /// Its name in reports for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::LockTimeout(_) => "lock-timeout",
            Self::Refused(_) => "refused",
            Self::NotBegun => "not-begun",
        }
    }

    /// Why it does not have everything; none where it has, or was not begun.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(why) | Self::LockTimeout(why) | Self::Refused(why) => Some(why),
            Self::Current | Self::Done | Self::NotBegun => None,
        }
    }

    /// See [`Self::error`].
    pub fn error_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Failed(why) | Self::LockTimeout(why) | Self::Refused(why) => Some(why),
            Self::Current | Self::Done | Self::NotBegun => None,
        }
    }

    /// Whether it has everything.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Current | Self::Done)
    }
}

impl FleetRun {
    /// Whether every database has what was asked for; of a survey, whether each could get it.
    #[must_use]
    pub fn success(&self) -> bool {
        match self.survey_only {
            true => self
                .databases
                .iter()
                .all(|one| one.outcome.error().is_none()),
            false => self.databases.iter().all(|one| one.outcome.is_done()),
        }
    }

    /// The number of databases with an outcome of this name.
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        let named = self.databases.iter();
        named.filter(|one| one.outcome.name() == outcome).count()
    }

    /// The matrix: how many databases are at each version after the run. The one that lacks the
    /// fewest migrations comes first.
    #[must_use]
    pub fn versions(&self) -> Vec<FleetVersion> {
        let pairs = self.databases.iter().zip(&self.survey.databases);
        let answered = pairs.filter_map(|(result, surveyed)| {
            let pending = surveyed.state.as_ref().ok()?.pending;
            let left = pending.saturating_sub(result.migrations.len());
            Some((left, result.version.as_deref(), result.name.as_str()))
        });
        by_version(answered)
    }

    /// The databases that do not have everything: each reason once, in the words of the first one
    /// that has it. Reasons that differ only in the name of the database are one.
    #[must_use]
    pub fn errors(&self) -> Vec<(&FleetResult, Vec<&str>)> {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut errors: Vec<(&FleetResult, Vec<&str>)> = Vec::new();
        for one in &self.databases {
            let Some(why) = one.outcome.error() else {
                continue;
            };
            let own = one.database.rsplit('/').next().unwrap_or_default();
            let alike = why
                .replace(&one.database, "")
                .replace(&format!("`{}`", one.name), "")
                .replace(&format!("\"{own}\""), "");
            let key = format!("{} {alike}", one.outcome.name());
            let at = *found.entry(key).or_insert(errors.len());
            match errors.get_mut(at) {
                Some((_, names)) => names.push(&one.name),
                None => errors.push((one, vec![&one.name])),
            }
        }
        errors
    }
}
