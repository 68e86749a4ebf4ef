//! Every report in every format, locked in by snapshots in `snapshots/reports/`. The reports are
//! made of data here, so that the snapshots change only when a renderer does.

mod runs;
mod samples;

use regex::Regex;
use xtask::internals::findings::rules;
use xtask::internals::render::{github, gitlab, html, human, json, junit, markdown, sarif};
use xtask::internals::report::Verification;
use xtask::internals::terminal::Style;

/// On a terminal that shows colours and symbols.
const TERMINAL: Style = Style {
    color: true,
    emoji: true,
    is_terminal: true,
    width: 100,
};

pub(crate) fn lock_in(name: &str, text: &str) {
    assert!(!text.trim().is_empty(), "`{name}` is empty");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/reports");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A page less its style, its script and their checksums: each is a file of its own, and the same
/// on every page.
fn lock_in_page(name: &str, page: &str) {
    let without = |text: String, times: usize, pattern: &str| {
        let pattern = Regex::new(pattern).expect("a pattern");
        pattern.replacen(&text, times, "$start…$end").into_owned()
    };
    let text = without(page.to_owned(), 2, "(?<start>'sha256-)[^']*(?<end>')");
    let text = without(text, 1, "(?s)(?<start><style>).*?(?<end></style>)");
    lock_in(
        &format!("{name}.html"),
        &without(text, 1, "(?s)(?<start><script>).*?(?<end></script>)"),
    );
}

fn in_every_format(name: &str, report: &Verification) {
    lock_in(
        &format!("{name}.human"),
        &human::verification(report, Style::PLAIN),
    );
    lock_in(&format!("{name}.json"), &json::verification(report));
    lock_in(&format!("{name}.github"), &github::verification(report));
    lock_in(
        &format!("{name}.gitlab"),
        &gitlab::verification(report, "db.toml"),
    );
    lock_in(
        &format!("{name}.sarif"),
        // A release changes no report.
        &sarif::verification(report, &samples::rules(), "db.toml")
            .replace(env!("CARGO_PKG_VERSION"), "[version]"),
    );
    lock_in(&format!("{name}.markdown"), &markdown::verification(report));
    lock_in(&format!("{name}.junit"), &junit::verification(report));
    lock_in_page(name, &html::verification(report, &rules()));
}

#[test]
fn verification_passed() {
    in_every_format("verification_passed", &samples::passed());
}

#[test]
fn verification_failed() {
    in_every_format("verification_failed", &samples::failed());
}

#[test]
fn verification_without_contracts_and_schemas() {
    in_every_format("verification_not_judged", &samples::not_judged());
}

#[test]
fn verification_of_a_branch() {
    let report = samples::branch();
    lock_in(
        "verification_branch.human",
        &human::verification(&report, Style::PLAIN),
    );
    lock_in("verification_branch.json", &json::verification(&report));
    lock_in("verification_branch.github", &github::verification(&report));
    lock_in(
        "verification_branch.markdown",
        &markdown::verification(&report),
    );
    lock_in_page(
        "verification_branch",
        &html::verification(&report, &rules()),
    );
}

#[test]
fn verification_failed_on_a_terminal() {
    lock_in(
        "verification_failed.terminal",
        &human::verification(&samples::failed(), TERMINAL),
    );
}

#[test]
fn hostile_text_is_shown_harmlessly() {
    let report = samples::hostile();
    let text = human::verification(&report, TERMINAL);
    assert!(
        !text.contains("\u{1b}[2J") && !text.contains('\u{202e}'),
        "{text:?}"
    );
    in_every_format("verification_hostile", &report);
}

#[test]
fn migrations() {
    let reports = [
        ("migration_done", runs::done()),
        ("migration_refused_before", runs::refused_before()),
        ("migration_failed_after", runs::failed_after()),
        ("migration_dry_run", runs::dry_run()),
        ("migration_losses_refused", runs::losses_refused()),
    ];
    for (name, report) in reports {
        lock_in(
            &format!("{name}.human"),
            &human::migration::migration(&report, Style::PLAIN),
        );
        lock_in(&format!("{name}.json"), &json::migration(&report));
    }
    lock_in_page(
        "migration_failed_after",
        &html::migration(&runs::failed_after(), &rules()),
    );
    lock_in(
        "migration_done.terminal",
        &human::migration::migration(&runs::done(), TERMINAL),
    );
}

#[test]
fn rollbacks() {
    let reports = [
        ("rollback_exact", runs::exact()),
        ("rollback_not_restored", runs::not_restored()),
        ("rollback_dry_run", runs::rollback_dry_run()),
        ("rollback_dry_run_refused", runs::rollback_dry_run_refused()),
        ("rollback_stopped", runs::rollback_stopped()),
    ];
    for (name, report) in reports {
        lock_in(
            &format!("{name}.human"),
            &human::rollback::rollback(&report, Style::PLAIN),
        );
        lock_in(&format!("{name}.json"), &json::rollback(&report));
    }
    lock_in(
        "rollback_exact.terminal",
        &human::rollback::rollback(&runs::exact(), TERMINAL),
    );
}

#[test]
fn verification_after_a_fix() {
    let report = samples::fixed();
    lock_in("verification_fixed.json", &json::verification(&report));
    let (fixes, left) = (
        report.fixes.as_ref().expect("what was fixed"),
        report.findings.len(),
    );
    let text = human::fixes::fixes(fixes, left, Style::PLAIN)
        + &human::fixes::would_fix(fixes, left, TERMINAL);
    lock_in("verification_fixed.human", &text);
}

#[test]
fn status() {
    let report = runs::status();
    lock_in(
        "status_halfway.human",
        &human::status::status(&report, Style::PLAIN),
    );
    lock_in("status_halfway.json", &json::status(&report));
}

#[test]
fn rollback_tests() {
    let all = runs::rehearsals();
    let text: String = all
        .iter()
        .map(|one| human::rehearsal::rehearsal(one, Style::PLAIN))
        .collect();
    let whole = human::rehearsal::opening(Style::PLAIN)
        + &text
        + &human::rehearsal::closing(&all, Style::PLAIN);
    lock_in("rollback_test.human", &whole);
    lock_in("rollback_test.json", &json::rehearsals(&all));
}

#[test]
fn many_findings_end_in_a_digest() {
    let report = samples::many();
    lock_in(
        "verification_many.human",
        &human::verification(&report, Style::PLAIN),
    );
}
