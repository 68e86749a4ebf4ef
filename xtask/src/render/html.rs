//! One self-contained page for a CI artifact: the verdict, the matrix of tables and their
//! descriptions, and the changes by pending migrations. The findings, every field side by side, and
//! a diagram of the tables follow. It needs no network, and all content is there without its
//! script.

mod diagram;
mod entities;
mod findings;
mod fleet_run;
mod layout;
mod rules;
mod run;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::markup::escape;
use super::style::count;
use crate::report::{Category, Finding, MigrationResult, Rule, Severity, Verification};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The number of tables and findings above which the browser lays out only the visible part.
const MANY: usize = 400;

/// With more findings than this, paper gets a line for each. With its excerpts a finding takes a
/// third of a sheet.
const PRINTED: usize = 40;

/// The page. It explains the findings with `rules`.
#[must_use]
pub fn verification(report: &Verification, rules: &[Rule]) -> String {
    page(report, "", rules)
}

/// The page of `db-migrate`: the applied migrations, and the last verification.
#[must_use]
pub fn migration(result: &MigrationResult, rules: &[Rule]) -> String {
    page(&run::verification(result), &run::section(result), rules)
}

pub use fleet_run::fleet_run;

fn page(report: &Verification, first: &str, rules: &[Rule]) -> String {
    let mut page = head(&verdict(report));
    page.push_str(&header(report));
    page.push_str(&tools(report));
    let many = report.alignment.len() + report.findings.len() > MANY;
    let class = match (many, report.findings.len() > PRINTED) {
        (true, _) => " class=\"many long\"",
        (false, true) => " class=\"long\"",
        (false, false) => "",
    };
    let _ = writeln!(page, "<main id=\"main\"{class}>");
    page.push_str(first);
    page.push_str(&deploy_order(report));
    page.push_str(&findings::section(report));
    page.push_str(&entities::overview(report));
    page.push_str(&schema_changes(report));
    page.push_str(&entities::side_by_side(report));
    page.push_str(&diagram::section(report));
    page.push_str(&rules::section(&report.findings, rules));
    page.push_str(&coverage(report));
    page.push_str("</main>\n");
    let _ = write!(page, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// The head of the page. Its policy names style and script by their hashes: nothing is loaded, and
/// no other script runs, whatever text the sources hold.
fn head(title: &str) -> String {
    // `img-src data:` is for the empty icon, without which the browser would request one.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        STANDARD.encode(Sha256::digest(STYLE)),
        STANDARD.encode(Sha256::digest(SCRIPT))
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n",
        escape(title)
    )
}

fn verdict(report: &Verification) -> String {
    let verdict = if report.overall_passed() {
        "Verification passed"
    } else {
        "Verification failed"
    };
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    format!(
        "{verdict}: {}, {}",
        count(errors, "error"),
        count(warnings, "warning")
    )
}

/// `2024-01-15T10:30:00.127Z` as people read it: `2024-01-15 10:30 UTC`.
fn to_the_minute(instant: &str) -> String {
    let Some((date, time)) = instant.split_once('T') else {
        return instant.to_owned();
    };
    let minute: String = time.chars().take("10:30".len()).collect();
    format!("{date} {minute} UTC")
}

fn header(report: &Verification) -> String {
    let (level, sign) = if report.overall_passed() {
        ("ok", "✓")
    } else {
        ("error", "✗")
    };
    let migration = report
        .migration_name
        .as_ref()
        .map(|name| format!(" for <code>{}</code>", escape(name)));
    let judged = report
        .since
        .as_ref()
        .map(|since| format!("Judged is {}. ", code(&since.title())))
        .unwrap_or_default();
    let mut text = format!(
        "<header id=\"top\">\n<div class=\"verdict {level}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span>\n<div><h1>{}</h1>\n\
         <p class=\"dim\">{judged}Compared with {}{} on <time datetime=\"{}\">{}</time></p></div></div>\n<ul class=\"cards\">\n",
        escape(&verdict(report)),
        code(&report.against),
        migration.unwrap_or_default(),
        escape(report.timestamp.as_str()),
        escape(&to_the_minute(report.timestamp.as_str()))
    );
    for category in report.parts() {
        let name = part_name(category);
        let of_part: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.category == category)
            .collect();
        match report.not_judged(category) {
            Some(why) => card(&mut text, "none", &format!("{name}: {why}"), "not judged"),
            None => card(&mut text, worst(&of_part), name, &counted(&of_part)),
        }
    }
    let coverage = &report.coverage;
    let described = if coverage.tables_with_type == coverage.tables {
        "ok"
    } else {
        "warning"
    };
    let covered = format!(
        "{} of {}",
        coverage.tables_with_type,
        count(coverage.tables, "table")
    );
    card(&mut text, described, "Described by a type", &covered);
    if !coverage.unjudged.is_empty() {
        card(
            &mut text,
            "none",
            "Not judged; listed at the end",
            &coverage.unjudged.len().to_string(),
        );
    }
    if let Some(since) = &report.since {
        card(
            &mut text,
            "none",
            "Left out, as they were there before",
            &count(since.known, "finding"),
        );
    }
    if let Some(accepted) = &report.accepted {
        card(
            &mut text,
            "none",
            "Accepted in the baseline",
            &count(accepted.count, "finding"),
        );
    }
    text.push_str("</ul>\n</header>\n");
    text
}

