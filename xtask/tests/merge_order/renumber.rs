//! `db-new --renumber` in a real repository.

use super::{BASE, DOWN, add};
use crate::support::database::Database;
use crate::support::git::{commit, git, init};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, url};

/// A branch whose `V2__ours` has the version of a migration that `main` got meanwhile.
fn taken() -> Monorepo {
    taken_after(|_| {})
}

/// The same, with something done to the monorepo before its first commit.
fn taken_after(first: impl Fn(&Monorepo)) -> Monorepo {
    let repo = Monorepo::of_migrations(&[("V1__base", BASE, DOWN)]);
    first(&repo);
    init(&repo);
    git(&repo, &["checkout", "-q", "-b", "ours"]);
    repo.run(&["db-new", "ours"]).must_exit(0);
    let append = |file: &str, sql: &str| {
        let text = repo.read(file);
        repo.write(file, &format!("{text}{sql}"));
    };
    append(
        "migrations/V2__ours.sql",
        "CREATE TABLE notes (id int PRIMARY KEY);\nCREATE INDEX users_age ON users (age);\n",
    );
    append(
        "migrations/V2__ours.down.sql",
        "DROP INDEX users_age;\nDROP TABLE notes;\n",
    );
    commit(&repo, "ours");
    git(&repo, &["checkout", "-q", "main"]);
    add(&repo, "V2__theirs", "CREATE TABLE tags (id int);\n");
    add(&repo, "V3__more", "CREATE TABLE more (id int);\n");
    git(&repo, &["checkout", "-q", "ours"]);
    repo
}

fn files(repo: &Monorepo) -> Vec<String> {
    let listed = std::fs::read_dir(repo.path("migrations")).expect("a folder");
    let mut names: Vec<String> = listed
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !name.ends_with(".down.sql"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_branch_moves_behind_its_target_and_git_sees_renames() {
    let repo = taken();
    let ran = repo.run(&["db-new", "--renumber"]).must_exit(0);
    let told = "behind the migrations of `main`:\n  V2__ours is now V4__ours\n";
    assert!(ran.stdout.starts_with(told), "{}", ran.stdout);
    assert_eq!(files(&repo), ["V1__base.sql", "V4__ours.sql"]);
    assert!(
        repo.read("migrations/V4__ours.sql")
            .starts_with("-- V4__ours\n")
    );
    assert!(
        repo.read("migrations/V4__ours.down.sql")
            .starts_with("-- Undoes V4__ours:")
    );
    git(&repo, &["add", "-A"]);
    let status = git(&repo, &["diff", "--cached", "--name-status", "-M50"]);
    let renames = status.lines().filter(|line| line.starts_with('R')).count();
    assert_eq!((renames, status.lines().count()), (2, 2), "{status}");
    commit(&repo, "renumbered");
    git(&repo, &["merge", "-q", "main"]);
    let again = repo.run(&["db-new", "--renumber"]).must_exit(0);
    assert!(
        again.stdout.contains("nothing to renumber"),
        "{}",
        again.stdout
    );
    let json = repo.run(&["db-new", "--renumber", "--format", "json"]);
    assert_eq!(json.json()["renamed"].as_array().map(Vec::len), Some(0));
}

#[test]
fn comments_name_all_migrations_by_their_new_versions() {
    let repo = taken();
    repo.run(&["db-new", "after"]).must_exit(0);
    repo.write(
        "migrations/V3__after.sql",
        "-- V3__after fills what V2__ours makes, and V2__ours_too does not.\nSELECT 'V2__ours';\n",
    );
    commit(&repo, "after");
    repo.run(&["db-new", "--renumber"]).must_exit(0);
    assert_eq!(
        repo.read("migrations/V5__after.sql"),
        "-- V5__after fills what V4__ours makes, and V2__ours_too does not.\nSELECT 'V2__ours';\n"
    );
}

#[test]
fn after_a_merge_the_twin_is_told_apart_by_its_name() {
    let repo = taken();
    git(&repo, &["merge", "-q", "main"]);
    repo.run(&["db-new", "--renumber", "ours", "--since", "main"])
        .must_exit(0);
    assert_eq!(
        files(&repo),
        [
            "V1__base.sql",
            "V2__theirs.sql",
            "V3__more.sql",
            "V4__ours.sql"
        ]
    );
}

#[test]
fn the_snapshot_and_the_baseline_follow() {
    let Some(scratch) = shared() else { return };
    let run_in = |repo: &Monorepo, arguments: &[&str]| {
        let mut command = repo.command(arguments);
        Ran::of(command.env("SHADOW_DATABASE_URL", url(scratch)))
    };
    // Advice is given about migrations that the snapshot does not stand for.
    let repo = taken_after(|repo| drop(run_in(repo, &["db-snapshot"]).must_exit(0)));
    let run = |arguments: &[&str]| run_in(&repo, arguments);
    run(&["db-verify", "--update-baseline"]).must_exit(0);
    let baseline = repo.read("snapshots/baseline.json");
    assert!(baseline.contains("migrations/V2__ours.sql"), "{baseline}");
    run(&["db-snapshot"]).must_exit(0);
    let ran = repo.run(&["db-new", "--renumber"]).must_exit(0);
    for file in ["snapshots/schema.json", "snapshots/baseline.json"] {
        let told = format!("`{file}` names the new versions");
        assert!(ran.stdout.contains(&told), "{}", ran.stdout);
        let text = repo.read(file);
        assert!(
            text.contains("V4__ours") && !text.contains("V2__ours"),
            "{text}"
        );
    }
    run(&["db-snapshot", "--check"]).must_exit(0);
    repo.run(&["db-verify", "--offline"]).must_exit(0);
}

#[test]
fn what_others_have_keeps_its_version() {
    let Some(scratch) = shared() else { return };
    let repo = taken();
    let before = repo.contents();
    repo.run(&["db-new", "--renumber", "V1__base"])
        .must_fail(&["`V1__base` is on `main`", "it keeps it"]);
    let database = Database::create(scratch, "renumber");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .run(&repo, &["db-new", "--renumber"])
        .must_fail(&["has `V2__ours`: undo it there with `", "db-rollback`"]);
    let mut unreachable = repo.command(&["db-new", "--renumber"]);
    unreachable.env(
        "DATABASE_URL",
        "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2",
    );
    Ran::of(&mut unreachable).must_fail_at_length(&["cannot tell whether"]);
    let kept: Vec<_> = before
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("migrations"))
        .filter(|(path, text)| repo.contents().get(path) != Some(text))
        .collect();
    assert!(kept.is_empty(), "{kept:?}");
    repo.run(&["db-new", "--renumber", "--since", "nowhere"])
        .must_fail(&["`nowhere` is no branch"]);
}
