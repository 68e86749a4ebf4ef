//! Markdown, for the summary of a CI step or a comment: the verdict, a table of findings, the
//! coverage.

use std::fmt::Write as _;

use super::style::count;
use crate::report::{
    Category, DeployOrder, Finding, FleetRun, RolloutProblem, Severity, Since, Verification,
};

/// More rows than this are cut: GitHub refuses summaries above one megabyte.
const MOST_ROWS: usize = 500;

/// The most names of databases in one row.
const MOST_NAMES: usize = 20;

/// The report.
#[must_use]
pub fn verification(report: &Verification) -> String {
    let verdict = if report.overall_passed() {
        "✅ Verification passed"
    } else {
        "❌ Verification failed"
    };
    let counted = format!(
        "{}, {}",
        count(report.count(Severity::Error), "error"),
        count(report.count(Severity::Warning), "warning")
    );
    let mut text = format!(
        "## {verdict}: {counted}\n\nCompared with {}.\n\n",
        prose(&report.against)
    );
    if let Some(since) = &report.since {
        text.push_str(
            &since
                .deploy_order
                .as_ref()
                .map_or_else(String::new, deploy_order),
        );
        text.push_str(&branch(since));
    }
    text.push_str(&parts(report));
    if !report.findings.is_empty() {
        text.push_str(&findings(&report.findings));
    }
    text.push_str(&coverage(report));
    text
}

/// Renders the four pairs of old and new code and schema as a table, with what they follow from.
fn deploy_order(order: &DeployOrder) -> String {
    let sign = |works: bool| match works {
        true => "✅ works",
        false => "❌ breaks",
    };
    let mut text = format!(
        "### Deploy order: {}\n\n| | schema before | schema after |\n| --- | --- | --- |\n\
         | running code | ✅ runs today | {} |\n| new code | {} | {} |\n\n",
        order.order.title(),
        sign(order.keeps_running_code()),
        sign(order.needs.is_empty()),
        sign(order.left_behind.is_empty()),
    );
    let mut list = |what: &str, problems: &mut dyn Iterator<Item = &RolloutProblem>| {
        for problem in problems.take(MOST_ROWS) {
            let _ = writeln!(text, "- {what}: {}", prose(&problem.in_words()));
        }
    };
    let breaks = || order.breaks.iter();
    list(
        "**breaks running code**",
        &mut breaks().filter(|one| one.certain),
    );
    list(
        "may break running code",
        &mut breaks().filter(|one| !one.certain),
    );
    list("needs the migration", &mut order.needs.iter());
    list("breaks the new code too", &mut order.left_behind.iter());
    for note in super::deploy_order::unjudged(order) {
        let _ = writeln!(text, "- {}", prose(&note));
    }
    for (number, release) in order.releases.iter().enumerate() {
        let _ = writeln!(
            text,
            "\n**Release {}**: {}\n",
            number + 1,
            prose(&release.title)
        );
        for step in &release.steps {
            let _ = writeln!(text, "1. {}", prose(&step.text));
        }
    }
    text.push('\n');
    text
}

/// A run over a fleet, for the summary of a CI step.
#[must_use]
pub fn fleet_run(run: &FleetRun) -> String {
    let verdict = match run.success() {
        true => "✅ Every database has what was asked for",
        false => "❌ Not every database has what was asked for",
    };
    let mut text = format!("## {verdict}\n\n");
    if let Some(why) = &run.stopped {
        let _ = writeln!(text, "**The run stopped**: {}\n", prose(why));
    }
    text.push_str("| Version | Databases | Behind by |\n| --- | ---: | ---: |\n");
    for row in run.versions() {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            code(row.version.as_deref().unwrap_or("no migration")),
            row.databases.len(),
            row.pending
        );
    }
    let errors = run.errors();
    if !errors.is_empty() {
        text.push_str("\n| Outcome | Databases | Reason |\n| --- | --- | --- |\n");
    }
    for (first, databases) in errors.iter().take(MOST_ROWS) {
        let shown: Vec<&str> = databases.iter().take(MOST_NAMES).copied().collect();
        let more = match databases.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            text,
            "| {} | {}{more} | {} |",
            first.outcome.name(),
            cell(&shown.join(", ")),
            cell(first.outcome.error().unwrap_or_default())
        );
    }
    if let Some(more) = errors.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "\nand {}", count(more, "other reason"));
    }
    for note in &run.notes {
        let _ = writeln!(text, "\n> {}", prose(note));
    }
    if let Some(go_on) = &run.go_on {
        let _ = writeln!(text, "\nTo go on: {}", code(go_on));
    }
    text
}

