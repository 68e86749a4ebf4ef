//! `db-verify --staged`, as hooks run it: what is staged is judged, and nothing else is looked at
//! or touched.

use crate::support::git::{commit, git, init};
use crate::support::monorepo::Monorepo;

const ROW: &str = "shared-types/src/tables/user-profile.ts";
const STAGED: [&str; 2] = ["db-verify", "--staged"];

fn sample() -> Monorepo {
    let repo = Monorepo::sample();
    init(&repo);
    repo
}

#[test]
fn nothing_that_matters_ends_at_once() {
    let repo = sample();
    let before = git(&repo, &["ls-files", "--debug"]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "cargo xtask db-verify --staged: nothing is staged\n")
    );
    repo.write("notes.md", "notes");
    git(&repo, &["add", "notes.md"]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert_eq!(
        ran.stderr,
        "cargo xtask db-verify --staged: nothing staged concerns the database or its types\n"
    );
    let quiet = repo.run(&["verify", "--staged", "-q"]).must_exit(0);
    assert_eq!(quiet.stdout + &quiet.stderr, "");
    git(&repo, &["reset", "-q"]);
    assert_eq!(
        git(&repo, &["ls-files", "--debug"]),
        before,
        "the index was touched"
    );
}

#[test]
fn the_index_is_judged_and_not_the_files_on_disk() {
    let repo = sample();
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    let contents = repo.contents();
    repo.run(&STAGED).must_exit(0);
    git(&repo, &["add", ROW]);
    repo.edit(ROW, "  bio: string;", "  bio: string | null;");
    repo.write("shared-types/src/tables/broken.ts", "export interface {");
    let ran = repo.run(&STAGED).must_exit(1);
    assert!(
        ran.stdout.contains("error[NULLABILITY_MISMATCH]") && ran.stdout.contains("  bio: string;"),
        "{}",
        ran.stdout
    );
    assert!(
        !repo.path("target").exists(),
        "a hook leaves nothing behind"
    );
    assert_ne!(repo.contents(), contents);
    git(&repo, &["add", ROW]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert_eq!(
        ran.stderr,
        "cargo xtask db-verify --staged: nothing is staged\n"
    );
}

#[test]
fn a_clean_change_says_so_in_one_line() {
    let repo = sample();
    repo.edit(
        ROW,
        "  bio: string | null;",
        "  /** About. */\n  bio: string | null;",
    );
    git(&repo, &["add", ROW]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        (
            "",
            "cargo xtask db-verify --staged: Verification passed: 0 errors, 0 warnings\n"
        )
    );
    let report = repo
        .run(&["db-verify", "--staged", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(report["overallPassed"], true);
}

#[test]
fn warnings_in_other_files_are_only_counted() {
    let repo = sample();
    repo.edit(ROW, "  bio: string | null;", "  bio?: string;");
    commit(&repo, "a warning");
    let other = "shared-types/src/tables/user.ts";
    repo.write(other, &format!("{}\n// A comment.\n", repo.read(other)));
    git(&repo, &["add", other]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert!(
        ran.stdout.is_empty() && ran.stderr.contains("elsewhere, in no file of this commit"),
        "{ran:?}"
    );
    repo.write(ROW, &format!("{}\n// A comment.\n", repo.read(ROW)));
    git(&repo, &["add", ROW]);
    let ran = repo.run(&STAGED).must_exit(0);
    assert!(
        ran.stdout.contains("warning[NULLABILITY_MISMATCH]"),
        "{ran:?}"
    );
}

#[test]
fn a_stale_snapshot_says_what_to_run() {
    let repo = sample();
    repo.write(
        "migrations/V19__more.sql",
        "ALTER TABLE users DROP COLUMN email;\n",
    );
    repo.write(
        "migrations/V19__more.down.sql",
        "-- irreversible: the addresses are gone\n",
    );
    git(&repo, &["add", "migrations"]);
    let ran = repo.run(&STAGED);
    ran.must_fail(&[
        "`V19__more` is new",
        "run `cargo xtask db-snapshot` and `git add snapshots/schema.json`",
    ]);
    let snapshot = repo.run(&["db-snapshot"]);
    if snapshot.code == 0 {
        repo.run(&STAGED)
            .must_fail(&["the file on disk does: run `git add snapshots/schema.json`"]);
        git(&repo, &["add", "snapshots"]);
        let ran = repo.run(&STAGED).must_exit(1);
        assert!(
            ran.stdout.contains("DATA_LOSS") && ran.stdout.contains("MISSING_"),
            "{}",
            ran.stdout
        );
    } else {
        assert!(std::env::var_os("CI").is_none(), "{snapshot:?}");
    }
}

#[test]
fn the_staged_configuration_counts() {
    let repo = sample();
    repo.edit("Cargo.toml", "\nmigrations = ", "\nmigratoins = ");
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
    git(&repo, &["add", ROW]);
    repo.run(&STAGED).must_exit(1);
    git(&repo, &["add", "."]);
    repo.run(&STAGED).must_fail(&["`migratoins`"]);
}

#[test]
fn a_conflict_is_named() {
    let repo = sample();
    git(&repo, &["checkout", "-q", "-b", "theirs"]);
    repo.edit(
        ROW,
        "  bio: string | null;",
        "  bio: string | null | undefined;",
    );
    commit(&repo, "theirs");
    git(&repo, &["checkout", "-q", "main"]);
    repo.edit(ROW, "  bio: string | null;", "  bio: null | string;");
    commit(&repo, "ours");
    assert!(
        !crate::support::git::try_git(&repo.path(""), &["merge", "-q", "theirs"])
            .status
            .success()
    );
    repo.run(&STAGED)
        .must_fail(&[ROW, "it has a merge conflict: resolve it and `git add` it"]);
}

#[test]
fn outside_of_git_the_error_says_so() {
    let repo = Monorepo::sample();
    repo.run(&STAGED).must_fail(&["is it in a git work tree?"]);
    git(&repo, &["init", "-q"]);
    repo.run(&STAGED).must_exit(0);
    git(&repo, &["add", "-A"]);
    repo.run(&STAGED).must_exit(0);
}
