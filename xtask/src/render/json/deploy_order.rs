//! The deploy order of a branch as JSON.

use serde_json::{Value, json};

use crate::report::{DeployOrder, Release, RolloutProblem};
use crate::source::Location;

/// The object `since.deployOrder`.
pub(super) fn deploy_order(order: &DeployOrder) -> Value {
    let problems = |all: &[RolloutProblem]| all.iter().map(problem).collect::<Vec<_>>();
    json!({
        "order": order.order.id(),
        "text": order.order.in_words(),
        "breaksRunningCode": problems(&order.breaks),
        "needsMigration": problems(&order.needs),
        "breaksNewCode": problems(&order.left_behind),
        "unknownTables": order.unknown,
        "notJudged": order.not_judged,
        "releases": order.releases.iter().map(release).collect::<Vec<_>>(),
    })
}

fn problem(problem: &RolloutProblem) -> Value {
    let code = problem
        .code
        .iter()
        .map(|code| place(&code.location, &code.declaration));
    json!({
        "entity": problem.entity,
        "field": problem.field,
        "message": problem.message,
        "certain": problem.certain,
        "accepted": problem.accepted,
        "code": code.collect::<Vec<_>>(),
        "migration": problem.migration.as_ref().map(|at| place(at, "this breaks it")),
    })
}

fn place(location: &Location, text: &str) -> Value {
    json!({ "file": &*location.file, "line": location.line, "column": location.column, "text": text })
}

fn release(release: &Release) -> Value {
    let steps = release.steps.iter().map(|step| {
        let migration = step.migration.as_ref();
        let migration = migration.map(|file| json!({ "name": file.name, "sql": file.sql }));
        json!({ "text": step.text, "migration": migration })
    });
    json!({ "title": release.title, "steps": steps.collect::<Vec<_>>() })
}