/// Renders the changes of a branch, for its reviewer.
fn branch(since: &Since) -> String {
    let mut text = format!("Judged is {}.", prose(&since.title()));
    if since.known > 0 {
        let _ = write!(
            text,
            " Not shown, as it was there before: {}.",
            count(since.known, "finding")
        );
    }
    text.push_str("\n\n");
    text.push_str(&match since.schema.as_deref() {
        Some([]) => "The schema stays as it is.\n\n".to_owned(),
        Some(changes) => list("### What changes in the schema", changes),
        None => String::new(),
    });
    if !since.resolved.is_empty() {
        text.push_str(&list("### Resolved", &since.resolved));
    }
    since
        .notes
        .iter()
        .for_each(|note| text.push_str(&format!("> {}\n\n", prose(note))));
    text
}

fn list(title: &str, lines: &[String]) -> String {
    let mut text = format!("{title}\n\n");
    lines
        .iter()
        .take(MOST_ROWS)
        .for_each(|line| text.push_str(&format!("- {}\n", prose(line))));
    if let Some(more) = lines.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let _ = writeln!(text, "- and {more} more");
    }
    text.push('\n');
    text
}

/// Cuts a report to at most `limit` bytes, behind a whole line, and says so.
#[must_use]
pub fn cut(text: String, limit: usize) -> String {
    const SAID: &str =
        "\n\nThe report is longer than what can be shown here; the JSON report has all of it.\n";
    const CLOSED: &str = "\n</details>\n";
    if text.len() <= limit {
        return text;
    }
    let Some(room) = limit.checked_sub(SAID.len() + CLOSED.len()) else {
        return String::new();
    };
    let room = (0..=room)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let kept = text[..room].rfind('\n').map_or("", |end| &text[..end]);
    // An element that is left open would fold away the note that the report was cut.
    let open = kept.matches("<details>").count() > kept.matches("</details>").count();
    format!("{kept}{}{SAID}", if open { CLOSED } else { "" })
}

fn part_name(category: Category) -> &'static str {
    match category {
        Category::Migrations => "Migrations and database",
        Category::TypeAlignment => "Type alignment",
        Category::ApiContracts => "API contract compatibility",
        Category::ValidationSchemas => "Validation schema consistency",
    }
}

fn parts(report: &Verification) -> String {
    let mut text =
        String::from("| Part | Result | Errors | Warnings |\n| --- | --- | ---: | ---: |\n");
    for category in report.parts() {
        let name = part_name(category);
        let result = match report.not_judged(category) {
            Some(why) => format!("➖ not judged: {why}"),
            None if report.passed(category) => "✅ passed".to_owned(),
            None => "❌ failed".to_owned(),
        };
        let (errors, warnings) = (
            report.errors(category).count(),
            report.warnings(category).count(),
        );
        let _ = writeln!(text, "| {name} | {result} | {errors} | {warnings} |");
    }
    text.push('\n');
    text
}

fn findings(findings: &[Finding]) -> String {
    let mut text = String::from("| | Finding | Where |\n| --- | --- | --- |\n");
    findings
        .iter()
        .take(MOST_ROWS)
        .for_each(|finding| text.push_str(&row(finding)));
    if let Some(more) = findings
        .len()
        .checked_sub(MOST_ROWS)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(text, "| | and {more} more; the JSON report has all | |");
    }
    text.push('\n');
    text
}

