//! `migration-result.json`: the result of `db-migrate` in the shape of the specification.

use serde_json::{Map, Value, json};

use super::{document, verification_value};
use crate::report::{AppliedMigration, MigrationResult};

/// The document.
#[must_use]
pub fn migration(result: &MigrationResult) -> String {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("success", result.success.into());
    if let Some(name) = &result.migration_name {
        put("migrationName", name.as_str().into());
    }
    put("preMigrationVerification", verification_value(&result.pre));
    if let Some(post) = &result.post {
        put("postMigrationVerification", verification_value(post));
    }
    if let Some(output) = &result.output {
        put("migrationOutput", output.as_str().into());
    }
    if let Some(error) = &result.error {
        put("error", error.as_str().into());
    }
    put("timestamp", result.timestamp.as_str().into());
    put("database", result.database.as_str().into());
    put("planned", json!(result.planned));
    put("applied", result.applied.iter().map(applied).collect());
    if let Some(plan) = &result.plan {
        put("dryRun", true.into());
        put("plan", super::plan::plan(plan));
    }
    let losses = result.losses.iter().map(super::loss::of_migration);
    put("dataLoss", losses.collect());
    put("notes", json!(result.notes));
    put("notChecked", json!(result.unchecked));
    document(&Value::Object(object))
}

fn applied(migration: &AppliedMigration) -> Value {
    let milliseconds = u64::try_from(migration.duration.as_millis()).unwrap_or(u64::MAX);
    json!({ "name": migration.name, "durationMs": milliseconds })
}