fn part_name(category: Category) -> &'static str {
    match category {
        Category::Migrations => "Migrations and database",
        Category::TypeAlignment => "Type alignment",
        Category::ApiContracts => "API contracts",
        Category::ValidationSchemas => "Validation schemas",
    }
}

fn card(text: &mut String, level: &str, name: &str, says: &str) {
    let _ = writeln!(
        text,
        "<li class=\"{level}\"><strong>{says}</strong>{name}</li>"
    );
}

/// The search, the filters, and the way to each section.
fn tools(report: &Verification) -> String {
    let mut kinds: Vec<&str> = report.findings.iter().map(|finding| finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let kinds: String = kinds
        .iter()
        .map(|kind| format!("<option>{}</option>", escape(kind)))
        .collect();
    let sections = [
        ("order", "Deploy order", !deploy_order(report).is_empty()),
        ("findings", "Findings", true),
        ("overview", "Overview", !report.alignment.is_empty()),
        (
            "changes",
            "Schema changes",
            !schema_changes(report).is_empty(),
        ),
        ("fields", "Field by field", !report.alignment.is_empty()),
        (
            "diagram",
            "Diagram",
            report.alignment.iter().any(|entity| !entity.view),
        ),
        ("rules", "Explanations", !report.findings.is_empty()),
        ("coverage", "What was judged", true),
    ];
    let links = sections.iter().filter(|(_, _, there)| *there);
    let links: String = links
        .map(|(id, name, _)| format!("<a href=\"#{id}\">{name}</a> "))
        .collect();
    let level = if report.overall_passed() {
        "ok"
    } else {
        "error"
    };
    let verdict = verdict(report);
    format!(
        "<div class=\"tools\"><div class=\"bar\" role=\"search\">\n<nav aria-label=\"Sections\"><a class=\"chip {level}\" href=\"#top\">{verdict}</a> {links}</nav>\n\
         <input type=\"search\" id=\"search\" placeholder=\"Search tables, fields, files (/)\" aria-label=\"Search\" autocomplete=\"off\" spellcheck=\"false\">\n\
         <select id=\"level\" aria-label=\"Level\"><option value=\"\">everything</option><option value=\"any\">errors and warnings</option><option value=\"error\">errors</option><option value=\"warning\">warnings</option></select>\n\
         <select id=\"kind\" aria-label=\"Type of finding\"><option value=\"\">all types of findings</option>{kinds}</select>\n\
         <button type=\"button\" id=\"clear\">Clear</button>\n<button type=\"button\" id=\"unfold\" aria-pressed=\"false\">Unfold all</button>\n\
         <button type=\"button\" id=\"theme\">Light or dark</button>\n<span id=\"shown\" class=\"dim\" aria-live=\"polite\"></span>\n</div></div>\n"
    )
}

/// Renders the deploy order of the branch.
fn deploy_order(report: &Verification) -> String {
    let since = report.since.as_ref();
    let Some(order) = since.and_then(|since| since.deploy_order.as_ref()) else {
        return String::new();
    };
    let lines = super::deploy_order::lines(order);
    format!(
        "<section id=\"order\">\n<h2>Deploy order: {}</h2>\n<pre>{}</pre>\n</section>\n",
        escape(order.order.title()),
        escape(&lines.join("\n"))
    )
}

/// Renders the schema changes that the snapshot or the database does not have yet: of pending
/// migrations, or else of the branch.
fn schema_changes(report: &Verification) -> String {
    let of_branch = report
        .since
        .as_ref()
        .and_then(|since| since.schema.as_ref())
        .map(|lines| lines.join("\n"));
    let (title, changes) = match (&report.schema_changes, of_branch) {
        (Some(changes), _) => (
            "What pending migrations change in the schema",
            changes.clone(),
        ),
        (None, Some(changes)) => ("What the branch changes in the schema", changes),
        (None, None) => return String::new(),
    };
    let mut text = format!("<section id=\"changes\">\n<h2>{title}</h2>\n");
    if changes.trim().is_empty() {
        text.push_str("<p>Nothing: the schema stays as it is.</p>\n</section>\n");
        return text;
    }
    text.push_str("<pre>");
    for line in changes.lines() {
        let class = match line.trim_start().chars().next() {
            Some('+') => "add",
            Some('-') => "gone",
            Some('~') => "change",
            Some(_) | None => "dim",
        };
        let _ = writeln!(text, "<span class=\"{class}\">{}</span>", escape(line));
    }
    text.push_str("</pre>\n</section>\n");
    text
}

fn coverage(report: &Verification) -> String {
    let coverage = &report.coverage;
    let mut text = format!(
        "<section id=\"coverage\">\n<h2>What was judged</h2>\n<p>{}</p>\n",
        super::style::judged(coverage)
    );
    if !coverage.unjudged.is_empty() {
        let _ = writeln!(
            text,
            "<details class=\"entity\"><summary>{} not judged</summary><div class=\"body\"><ul>",
            coverage.unjudged.len()
        );
        for one in &coverage.unjudged {
            let place = one
                .location
                .as_ref()
                .map(|location| format!(" ({location})"))
                .unwrap_or_default();
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
    let of = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
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

/// Text whose paired back ticks become `<code>`.
fn code(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    // Then the number of back ticks is odd, and they are not paired.
    if parts.len() % 2 == 0 {
        return escape(text);
    }
    let part = |(at, part): (usize, &&str)| {
        if at % 2 == 1 {
            format!("<code>{}</code>", escape(part))
        } else {
            escape(part)
        }
    };
    parts.iter().enumerate().map(part).collect()
}

/// A name as the anchor of its entity.
fn anchor(entity: &str) -> String {
    let plain = |character: char| {
        if character.is_alphanumeric() || "._-".contains(character) {
            character
        } else {
            '-'
        }
    };
    format!("entity-{}", entity.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escape("<b a=\"'\">&\u{202e}"),
            "&lt;b a=&quot;&#39;&quot;&gt;&amp;\u{fffd}"
        );
        assert_eq!(code("a `<x>` b"), "a <code>&lt;x&gt;</code> b");
        assert_eq!(code("a ` b"), "a ` b");
        assert_eq!(anchor("a\"b"), "entity-a-b");
    }

    #[test]
    fn the_page_holds_no_style_or_script_but_those_that_the_policy_names() {
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
        let page = verification(&Verification::empty("`x`"), &[]);
        assert!(
            !page.contains("style=\"")
                && !page.contains("onclick")
                && !page.contains("unsafe-inline"),
            "{page}"
        );
    }
}
