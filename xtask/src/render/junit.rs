//! JUnit's XML, which every CI server shows: one suite for each part of the verification, one case
//! for each finding. A part without findings has one case, which passes, or is skipped where
//! nothing was compared. Warnings pass, with their text in the output of the case.

use std::fmt::Write as _;

use super::deploy_order::lines;
use super::markup::escape;
use super::style::harmless_line;
use crate::report::{
    Category, Finding, FleetOutcome, FleetResult, FleetRun, Severity, Verification,
};

fn suite_name(category: Category) -> &'static str {
    match category {
        Category::Migrations => "migrations and database",
        Category::TypeAlignment => "type alignment",
        Category::ApiContracts => "API contract compatibility",
        Category::ValidationSchemas => "validation schema consistency",
    }
}

/// The document.
#[must_use]
pub fn verification(report: &Verification) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = report.count(Severity::Error);
    let tests: usize = report
        .parts()
        .map(|category| cases(report, category).len().max(1))
        .sum();
    let _ = writeln!(
        text,
        "<testsuites name=\"pgaccord\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    );
    for category in report.parts() {
        text.push_str(&suite(report, category, suite_name(category)));
    }
    text.push_str(&deploy_order(report));
    text.push_str("</testsuites>\n");
    text
}

/// The document of a run over a fleet: a suite for the survey's refusals and for each wave, a case
/// for each database. A database that was not begun is skipped.
#[must_use]
pub fn fleet_run(run: &FleetRun) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failed = |one: &&FleetResult| one.outcome.error().is_some();
    let _ = writeln!(
        text,
        "<testsuites name=\"pgaccord\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
        run.databases.len(),
        run.databases.iter().filter(failed).count()
    );
    let names = run.waves.iter().map(|wave| format!("wave {}", wave.name));
    for (number, name) in std::iter::once("fleet".to_owned()).chain(names).enumerate() {
        let wave = number.checked_sub(1).map(|_| number);
        let of_suite: Vec<&FleetResult> = run
            .databases
            .iter()
            .filter(|one| one.wave == wave)
            .collect();
        if of_suite.is_empty() {
            continue;
        }
        let skipped = of_suite
            .iter()
            .filter(|one| one.outcome == FleetOutcome::NotBegun);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">",
            attribute(&name),
            of_suite.len(),
            of_suite.iter().copied().filter(failed).count(),
            skipped.count()
        );
        for one in of_suite {
            text.push_str(&database(&name, one));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn database(suite: &str, one: &FleetResult) -> String {
    let begin = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
        attribute(suite),
        attribute(&one.name),
        one.duration.as_secs_f64()
    );
    let body = match (&one.outcome, one.outcome.error()) {
        (FleetOutcome::NotBegun, _) => "<skipped message=\"not begun\"/>".to_owned(),
        (outcome, Some(why)) => format!(
            "<failure type=\"{}\" message=\"{}\">{}</failure>",
            outcome.name(),
            attribute(why.lines().next().unwrap_or_default()),
            escape(why)
        ),
        (_, None) => return format!("{begin}/>\n"),
    };
    format!("{begin}>{body}</testcase>\n")
}

/// The deploy order of a branch as the output of a suite without cases: it fails nothing by itself.
fn deploy_order(report: &Verification) -> String {
    let order = report
        .since
        .as_ref()
        .and_then(|since| since.deploy_order.as_ref());
    order.map_or_else(String::new, |order| {
        format!(
            "  <testsuite name=\"deploy order\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\">\n    \
             <system-out>{}</system-out>\n  </testsuite>\n",
            escape(&lines(order).join("\n"))
        )
    })
}

fn cases(report: &Verification, category: Category) -> Vec<&Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.category == category)
        .collect()
}

fn suite(report: &Verification, category: Category, name: &str) -> String {
    let findings = cases(report, category);
    let failures = report.errors(category).count();
    let not_judged = report.not_judged(category);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\" timestamp=\"{}\">",
        findings.len().max(1),
        u8::from(not_judged.is_some()),
        // Schemas of JUnit know neither fractions nor a time zone.
        escape(
            report
                .timestamp
                .as_str()
                .split('.')
                .next()
                .unwrap_or_default()
        )
    );
    if let Some(why) = not_judged {
        let skipped = format!("<skipped message=\"{}\"/>", attribute(why));
        let _ = writeln!(
            text,
            "    <testcase classname=\"{name}\" name=\"{name}\">{skipped}</testcase>"
        );
    } else if findings.is_empty() {
        let _ = writeln!(text, "    <testcase classname=\"{name}\" name=\"{name}\"/>");
    }
    findings
        .iter()
        .for_each(|finding| text.push_str(&case(finding)));
    text.push_str("  </testsuite>\n");
    text
}

fn case(finding: &Finding) -> String {
    let field = finding
        .field
        .as_ref()
        .map(|field| format!(".{field}"))
        .unwrap_or_default();
    let name = attribute(&format!("{} {}{field}", finding.kind, finding.entity));
    let class = attribute(
        finding
            .location()
            .map_or(finding.entity.as_str(), |location| location.file.as_ref()),
    );
    let mut text = String::new();
    let file = finding.location().map(|location| {
        format!(
            " file=\"{}\" line=\"{}\"",
            attribute(&location.file),
            location.line
        )
    });
    let _ = writeln!(
        text,
        "    <testcase classname=\"{class}\" name=\"{name}\"{}>",
        file.unwrap_or_default()
    );
    let (message, body) = (attribute(&finding.title()), escape(&body(finding)));
    let _ = match finding.severity {
        Severity::Error => {
            writeln!(
                text,
                "      <failure type=\"{}\" message=\"{message}\">{body}</failure>",
                finding.kind
            )
        }
        Severity::Warning => writeln!(
            text,
            "      <system-out>warning: {message}\n{body}</system-out>"
        ),
    };
    text.push_str("    </testcase>\n");
    text
}

fn body(finding: &Finding) -> String {
    let places = finding
        .labels
        .iter()
        .map(|label| format!("{}: {}", label.location, label.text));
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let suggestion = finding
        .suggestion
        .iter()
        .map(|suggestion| format!("help: {}", suggestion.text));
    places
        .chain(help)
        .chain(suggestion)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Text on one line: a parser makes spaces of the line breaks in attributes anyway.
fn attribute(text: &str) -> String {
    escape(&harmless_line(text))
}
