//! Branches of strangers: what stands in the place of files, where outputs are led, what would run
//! for ever. Each is refused by name.

use std::os::unix::fs::symlink;

use crate::support::git::{git, init};
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// A monorepo whose second migration is none yet.
fn repo() -> Monorepo {
    let repo = Monorepo::of_migrations(&[USERS]);
    repo.write("migrations/V2__b.down.sql", "-- irreversible: a test\n");
    repo
}

#[test]
fn only_regular_files_of_the_repository_are_migrations() {
    let (repo, elsewhere) = (repo(), tempfile::tempdir().expect("a folder"));
    std::fs::write(
        elsewhere.path().join("far.sql"),
        "SELECT 'secret of somebody else'",
    )
    .expect("a file");
    let file = repo.path("migrations/V2__b.sql");
    let refused = |why: &str| {
        for command in ["db-verify", "db-snapshot", "db-status"] {
            let error = repo
                .run(&[command])
                .must_fail(&["migrations/V2__b.sql", why])
                .to_owned();
            assert!(!error.contains("secret"), "{error}");
        }
        std::fs::remove_file(&file).expect("removed");
    };
    symlink("/dev/zero", &file).expect("a link");
    refused("it is a device");
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    refused("it is a pipe");
    symlink("V2__b.sql", &file).expect("a link");
    refused("symbolic link");
    symlink(elsewhere.path().join("far.sql"), &file).expect("a link");
    refused("leads out of the repository");
    symlink(elsewhere.path(), repo.path("far")).expect("a link");
    repo.write(
        "Cargo.toml",
        "[workspace.metadata.db]\nmigrations = 'far'\n",
    );
    repo.run(&["db-verify"])
        .must_fail(&["far", "leads out of the repository"]);
}

#[test]
fn the_configuration_leads_no_output_out_of_the_repository() {
    let (repo, elsewhere) = (Monorepo::sample(), tempfile::tempdir().expect("a folder"));
    symlink(elsewhere.path(), repo.path("far")).expect("a link");
    init(&repo);
    let configured = repo.read("Cargo.toml");
    let with = |key: &str| {
        repo.write(
            "Cargo.toml",
            &configured.replacen("\nmigrations = ", &format!("\n{key}\nmigrations = "), 1),
        )
    };
    with("report-dir = '../reports'");
    repo.run(&["db-verify", "--offline"])
        .must_fail(&["`report-dir` is `../reports`, which leaves the monorepo"]);
    with("report-dir = 'far/reports'");
    // The verdict stands without its file.
    let warned = repo.run(&["db-verify", "--offline"]).must_exit(0).stderr;
    for part in [
        "migration-verification-report.json",
        "`far/reports`",
        "out of the repository",
        "--report-dir",
    ] {
        assert!(warned.contains(part), "{part} is not in {warned}");
    }
    with("baseline = 'far/baseline.json'");
    let update = ["db-verify", "--offline", "--update-baseline"];
    repo.run(&update)
        .must_fail(&["far/baseline.json", "out of the repository"]);
    assert_eq!(
        std::fs::read_dir(elsewhere.path())
            .expect("a folder")
            .count(),
        0,
        "nothing was written there"
    );
    // Whoever runs it may write where they like.
    repo.write("Cargo.toml", &configured);
    let chosen = elsewhere.path().to_str().expect("UTF-8");
    repo.run(&["db-verify", "--offline", "--report-dir", chosen])
        .must_exit(0);
    assert_eq!(
        std::fs::read_dir(elsewhere.path())
            .expect("a folder")
            .count(),
        1
    );
    // A link that only this checkout has is its owner's.
    git(&repo, &["rm", "-q", "--cached", "far"]);
    with("report-dir = 'far/reports'");
    repo.run(&["db-verify", "--offline"]).must_exit(0);
}

/// One that can be cancelled, and one that catches that like any error.
#[test]
fn sql_that_is_only_verified_ends() {
    if shared().is_none() {
        return;
    }
    let catches = "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$";
    for (sql, parts) in [
        (
            "SELECT 1;\nSELECT pg_sleep(600);\nSELECT 2;",
            &["statement 2 of 3", "migrations/V2__b.sql:2:1"][..],
        ),
        (catches, &["statement 1 of 1"]),
    ] {
        let repo = repo();
        repo.write("migrations/V2__b.sql", sql);
        let mut command = repo.command(&["db-verify", "--replay-timeout", "1"]);
        let ran = Ran::of(command.env_remove("SHADOW_DATABASE_URL"));
        ran.must_fail_at_length(
            &[
                parts,
                &[
                    "for more than 1 s and was stopped",
                    "`--replay-timeout <seconds>`",
                ],
            ]
            .concat(),
        );
    }
}

/// Text that grows is read in time that grows as it does, and what PostgreSQL refuses is told with
/// its place.
#[test]
fn large_and_deep_sql_is_answered() {
    if shared().is_none() {
        return;
    }
    let row = |id: usize| format!("INSERT INTO users VALUES ({id}, '{}');\n", "x".repeat(100));
    let deep = |open: &str, close: &str| {
        format!("SELECT {}1{};", open.repeat(10_000), close.repeat(10_000))
    };
    for (sql, refused) in [
        ((0..2_000).map(row).collect::<String>(), false),
        (
            format!("INSERT INTO users VALUES (1, '{}');", "x".repeat(5_000_000)),
            false,
        ),
        (format!("{}SELECT 1;", ";".repeat(500_000)), false),
        (
            format!("{}{} SELECT 1;", "/*".repeat(50_000), "*/".repeat(50_000)),
            false,
        ),
        (deep("(", ")"), true),
        (deep("ARRAY[", "]"), true),
        (deep("CASE WHEN true THEN ", " END"), true),
    ] {
        let repo = repo();
        repo.write("migrations/V2__b.sql", &sql);
        let ran = repo.run(&["db-snapshot"]);
        if refused {
            ran.must_fail_at_length(&["statement 1 of 1", "SQLSTATE", "migrations/V2__b.sql:1:"]);
        } else {
            ran.must_exit(0);
        }
    }
}
