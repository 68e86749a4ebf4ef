//! A finding with its lines: the wrong place underlined, the other side's line beside it, help, and
//! the suggested change as a diff.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};

use super::suggestion;
use crate::render::style::{harmless_line, wrapped};
use crate::report::{Finding, FindingTiming, Label, Severity, SourceTexts};
use crate::terminal::Style;

/// Lines longer than this are not shown: no person wrote them.
const LONGEST_LINE: usize = 400;

/// The columns before a note: a line number, `=` and its name.
const NOTE_MARGIN: usize = 16;

/// Places in one file that are further apart than this are shown one by one.
const MOST_LINES: u32 = 60;

/// The finding as text.
#[must_use]
pub fn finding(finding: &Finding, sources: &SourceTexts, style: Style) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = harmless_line(&finding.title());
    let mut group = level
        .primary_title(title)
        .id(finding.kind)
        .elements(excerpts(finding, sources));
    for note in notes(finding, style) {
        group = group.element(note);
    }
    let rendered = renderer(style).render(&[group]);
    // The renderer leaves a long title to the terminal, which would break it within a word.
    let (first, excerpts) = rendered.split_once('\n').unwrap_or((&rendered, ""));
    let first = wrapped(first, style.width.saturating_sub(2), style).replace('\n', "\n  ");
    let mut text = match excerpts {
        "" => first,
        excerpts => format!("{first}\n{excerpts}"),
    };
    text.push('\n');
    if let Some(suggested) = &finding.suggestion {
        text.push_str(&suggestion::suggestion(suggested, sources, style));
    }
    text
}

fn renderer(style: Style) -> Renderer {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // Lines of Unicode need glyphs that common fonts lack: `⸬` marks a second file.
    renderer
        .term_width(style.width)
        .decor_style(DecorStyle::Ascii)
}

fn notes(finding: &Finding, style: Style) -> Vec<Element<'static>> {
    let room = style.width.saturating_sub(NOTE_MARGIN);
    let text = |text: &str| wrapped(&harmless_line(text), room, style);
    let timing = finding.timing.as_ref().map(|timing| match timing {
        FindingTiming::Present => String::from("it is there today"),
        FindingTiming::ResolvedBy(migration) => {
            format!("it is there today, and `{migration}` resolves it")
        }
        FindingTiming::IntroducedBy(migration) => {
            format!("it is not there today: `{migration}` introduces it")
        }
    });
    let note = timing.map(|note| Element::from(Level::NOTE.message(text(&note))));
    let help = finding
        .help
        .as_ref()
        .map(|help| Element::from(Level::HELP.message(text(help))));
    note.into_iter().chain(help).collect()
}

/// Excerpts of every file that the finding names, the first place's file first.
fn excerpts<'a>(finding: &'a Finding, sources: &'a SourceTexts) -> Vec<Element<'a>> {
    let mut groups: Vec<Vec<(usize, &Label)>> = Vec::new();
    for (at, label) in finding.labels.iter().enumerate() {
        match groups.iter_mut().find(|group| belongs_to(group, label)) {
            Some(group) => group.push((at, label)),
            None => groups.push(vec![(at, label)]),
        }
    }
    groups.iter().map(|group| excerpt(group, sources)).collect()
}

fn belongs_to(group: &[(usize, &Label)], label: &Label) -> bool {
    let near = |other: &Label| {
        other.location.file == label.location.file
            && other.location.line.abs_diff(label.location.line) < MOST_LINES
    };
    group.iter().all(|(_, other)| near(other))
}

fn excerpt<'a>(group: &[(usize, &'a Label)], sources: &'a SourceTexts) -> Element<'a> {
    let (first_at, first) = group[0];
    let location = &first.location;
    let Some((window, start)) = sources
        .text(&location.file)
        .and_then(|text| window(text, group))
    else {
        let text = harmless_line(&format!("{}: {}", location, first.text));
        return if first_at == 0 {
            Element::from(origin(first))
        } else {
            Element::from(Level::NOTE.message(text))
        };
    };
    let line_start = group
        .iter()
        .map(|(_, label)| label.location.line)
        .min()
        .unwrap_or(1);
    let annotations = group.iter().map(|(at, label)| {
        let kind = if *at == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        kind.span(span(label, start, window))
            .label(harmless_line(&label.text))
    });
    let snippet = Snippet::source(window)
        .line_start(line_start as usize)
        .path(harmless_line(&location.file));
    Element::from(snippet.annotations(annotations))
}

fn origin(label: &Label) -> Origin<'static> {
    let location = &label.location;
    Origin::path(harmless_line(&location.file))
        .line(location.line as usize)
        .char_column(location.column as usize)
}

/// The lines from the first place to the last, and the byte at which they start. `None` where a
/// line is too long to be shown.
fn window<'t>(text: &'t str, group: &[(usize, &Label)]) -> Option<(&'t str, usize)> {
    let starts = group
        .iter()
        .map(|(_, label)| label.location.span.start as usize);
    let (first, last) = (starts.clone().min()?, starts.max()?);
    let start = text.get(..first)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text
        .get(last..)?
        .find('\n')
        .map_or(text.len(), |at| last + at);
    let window = text.get(start..end)?;
    window
        .lines()
        .all(|line| line.len() <= LONGEST_LINE)
        .then_some((window, start))
}

/// The label's bytes within the window, cut to its first line and to whole characters.
fn span(label: &Label, window_start: usize, window: &str) -> Range<usize> {
    let range = label.location.span.range();
    let start = floor(window, range.start.saturating_sub(window_start));
    let line_end = window[start..]
        .find('\n')
        .map_or(window.len(), |at| start + at);
    let end = floor(window, range.end.saturating_sub(window_start)).min(line_end);
    start..end.max(start)
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}
