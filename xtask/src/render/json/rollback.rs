//! `rollback-result.json`: the result of `db-rollback` in the shape of the specification.

use serde_json::{Map, Value, json};

use super::{document, verification_value};
use crate::report::{Restoration, RollbackResult, RollbackVerdict, RolledBackMigration};

/// The document.
#[must_use]
pub fn rollback(result: &RollbackResult) -> String {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("success", result.success.into());
    if let Some(name) = &result.migration_name {
        put("migrationName", name.as_str().into());
    }
    put("preRollbackVerification", verification_value(&result.pre));
    if let Some(post) = &result.post {
        put("postRollbackVerification", verification_value(post));
    }
    if let Some(output) = &result.output {
        put("rollbackOutput", output.as_str().into());
    }
    put("alignmentRestored", result.alignment_restored().into());
    if let Some(error) = &result.error {
        put("error", error.as_str().into());
    }
    if let Some(command) = &result.go_on {
        put("continueWith", command.as_str().into());
    }
    put("timestamp", result.timestamp.as_str().into());
    put("restorationReport", restoration(&result.restoration));
    put("database", result.database.as_str().into());
    put(
        "planned",
        result
            .planned
            .iter()
            .map(|(name, note)| json!({ "name": name, "note": note }))
            .collect(),
    );
    if result.dry_run {
        put("dryRun", true.into());
    }
    put(
        "rolledBack",
        result.rolled_back.iter().map(rolled_back).collect(),
    );
    put(
        "dataLoss",
        result.losses.iter().map(super::loss::loss).collect(),
    );
    put("notes", json!(result.notes));
    document(&Value::Object(object))
}

fn restoration(restoration: &Restoration) -> Value {
    json!({
        "typeAlignmentRestored": restoration.type_alignment_restored,
        "apiContractsRestored": restoration.api_contracts_restored,
        "validationSchemasRestored": restoration.validation_schemas_restored,
        "newIssuesIntroduced": restoration.new_issues_introduced,
        "issuesResolved": restoration.issues_resolved,
    })
}

fn rolled_back(migration: &RolledBackMigration) -> Value {
    let (verdict, detail) = verdict(&migration.verdict);
    json!({ "name": migration.name, "verdict": verdict, "detail": detail })
}

/// The word for a verdict, and its details.
pub(super) fn verdict(verdict: &RollbackVerdict) -> (&'static str, Option<&String>) {
    match verdict {
        RollbackVerdict::Exact => ("exact", None),
        RollbackVerdict::PhysicalOrderOnly => ("physical-order-only", None),
        RollbackVerdict::PrivilegesDiffer(which) => ("privileges-differ", Some(which)),
        RollbackVerdict::NotRestored(difference) => ("not-restored", Some(difference)),
        RollbackVerdict::Unknown(why) => ("unknown", Some(why)),
    }
}
