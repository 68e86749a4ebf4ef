//! `install-hooks`, and the hook itself: real commits by the real git.

use std::path::Path;

use crate::support::git::{git, init, try_git};
use crate::support::monorepo::Monorepo;

const ROW: &str = "shared-types/src/tables/user-profile.ts";
const HOOK: &str = ".git/hooks/pre-commit";

fn sample() -> Monorepo {
    let repo = Monorepo::sample();
    init(&repo);
    repo
}

/// Tries a commit. Returns whether it was made, and git's output.
fn try_commit(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = try_git(
        folder,
        &[&["commit", "-q", "-m", "change"], arguments].concat(),
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

fn make_executable(file: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("permissions");
}

fn drift(repo: &Monorepo) {
    repo.edit(ROW, "  bio: string | null;", "  bio: string;");
}

#[test]
fn commits_that_drift_are_refused_and_others_are_made() {
    let repo = sample();
    let ran = repo.run(&["install-hooks"]).must_exit(0);
    assert!(
        ran.stdout.starts_with("wrote `.git/hooks/pre-commit`: "),
        "{}",
        ran.stdout
    );
    let root = repo.path("");
    repo.write("notes.md", "notes");
    git(&repo, &["add", "."]);
    let (made, said) = try_commit(&root, &[]);
    assert!(
        made && said
            == "cargo xtask db-verify --staged: nothing staged concerns the database or its types\n",
        "{said}"
    );
    drift(&repo);
    for arguments in [&["-a"][..], &["--", ROW], &["-i", ROW]] {
        let (made, said) = try_commit(&root, arguments);
        assert!(
            !made && said.contains("error[NULLABILITY_MISMATCH]"),
            "{arguments:?}: {said}"
        );
        git(&repo, &["reset", "-q"]);
    }
    let (made, said) = try_commit(&root.join("shared-types"), &["-a"]);
    assert!(
        !made && said.contains("error[NULLABILITY_MISMATCH]"),
        "from a sub-folder: {said}"
    );
    // What is committed is fine, though the work tree is not.
    repo.write("more.md", "notes");
    git(&repo, &["add", "more.md"]);
    assert!(try_commit(&root, &[]).0);
    assert!(try_commit(&root, &["-a", "--no-verify"]).0);
}

#[test]
fn the_hook_is_written_once_and_removed_again() {
    let repo = sample();
    repo.run(&["install-hooks"]).must_exit(0);
    let text = repo.read(HOOK);
    let again = repo.run(&["install-hooks"]).must_exit(0);
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    repo.write(HOOK, &format!("{text}# of an earlier version\n"));
    let again = repo.run(&["install-hooks"]).must_exit(0);
    assert!(again.stdout.starts_with("updated `"), "{}", again.stdout);
    assert_eq!(repo.read(HOOK), text);
    assert!(
        repo.run(&["install-hooks", "--uninstall"])
            .must_exit(0)
            .stdout
            .starts_with("removed `")
    );
    assert!(!repo.path(HOOK).exists());
    assert!(
        repo.run(&["install-hooks", "--uninstall"])
            .must_exit(0)
            .stdout
            .starts_with("there is no hook `")
    );
}

#[test]
fn a_hook_of_somebody_else_is_left_alone() {
    let repo = sample();
    let theirs = "#!/bin/sh\nnpm test\n";
    repo.write(HOOK, theirs);
    repo.run(&["install-hooks"])
        .must_fail_at_length(&["is somebody else's", "db-verify --staged || exit 1"]);
    repo.run(&["install-hooks", "--uninstall"])
        .must_fail(&["is somebody else's"]);
    assert_eq!(repo.read(HOOK), theirs);
    repo.write(
        HOOK,
        &format!("{theirs}cargo xtask db-verify --staged || exit 1\n"),
    );
    assert!(
        repo.run(&["install-hooks"])
            .must_exit(0)
            .stdout
            .contains("verifies already")
    );
}

#[test]
fn managers_of_hooks_get_their_own_lines() {
    let managers = [
        (
            ".husky/pre-commit",
            "npm test\n",
            &[
                "husky",
                "`.husky/pre-commit`",
                "    pgaccord verify --staged || exit 1",
            ][..],
        ),
        (
            "lefthook.yml",
            "pre-push:\n",
            &[
                "lefthook",
                "    pre-commit:\n      commands:\n        db-verify:",
                "          run: pgaccord verify --staged",
            ],
        ),
        (
            ".pre-commit-config.yaml",
            "repos: []\n",
            &[
                "pre-commit",
                "entry: pgaccord verify --staged\n",
                "language: system",
                "always_run: true",
            ],
        ),
    ];
    for (file, text, parts) in managers {
        let repo = sample();
        repo.write(file, text);
        repo.run(&["install-hooks"]).must_fail_at_length(parts);
        assert!(!repo.path(HOOK).exists());
        repo.write(
            file,
            &format!("{text}\n  run: cargo xtask db-verify --staged\n"),
        );
        assert!(
            repo.run(&["install-hooks"])
                .must_exit(0)
                .stdout
                .contains("verifies already"),
            "{file}"
        );
    }
}

#[test]
fn the_configured_folder_of_hooks_is_used_unless_others_share_it() {
    let repo = sample();
    git(&repo, &["config", "core.hooksPath", ".githooks"]);
    assert!(
        repo.run(&["install-hooks"])
            .must_exit(0)
            .stdout
            .starts_with("wrote `.githooks/pre-commit`")
    );
    // A team shares this folder, so that the hook holds no path of this machine.
    let (made, said) = try_commit(&repo.path(""), &["--allow-empty"]);
    assert!(
        !made && said.contains("`pgaccord` is not on PATH"),
        "{said}"
    );
    repo.write(
        "node_modules/.bin/pgaccord",
        "#!/bin/sh\necho called \"$@\" >&2; exit 1\n",
    );
    make_executable(&repo.path("node_modules/.bin/pgaccord"));
    repo.run(&["install-hooks"]).must_exit(0);
    let (made, said) = try_commit(&repo.path(""), &["--allow-empty"]);
    assert!(!made && said.contains("called verify --staged"), "{said}");
    let shared = tempfile::tempdir().expect("a temporary folder");
    git(
        &repo,
        &[
            "config",
            "core.hooksPath",
            shared.path().to_str().expect("UTF-8"),
        ],
    );
    repo.run(&["install-hooks"]).must_fail_at_length(&[
        "outside of this repository",
        "pgaccord verify --staged || exit 1",
    ]);
    assert_eq!(
        std::fs::read_dir(shared.path()).expect("a folder").count(),
        0
    );
}

#[test]
fn work_trees_share_the_hook_and_judge_their_own_index() {
    let repo = sample();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let second = elsewhere.path().join("second tree");
    git(
        &repo,
        &[
            "worktree",
            "add",
            "-q",
            "-b",
            "second",
            second.to_str().expect("UTF-8"),
        ],
    );
    let folder = second.to_str().expect("UTF-8");
    repo.run(&["-C", folder, "install-hooks"]).must_exit(0);
    assert!(repo.path(HOOK).exists());
    let row = second.join(ROW);
    let text = std::fs::read_to_string(&row).expect("the sample's file");
    std::fs::write(&row, text.replace("bio: string | null", "bio: string")).expect("writable");
    let (made, said) = try_commit(&second, &["-a"]);
    assert!(
        !made && said.contains("error[NULLABILITY_MISMATCH]"),
        "{said}"
    );
    let (made, said) = try_commit(&repo.path(""), &["--allow-empty"]);
    assert!(made && said.contains("nothing is staged"), "{said}");
}

#[test]
fn a_monorepo_in_a_folder_of_its_repository_is_entered() {
    let repo = Monorepo::sample();
    let inner = "packages/my db";
    for name in ["Cargo.toml", "migrations", "snapshots", "shared-types"] {
        std::fs::create_dir_all(repo.path(inner)).expect("a folder");
        std::fs::rename(repo.path(name), repo.path(&format!("{inner}/{name}"))).expect("moved");
    }
    init(&repo);
    repo.run(&["-C", inner, "install-hooks"]).must_exit(0);
    assert!(
        repo.read(HOOK)
            .contains("cd 'packages/my db' 2>/dev/null || exit 0"),
        "{}",
        repo.read(HOOK)
    );
    repo.edit(
        &format!("{inner}/{ROW}"),
        "  bio: string | null;",
        "  bio: string;",
    );
    for arguments in [&["-a"][..], &["--", inner]] {
        let (made, said) = try_commit(&repo.path(""), arguments);
        assert!(
            !made && said.contains("error[NULLABILITY_MISMATCH]"),
            "{arguments:?}: {said}"
        );
        git(&repo, &["reset", "-q"]);
    }
    git(&repo, &["checkout", "-q", "--orphan", "pages"]);
    git(&repo, &["rm", "-q", "-r", "-f", "."]);
    repo.write("index.html", "a branch without the monorepo");
    git(&repo, &["add", "index.html"]);
    assert!(try_commit(&repo.path(""), &[]).0);
}
