//! The reference says what there is: every command, configuration key, kind of finding and format.
//! Pages and tables of findings are made from the code; `UPDATE_DOCUMENTS=1` writes them.

use crate::single_changes::changes;
use crate::support::monorepo::Monorepo;
use crate::support::repository;
use clap::{CommandFactory, ValueEnum};
use xtask::internals::checks::CHECKS;
use xtask::internals::cli::{Cli, ReportFormat};
use xtask::internals::findings::{self, rules};
use xtask::internals::report::Rule;

/// The end of the message about a document that does not say what the code says.
const OUTDATED: &str =
    "is not up to date: `UPDATE_DOCUMENTS=1 cargo test --test it documents::` writes it";

/// Asserts that a page of the book's reference names each of `names`.
fn must_be_on<'n>(page: &str, names: impl IntoIterator<Item = &'n str>) {
    let path = repository().join("docs/src/reference").join(page);
    let text = std::fs::read_to_string(path).expect("the page");
    let missing: Vec<_> = names
        .into_iter()
        .filter(|name| !text.contains(&format!("`{name}")))
        .collect();
    assert!(missing.is_empty(), "{page} does not name {missing:?}");
}

#[test]
fn every_command_is_in_the_reference() {
    let command = Cli::command();
    must_be_on(
        "commands.md",
        command.get_subcommands().map(clap::Command::get_name),
    );
}

#[test]
fn every_format_is_in_the_reference() {
    let formats: Vec<_> = ReportFormat::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .collect();
    let names = formats.iter().map(clap::builder::PossibleValue::get_name);
    must_be_on("reports.md", names);
}

/// The error about an unknown key lists the known ones.
#[test]
fn every_configuration_key_is_in_the_reference() {
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
    must_be_on("configuration.md", keys);
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
fn every_type_of_finding_has_a_page() {
    let mut table = "| finding | what is wrong |\n|---|---|\n".to_owned();
    let mut contents = String::new();
    for rule in rules() {
        let file = page_name(&rule);
        table += &format!("| [`{}`]({file}) | {} |\n", rule.kind, summary(&rule));
        contents += &format!("  - [{}](findings/{file})\n", rule.kind);
        must_be_written(&format!("docs/src/findings/{file}"), &findings::page(&rule));
    }
    must_hold("docs/src/findings/index.md", "findings", &table);
    must_hold("docs/src/SUMMARY.md", "pages of findings", &contents);
}

#[test]
fn no_page_is_about_a_type_of_finding_that_is_gone() {
    let known: Vec<_> = rules().iter().map(page_name).collect();
    let folder = std::fs::read_dir(repository().join("docs/src/findings")).expect("the pages");
    for entry in folder {
        let name = entry.expect("a page").file_name();
        let name = name.to_string_lossy();
        assert!(
            name == "index.md" || known.contains(&name.to_string()),
            "{name}"
        );
    }
}

#[test]
fn the_table_of_promises_is_made_from_the_checks_and_the_changes_of_the_sample() {
    let changes = changes();
    let mut table = "| finding | what is wrong | proof |\n|---|---|---|\n".to_owned();
    let rules = rules();
    for check in CHECKS {
        let rule = rules
            .iter()
            .find(|rule| rule.kind == check.kind)
            .expect("its documentation");
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
            summary(rule),
            proofs.join(", ")
        );
    }
    must_hold("CONTRIBUTING.md", "promises", &table);
}

/// The file of the page about a type of finding.
fn page_name(rule: &Rule) -> String {
    format!("{}.md", rule.kind.to_lowercase().replace('_', "-"))
}

/// The first sentence of the documentation of a type of finding, as a cell of a table.
fn summary(rule: &Rule) -> String {
    let sentence = rule.summary.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').replace('|', "\\|")
}

/// Asserts that a document is `text`, or writes it.
fn must_be_written(document: &str, text: &str) {
    let path = repository().join(document);
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(&path, text).expect("a document that can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, text, "{document} {OUTDATED}");
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
        assert_eq!(found, text, "{document} {OUTDATED}");
    }
}
