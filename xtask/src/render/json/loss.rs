//! Data that is lost, as `migration-result.json` and `rollback-result.json` hold it.

use serde_json::{Value, json};

use crate::report::{Consent, Loss, MigrationLoss, Unit};

/// A loss of a rollback.
pub(super) fn loss(loss: &Loss) -> Value {
    let unit = match loss.unit {
        Unit::Rows => "rows",
        Unit::Values => "values",
        Unit::LargeObjects => "large-objects",
        Unit::ForeignTables => "foreign-tables",
    };
    json!({ "object": loss.name.object, "count": loss.count, "unit": unit, "dependents": loss.dependents })
}

/// A loss of a migration.
pub(super) fn of_migration(lost: &MigrationLoss) -> Value {
    let mut object = loss(&lost.loss);
    let consent = lost.consent.map(|consent| match consent {
        Consent::File => "file",
        Consent::CommandLine => "command-line",
    });
    object["migration"] = json!(lost.migration);
    object["file"] = json!(lost.file);
    object["line"] = json!(lost.line);
    object["consent"] = json!(consent);
    object
}
