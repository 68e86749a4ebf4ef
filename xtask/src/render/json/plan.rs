//! The plan of `db-migrate --dry-run` as JSON.

use serde_json::{Value, json};

use crate::report::{
    MigrationPlan, PlannedMigration, PlannedStatement, StatementEffects, TableLock, TableSize,
};

/// `plan` in `migration-result.json`.
pub(super) fn plan(plan: &MigrationPlan) -> Value {
    json!({
        "migrations": plan.migrations.iter().map(migration).collect::<Vec<_>>(),
        "schemaDiff": plan.schema_diff,
        "sizes": plan.sizes.iter().map(size).collect::<Vec<_>>(),
    })
}

fn migration(one: &PlannedMigration) -> Value {
    json!({
        "name": one.name,
        "file": one.file,
        "inTransaction": one.in_transaction,
        "statements": one.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn statement(one: &PlannedStatement) -> Value {
    match &one.effects {
        StatementEffects::Observed {
            locks,
            rewritten,
            scanned,
        } => json!({
            "line": one.line,
            "sql": one.sql,
            "observed": true,
            "locks": locks.iter().map(lock).collect::<Vec<_>>(),
            "rewritten": rewritten,
            "scanned": scanned,
        }),
        StatementEffects::NotObserved(known) => {
            json!({ "line": one.line, "sql": one.sql, "observed": false, "note": known })
        }
    }
}

fn size(size: &TableSize) -> Value {
    json!({ "table": size.table, "bytes": size.bytes, "rows": size.rows })
}

fn lock(lock: &TableLock) -> Value {
    json!({ "object": lock.object, "mode": lock.mode.as_sql(), "waiting": lock.mode.waiting() })
}
