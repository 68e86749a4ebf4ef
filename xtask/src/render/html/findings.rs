//! The findings: one line each, with the source lines below it. Errors come first.

use std::fmt::Write as _;

use super::{anchor, code, level, rules};
use crate::render::markup::escape;
use crate::report::{Finding, Label, Severity, SourceTexts, Suggestion, Verification};

/// Lines longer than this are left out.
const LONGEST_LINE: usize = 300;

/// The section with every finding.
pub(super) fn section(report: &Verification) -> String {
    let mut text = String::from("<section id=\"findings\" data-filtered>\n<h2>Findings</h2>\n");
    if report.findings.is_empty() {
        text.push_str("<p>Nothing was found.</p>\n");
    }
    for severity in [Severity::Error, Severity::Warning] {
        let of_level = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity);
        of_level.for_each(|finding| text.push_str(&one(finding, report)));
    }
    text.push_str("<p class=\"empty\" hidden>No finding fits.</p>\n</section>\n");
    text
}

fn one(finding: &Finding, report: &Verification) -> String {
    let level = level(finding.severity);
    let places = finding
        .labels
        .iter()
        .map(|label| label.location.file.to_string());
    let words: Vec<String> = places
        .chain([finding.kind.to_owned(), finding.title()])
        .collect();
    let place = finding.location().map(|place| {
        format!(
            "<span class=\"at dim code\">{}</span>",
            escape(&place.to_string())
        )
    });
    let mut text = format!(
        "<details class=\"finding\" data-level=\"{level}\" data-kind=\"{kind}\" data-text=\"{}\">\n\
         <summary><span class=\"chip {level}\">{kind}</span> <span>{}</span>{}</summary>\n<div class=\"body\">\n",
        escape(&words.join(" ").to_lowercase()),
        code(&finding.title()),
        place.unwrap_or_default(),
        kind = escape(finding.kind),
    );
    finding
        .labels
        .iter()
        .for_each(|label| text.push_str(&excerpt(label, &report.sources)));
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "<p><strong>Help:</strong> {}</p>", code(help));
    }
    if let Some(suggestion) = &finding.suggestion {
        text.push_str(&change(suggestion, &report.sources));
    }
    if report
        .alignment
        .iter()
        .any(|entity| entity.name == finding.entity)
    {
        let _ = writeln!(
            text,
            "<p><a href=\"#{}\">All fields of {}</a></p>",
            anchor(&finding.entity),
            escape(&finding.entity)
        );
    }
    let _ = writeln!(
        text,
        "<p><a href=\"#{}\">What {} means</a></p>",
        rules::anchor(finding.kind),
        escape(finding.kind)
    );
    text.push_str("</div>\n</details>\n");
    text
}

fn excerpt(label: &Label, sources: &SourceTexts) -> String {
    let location = &label.location;
    let mut text = format!(
        "<div class=\"code dim\">{}</div>\n",
        escape(&location.to_string())
    );
    let line = sources
        .text(&location.file)
        .and_then(|text| text.lines().nth(location.line as usize - 1));
    let marked = line
        .filter(|line| line.len() <= LONGEST_LINE)
        .map(|line| marked(line, label));
    let marked = marked
        .map(|line| format!("{}{line}\n", number(location.line as usize)))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "<pre>{marked}<span class=\"dim\">{}</span></pre>",
        code(&label.text)
    );
    text
}

/// The number of a line, which is not copied with it.
fn number(line: usize) -> String {
    format!("<span class=\"number\">{line}</span>")
}

/// The line with the place marked.
fn marked(line: &str, label: &Label) -> String {
    let before: String = line
        .chars()
        .take(label.location.column as usize - 1)
        .collect();
    let rest = &line[before.len()..];
    let length = (label.location.span.end - label.location.span.start) as usize;
    // The place may reach into later lines: only its part in this line is marked.
    let end = (0..=length.min(rest.len()))
        .rev()
        .find(|at| rest.is_char_boundary(*at))
        .unwrap_or(0);
    format!(
        "{}<mark>{}</mark>{}",
        escape(&before),
        escape(&rest[..end]),
        escape(&rest[end..])
    )
}

/// The lines that a suggestion changes, before and after.
fn change(suggestion: &Suggestion, sources: &SourceTexts) -> String {
    let words = format!(
        "<p><strong>Suggested:</strong> {}</p>\n",
        code(&suggestion.text)
    );
    let Some(source) = sources.text(&suggestion.file) else {
        return words;
    };
    let Some((before, after)) = suggestion.lines(source) else {
        return words;
    };
    // `before` is a slice of `source`: their addresses tell where it begins.
    let start = before.as_ptr() as usize - source.as_ptr() as usize;
    let first = source[..start].matches('\n').count() + 1;
    let mut text = words + "<pre>";
    for change in similar::TextDiff::from_lines(before, &after).iter_all_changes() {
        let line = escape(change.value().trim_end_matches(['\r', '\n']));
        let index = change
            .new_index()
            .or(change.old_index())
            .unwrap_or_default();
        let number = number(first + index);
        let _ = match change.tag() {
            similar::ChangeTag::Delete => writeln!(text, "{number}<del>- {line}</del>"),
            similar::ChangeTag::Insert => writeln!(text, "{number}<ins>+ {line}</ins>"),
            similar::ChangeTag::Equal => writeln!(text, "{number}  {line}"),
        };
    }
    text + "</pre>\n"
}
