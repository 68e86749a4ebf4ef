//! The part of git's configuration that names programs. A checkout may come from a stranger, with
//! its `.git/config` or with a bare repository among its files. Reading it must run no program of
//! theirs.

use std::process::Command;

use anyhow::Result;

use super::{Repository, list};

/// Settings that name a program, or lead to one, with the values that replace them.
const PROGRAMS: [(&str, &str); 4] = [
    // A program that git asks for changes whenever it reads the index.
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("diff.external", ""),
    // A folder of the branch that looks like a repository does not count as one.
    ("safe.bareRepository", "explicit"),
];

/// Settings with which git runs no program that a repository names.
pub(super) fn without_programs() -> Vec<(String, String)> {
    PROGRAMS
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Sets `settings` for `command`. They override every configuration file, and are added to those
/// that the caller has set in the same way.
pub(super) fn set(command: &mut Command, settings: &[(String, String)]) {
    let first: usize = std::env::var("GIT_CONFIG_COUNT")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    for (number, (key, value)) in (first..).zip(settings) {
        command
            .env(format!("GIT_CONFIG_KEY_{number}"), key)
            .env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    command.env("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
    // git would fetch objects that a partial clone lacks, by programs that its configuration names.
    command.env("GIT_NO_LAZY_FETCH", "1");
}

/// Settings that switch off the filters of the repository's own configuration, through which git
/// passes files of the work tree before it compares them. The user's own filters (Git LFS) stay.
pub(super) fn without_filters(repository: &Repository) -> Result<Vec<(String, String)>> {
    let pattern = r"^filter\..*\.(clean|process)$";
    let arguments = [
        "config",
        "--show-scope",
        "--name-only",
        "-z",
        "--get-regexp",
        pattern,
    ];
    // git ends with 1 where it finds nothing.
    let found = repository.answer(&arguments)?.unwrap_or_default();
    let parts: Vec<String> = list(found.as_bytes()).collect();
    let own = parts
        .chunks_exact(2)
        .filter(|pair| ["local", "worktree"].contains(&pair[0].as_str()));
    Ok(own
        .flat_map(|pair| {
            [
                (pair[1].clone(), String::new()),
                // A required filter without a program would be an error.
                (required(&pair[1]), "false".to_owned()),
            ]
        })
        .collect())
}

/// `filter.x.required` for `filter.x.clean`.
fn required(key: &str) -> String {
    let driver = key.rsplit_once('.').map_or(key, |(driver, _)| driver);
    format!("{driver}.required")
}
