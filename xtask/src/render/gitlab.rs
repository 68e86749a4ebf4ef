//! GitLab's code quality report (a subset of Code Climate's): GitLab shows its entries beside the
//! lines of a merge request.

use serde_json::{Value, json};

use super::deploy_order::lines;
use super::json::document;
use crate::report::{DeployOrder, Finding, ReleaseOrder, Severity, Verification};

/// The document: an array with one object for each finding. GitLab requires the place of a file that
/// exists: a finding without one is given `default_file`.
#[must_use]
pub fn verification(report: &Verification, default_file: &str) -> String {
    let fingerprints = Finding::fingerprints(&report.findings);
    let findings = report.findings.iter().zip(fingerprints);
    let issues = findings.map(|(finding, fingerprint)| issue(finding, &fingerprint, default_file));
    let order = report
        .since
        .as_ref()
        .and_then(|since| since.deploy_order.as_ref());
    let order = order.filter(|order| order.order != ReleaseOrder::Either);
    let order = order.map(|order| deploy_order(order, default_file));
    document(&order.into_iter().chain(issues).collect())
}

/// The deploy order of the branch, at the first place that it follows from.
fn deploy_order(order: &DeployOrder, default_file: &str) -> Value {
    let of_breaks = order.breaks.iter().filter_map(|one| one.migration.as_ref());
    let of_needs = order.needs.iter().flat_map(|one| &one.code);
    let mut places = of_breaks.chain(of_needs.map(|code| &code.location));
    let (path, line) = places.next().map_or((default_file, 1), |location| {
        (location.file.as_ref(), location.line)
    });
    json!({
        "description": lines(order).join("\n"),
        "check_name": "DEPLOY_ORDER",
        "fingerprint": format!("deploy-order-{}", order.order.id()),
        "severity": "info",
        "location": { "path": path, "lines": { "begin": line } },
    })
}

fn issue(finding: &Finding, fingerprint: &str, default_file: &str) -> Value {
    let severity = match (finding.severity, finding.is_critical()) {
        (Severity::Error, true) => "critical",
        (Severity::Error, false) => "major",
        (Severity::Warning, _) => "minor",
    };
    let (path, line) = finding.location().map_or((default_file, 1), |location| {
        (location.file.as_ref(), location.line)
    });
    json!({
        "description": finding.title(),
        "check_name": finding.kind,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": { "path": path, "lines": { "begin": line } },
    })
}
