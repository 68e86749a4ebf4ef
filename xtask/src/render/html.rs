//! One self-contained page for a CI artifact: the verdict, the findings, the overview of tables and what describes
//! them, every field side by side, and a diagram of the tables. It needs no network, and works without its script.

mod diagram;
mod entities;
mod findings;

use std::fmt::Write as _;

use super::style::count;
use crate::report::{Category, Finding, Severity, Verification};

/// The page.
#[must_use]
pub fn verification(report: &Verification) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        escape(&verdict(report)),
        include_str!("html/page.css")
    );
    page.push_str(&header(report));
    page.push_str(TOOLS);
    page.push_str("<main>\n");
    page.push_str(&findings::section(report));
    page.push_str(&entities::overview(report));
    page.push_str(&entities::side_by_side(report));
    page.push_str(&diagram::section(report));
    page.push_str(&coverage(report));
    page.push_str("</main>\n");
    let _ = write!(page, "<script>\n{}</script>\n</body>\n</html>\n", include_str!("html/page.js"));
    page
}

const TOOLS: &str = "<div class=\"tools\" role=\"search\">\n\
    <input type=\"search\" id=\"search\" placeholder=\"Filter by table, field, type or file (press /)\" aria-label=\"Filter\">\n\
    <label><input type=\"checkbox\" value=\"error\"> errors</label>\n\
    <label><input type=\"checkbox\" value=\"warning\"> warnings</label>\n\
    <span id=\"shown\" class=\"dim\" aria-live=\"polite\"></span>\n</div>\n";

fn verdict(report: &Verification) -> String {
    let verdict = if report.overall_passed() { "Verification passed" } else { "Verification failed" };
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    format!("{verdict}: {}, {}", count(errors, "error"), count(warnings, "warning"))
}

fn header(report: &Verification) -> String {
    let level = if report.overall_passed() { "ok" } else { "error" };
    let mut text = format!(
        "<header>\n<div class=\"verdict {level}\"><h1>{}</h1>\n<p class=\"dim\">Compared with {} on <time>{}</time></p></div>\n<ul class=\"parts\">\n",
        escape(&verdict(report)),
        code(&report.against),
        escape(report.timestamp.as_str())
    );
    let parts = [
        (Category::TypeAlignment, "Type alignment"),
        (Category::ApiContracts, "API contracts"),
        (Category::ValidationSchemas, "Validation schemas"),
    ];
    for (category, name) in parts {
        let of_part: Vec<_> = report.findings.iter().filter(|finding| finding.category == category).collect();
        let _ = writeln!(text, "<li class=\"chip {}\">{name}: {}</li>", worst(&of_part), counted(&of_part));
    }
    text.push_str("</ul>\n</header>\n");
    text
}

fn coverage(report: &Verification) -> String {
    let coverage = &report.coverage;
    let mut text =
        format!("<section id=\"coverage\">\n<h2>What was judged</h2>\n<p>{}</p>\n", super::style::judged(coverage),);
    if !coverage.unjudged.is_empty() {
        let _ = writeln!(
            text,
            "<details><summary>{} not judged</summary><div class=\"body\"><ul>",
            coverage.unjudged.len()
        );
        for one in &coverage.unjudged {
            let place = one.location.as_ref().map(|location| format!(" ({location})")).unwrap_or_default();
            let _ = writeln!(
                text,
                "<li>{} <code>{}</code>{}: {}</li>",
                one.what,
                escape(&one.name),
                escape(&place),
                escape(&one.reason)
            );
        }
        text.push_str("</ul></div></details>\n");
    }
    text.push_str("</section>\n");
    text
}

/// The class of the worst of `findings`.
fn worst(findings: &[&Finding]) -> &'static str {
    match findings.iter().map(|finding| finding.severity).min() {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        None => "ok",
    }
}

/// `passed`, or how many of each level there are.
fn counted(findings: &[&Finding]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    match (of(Severity::Error), of(Severity::Warning)) {
        (0, 0) => "passed".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Text for elements and quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            hidden if hidden.is_control() || matches!(hidden, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                escaped.push('\u{fffd}');
            }
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Text whose paired back ticks become `<code>`.
fn code(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    if parts.len() % 2 == 0 {
        return escape(text);
    }
    let part = |(at, part): (usize, &&str)| {
        if at % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

/// A name as the anchor of its entity.
fn anchor(entity: &str) -> String {
    let plain =
        |character: char| if character.is_alphanumeric() || "._-".contains(character) { character } else { '-' };
    format!("entity-{}", entity.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<b a=\"'\">&\u{202e}"), "&lt;b a=&quot;&#39;&quot;&gt;&amp;\u{fffd}");
        assert_eq!(code("a `<x>` b"), "a <code>&lt;x&gt;</code> b");
        assert_eq!(code("a ` b"), "a ` b");
        assert_eq!(anchor("a\"b"), "entity-a-b");
    }
}
