//! A verification as JSON: `migration-verification-report.json`.

use serde_json::{Map, Value, json};

use super::deploy_order::deploy_order;
use super::{document, finding};
use crate::report::{
    BaselineSummary, Category, Coverage, Fixes, Severity, Since, Unjudged, Verification,
};

/// The document `migration-verification-report.json`.
#[must_use]
pub fn verification(report: &Verification) -> String {
    document(&verification_value(report))
}

/// The specification's `MigrationVerificationReport`, and our keys behind it.
#[must_use]
pub fn verification_value(report: &Verification) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("timestamp", report.timestamp.as_str().into());
    if let Some(name) = &report.migration_name {
        put("migrationName", name.as_str().into());
    }
    // The specification has no such part, so it is left out where it is empty.
    if report
        .parts()
        .any(|category| category == Category::Migrations)
    {
        put("migrations", part(report, Category::Migrations));
    }
    put("typeAlignment", part(report, Category::TypeAlignment));
    put(
        "apiContractCompatibility",
        part(report, Category::ApiContracts),
    );
    put(
        "validationSchemaConsistency",
        part(report, Category::ValidationSchemas),
    );
    put("overallPassed", report.overall_passed().into());
    put(
        "summary",
        json!({
            "totalErrors": report.count(Severity::Error),
            "totalWarnings": report.count(Severity::Warning),
            "criticalIssues": report.critical_issues(),
        }),
    );
    put("against", report.against.as_str().into());
    put("coverage", coverage(&report.coverage));
    if let Some(BaselineSummary {
        file,
        count,
        fixed,
        update_command: _,
    }) = &report.accepted
    {
        put(
            "baseline",
            json!({ "file": file, "accepted": count, "fixed": fixed }),
        );
    }
    if let Some(since) = &report.since {
        put("since", branch(since));
    }
    if let Some(fixes) = &report.fixes {
        put("fixes", self::fixes(fixes));
    }
    Value::Object(object)
}

fn branch(since: &Since) -> Value {
    let mut branch = json!({
        "reference": since.reference,
        "mergeBase": since.merge_base,
        "head": since.head,
        "known": since.known,
        "resolved": since.resolved,
        "schemaChanges": since.schema,
        "notes": since.notes,
    });
    if let Some(order) = &since.deploy_order {
        branch["deployOrder"] = deploy_order(order);
    }
    branch
}

fn fixes(fixes: &Fixes) -> Value {
    let left = fixes
        .left
        .iter()
        .map(|left| json!({ "file": left.file, "line": left.line, "text": left.text, "reason": left.reason }));
    json!({ "fixed": fixes.fixed, "files": fixes.files, "notApplied": left.collect::<Vec<_>>() })
}

fn part(report: &Verification, category: Category) -> Value {
    json!({
        "passed": report.passed(category),
        "judged": report.not_judged(category).is_none(),
        "errors": report.errors(category).map(finding).collect::<Vec<_>>(),
        "warnings": report.warnings(category).map(finding).collect::<Vec<_>>(),
        "timestamp": report.timestamp.as_str(),
    })
}

fn coverage(coverage: &Coverage) -> Value {
    json!({
        "tables": coverage.tables,
        "tablesWithType": coverage.tables_with_type,
        "tablesWithSchema": coverage.tables_with_schema,
        "types": coverage.types,
        "schemas": coverage.schemas,
        "schemasJudged": coverage.schemas_judged,
        "routes": coverage.routes,
        "contracts": coverage.contracts,
        "unresolvedFields": coverage.unresolved_fields,
        "unjudged": coverage.unjudged.iter().map(unjudged).collect::<Vec<_>>(),
    })
}

fn unjudged(unjudged: &Unjudged) -> Value {
    let mut object = Map::new();
    object.insert("what".into(), unjudged.what.into());
    object.insert("name".into(), unjudged.name.as_str().into());
    object.insert("reason".into(), unjudged.reason.as_str().into());
    if let Some(location) = &unjudged.location {
        object.insert("file".into(), location.file.as_ref().into());
        object.insert("line".into(), location.line.into());
        object.insert("column".into(), location.column.into());
    }
    Value::Object(object)
}
