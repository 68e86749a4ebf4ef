//! The findings: one line each, with the source lines below it. Errors come first.

use std::fmt::Write as _;

use super::{anchor, code, level};
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
    let marked = marked.map(|line| line + "\n").unwrap_or_default();
    let _ = writeln!(
        text,
        "<pre>{marked}<span class=\"dim\">{}</span></pre>",
        code(&label.text)
    );
    text
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
    let Some((before, after)) = sources
        .text(&suggestion.file)
        .and_then(|text| suggestion.lines(text))
    else {
        return words;
    };
    let mut text = words + "<pre>";
    for change in similar::TextDiff::from_lines(before, &after).iter_all_changes() {
        let line = escape(change.value().trim_end_matches(['\r', '\n']));
        let _ = match change.tag() {
            similar::ChangeTag::Delete => writeln!(text, "<del>- {line}</del>"),
            similar::ChangeTag::Insert => writeln!(text, "<ins>+ {line}</ins>"),
            similar::ChangeTag::Equal => writeln!(text, "  {line}"),
        };
    }
    text + "</pre>\n"
}
