//! The README says what there is: every command, configuration key, kind of finding and format.
//! Tables of findings are made from the checks; `UPDATE_DOCUMENTS=1` writes them.

use crate::single_changes::changes;
use crate::support::monorepo::Monorepo;
use crate::support::repository;
use clap::{CommandFactory, ValueEnum};
use xtask::internals::checks::{CHECKS, Check};
use xtask::internals::cli::{Cli, ReportFormat};
use xtask::internals::migrations::{branch, lint};

fn must_be_in_readme<'n>(what: &str, names: impl IntoIterator<Item = &'n str>) {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README");
    let missing: Vec<_> = names
        .into_iter()
        .filter(|name| !readme.contains(&format!("`{name}")))
        .collect();
    assert!(
        missing.is_empty(),
        "the README does not say these {what}: {missing:?}"
    );
}

#[test]
fn every_command_is_in_the_readme() {
    let command = Cli::command();
    must_be_in_readme(
        "commands",
        command.get_subcommands().map(clap::Command::get_name),
    );
}

#[test]
fn every_finding_is_in_the_readme() {
    let of_migrations = branch::KINDS.into_iter().chain([lint::KIND]);
    must_be_in_readme(
        "findings",
        CHECKS.iter().map(|check| check.kind).chain(of_migrations),
    );
}

#[test]
fn every_format_is_in_the_readme() {
    let formats: Vec<_> = ReportFormat::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .collect();
    let names = formats.iter().map(clap::builder::PossibleValue::get_name);
    must_be_in_readme(
        "formats",
        names.filter(|name| *name != "human" && *name != "json"),
    );
}

/// The error about an unknown key lists the known ones.
#[test]
fn every_configuration_key_is_in_the_readme() {
    let repo = Monorepo::sample();
    repo.write("keys.toml", "no-such-key = 1\n");
    let ran = repo.run(&["--config", "keys.toml", "db-verify"]);
    let error = ran.must_fail(&["no-such-key"]);
    let keys: Vec<&str> = error
        .split("expected one of")
        .nth(1)
        .expect("a list")
        .split('`')
        .skip(1)
        .step_by(2)
        .collect();
    assert!(keys.len() > 15, "{keys:?}");
    must_be_in_readme("configuration keys", keys);
}

/// The table of promises names tests as `file::name`.
#[test]
fn every_promise_has_a_proof() {
    let text = std::fs::read_to_string(repository().join("CONTRIBUTING.md")).expect("the guide");
    let (_, section) = text
        .split_once("## What the checks promise")
        .expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let is_row = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| promise") && !line.starts_with("| finding")
    };
    let rows: Vec<&str> = section.lines().filter(is_row).collect();
    assert!(rows.len() > 45, "{} promises", rows.len());
    let wrong: Vec<String> = rows.iter().flat_map(|row| without_proof(row)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lists the faults in the proofs in the last cell of a row.
fn without_proof(row: &str) -> Vec<String> {
    let cell = row
        .trim_end_matches([' ', '|'])
        .rsplit(" | ")
        .next()
        .unwrap_or_default();
    let references: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    if references.is_empty() {
        return vec![format!("no proof: {row}")];
    }
    references
        .into_iter()
        .filter(|reference| !exists(reference))
        .map(|one| format!("there is no `{one}`"))
        .collect()
}

fn exists(reference: &str) -> bool {
    let Some((file, name)) = reference.split_once("::") else {
        return false;
    };
    let text = std::fs::read_to_string(repository().join("xtask").join(file)).unwrap_or_default();
    let test = || text.contains("#[test]") && text.contains(&format!("fn {name}("));
    let cases = || name == "CASES" && text.contains("pub const CASES: Cases");
    text.contains(&format!("title = \"{name}\"\n")) || test() || cases()
}

#[test]
fn the_table_of_findings_is_made_from_the_checks() {
    let mut table = "| finding | what is wrong |\n|---|---|\n".to_owned();
    for check in CHECKS {
        table += &format!("| `{}` | {} |\n", check.kind, summary(check));
    }
    must_hold("README.md", "findings", &table);
}

#[test]
fn the_table_of_promises_is_made_from_the_checks_and_the_changes_of_the_sample() {
    let changes = changes();
    let mut table = "| finding | what is wrong | proof |\n|---|---|---|\n".to_owned();
    for check in CHECKS {
        let mut proofs = vec![format!(
            "`src/checks/{}.rs::CASES`",
            check.kind.to_lowercase()
        )];
        for change in changes.iter().filter(|change| change.kind() == check.kind) {
            proofs.push(format!("`tests/single_changes.toml::{}`", change.title));
        }
        table += &format!(
            "| `{}` | {} | {} |\n",
            check.kind,
            summary(check),
            proofs.join(", ")
        );
    }
    must_hold("CONTRIBUTING.md", "promises", &table);
}

/// The first sentence of the documentation of a check, as a cell of a table.
fn summary(check: &Check) -> String {
    let lines = check
        .source
        .lines()
        .map_while(|line| line.strip_prefix("//!"));
    let paragraph: Vec<&str> = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = paragraph.join(" ");
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').replace('|', "\\|")
}

/// Asserts that a document holds `text` between the comments `<!-- name -->` and `<!-- end -->`, or
/// writes it there.
fn must_hold(document: &str, name: &str, text: &str) {
    let path = repository().join(document);
    let whole = std::fs::read_to_string(&path).expect("the document");
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = whole
        .split_once(&begin)
        .expect("the comment that begins the part");
    let (found, after) = rest
        .split_once("<!-- end -->")
        .expect("the comment that ends the part");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{text}<!-- end -->{after}"))
            .expect("a document that can be written");
    } else {
        assert_eq!(
            found, text,
            "{document} is not up to date: `UPDATE_DOCUMENTS=1 cargo test --test it documents::` writes it"
        );
    }
}
