//! The checks before anything runs: of the history, of the live database, and of the schema that
//! the pending migrations will make.

use std::sync::Arc;

use crate::commands::findings_by_migration::FindingsByMigration;
use crate::commands::judge::Judge;
use crate::migrations::Migration;
use crate::migrations::prediction::{KnownSchemas, Prediction, PredictionOrigin};
use crate::migrations::state::{HistoryProblem, State};
use crate::report::{Category, Finding, Severity, Verification};
use crate::schema::diff::{self, SchemaDiff};
use crate::schema::model::Schema;

/// A verification that holds only the disagreements between history and files.
pub fn history_problems(state: &State<'_>) -> Verification {
    let mut verification = Verification::empty("the history of the database");
    verification.findings = state.problems.iter().map(history_finding).collect();
    verification
}

fn history_finding(problem: &HistoryProblem) -> Finding {
    let kind = match problem {
        HistoryProblem::Missing { .. } => "MIGRATION_MISSING",
        HistoryProblem::Edited { .. } => "MIGRATION_EDITED",
        HistoryProblem::Renamed { .. } => "MIGRATION_RENAMED",
        HistoryProblem::OutOfOrder { .. } => "MIGRATION_OUT_OF_ORDER",
    };
    critical(kind, problem.name(), problem.what(), problem.help())
}

/// A finding about the database as a whole, which always stops a migration.
fn critical(kind: &'static str, entity: &str, message: String, help: String) -> Finding {
    let mut finding = Finding::new(kind, Category::Migrations, Severity::Error, entity, message);
    finding.critical = true;
    finding.help = Some(help);
    finding
}

/// Judges the schema that the migrations of this run will make, and the live database as it is.
pub fn verification(
    judge: &Judge<'_>,
    prediction: &Prediction,
    drift: Vec<Finding>,
    history: &FindingsByMigration,
) -> Verification {
    let last = history.last();
    let origin = match prediction.origin {
        PredictionOrigin::Database => "the database as the last run left it",
        PredictionOrigin::Replay => "a replay of the migrations",
        PredictionOrigin::Snapshot | PredictionOrigin::SnapshotAlone => "the committed snapshot",
    };
    let against = match last {
        Some(name) => format!("the schema after {name}, from {origin}"),
        None => format!("the schema of the applied migrations, from {origin}"),
    };
    let mut verification = judge.judge(prediction.after(history.count()), &against, last);
    history.complete(&mut verification);
    verification.findings.splice(0..0, drift);
    verification
}

/// Judges the schema that the first `count` of the `pending` migrations will make, as it is known
/// before any database is looked at. `newest` is the last version that is applied.
pub(in crate::commands) fn foretold(
    judge: &Judge<'_>,
    known: &KnownSchemas,
    newest: i64,
    (pending, count): (&[&Migration], usize),
) -> Verification {
    // Without the schema of today, no finding is said to be there already.
    let base = known.after(newest).map_or_else(|| known.last(), Arc::clone);
    let prediction = Prediction::of_known(known.origin, base, known, (pending, count));
    let steps = prediction.steps.iter().map(|step| step.schema.as_deref());
    let findings = FindingsByMigration::new(
        judge,
        &prediction.base,
        &steps.collect::<Vec<_>>(),
        pending,
        count,
    );
    verification(judge, &prediction, Vec::new(), &findings)
}

/// Adds the parts that a page shows beside the findings: every table with its descriptions, and the
/// changes by the `planned` migrations.
pub fn picture(
    verification: &mut Verification,
    judge: &Judge<'_>,
    prediction: &Prediction,
    planned: usize,
) {
    let after = prediction.after(planned);
    verification.alignment = judge.alignment(after);
    verification.schema_changes = Some(difference(&prediction.base, after).to_string());
}

/// The difference between two schemas, without privileges.
fn difference(expected: &Schema, live: &Schema) -> SchemaDiff {
    diff::diff(expected, live).without_grants()
}
