//! The display of a report on a CI server. There are no more annotations than GitHub accepts, the
//! summary is within its limit, and the XML can be parsed.

use crate::support::monorepo::{Monorepo, Ran};
use crate::support::repository;

/// The number of annotations that GitHub shows per step. `SUMMARY` is the size in bytes of the
/// largest summary that it accepts.
const ANNOTATIONS: usize = 10;
const SUMMARY: u64 = 1024 * 1024;

/// The sample with more errors than GitHub shows.
fn drifted() -> Monorepo {
    let repo = Monorepo::sample();
    for table in ["bill", "user", "comment"] {
        let file = format!("shared-types/src/tables/{table}.ts");
        repo.write(
            &file,
            &repo
                .read(&file)
                .replace(": string;", ": boolean;")
                .replace(": string | null;", ": boolean;"),
        );
    }
    repo
}

fn annotated(repo: &Monorepo) -> (Ran, u64) {
    let summary = repo.path("summary.md");
    let mut command = repo.command(&["db-verify", "--format", "github"]);
    let ran = Ran::of(command.env("GITHUB_STEP_SUMMARY", &summary)).must_exit(1);
    let length = std::fs::metadata(&summary).expect("a summary").len();
    (ran, length)
}

#[test]
fn github_gets_what_it_shows_and_the_summary_has_the_rest() {
    let repo = drifted();
    let (ran, _) = annotated(&repo);
    let errors = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("::error "))
        .count();
    let notices = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("::notice "))
        .count();
    assert_eq!((errors, notices), (ANNOTATIONS, 1), "{}", ran.stdout);
    let summary = repo.read("summary.md");
    let rows = summary
        .lines()
        .filter(|line| line.starts_with("| ❌ | **"))
        .count();
    assert!(rows > ANNOTATIONS, "{summary}");
}

#[test]
fn a_summary_that_is_nearly_full_is_not_made_too_long() {
    let repo = drifted();
    repo.write(
        "summary.md",
        &"x".repeat(usize::try_from(SUMMARY).expect("small") - 1500),
    );
    let (_, length) = annotated(&repo);
    assert!(length <= SUMMARY, "{length}");
    assert!(
        repo.read("summary.md")
            .ends_with("the JSON report has all of it.\n")
    );
}

#[test]
fn junit_is_xml_that_counts_its_cases() {
    for name in [
        "verification_failed",
        "verification_hostile",
        "verification_passed",
    ] {
        let path = repository().join(format!("snapshots/reports/{name}.junit.snap"));
        let text = std::fs::read_to_string(path).expect("a report");
        let text = text.splitn(3, "---\n").nth(2).expect("a head");
        let document =
            roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let count = |node: roxmltree::Node<'_, '_>, tag: &str| {
            node.descendants()
                .filter(|one| one.has_tag_name(tag))
                .count()
        };
        let says = |node: roxmltree::Node<'_, '_>, key: &str| {
            node.attribute(key).and_then(|text| text.parse().ok())
        };
        assert_eq!(root.tag_name().name(), "testsuites");
        for node in root
            .children()
            .filter(roxmltree::Node::is_element)
            .chain([root])
        {
            assert_eq!(says(node, "tests"), Some(count(node, "testcase")), "{name}");
            assert_eq!(
                says(node, "failures"),
                Some(count(node, "failure")),
                "{name}"
            );
        }
    }
}
