//! The changes that `--fix` made, in words. Changes that are only proposed appear as a unified
//! diff, which `git apply` accepts.

use similar::TextDiff;

use crate::render::style::{Paint, count, harmless, harmless_line, line, paint, wrapped};
use crate::report::{Fixes, Left};
use crate::terminal::Style;

/// The number of changes named that were not made.
const NAMED: usize = 20;

/// `Fixed 3 findings in 2 files; 4 remaining`, and the changes that were not made, a line each.
#[must_use]
pub fn fixes(fixes: &Fixes, remaining: usize, style: Style) -> String {
    let counted = format!(
        "{} in {}",
        count(fixes.fixed, "finding"),
        count(fixes.files.len(), "file")
    );
    summary(
        &format!("Fixed {counted}; {remaining} remaining"),
        fixes,
        style,
    )
}

/// As [`fixes`], for changes that were only shown.
#[must_use]
pub fn would_fix(fixes: &Fixes, remaining: usize, style: Style) -> String {
    let counted = format!(
        "{} in {}",
        count(fixes.fixed, "finding"),
        count(fixes.files.len(), "file")
    );
    summary(
        &format!("Would fix {counted}; {remaining} would remain"),
        fixes,
        style,
    )
}

fn summary(headline: &str, fixes: &Fixes, style: Style) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!("{}", paint(headline, Paint::Bold, style)),
    );
    if !fixes.left.is_empty() {
        line(
            &mut text,
            format_args!(
                "{} not applied:",
                count(fixes.left.len(), "suggested change")
            ),
        );
    }
    for Left {
        file,
        line: at,
        text: what,
        reason,
    } in fixes.left.iter().take(NAMED)
    {
        line(
            &mut text,
            format_args!("{}", item(&format!("{file}:{at}: {what}: {reason}"), style)),
        );
    }
    if let Some(more) = fixes.left.len().checked_sub(NAMED).filter(|more| *more > 0) {
        line(&mut text, format_args!("  and {more} more"));
    }
    text
}

/// One of a list, which goes on below its own beginning.
fn item(text: &str, style: Style) -> String {
    let room = style.width.saturating_sub(4);
    let text = wrapped(&harmless_line(text), room, style);
    format!("  {}", text.replace('\n', "\n    "))
}

/// The change of one file, its text `before` and `after`.
#[must_use]
pub fn diff(file: &str, before: &str, after: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff
        .unified_diff()
        .header(&format!("a/{file}"), &format!("b/{file}"))
        .to_string();
    if !style.color {
        return text;
    }
    let colored = text.split_inclusive('\n').map(|line| {
        let (content, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |content| (content, "\n"));
        let content = harmless(content.trim_end_matches('\r'));
        // Headers are tested first, because they begin like changed lines.
        let color = match content.as_bytes().first() {
            _header if content.starts_with("--- ") || content.starts_with("+++ ") => Paint::Bold,
            Some(b'-') => Paint::Red,
            Some(b'+') => Paint::Green,
            Some(b'@') => Paint::Cyan,
            Some(_) | None => return content + end,
        };
        paint(&content, color, style) + end
    });
    colored.collect()
}
