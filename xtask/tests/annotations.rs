//! The display of a report on a CI server. There are no more annotations than GitHub accepts, the
//! summary is within its limit, and the XML can be parsed.

use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, repository};

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

#[test]
fn a_finding_without_a_place_is_shown_at_the_configuration() {
    let repo = Monorepo::empty();
    let config = format!(
        "postgres = \"{}\"\ntypes = [\"src/t.ts\"]\nvalidation = [\"src/v.ts\"]\n",
        major()
    );
    repo.write("db.toml", &config);
    // Most tables have a type and no schema, which is one finding for all of them.
    let tables = 1..=8;
    let each = |line: &dyn Fn(i32) -> String| tables.clone().map(line).collect::<String>();
    repo.write(
        "migrations/V1__a.sql",
        &each(&|at| format!("CREATE TABLE t{at} (id int PRIMARY KEY);\n")),
    );
    repo.write(
        "migrations/V1__a.down.sql",
        &each(&|at| format!("DROP TABLE t{at};\n")),
    );
    repo.write(
        "src/t.ts",
        &each(&|at| format!("export interface T{at}Row {{ id: number }}\n")),
    );
    repo.write(
        "src/v.ts",
        "import { z } from 'zod';\nexport const t1Schema = z.object({ id: z.number().int() });\n",
    );
    let format = |name: &str| {
        let ran = repo.run(&["db-verify", "--format", name]);
        serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON")
    };
    let sarif = format("sarif");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{sarif:#}");
    let file = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(file, "db.toml");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 1, "{sarif:#}");
    assert_eq!(format("gitlab")[0]["location"]["path"], "db.toml");
}

#[test]
fn quiet_prints_only_where_something_fails() {
    let repo = Monorepo::sample();
    let ran = repo.run(&["db-verify", "--offline", "--quiet"]);
    assert_eq!(ran.must_exit(0).stdout, "");
    let file = "shared-types/src/tables/user-profile.ts";
    repo.edit(file, "  bio: string | null;", "  bio: string;");
    let loud = repo.run(&["db-verify", "--offline"]).must_exit(1);
    let quiet = repo.run(&["db-verify", "--offline", "-q"]).must_exit(1);
    assert_eq!(quiet.stdout, loud.stdout);
    let ran = repo.run(&["db-verify", "--offline", "--output", "out/report.txt"]);
    assert_eq!(ran.must_exit(1).stdout, "");
    assert_eq!(repo.read("out/report.txt"), loud.stdout);
    let page = ["db-verify", "--format", "html", "-o", "page.html"];
    repo.run(&page).must_exit(1);
    assert!(repo.read("page.html").starts_with("<!doctype html>"));
    repo.run(&["db-verify", "--config", "nowhere.toml", "-o", "page.html"])
        .must_exit(2);
    assert!(!repo.read("page.html").is_empty());
}