fn row(finding: &Finding) -> String {
    let sign = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    };
    let mut what = format!("**{}** {}", finding.kind, cell(&finding.title()));
    for help in finding
        .help
        .iter()
        .chain(finding.suggestion.iter().map(|suggestion| &suggestion.text))
    {
        let _ = write!(what, "<br>{}", cell(help));
    }
    let places: Vec<_> = finding
        .labels
        .iter()
        .map(|label| code(&label.location.to_string()))
        .collect();
    format!("| {sign} | {what} | {} |\n", places.join("<br>"))
}

fn coverage(report: &Verification) -> String {
    let coverage = &report.coverage;
    let mut text = format!("{}\n", super::style::judged(coverage),);
    if !coverage.unjudged.is_empty() {
        let _ = write!(
            text,
            "\n<details><summary>{} not judged</summary>\n\n",
            coverage.unjudged.len()
        );
        for one in coverage.unjudged.iter().take(MOST_ROWS) {
            let _ = writeln!(
                text,
                "- {} {}: {}",
                one.what,
                code(&one.name),
                prose(&one.reason)
            );
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// An invisible character that separates its neighbours.
const WORD_JOINER: char = '\u{2060}';

/// Text between the bars of a table.
fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// Escapes text so that it begins no construct of Markdown or HTML. Back ticks keep their meaning
/// where they are paired.
fn prose(text: &str) -> String {
    let line = super::style::harmless_line(text).replace('\r', " ");
    // A back tick without a partner would turn text behind it into code.
    let line = if line.matches('`').count().is_multiple_of(2) {
        line
    } else {
        line.replace('`', "'")
    };
    let mut escaped = String::new();
    let mut in_code = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        in_code ^= character == '`';
        match character {
            '<' if !in_code => escaped.push_str("&lt;"),
            '>' if !in_code => escaped.push_str("&gt;"),
            '&' if !in_code => escaped.push_str("&amp;"),
            // GitHub looks for `@name` and `#7` after all else, when a backslash is gone already.
            '@' | '#'
                if !in_code && characters.peek().is_some_and(|next| next.is_alphanumeric()) =>
            {
                escaped.extend([character, WORD_JOINER]);
            }
            '*' | '_' | '[' | ']' | '\\' | '@' | '#' | '~' | '$' if !in_code => {
                escaped.push('\\');
                escaped.push(character);
            }
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Text in back ticks, whatever it holds.
fn code(text: &str) -> String {
    // In a table of GitHub's Markdown a bar ends the cell even in code.
    let line = super::style::harmless_line(text).replace('|', "\\|");
    // Only a run of back ticks as long as the fence would end the code.
    let fence = "`".repeat(longest_run(&line) + 1);
    // A back tick at either end would be read as part of the fence. CommonMark strips the space.
    let space = if line.starts_with('`') || line.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{line}{space}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_cell() {
        assert_eq!(
            cell("a | <b>`x<y`</b> _z_"),
            "a \\| &lt;b&gt;`x<y`&lt;/b&gt; \\_z\\_"
        );
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(cell("one ` tick\nnext"), "one ' tick next");
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_linked() {
        assert_eq!(
            cell("@octocat #7 a@b `@c` ~~x~~ $y$ # @"),
            "@\u{2060}octocat #\u{2060}7 a@\u{2060}b `@c` \\~\\~x\\~\\~ \\$y\\$ \\# \\@"
        );
    }

    #[test]
    fn a_long_report_is_cut_behind_a_line_and_says_so() {
        let text = format!("head\n<details>{}", "\n- a line".repeat(100));
        let short = cut(text.clone(), 400);
        assert!(
            short.len() <= 400 && short.contains("- a line\n</details>\n\n\nThe report is longer"),
            "{short}"
        );
        assert_eq!(cut(text.clone(), text.len()), text);
        assert_eq!(cut(text, 3), "");
    }
}
