//! The terminal output that `db-migrate` and `db-rollback` share: banners, and a verification with
//! its findings.

use super::{finding, status_lines};
use crate::render::style::{Sign, sign};
use crate::report::{Finding, FindingTiming, Verification};
use crate::terminal::Style;

/// As wide as the specification draws it.
const RULE: &str = "═══════════════════════════════════════════════════════════";

/// A title between two rules, after an empty line.
pub fn banner(title: &str) -> String {
    format!("\n{RULE}\n{title}\n{RULE}\n")
}

/// `✅ text`, on a line of its own.
pub fn signed(which: Sign, text: &str, style: Style) -> String {
    format!("{}{text}\n", sign(which, style))
}

/// The three parts of a verification, the findings, and the verdict: `Pre-migration verification
/// passed!`
pub fn verification(report: &Verification, name: &str, style: Style) -> String {
    let mut text = format!("\n{}", status_lines(report, style));
    let is_resolved = |one: &&Finding| matches!(one.timing, Some(FindingTiming::ResolvedBy(_)));
    for one in report.findings.iter().filter(|one| !is_resolved(one)) {
        text.push('\n');
        text.push_str(&finding::finding(one, &report.sources, style));
    }
    // They need nobody: a first run on an empty database has one for every table.
    text += &match report.findings.iter().filter(is_resolved).count() {
        0 => String::new(),
        1 => "\n1 finding of today is resolved by pending migrations\n".to_owned(),
        several => format!("\n{several} findings of today are resolved by pending migrations\n"),
    };
    text.push('\n');
    text + &if report.overall_passed() {
        signed(Sign::Passed, &format!("{name} verification passed!"), style)
    } else {
        signed(Sign::Failed, &format!("{name} verification failed!"), style)
    }
}

/// Indents text from elsewhere (a diff, an error).
pub fn indented(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("   {line}\n")
            }
        })
        .collect()
}
