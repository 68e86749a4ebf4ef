//! Refuses migrations that come too late: older than the newest one that the database already has.
//! On other databases they ran, or will run, before it: two databases of one version would have two
//! schemas.

use super::PreflightProblem;
use crate::migrations::{AppliedRow, Migration};

/// Finds the migrations that are not in `applied`, but older than the newest that is.
#[must_use]
pub fn out_of_order(migrations: &[Migration], applied: &[AppliedRow]) -> Vec<PreflightProblem> {
    let Some(newest) = applied.iter().max_by_key(|row| row.version) else {
        return Vec::new();
    };
    let is_applied = |version| applied.iter().any(|row| row.version == version);
    let late = migrations
        .iter()
        .filter(|migration| migration.version < newest.version);
    late.filter(|migration| !is_applied(migration.version))
        .map(|migration| explain(migration, newest))
        .collect()
}

fn explain(migration: &Migration, newest: &AppliedRow) -> PreflightProblem {
    let newest = format!("V{}__{}", newest.version, newest.name);
    let message = format!("`{migration}` is older than `{newest}`, which is already applied");
    let why = "a database that is set up from scratch would run them in the other order";
    let help = format!("give it a version after {newest} (its down file too)");
    PreflightProblem::of_file(&migration.file, message, why, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(versions: &[i64], applied: &[i64]) -> Vec<String> {
        let migrations: Vec<_> = versions
            .iter()
            .map(|version| Migration::sample(*version, "m", "", ""))
            .collect();
        let row = |version: &i64| AppliedRow {
            version: *version,
            name: "m".into(),
            applied_on: "2024-01-15T10:30:00Z".into(),
            checksum: 0,
        };
        let applied: Vec<_> = applied.iter().map(row).collect();
        out_of_order(&migrations, &applied)
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn only_what_is_pending_and_older_is_late() {
        assert_eq!(late(&[1, 2, 3], &[1, 2]), [""; 0]);
        assert_eq!(late(&[1, 2, 3], &[]), [""; 0]);
        assert_eq!(
            late(&[1, 2, 3], &[1, 3]),
            ["`V2__m` is older than `V3__m`, which is already applied"]
        );
        assert_eq!(late(&[2], &[9]).len(), 1);
    }
}
