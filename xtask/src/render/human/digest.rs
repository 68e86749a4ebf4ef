//! A digest of many findings. A first run on a monorepo that has drifted for years finds hundreds,
//! too many to read one by one.

use std::collections::BTreeMap;

use crate::render::style::{Paint, count, harmless_line, line, paint};
use crate::report::{Finding, Verification};
use crate::terminal::Style;

/// Fewer findings than this are read one by one.
const MANY: usize = 20;

/// The number of tables or endpoints that are named.
const NAMED: usize = 5;

/// The number of findings of each type, and the entities with most of them. Empty where there are
/// few findings.
pub(super) fn digest(report: &Verification, style: Style) -> String {
    let mut text = String::new();
    if report.findings.len() < MANY {
        return text;
    }
    line(
        &mut text,
        format_args!("{}", paint("By type:", Paint::Bold, style)),
    );
    for (kind, number) in most(&report.findings, |finding| finding.kind) {
        line(&mut text, format_args!("{number:>6}  {kind}"));
    }
    let entities = most(&report.findings, |finding| &finding.entity);
    let named = entities
        .iter()
        .take(NAMED)
        .map(|(entity, number)| format!("{} {number}", harmless_line(entity)));
    let named = named.collect::<Vec<_>>().join(", ");
    let others = match entities.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!(", and {more} more"),
        None => String::new(),
    };
    line(
        &mut text,
        format_args!(
            "{} {named}{others}\n",
            paint("Most in:", Paint::Bold, style)
        ),
    );
    text
}

/// Counts the findings by a key, the most frequent key first.
fn most<'f>(findings: &'f [Finding], by: impl Fn(&'f Finding) -> &'f str) -> Vec<(&'f str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    findings
        .iter()
        .for_each(|finding| *counts.entry(by(finding)).or_insert(0) += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    counts
}

/// Suggests ways to deal with the findings without reading each of them.
pub(super) fn ways_out(report: &Verification) -> String {
    let mut text = String::new();
    if report.fixes.is_some() {
        return text;
    }
    let is_safe = |finding: &&Finding| {
        finding
            .suggestion
            .as_ref()
            .is_some_and(|suggestion| suggestion.safe)
    };
    let fixable = report.findings.iter().filter(is_safe).count();
    if fixable > 0 {
        let what = count(fixable, "finding");
        line(
            &mut text,
            format_args!("{what} can be fixed with `--fix`; `--diff` shows how"),
        );
    }
    if report.findings.len() >= MANY && report.accepted.is_none() {
        line(
            &mut text,
            format_args!(
                "`--update-baseline` accepts what is there today, `--format html` shows it on a page"
            ),
        );
    }
    text
}
