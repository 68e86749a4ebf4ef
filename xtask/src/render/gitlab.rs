//! GitLab's code quality report (a subset of Code Climate's): GitLab shows its entries beside the
//! lines of a merge request.

use serde_json::{Value, json};

use super::json::document;
use crate::report::{Finding, Severity, Verification};

/// The document: an array with one object for each finding. GitLab requires the place of a file that
/// exists: a finding without one is given `default_file`.
#[must_use]
pub fn verification(report: &Verification, default_file: &str) -> String {
    let fingerprints = Finding::fingerprints(&report.findings);
    document(
        &report
            .findings
            .iter()
            .zip(fingerprints)
            .map(|(finding, fingerprint)| issue(finding, &fingerprint, default_file))
            .collect(),
    )
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
