//! The state of a fleet: the result of `db-status --fleet`.

use std::collections::BTreeMap;

use super::{Finding, MigrationLoss, Severity};

/// The databases of a fleet, and how they differ from what their migrations made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FleetStatus {
    /// Each database, in the order of the list.
    pub databases: Vec<FleetDatabase>,
    /// The changes that were made outside the migrations: each once, with the databases that have
    /// it.
    pub drift: Vec<FleetFinding>,
    /// The last migration of the files; none where there are no files.
    pub newest: Option<String>,
}

/// One database of a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetDatabase {
    /// The name of the tenant.
    pub name: String,
    /// Words by which it is chosen.
    pub labels: Vec<String>,
    /// Its URL without password.
    pub database: String,
    /// What was found there, or the reason why nothing was.
    pub state: Result<FleetDatabaseState, String>,
}

impl FleetDatabase {
    /// Whether it answered, and has migrations to apply or to undo.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.state.as_ref().is_ok_and(|state| state.pending > 0)
    }
}

/// The state of one database.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FleetDatabaseState {
    /// Its last applied migration; none where none is.
    pub version: Option<String>,
    /// The number of migrations that are not applied yet.
    pub pending: usize,
    /// The problems of its history, each with the advice.
    pub problems: Vec<String>,
    /// The checks that were not made, each with the reason.
    pub unchecked: Vec<String>,
    /// Rows that will stop pending migrations. Only the survey of a run asks for them.
    pub obstacles: Vec<Finding>,
    /// Data that pending migrations would destroy. Only the survey of a run counts it.
    pub losses: Vec<MigrationLoss>,
}

/// A finding about several databases alike.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFinding {
    /// The finding.
    pub finding: Finding,
    /// The names of the databases, in the order of the list.
    pub databases: Vec<String>,
}

/// A row of the matrix: databases at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetVersion {
    /// The last applied migration; none where none is.
    pub version: Option<String>,
    /// How many migrations these databases lack.
    pub pending: usize,
    /// The names of the databases.
    pub databases: Vec<String>,
}

impl FleetStatus {
    /// The matrix: how many databases are at each version. The one that lacks the fewest migrations
    /// comes first.
    #[must_use]
    pub fn versions(&self) -> Vec<FleetVersion> {
        let answered = self.databases.iter().filter_map(|one| {
            let state = one.state.as_ref().ok()?;
            Some((state.pending, state.version.as_deref(), one.name.as_str()))
        });
        by_version(answered)
    }

    /// The databases that tell nothing about themselves: each reason once, in the words of the first
    /// one that has it. Reasons that differ only in the name of the database are one.
    #[must_use]
    pub fn unreachable(&self) -> Vec<(&str, Vec<&str>)> {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in &self.databases {
            let Err(why) = &one.state else { continue };
            // The last part of the URL is the database's own name. Messages of the server quote it.
            let own = one.database.rsplit('/').next().unwrap_or_default();
            let alike = why
                .replace(&one.database, "")
                .replace(&format!("\"{own}\""), "");
            let at = *found.entry(alike).or_insert(reasons.len());
            match reasons.get_mut(at) {
                Some((_, names)) => names.push(&one.name),
                None => reasons.push((why, vec![&one.name])),
            }
        }
        reasons
    }

    /// The problems of histories, each once with the databases that have it.
    #[must_use]
    pub fn problems(&self) -> Vec<(&String, Vec<&str>)> {
        self.alike(|state| &state.problems, |one, other| one == other)
    }

    /// The checks that were not made, each once with the databases that it is about.
    #[must_use]
    pub fn unchecked(&self) -> Vec<(&String, Vec<&str>)> {
        self.alike(|state| &state.unchecked, |one, other| one == other)
    }

    /// The rows that will stop migrations: each statement once, in the words of the first database,
    /// with all databases that have such rows.
    #[must_use]
    pub fn obstacles(&self) -> Vec<(&Finding, Vec<&str>)> {
        self.alike(
            |state| &state.obstacles,
            |one, other| one.entity == other.entity && one.location() == other.location(),
        )
    }

    /// The data that would be lost: each statement once, as the first database counted it, with all
    /// databases that would lose some.
    #[must_use]
    pub fn losses(&self) -> Vec<(&MigrationLoss, Vec<&str>)> {
        let key = |lost: &MigrationLoss| (lost.migration.clone(), lost.consent);
        self.alike(
            |state| &state.losses,
            |one, other| one.loss.name == other.loss.name && key(one) == key(other),
        )
    }

