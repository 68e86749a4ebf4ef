//! A checkout with a configuration of its own, as in an archive that somebody unpacked: git reads
//! it, and runs no program for it.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::git::{commit, git, init};
use crate::support::monorepo::Monorepo;

#[test]
fn no_program_of_the_repository_runs() {
    let repo = Monorepo::sample();
    init(&repo);
    repo.write(".gitattributes", "* filter=own diff=own\n");
    commit(&repo, "attributes");
    repo.write(
        ".git/own.sh",
        &format!(
            "#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n",
            repo.path(".git/ran").display()
        ),
    );
    let program = repo.path(".git/own.sh");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
        .expect("it can be run");
    let program = program.to_str().expect("UTF-8").replace(' ', "\\ ");
    let keys = [
        "core.fsmonitor",
        "diff.external",
        "diff.own.command",
        "diff.own.textconv",
        "filter.own.clean",
        "core.pager",
    ];
    for key in keys {
        git(&repo, &["config", key, &program]);
    }
    git(&repo, &["config", "core.hooksPath", ".git"]);
    // The same content at another time, and another content: git has to look at both.
    let file = "shared-types/src/tables/user.ts";
    repo.write(file, &repo.read(file));
    repo.write("README.md", "another one");
    for arguments in [
        &["db-verify", "--staged"][..],
        &["db-verify", "--since", "HEAD~1", "--offline"],
        &["db-verify", "--offline", "--fix"],
    ] {
        let ran = repo.run(arguments);
        assert!(ran.code <= 1, "{ran:?}");
        assert!(
            !repo.path(".git/ran").exists(),
            "{arguments:?} ran {}",
            repo.read(".git/ran")
        );
    }
    // They would run for whoever asks git for it.
    git(&repo, &["status"]);
    assert!(
        repo.path(".git/ran").exists(),
        "the programs of this test can be run"
    );
}
