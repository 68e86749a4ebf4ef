//! `db-verify --since`: what a branch introduces, from git's objects alone.

use crate::support::git::{commit, git, init, try_git};
use crate::support::monorepo::{Monorepo, Ran};

const ROW: &str = "shared-types/src/tables/user-profile.ts";
const USER: &str = "shared-types/src/tables/user.ts";

fn sample() -> Monorepo {
    let repo = Monorepo::sample();
    init(&repo);
    repo
}

fn branch(repo: &Monorepo) {
    git(repo, &["checkout", "-q", "-b", "feature"]);
}

fn since(repo: &Monorepo, reference: &str) -> Ran {
    repo.run(&[
        "db-verify",
        "--since",
        reference,
        "--format",
        "json",
        "--offline",
    ])
}

/// The findings, each as type and file.
fn findings(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let parts = [
        "migrations",
        "typeAlignment",
        "apiContractCompatibility",
        "validationSchemaConsistency",
    ];
    let lists = parts
        .iter()
        .flat_map(|part| [&report[part]["errors"], &report[part]["warnings"]]);
    let all = lists.filter_map(|list| list.as_array()).flatten();
    all.map(|one| {
        format!(
            "{} {}",
            one["type"].as_str().unwrap_or(""),
            one["locations"][0]["file"].as_str().unwrap_or("")
        )
    })
    .collect()
}

