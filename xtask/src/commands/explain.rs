//! `explain`: prints the page about a type of finding. It says what is wrong, why that hurts, and
//! shows an example.

use anyhow::{Result, bail};
use serde_json::json;

use super::{Outcome, findings};
use crate::called_as;
use crate::cli::Format;
use crate::report::Rule;
use crate::terminal::Terminal;

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
        Format::Human => terminal.print(&shown.iter().map(findings::page).collect::<String>())?,
        Format::Json => terminal.print_json(&document(&shown))?,
    }
    Ok(Outcome::Clean)
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
