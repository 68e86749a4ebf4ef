//! `db-migrate --fleet --format json`, and the same of `db-rollback`.

use serde_json::{Value, json};

use super::document;
use super::fleet::{drift, version};
use crate::report::{
    Consent, Finding, FleetDatabase, FleetDirection, FleetResult, FleetRun, FleetWave,
    MigrationLoss,
};

/// The document.
#[must_use]
pub fn fleet_run(run: &FleetRun) -> String {
    document(&json!({
        "run": run.id,
        "command": match run.direction {
            FleetDirection::Forward => "migrate",
            FleetDirection::Back => "rollback",
        },
        "success": run.success(),
        "timestamp": run.timestamp.as_str(),
        "durationMs": milliseconds(run.duration),
        "surveyOnly": run.survey_only,
        "target": run.target,
        "runFile": run.file,
        "stopped": run.stopped,
        "goOn": run.go_on,
        "notes": run.notes,
        "versions": run.versions().iter().map(version).collect::<Vec<_>>(),
        "waves": run.waves.iter().map(wave).collect::<Vec<_>>(),
        "databases": run.databases.iter().zip(&run.survey.databases).map(database).collect::<Vec<_>>(),
        "drift": run.survey.drift.iter().map(drift).collect::<Vec<_>>(),
        "rowsInTheWay": run.survey.obstacles().into_iter().map(obstacle).collect::<Vec<_>>(),
        "losses": run.survey.losses().into_iter().map(loss).collect::<Vec<_>>(),
    }))
}

fn wave(wave: &FleetWave) -> Value {
    json!({ "name": wave.name, "databases": wave.databases })
}

fn database((result, surveyed): (&FleetResult, &FleetDatabase)) -> Value {
    let state = surveyed.state.as_ref().ok();
    json!({
        "name": result.name,
        "labels": surveyed.labels,
        "database": result.database,
        "wave": result.wave,
        "outcome": result.outcome.name(),
        "error": result.outcome.error(),
        "before": state.and_then(|state| state.version.as_ref()),
        "pending": state.map(|state| state.pending),
        "version": result.version,
        "migrations": result.migrations,
        "notes": result.notes,
        "unchecked": state.map(|state| &state.unchecked),
        "durationMs": milliseconds(result.duration),
    })
}

fn obstacle((finding, databases): (&Finding, Vec<&str>)) -> Value {
    json!({
        "object": finding.entity,
        "message": finding.message,
        "help": finding.help,
        "databases": databases,
    })
}

fn loss((lost, databases): (&MigrationLoss, Vec<&str>)) -> Value {
    json!({
        "migration": lost.migration,
        "file": lost.file,
        "line": lost.line,
        "object": lost.loss.name.object,
        "consent": lost.consent.map(|consent| match consent {
            Consent::File => "file",
            Consent::CommandLine => "commandLine",
        }),
        "databases": databases,
    })
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
