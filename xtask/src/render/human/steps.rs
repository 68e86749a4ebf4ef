//! The terminal output that `db-migrate` and `db-rollback` share: banners, and a verification with
//! its findings.

use super::{finding, status_lines};
use crate::render::blocks::blocks;
use crate::render::style::{Paint, Sign, paint, sign, wrapped};
use crate::report::{Finding, FindingTiming, Verification};
use crate::terminal::Style;

/// As wide as the specification draws it.
const RULE: &str = "═══════════════════════════════════════════════════════════";

/// A title between two rules, after an empty line.
pub fn banner(title: &str, style: Style) -> String {
    verdict(title, Paint::Bold, style)
}

/// A verdict between two rules, after an empty line.
pub fn verdict(title: &str, color: Paint, style: Style) -> String {
    let rule = paint(RULE, color, style);
    let title = paint(title.trim_end(), color, style);
    format!("\n{rule}\n{title}\n{rule}\n")
}

/// Why a run was refused or failed: its first line is what a person must not miss, and its last
/// lines are commands to copy.
pub fn reason(text: &str, style: Style) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    // Indented by three, as the rest is.
    let first = wrapped(first, style.width.saturating_sub(3), style);
    let painted: String = first
        .lines()
        .map(|line| format!("   {}\n", paint(line, Paint::BoldRed, style)))
        .collect();
    format!("\n{painted}{}", indented(rest))
}

/// `✅ text`, on a line of its own, which goes on below its own beginning.
pub fn signed(which: Sign, text: &str, style: Style) -> String {
    let room = style.width.saturating_sub(3);
    let text = format!("{}{text}", sign(which, style));
    let broken = |line: &str| {
        // Excerpts are in columns.
        let line = match line.starts_with(' ') {
            true => line.to_owned(),
            false => wrapped(line, room, style).replace('\n', "\n   "),
        };
        format!("{line}\n")
    };
    text.lines().map(broken).collect()
}

/// The three parts of a verification, the findings, and the verdict: `Pre-migration verification
/// passed!`
pub fn verification(report: &Verification, name: &str, style: Style) -> String {
    let mut text = format!("\n{}", status_lines(report, style));
    let is_resolved = |one: &Finding| matches!(one.timing, Some(FindingTiming::ResolvedBy(_)));
    for one in blocks(report, usize::MAX) {
        if is_resolved(&one) {
            continue;
        }
        text.push('\n');
        text.push_str(&finding::finding(&one, &report.sources, style));
    }
    // They need nobody: a first run on an empty database has one for every table.
    text += &match report
        .findings
        .iter()
        .filter(|one| is_resolved(one))
        .count()
    {
        0 => String::new(),
        1 => "\n1 finding of today is resolved by pending migrations\n".to_owned(),
        several => format!("\n{several} findings of today are resolved by pending migrations\n"),
    };
    text.push('\n');
    text + &if report.overall_passed() {
        let text = signed(Sign::Passed, &format!("{name} verification passed!"), style);
        painted(&text, Paint::BoldGreen, style)
    } else {
        let text = signed(Sign::Failed, &format!("{name} verification failed!"), style);
        painted(&text, Paint::BoldRed, style)
    }
}

/// A line, with its end, in a colour.
pub fn painted(line: &str, color: Paint, style: Style) -> String {
    let line = wrapped(line.trim_end(), style.width, style);
    format!("{}\n", paint(&line, color, style))
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
