//! The suggested change of one file, as a diff of the lines it touches.

use std::borrow::Cow;

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
    // A line that is replaced by one other is shown around its change, where it has to be cut.
    let same = match (before.lines().count(), after.lines().count()) {
        (1, 1) => common_start(before, after),
        _several => 0,
    };
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
        let content: Cow<'_, str> = if style.color {
            cut(&content, room, same).into()
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

/// The columns at the start of a line that its replacement shares.
fn common_start(before: &str, after: &str) -> usize {
    let both = before.chars().zip(after.chars());
    let same: String = both
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one)
        .collect();
    console::measure_text_width(&same)
}

/// A line of at most `room` columns. What is cut first stands before the last columns of the `same`
/// ones, which only lead to the change.
fn cut(content: &str, room: usize, same: usize) -> String {
    const DOTS: &str = "...";
    // So much of what leads to the change tells where it is.
    let lead = room / 3;
    let is_seen = same + lead <= room || console::measure_text_width(content) <= room;
    if is_seen {
        return console::truncate_str(content, room, DOTS).into_owned();
    }
    let rest: String = content.chars().skip(same - lead).collect();
    console::truncate_str(&format!("{DOTS}{rest}"), room, DOTS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_its_change() {
        let before = "export const user = z.object({ id: z.uuid(), bio: z.string().max(500) });";
        let after = before.replace("500", "200");
        let same = common_start(before, &after);
        assert_eq!(cut(before, 30, same), "...ing().max(500) });");
        assert_eq!(cut(&after, 30, same), "...ing().max(200) });");
        assert_eq!(cut(before, 200, same), before);
        assert_eq!(cut("abcdefghij", 8, 0), "abcde...");
    }
}
