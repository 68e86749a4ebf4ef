//! Reports that cannot be written: what was done is done, and said.

use std::process::Command;

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// A shell that lets nothing be written to files any more and then becomes the tool: a full disk,
/// as far as it can see.
fn on_a_full_disk(database: &Database<'_>, repo: &Monorepo, arguments: &[&str]) -> Ran {
    let tool = database.command(repo, arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
        .arg(tool.get_program())
        .args(tool.get_args());
    command.current_dir(repo.path(""));
    for (name, value) in tool.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ran::of(&mut command)
}

#[test]
fn a_full_disk_hides_neither_what_was_applied_nor_what_was_undone() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "full_disk"),
        Monorepo::of_migrations(&[USERS]),
    );
    let ran = on_a_full_disk(&database, &repo, &["db-migrate"]);
    ran.must_fail(&[
        "`V1__create_users` was applied and is committed",
        "cannot write the report",
        "--report-dir",
    ]);
    assert!(
        ran.stdout.contains("MIGRATION COMPLETED SUCCESSFULLY"),
        "{}",
        ran.stdout
    );
    assert_eq!(database.history(), [1]);
    let ran = on_a_full_disk(&database, &repo, &["db-rollback"]);
    ran.must_fail(&["1 migration was undone", "cannot write the report"]);
    assert_eq!(database.history(), [] as [i64; 0]);
}

/// A backup that cannot be written must stop the rollback: the rows would be gone.
#[test]
fn a_backup_that_cannot_be_written_keeps_the_rows() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "no_backup"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    database
        .connect()
        .batch_execute("INSERT INTO users VALUES (1, 'a')")
        .expect("a row");
    let arguments = [
        "db-rollback",
        "--accept-data-loss",
        "users",
        "--backup",
        "backups",
    ];
    on_a_full_disk(&database, &repo, &arguments).must_fail_at_length(&["cannot back up `users`"]);
    repo.write("file", "in the way");
    let arguments = [
        "db-rollback",
        "--accept-data-loss",
        "users",
        "--backup",
        "file",
    ];
    database
        .run(&repo, &arguments)
        .must_fail_at_length(&["cannot create the folder for the backup"]);
    assert_eq!(database.history(), [1]);
    let rows = database
        .connect()
        .query_one("SELECT count(*) FROM users", &[])
        .expect("a count");
    assert_eq!(rows.get::<_, i64>(0), 1);
}
