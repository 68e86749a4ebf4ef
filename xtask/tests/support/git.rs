//! A git repository around a sample monorepo, made with the real git.

use std::path::Path;
use std::process::{Command, Output};

use super::monorepo::Monorepo;

/// Makes a repository of `repo`, with all its files in a first commit on `main`.
pub fn init(repo: &Monorepo) {
    git(repo, &["init", "-q", "-b", "main"]);
    repo.write(".gitignore", "target/\n");
    commit(repo, "sample");
}

/// Commits everything.
pub fn commit(repo: &Monorepo, message: &str) {
    git(repo, &["add", "-A"]);
    git(repo, &["commit", "-q", "--no-verify", "-m", message]);
}

/// Runs git in the monorepo; it must succeed.
pub fn git(repo: &Monorepo, arguments: &[&str]) -> String {
    let output = try_git(&repo.path(""), arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &error
}

/// Runs git in a folder, without the configuration of whoever runs the tests.
pub fn try_git(folder: &Path, arguments: &[&str]) -> Output {
    let identity = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "protocol.file.allow=always",
    ];
    let mut command = Command::new("git");
    command.current_dir(folder).args(identity).args(arguments);
    command
        .env("GIT_CONFIG_GLOBAL", "")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]
        .iter()
        .for_each(|name| {
            command.env_remove(name);
        });
    command.output().expect("git can be started")
}
