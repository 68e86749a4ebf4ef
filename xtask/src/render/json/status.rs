//! `db-status --format json`.

use serde_json::{Value, json};

use super::document;
use crate::report::{Finding, MigrationState, MigrationStatus, Status};

/// The document.
#[must_use]
pub fn status(report: &Status) -> String {
    document(&json!({
        "database": report.database,
        "current": report.is_current(),
        "migrations": report.migrations.iter().map(migration).collect::<Vec<_>>(),
        "invalidIndexes": report.invalid_indexes,
        "lockedBy": report.locked_by,
        "fileProblems": report.file_problems,
        "drift": report.drift.iter().map(drift).collect::<Vec<_>>(),
        "unchecked": report.unchecked,
    }))
}

fn drift(finding: &Finding) -> Value {
    json!({ "object": finding.entity, "message": finding.message, "help": finding.help })
}

fn migration(one: &MigrationStatus) -> Value {
    let (state, applied_at, standing) = match &one.state {
        MigrationState::Applied { at } => ("applied", at.as_ref(), None),
        MigrationState::Failed => ("failed", None, None),
        MigrationState::Pending => ("pending", None, None),
        MigrationState::PartlyApplied { standing } => ("partly-applied", None, Some(standing)),
        MigrationState::PartlyUndone { standing } => ("partly-undone", None, Some(standing)),
        MigrationState::OutOfOrder => ("out-of-order", None, None),
    };
    json!({
        "name": one.name,
        "state": state,
        "appliedAt": applied_at,
        "standing": standing,
        "problem": one.problem,
    })
}
