//! The suggested change of one file, as a diff of the lines it touches.

use similar::{ChangeTag, TextDiff};

use crate::render::style::{Paint, harmless, line, paint};
use crate::report::{SourceTexts, Suggestion};
use crate::terminal::Style;

/// `help: add the field …` and the diff; only the words where the file's text is not at hand.
pub(super) fn suggestion(suggestion: &Suggestion, sources: &SourceTexts, style: Style) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{}: {}",
            paint("help", Paint::Cyan, style),
            harmless(&suggestion.text)
        ),
    );
    if let Some((before, after, first_line)) = changed_lines(suggestion, sources) {
        diff(&mut text, before, &after, first_line, style);
    }
    text
}

/// The lines that change, as they are and as they would be, and the number of the first.
fn changed_lines<'s>(
    suggestion: &Suggestion,
    sources: &'s SourceTexts,
) -> Option<(&'s str, String, usize)> {
    let source = sources.text(&suggestion.file)?;
    let (before, after) = suggestion.lines(source)?;
    // `before` is a slice of `source`: their addresses tell where it begins.
    let start = before.as_ptr() as usize - source.as_ptr() as usize;
    Some((before, after, source[..start].matches('\n').count() + 1))
}

fn diff(text: &mut String, before: &str, after: &str, first_line: usize, style: Style) {
    let diff = TextDiff::from_lines(before, after);
    let width = (first_line + after.lines().count()).to_string().len();
    for change in diff.iter_all_changes() {
        let index = match change.tag() {
            ChangeTag::Delete => change.old_index(),
            ChangeTag::Insert | ChangeTag::Equal => change.new_index(),
        };
        let number = index.map_or(first_line, |index| first_line + index);
        let content = harmless(change.value().trim_end_matches(['\r', '\n']));
        // A terminal would break a long line anywhere, so it is cut. A file gets the whole line.
        let room = style.width.saturating_sub(width + 4);
        let content = if style.color {
            console::truncate_str(&content, room, "...")
        } else {
            content.into()
        };
        let marked = match change.tag() {
            ChangeTag::Delete => paint(&format!("- {content}"), Paint::Red, style),
            ChangeTag::Insert => paint(&format!("+ {content}"), Paint::Green, style),
            ChangeTag::Equal => format!("  {content}"),
        };
        line(
            text,
            format_args!(
                "{} {marked}",
                paint(&format!("{number:>width$}"), Paint::Dim, style)
            ),
        );
    }
}
