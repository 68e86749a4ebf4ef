//! The findings: one line each, with the source lines below it.

use std::fmt::Write as _;

use super::{anchor, code, escape, level};
use crate::report::{Finding, Label, Sources, Suggestion, Verification};

/// Lines longer than this are cut.
const LONGEST_LINE: usize = 300;

/// The section with every finding.
pub(super) fn section(report: &Verification) -> String {
    let mut text = String::from("<section id=\"findings\">\n<h2>Findings</h2>\n");
    if report.findings.is_empty() {
        text.push_str("<p>Nothing was found.</p>\n");
    }
    report.findings.iter().for_each(|finding| text.push_str(&one(finding, report)));
    text.push_str("</section>\n");
    text
}

fn one(finding: &Finding, report: &Verification) -> String {
    let level = level(finding.severity);
    let places = finding.labels.iter().map(|label| label.location.file.to_string());
    let words: Vec<String> = places.chain([finding.kind.to_owned(), finding.title()]).collect();
    let mut text = format!(
        "<details class=\"finding\" data-level=\"{level}\" data-text=\"{}\">\n<summary><span class=\"chip {level}\">{}</span> {}</summary>\n<div class=\"body\">\n",
        escape(&words.join(" ").to_lowercase()),
        escape(finding.kind),
        code(&finding.title())
    );
    finding.labels.iter().for_each(|label| text.push_str(&excerpt(label, &report.sources)));
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "<p>Help: {}</p>", code(help));
    }
    if let Some(suggestion) = &finding.suggestion {
        text.push_str(&change(suggestion, &report.sources));
    }
    if report.alignment.iter().any(|entity| entity.name == finding.entity) {
        let _ =
            writeln!(text, "<p><a href=\"#{}\">All of {}</a></p>", anchor(&finding.entity), escape(&finding.entity));
    }
    text.push_str("</div>\n</details>\n");
    text
}

fn excerpt(label: &Label, sources: &Sources) -> String {
    let location = &label.location;
    let mut text = format!("<div class=\"code dim\">{}</div>\n", escape(&location.to_string()));
    let line = sources.text(&location.file).and_then(|text| text.lines().nth(location.line as usize - 1));
    let marked = line.filter(|line| line.len() <= LONGEST_LINE).map(|line| marked(line, label)).unwrap_or_default();
    let _ = writeln!(text, "<pre>{marked}\n<span class=\"dim\">{}</span></pre>", code(&label.text));
    text
}

/// The line with the place marked.
fn marked(line: &str, label: &Label) -> String {
    let before: String = line.chars().take(label.location.column as usize - 1).collect();
    let rest = &line[before.len()..];
    let length = (label.location.span.end - label.location.span.start) as usize;
    let end = (0..=length.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
    format!("{}<mark>{}</mark>{}", escape(&before), escape(&rest[..end]), escape(&rest[end..]))
}

fn change(suggestion: &Suggestion, sources: &Sources) -> String {
    let range = suggestion.span.range();
    let Some(removed) = sources.text(&suggestion.file).and_then(|text| text.get(range)) else {
        return format!("<p>Suggested: {}</p>\n", code(&suggestion.text));
    };
    format!(
        "<p>Suggested: {}</p>\n<pre><del>{}</del><ins>{}</ins></pre>\n",
        code(&suggestion.text),
        escape(removed),
        escape(suggestion.replacement.trim_start_matches([';', ',', '\n']))
    )
}