#[test]
fn only_what_the_branch_introduces_is_reported() {
    let repo = sample();
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    commit(&repo, "drift on main");
    branch(&repo);
    let clean = since(&repo, "main").must_exit(0);
    assert_eq!(clean.json()["since"]["known"], 1);
    assert_eq!(
        clean.json()["since"]["schemaChanges"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
    git(&repo, &["mv", ROW, "shared-types/src/tables/profile.ts"]);
    repo.edit(
        "shared-types/src/tables/index.ts",
        "./user-profile",
        "./profile",
    );
    repo.edit(USER, "  role: UserRole;", "  rolle: UserRole;");
    commit(&repo, "more drift, in another place");
    repo.edit(USER, "  rolle: UserRole;", "  role: UserRole;");
    let ran = since(&repo, "main").must_exit(1);
    let found = findings(&ran);
    assert!(
        !found.is_empty() && found.iter().all(|one| one.ends_with(USER)),
        "{found:?}"
    );
    let report = ran.json();
    assert_eq!(
        (
            &report["since"]["known"],
            report["since"]["resolved"].as_array().map(Vec::len)
        ),
        (&1.into(), Some(0))
    );
    assert!(
        report["since"]["notes"][0]
            .as_str()
            .is_some_and(|note| note.contains("`--staged`")),
        "{report}"
    );
    git(&repo, &["add", "-A"]);
    repo.run(&["db-verify", "--since", "main", "--staged", "--offline"])
        .must_exit(0);
}

#[test]
fn what_the_branch_resolves_is_told() {
    let repo = sample();
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    commit(&repo, "drift on main");
    branch(&repo);
    repo.edit(ROW, "  bio: string;", "  bio: string | null;");
    commit(&repo, "agreement");
    let ran = repo.run(&["db-verify", "--since", "main"]).must_exit(0);
    assert!(
        ran.stdout
            .contains("Resolved: 1 finding\n  NULLABILITY_MISMATCH user_profiles.bio"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("The schema stays as it is"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_schema_of_a_branch_is_shown_in_words() {
    let repo = sample();
    branch(&repo);
    repo.write(
        "migrations/V19__add_motto.sql",
        "ALTER TABLE user_profiles ADD COLUMN motto text;\n",
    );
    repo.write(
        "migrations/V19__add_motto.down.sql",
        "ALTER TABLE user_profiles DROP COLUMN motto;\n",
    );
    if repo.run(&["db-snapshot"]).code != 0 {
        assert!(std::env::var_os("CI").is_none(), "CI has a PostgreSQL");
        return;
    }
    commit(&repo, "motto");
    for format in ["human", "github", "markdown"] {
        let ran = repo
            .run(&["db-verify", "--since", "main", "--format", format])
            .must_exit(1);
        let line = if format == "markdown" {
            "- user\\_profiles: column motto added (text, nullable)"
        } else {
            "user_profiles: column motto added (text, nullable)"
        };
        assert!(
            ran.stdout.contains(line) && ran.stdout.contains("MISSING_FIELD_IN_TYPE"),
            "{format}: {}",
            ran.stdout
        );
    }
}

#[test]
fn accepted_advice_about_a_new_migration_is_not_repeated() {
    let repo = sample();
    branch(&repo);
    repo.write(
        "migrations/V19__index_bio.sql",
        "CREATE INDEX profiles_bio ON user_profiles (bio);\n",
    );
    repo.write(
        "migrations/V19__index_bio.down.sql",
        "DROP INDEX profiles_bio;\n",
    );
    if repo.run(&["db-verify", "--update-baseline"]).code != 0 {
        assert!(std::env::var_os("CI").is_none(), "CI has a PostgreSQL");
        return;
    }
    repo.run(&["db-snapshot"]).must_exit(0);
    let advised = |ran: &Ran| ran.stdout.contains("RISKY_MIGRATION");
    commit(&repo, "index, and its advice accepted");
    let ran = since(&repo, "main").must_exit(0);
    assert!(!advised(&ran), "{}", ran.stdout);
    git(&repo, &["rm", "-q", "snapshots/baseline.json"]);
    commit(&repo, "index alone");
    let ran = repo.run(&["db-verify", "--since", "main"]).must_exit(0);
    let told = ran
        .stdout
        .contains("user_profiles: index profiles_bio added on (bio)");
    assert!(advised(&ran) && told, "{}", ran.stdout);
}

#[test]
fn histories_that_do_not_fit_are_found_at_our_files() {
    let repo = sample();
    branch(&repo);
    let down = "-- irreversible: a test\n";
    repo.write("migrations/V19__ours.sql", "SELECT 1;\n");
    repo.write("migrations/V19__ours.down.sql", down);
    repo.edit("migrations/V18__add_user_bio.sql", "2000", "3000");
    commit(&repo, "ours");
    git(&repo, &["checkout", "-q", "main"]);
    repo.write("migrations/V19__theirs.sql", "SELECT 2;\n");
    repo.write("migrations/V19__theirs.down.sql", down);
    commit(&repo, "theirs");
    git(&repo, &["checkout", "-q", "feature"]);
    let ran = repo.run(&["db-verify", "--since", "main", "--format", "json"]);
    if ran.code == 2 {
        assert!(std::env::var_os("CI").is_none(), "{ran:?}");
        return;
    }
    let found = findings(&ran.must_exit(1));
    for expected in [
        "MIGRATION_EDITED migrations/V18__add_user_bio.sql",
        "MIGRATION_VERSION_TAKEN migrations/V19__ours.sql",
    ] {
        assert!(
            found.iter().any(|one| one == expected),
            "{expected} is not in {found:?}"
        );
    }
}

#[test]
fn a_base_that_cannot_be_judged_makes_everything_new() {
    let repo = sample();
    repo.write("shared-types/src/tables/broken.ts", "export interface {");
    commit(&repo, "broken");
    branch(&repo);
    git(&repo, &["rm", "-q", "shared-types/src/tables/broken.ts"]);
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    commit(&repo, "mended");
    let ran = since(&repo, "main").must_exit(1);
    let report = ran.json();
    let note = report["since"]["notes"][0].as_str().unwrap_or_default();
    assert!(
        note.contains("cannot be judged, so that every finding counts as introduced")
            && note.contains("broken.ts")
    );
    assert_eq!(findings(&ran), [format!("NULLABILITY_MISMATCH {ROW}")]);
}

#[test]
fn names_that_lead_nowhere_say_what_to_do() {
    let repo = sample();
    since(&repo, "develop").must_fail(&[
        "`develop` is no branch, tag or commit",
        "git fetch origin develop",
    ]);
    repo.run(&["db-verify", "--since=--all"])
        .must_fail(&["`--all` is no branch"]);
    git(&repo, &["checkout", "-q", "--orphan", "island"]);
    commit(&repo, "an island");
    since(&repo, "main").must_fail(&["no commit in common"]);
}

#[test]
fn a_shallow_clone_is_told_to_go_deeper() {
    let repo = sample();
    branch(&repo);
    repo.write("notes.md", "ours");
    commit(&repo, "ours");
    git(&repo, &["checkout", "-q", "main"]);
    repo.write("notes.md", "theirs");
    commit(&repo, "theirs");
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let url = format!("file://{}", repo.path("").display());
    let arguments = [
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        "-b",
        "feature",
        &url,
        "clone",
    ];
    let cloned = try_git(elsewhere.path(), &arguments);
    assert!(cloned.status.success(), "{cloned:?}");
    let folder = elsewhere.path().join("clone");
    let folder = folder.to_str().expect("UTF-8");
    let ran = repo.run(&["-C", folder, "db-verify", "--since", "origin/main"]);
    ran.must_fail(&[
        "the clone is shallow",
        "git fetch --unshallow",
        "fetch-depth: 0",
    ]);
    since(&repo, "nowhere").must_fail(&["`nowhere`"]);
    let ran = repo.run(&["-C", folder, "db-verify", "--since", "main"]);
    ran.must_fail(&[
        "`main` is no branch, tag or commit of this clone: did you mean `origin/main`?",
    ]);
}