    /// Why nothing is begun on the database `one`; none where something can be.
    #[must_use]
    pub fn refusal(&self, one: &FleetDatabase) -> Option<String> {
        let state = match &one.state {
            Ok(state) => state,
            Err(why) => return Some(why.clone()),
        };
        if let Some(problem) = state.problems.first() {
            return Some(problem.clone());
        }
        let is_error = |finding: &&Finding| finding.severity == Severity::Error;
        let drift = self
            .drift
            .iter()
            .filter(|one_drift| one_drift.databases.contains(&one.name));
        let mut errors = drift
            .map(|drift| &drift.finding)
            .chain(&state.obstacles)
            .filter(is_error);
        if let Some(error) = errors.next() {
            return Some(format!("`{}`: {}", error.entity, error.message));
        }
        let lost: Vec<String> = state
            .losses
            .iter()
            .filter(|lost| lost.consent.is_none())
            .map(|lost| format!("`{}`", lost.loss.name))
            .collect();
        (!lost.is_empty()).then(|| {
            format!(
                "data would be lost, and nobody agreed to it: {}",
                lost.join(", ")
            )
        })
    }

    /// Items that several databases have in common, in the order in which they come first.
    fn alike<T>(
        &self,
        of: impl Fn(&FleetDatabaseState) -> &Vec<T>,
        is_same: impl Fn(&T, &T) -> bool,
    ) -> Vec<(&T, Vec<&str>)> {
        let mut found: Vec<(&T, Vec<&str>)> = Vec::new();
        for one in &self.databases {
            let Ok(state) = &one.state else { continue };
            for item in of(state) {
                match found.iter_mut().find(|(known, _)| is_same(known, item)) {
                    Some((_, names)) => names.push(&one.name),
                    None => found.push((item, vec![&one.name])),
                }
            }
        }
        found
    }

    /// Whether every database answered, and nothing but pending migrations keeps it from being
    /// current.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_sound = |one: &FleetDatabase| {
            one.state
                .as_ref()
                .is_ok_and(|state| state.problems.is_empty())
        };
        let has_drift = self
            .drift
            .iter()
            .any(|one| one.finding.severity == Severity::Error);
        self.databases.iter().all(is_sound) && !has_drift
    }

    /// Whether every database has all migrations, and nothing is wrong.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let has_all =
            |one: &FleetDatabase| one.state.as_ref().is_ok_and(|state| state.pending == 0);
        self.is_sound() && self.databases.iter().all(has_all)
    }
}

/// The rows of the matrix for databases, each with the number of migrations that it lacks, its last
/// one, and its name.
pub(super) fn by_version<'d>(
    databases: impl Iterator<Item = (usize, Option<&'d str>, &'d str)>,
) -> Vec<FleetVersion> {
    let mut rows: BTreeMap<(usize, Option<&str>), Vec<String>> = BTreeMap::new();
    for (pending, version, name) in databases {
        rows.entry((pending, version))
            .or_default()
            .push(name.to_owned());
    }
    rows.into_iter()
        .map(|((pending, version), databases)| FleetVersion {
            version: version.map(str::to_owned),
            pending,
            databases,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(name: &str, state: Result<FleetDatabaseState, String>) -> FleetDatabase {
        FleetDatabase {
            name: name.into(),
            labels: Vec::new(),
            database: format!("postgresql://u@h/{name}"),
            state,
        }
    }

    fn at(version: &str, pending: usize, problem: &str) -> FleetDatabaseState {
        FleetDatabaseState {
            version: Some(version.into()),
            pending,
            problems: [problem]
                .into_iter()
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect(),
            ..FleetDatabaseState::default()
        }
    }

    #[test]
    fn databases_that_are_alike_are_counted_together() {
        let status = FleetStatus {
            databases: vec![
                database("a", Ok(at("V1__x", 1, "gone"))),
                database("b", Ok(at("V2__y", 0, ""))),
                database("c", Err("no answer from postgresql://u@h/c".into())),
                database("d", Ok(at("V1__x", 1, "gone"))),
                database("e", Err("no answer from postgresql://u@h/e".into())),
                database("f", Err("the password is wrong".into())),
            ],
            ..FleetStatus::default()
        };
        let rows: Vec<_> = status
            .versions()
            .into_iter()
            .map(|row| {
                (
                    row.version.unwrap_or_default(),
                    row.pending,
                    row.databases.join(" "),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("V2__y".to_owned(), 0, "b".to_owned()),
                ("V1__x".to_owned(), 1, "a d".to_owned())
            ]
        );
        assert_eq!(status.problems(), [(&"gone".to_owned(), vec!["a", "d"])]);
        assert_eq!(
            status.unreachable(),
            [
                ("no answer from postgresql://u@h/c", vec!["c", "e"]),
                ("the password is wrong", vec!["f"])
            ]
        );
        assert!(!status.is_sound() && !status.is_current());
    }
}
