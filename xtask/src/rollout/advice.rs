//! General advice about statements gives way where this branch's own code was judged: "dropping a
//! column may break existing clients" says less than the line of the client.

use crate::migrations::lint;
use crate::report::{DeployOrder, Finding};
use crate::source::Location;

/// The rules of squawk that warn about running code in general. Those about locks and rewritten
/// tables stay: they are of another danger.
const ABOUT_RUNNING_CODE: &[&str] = &[
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-default",
    "ban-drop-not-null",
    "ban-drop-table",
    "changing-column-type",
    "renaming-column",
    "renaming-table",
];

/// Takes the advice out of `findings` that `order` tells better about the same clause.
pub fn give_way(findings: &mut Vec<Finding>, order: &DeployOrder) {
    let told: Vec<&Location> = order
        .breaks
        .iter()
        .filter_map(|one| one.migration.as_ref())
        .collect();
    findings.retain(|finding| !is_general(finding) || !is_told(finding, &told));
}

fn is_general(finding: &Finding) -> bool {
    let rule = finding.field.as_deref().unwrap_or_default();
    finding.kind == lint::KIND && ABOUT_RUNNING_CODE.contains(&rule)
}

fn is_told(finding: &Finding, told: &[&Location]) -> bool {
    let Some(place) = finding.location() else {
        return false;
    };
    told.iter().any(|other| {
        other.file == place.file
            && other.span.start < place.span.end
            && place.span.start < other.span.end
    })
}
