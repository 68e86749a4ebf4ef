//! A verification as text.

use crate::render::blocks::blocks;
use crate::render::human::{coverage, digest, finding, since};
use crate::render::style::{Paint, Sign, count, harmless_line, line, paint, sign, wrapped};
use crate::report::{Category, Severity, Since, Verification};
use crate::terminal::Style;

/// A part of the report as the terminal calls it; three names are the specification's.
fn name(category: Category) -> &'static str {
    match category {
        Category::Migrations => "Migration and database",
        Category::TypeAlignment => "Type alignment",
        Category::ApiContracts => "API contract compatibility",
        Category::ValidationSchemas => "Validation schema consistency",
    }
}

/// The whole verification.
#[must_use]
pub fn verification(report: &Verification, style: Style) -> String {
    let about = |part: fn(&Since, Style) -> String| {
        report
            .since
            .as_ref()
            .map_or(String::new(), |it| part(it, style))
    };
    let mut text = about(|since, _| since::opening(since));
    text.push_str(&status_lines(report, style));
    text.push_str(&about(since::schema));
    text.push('\n');
    let shown = report.shown_at_most.unwrap_or(usize::MAX);
    for one in blocks(report, shown) {
        text.push_str(&finding::finding(&one, &report.sources, style));
        text.push('\n');
    }
    if let Some(more) = report
        .findings
        .len()
        .checked_sub(shown)
        .filter(|more| *more > 0)
    {
        line(
            &mut text,
            format_args!(
                "{} not shown (`--max-findings`)\n",
                count(more, "more finding")
            ),
        );
    }
    text.push_str(&digest::digest(report, style));
    line(&mut text, format_args!("{}", summary(report, style)));
    text.push_str(&digest::ways_out(report));
    text.push_str(&about(since::closing));
    text.push_str(&accepted(report));
    text.push_str(&coverage::coverage(&report.coverage, style));
    text
}

/// Names the schema to compare with, and the result of each part, one per line.
#[must_use]
pub fn status_lines(report: &Verification, style: Style) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{}",
            wrapped(
                &format!("Comparing with {}", report.against),
                style.width,
                style
            )
        ),
    );
    line(
        &mut text,
        format_args!(
            "{}Starting migration verification...",
            sign(Sign::Looking, style)
        ),
    );
    for category in report.parts() {
        line(
            &mut text,
            format_args!("{}", part(report, category, name(category), style)),
        );
    }
    text
}

fn part(report: &Verification, category: Category, name: &str, style: Style) -> String {
    let warnings = report.warnings(category).count();
    let errors = report.errors(category).count();
    let (mark, told) = match (report.not_judged(category), errors, warnings) {
        (Some(why), ..) => (Sign::NotJudged, format!("{name}: {why}")),
        (None, 0, 0) => (Sign::Passed, format!("{name} verification passed")),
        (None, 0, warnings) => {
            let warnings = count(warnings, "warning");
            let told = format!("{name} verification passed with {warnings}");
            (Sign::Passed, told)
        }
        (None, errors, 0) => {
            let errors = count(errors, "error");
            (
                Sign::Failed,
                format!("{name} verification failed: {errors}"),
            )
        }
        (None, errors, warnings) => {
            let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
            let told = format!("{name} verification failed: {errors}, {warnings}");
            (Sign::Failed, told)
        }
    };
    let text = format!("{}{told}", sign(mark, style));
    wrapped(&text, style.width.saturating_sub(3), style).replace('\n', "\n   ")
}

/// Reports the number of findings that the baseline left out, and the entries that may be removed
/// from it.
fn accepted(report: &Verification) -> String {
    let mut text = String::new();
    let Some(accepted) = &report.accepted else {
        return text;
    };
    line(
        &mut text,
        format_args!(
            "{} accepted in `{}`",
            count(accepted.count, "finding"),
            accepted.file
        ),
    );
    if !accepted.fixed.is_empty() {
        let fixed = count(accepted.fixed.len(), "accepted finding");
        let way_out = accepted
            .update_command
            .as_ref()
            .map_or_else(String::new, |command| {
                format!(": take them out with `{}`", harmless_line(command))
            });
        line(&mut text, format_args!("{fixed} no longer found{way_out}"));
        accepted
            .fixed
            .iter()
            .for_each(|one| line(&mut text, format_args!("  {}", harmless_line(one))));
    }
    text
}

/// The verdict in one line, with the number of findings.
#[must_use]
pub fn summary(report: &Verification, style: Style) -> String {
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    let critical = report.critical_issues().len();
    let counted = match critical {
        0 => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        critical => format!(
            "{} ({critical} critical), {}",
            count(errors, "error"),
            count(warnings, "warning")
        ),
    };
    if report.overall_passed() {
        paint(
            &format!("Verification passed: {counted}"),
            Paint::BoldGreen,
            style,
        )
    } else {
        paint(
            &format!("Verification failed: {counted}"),
            Paint::BoldRed,
            style,
        )
    }
}
