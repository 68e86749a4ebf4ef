//! The verdict as findings: what breaks running code is an error where it happens for sure, and a
//! warning where it may. What the new code needs is a note of the report, unless the configuration
//! asks for more.

use std::fmt::Write as _;

use crate::config::Config;
use crate::report::{
    BREAKS_RUNNING_CODE, Category, DeployOrder, Finding, NEEDS_MIGRATION, ReleaseOrder,
    RolloutProblem, Severity,
};

/// The findings, at the severity that the configuration gives. Accepted ones are none.
#[must_use]
pub fn findings(order: &DeployOrder, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let configured = config.severity.get(BREAKS_RUNNING_CODE).copied();
    for problem in order.breaks.iter().filter(|one| one.accepted.is_none()) {
        let own = match problem.certain {
            true => Severity::Error,
            false => Severity::Warning,
        };
        // What only may happen stays a warning where the rest is an error.
        let severity = match configured {
            None => Some(own),
            Some(Some(Severity::Error)) => Some(own),
            Some(lower) => lower,
        };
        if let Some(severity) = severity {
            let found = finding(BREAKS_RUNNING_CODE, severity, problem);
            findings.push(found.with_help(advice(problem, order)));
        }
    }
    if let Some(Some(severity)) = config.severity.get(NEEDS_MIGRATION) {
        let needs = order.needs.iter();
        findings.extend(needs.map(|problem| {
            finding(NEEDS_MIGRATION, *severity, problem).with_help(order.order.in_words())
        }));
    }
    findings
}

fn finding(kind: &'static str, severity: Severity, problem: &RolloutProblem) -> Finding {
    let message = format!("{}{}", problem.message, problem.code_in_words());
    let mut found = Finding::new(
        kind,
        Category::Migrations,
        severity,
        &problem.entity,
        message,
    );
    found.field.clone_from(&problem.field);
    let code: Vec<String> = problem
        .code
        .iter()
        .map(|code| code.location.to_string())
        .collect();
    found
        .at_some(problem.migration.as_ref(), "this breaks it")
        .with_detail("code", code)
}

fn advice(problem: &RolloutProblem, order: &DeployOrder) -> String {
    let steps = order.releases.iter().flat_map(|release| &release.steps);
    let is_planned = steps.into_iter().any(|step| step.migration.is_some());
    let mut text = match (problem.certain, order.order) {
        (false, _) => "make sure that no running code meets it, or deploy first".to_owned(),
        (true, ReleaseOrder::DeployFirst) => {
            "deploy the new code first, and migrate once the running code is gone".to_owned()
        }
        (true, ReleaseOrder::TwoReleases) if is_planned => {
            "split it into two releases; `--plan` writes their migrations".to_owned()
        }
        (true, ReleaseOrder::TwoReleases) => {
            "change the migration: no plan of releases is known for it, and the report says why"
                .to_owned()
        }
        (true, ReleaseOrder::MigrateFirst | ReleaseOrder::Either) => {
            order.order.in_words().to_owned()
        }
    };
    let _ = write!(
        text,
        "; accept it with `-- db-verify-ignore {BREAKS_RUNNING_CODE}: <why>` above the statement"
    );
    text
}
