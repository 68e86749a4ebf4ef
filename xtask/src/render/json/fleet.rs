//! `db-status --fleet --format json`.

use serde_json::{Value, json};

use super::document;
use crate::report::{FleetDatabase, FleetFinding, FleetStatus, FleetVersion, Severity};

/// The document.
#[must_use]
pub fn fleet(report: &FleetStatus) -> String {
    document(&json!({
        "current": report.is_current(),
        "sound": report.is_sound(),
        "newest": report.newest,
        "versions": report.versions().iter().map(version).collect::<Vec<_>>(),
        "databases": report.databases.iter().map(database).collect::<Vec<_>>(),
        "drift": report.drift.iter().map(drift).collect::<Vec<_>>(),
    }))
}

pub(super) fn version(row: &FleetVersion) -> Value {
    json!({ "version": row.version, "pending": row.pending, "count": row.databases.len() })
}

fn database(one: &FleetDatabase) -> Value {
    let state = one.state.as_ref().ok();
    json!({
        "name": one.name,
        "labels": one.labels,
        "database": one.database,
        "error": one.state.as_ref().err(),
        "version": state.and_then(|state| state.version.as_ref()),
        "pending": state.map(|state| state.pending),
        "problems": state.map(|state| &state.problems),
        "unchecked": state.map(|state| &state.unchecked),
    })
}

pub(super) fn drift(one: &FleetFinding) -> Value {
    let severity = match one.finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "object": one.finding.entity,
        "severity": severity,
        "message": one.finding.message,
        "help": one.finding.help,
        "databases": one.databases,
    })
}
