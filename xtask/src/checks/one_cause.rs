//! Harmless findings of one cause as one: where the tables of an ORM leave out every default, or
//! write the types of columns in another way throughout, each column would give the same warning.

use std::collections::BTreeMap;

use super::{Check, Model, wording};
use crate::report::Finding;

/// So many findings are each worth their place. More that differ in the same way have one cause:
/// how the monorepo writes the tables of its ORM.
const FEW: usize = 3;

/// The common cause of findings: the ORM, and the difference in words.
pub(super) type Cause = (&'static str, String);

/// Returns the findings, of which those of one cause are one warning where there are more than a
/// few. `headline` makes its message of their number and their cause; the first of their places
/// follow. A finding that can be resolved by itself stays alone, and so does one that a comment
/// silences.
pub(super) fn together(
    model: &Model<'_>,
    check: &Check,
    findings: Vec<(Option<Cause>, Finding)>,
    headline: impl Fn(usize, &str) -> String,
) -> Vec<Finding> {
    let mut of_cause: BTreeMap<Cause, Vec<Finding>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (cause, finding) in findings {
        let is_alone = finding.proposal.is_some() || model.ignores().is_ignored(&finding);
        match cause.filter(|_| !is_alone) {
            Some(cause) => of_cause.entry(cause).or_default().push(finding),
            None => alone.push(finding),
        }
    }
    for ((_, cause), findings) in of_cause {
        if findings.len() > FEW {
            let headline = headline(findings.len(), &cause);
            alone.push(of_several(check, &headline, findings));
        } else {
            alone.extend(findings);
        }
    }
    alone
}

fn of_several(check: &Check, headline: &str, findings: Vec<Finding>) -> Finding {
    let columns: Vec<String> = findings
        .iter()
        .map(|finding| match finding.field.as_deref() {
            Some(field) => format!("{}.{field}", finding.entity),
            None => finding.entity.clone(),
        })
        .collect();
    let message = format!("{headline}: {}", wording::quoted_briefly(&columns));
    let found = check
        .finding("columns", message)
        .with_detail("columns", columns)
        .as_warning();
    let first = findings.iter().filter_map(|finding| finding.labels.first());
    let found = first.take(FEW).fold(found, |found, label| {
        found.at(&label.location, label.text.clone())
    });
    found.with_members(findings)
}
