//! `explain`: prints the page about a type of finding. It says what is wrong, why that hurts, and
//! shows an example.

use anyhow::{Result, bail};
use serde_json::json;

use super::{Outcome, findings};
use crate::called_as;
use crate::cli::Format;
use crate::render::human::wrapped;
use crate::report::Rule;
use crate::terminal::{Style, Terminal};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The type of finding, as reports show it: `TYPE_MISMATCH`; without it, all are listed
    #[arg(value_name = "FINDING")]
    pub finding: Option<String>,
}

/// Runs `explain`.
///
/// # Errors
/// When there is no such type of finding.
pub fn run(options: &Options, format: Format, terminal: &Terminal) -> Result<Outcome> {
    let rules = findings::rules();
    let shown = match &options.finding {
        None => rules,
        Some(name) => vec![named(rules, name)?],
    };
    match format {
        Format::Human if options.finding.is_none() => terminal.print(&list(&shown))?,
        Format::Human => {
            let pages: String = shown.iter().map(findings::page).collect();
            terminal.print(&reflowed(&pages, terminal.style()))?;
        }
        Format::Json => terminal.print_json(&document(&shown))?,
    }
    Ok(Outcome::Clean)
}

/// The widest lines that are read with ease.
const WIDEST: usize = 100;

/// The paragraphs of Markdown in lines as long as the terminal shows. Examples stay as they are.
fn reflowed(pages: &str, style: Style) -> String {
    if !style.is_terminal {
        return pages.to_owned();
    }
    let room = style.width.min(WIDEST);
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut is_example = false;
    for line in pages.lines() {
        let is_fence = line.starts_with("```");
        let is_prose =
            !is_example && !is_fence && !line.is_empty() && !line.starts_with(['#', '|']);
        if is_prose && !line.starts_with("- ") {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph += line;
            continue;
        }
        if !paragraph.is_empty() {
            text += &format!("{}\n", wrapped(&paragraph, room, style));
        }
        paragraph.clear();
        if is_prose {
            paragraph += line;
        } else {
            text += &format!("{line}\n");
        }
        is_example ^= is_fence;
    }
    if !paragraph.is_empty() {
        text += &format!("{}\n", wrapped(&paragraph, room, style));
    }
    text
}

/// Returns the rule that `name` means, in any spelling: `TYPE_MISMATCH`, `type-mismatch`.
fn named(rules: Vec<Rule>, name: &str) -> Result<Rule> {
    let kind = name.trim().to_uppercase().replace('-', "_");
    if let Some(rule) = rules.into_iter().find(|rule| rule.kind == kind) {
        return Ok(rule);
    }
    match findings::nearest(&kind) {
        Some(nearest) => bail!("`{name}` is no type of finding, did you mean `{nearest}`?"),
        None => bail!(
            "`{name}` is no type of finding; `{}` lists them",
            called_as::command("explain")
        ),
    }
}

fn list(rules: &[Rule]) -> String {
    let widest = rules.iter().map(|rule| rule.kind.len()).max().unwrap_or(0);
    let line = |rule: &Rule| format!("{:widest$}  {}\n", rule.kind, first_sentence(rule));
    rules.iter().map(line).collect()
}

fn first_sentence(rule: &Rule) -> &str {
    let end = rule.summary.find(". ").unwrap_or(rule.summary.len());
    rule.summary[..end].trim_end_matches('.')
}

fn document(rules: &[Rule]) -> String {
    let entry = |rule: &Rule| {
        json!({
            "type": rule.kind,
            "summary": first_sentence(rule),
            "documentation": rule.help.trim_end(),
        })
    };
    let findings: Vec<_> = rules.iter().map(entry).collect();
    format!("{:#}\n", json!({ "findings": findings }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_fits_the_terminal_and_examples_stay() {
        let style = Style {
            is_terminal: true,
            width: 12,
            ..Style::PLAIN
        };
        let page = "# A\n\nOne two\nthree four.\n- a b c d e f\n\n```ts\nconst x = 1234567890;\n```\nEnd.\n";
        let expected = "# A\n\nOne two\nthree four.\n- a b c d e\nf\n\n```ts\nconst x = 1234567890;\n```\nEnd.\n";
        assert_eq!(reflowed(page, style), expected);
        assert_eq!(reflowed(page, Style::PLAIN), page);
    }

    #[test]
    fn a_finding_is_named_in_any_spelling() {
        for name in [
            "TYPE_MISMATCH",
            "type_mismatch",
            "type-mismatch",
            " Type_Mismatch ",
        ] {
            let rule = named(findings::rules(), name).unwrap();
            assert_eq!(rule.kind, "TYPE_MISMATCH");
        }
    }

    #[test]
    fn an_unknown_finding_is_answered_with_the_nearest_or_the_list() {
        let error = |name| named(findings::rules(), name).unwrap_err().to_string();
        assert_eq!(
            error("TYPE_MISMATHC"),
            "`TYPE_MISMATHC` is no type of finding, did you mean `TYPE_MISMATCH`?"
        );
        assert_eq!(
            error("weather"),
            "`weather` is no type of finding; `cargo xtask explain` lists them"
        );
    }

    #[test]
    fn the_list_has_a_line_for_each() {
        let rules = findings::rules();
        let list = list(&rules);
        assert_eq!(list.lines().count(), rules.len());
        assert!(list.contains("MISSING_TYPE"), "{list}");
    }
}
