//! `db-rollback --test --format json`.

use serde_json::{Value, json};

use super::document;
use super::rollback::verdict;
use crate::report::Rehearsal;

/// The document.
#[must_use]
pub fn rehearsals(all: &[Rehearsal]) -> String {
    let success = all.iter().all(Rehearsal::passed);
    document(
        &json!({ "success": success, "migrations": all.iter().map(rehearsal).collect::<Vec<_>>() }),
    )
}

fn rehearsal(one: &Rehearsal) -> Value {
    let (verdict, detail) = match &one.irreversible {
        Some(reason) => ("irreversible", Some(reason)),
        None => verdict(&one.verdict),
    };
    json!({
        "name": one.name,
        "passed": one.passed(),
        "verdict": verdict,
        "detail": detail,
        "lostRows": one.lost_rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>(),
        "emptyTables":
            one.empty_tables.iter().map(|(table, why)| json!({ "table": table, "why": why })).collect::<Vec<_>>(),
        "error": one.error,
        "warnings": one.warnings,
        "notes": one.notes,
    })
}
