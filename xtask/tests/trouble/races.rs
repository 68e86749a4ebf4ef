//! Two people at once, of whom one waits for the lock of the database: what the other did meanwhile
//! makes "the last migration" another one, which nobody asked to have undone.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use postgres::Client;

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

fn repo() -> Monorepo {
    Monorepo::of_migrations(&[
        USERS,
        (
            "V2__bio",
            "ALTER TABLE users ADD bio text;",
            "ALTER TABLE users DROP bio;",
        ),
        (
            "V3__age",
            "ALTER TABLE users ADD age int;",
            "ALTER TABLE users DROP age;",
        ),
    ])
}

fn start(database: &Database<'_>, repo: &Monorepo, arguments: &[&str]) -> Child {
    let mut command = database.command(repo, arguments);
    command.args(["--ddl-lock-timeout", "60000"]);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts")
}

/// Waits until this many sessions of the database answer to `condition`.
fn wait_for(client: &mut Client, count: i64, condition: &str) {
    let query = format!(
        "SELECT count(DISTINCT a.pid) FROM pg_stat_activity a WHERE a.datname = current_database()
             AND a.application_name = 'pgaccord' AND ({condition})"
    );
    let begin = Instant::now();
    while client
        .query_one(&query, &[])
        .expect("a query")
        .get::<_, i64>(0)
        != count
    {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "never {count} sessions with {condition}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts `first`, which waits for a lock of the application, and then `second`, which waits for
/// the first.
fn race(database: &Database<'_>, repo: &Monorepo, first: &[&str], second: &[&str]) -> [Ran; 2] {
    let (mut application, mut client) = (database.connect(), database.connect());
    let mut held = application.transaction().expect("a transaction");
    held.batch_execute("SELECT count(*) FROM users")
        .expect("a lock");
    let first = start(database, repo, first);
    wait_for(
        &mut client,
        1,
        "a.wait_event_type = 'Lock' AND a.wait_event = 'relation'",
    );
    let second = start(database, repo, second);
    // What the first asks to tell who stands in its way names `pg_locks` too.
    wait_for(
        &mut client,
        1,
        "a.query LIKE '%pg_try_advisory_lock%' OR a.query LIKE '%locktype = ''advisory''%'",
    );
    held.rollback().expect("the lock is free");
    [first, second].map(Ran::of_child)
}

const SECOND: &str =
    "another run migrated or rolled back while it waited for the lock; nothing was undone";

#[test]
fn two_who_undo_the_last_migration_undo_one() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "two_undo"), repo());
    for (arguments, left, second) in [
        (
            &["db-rollback"][..],
            vec![1, 2],
            "cannot undo `V2__bio`: this run was asked to undo `V3__age`",
        ),
        (&["db-rollback", "--last", "2"], vec![1], "--last"),
    ] {
        database.run(&repo, &["db-migrate"]).must_exit(0);
        let [one, other] = race(&database, &repo, arguments, arguments);
        one.must_exit(0);
        match second {
            "--last" => other.must_fail(&["cannot undo the last 2 migrations: 1 are applied"]),
            second => other.must_fail(&[second, SECOND, "run `cargo xtask db-rollback V2__bio`"]),
        };
        assert_eq!(database.history(), left);
    }
}

#[test]
fn what_is_migrated_while_a_rollback_waits_is_not_undone() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "migrate_undo"), repo());
    for arguments in [
        &["db-rollback"][..],
        &["db-rollback", "--last", "2"],
        &["db-rollback", "V2"],
    ] {
        database.run(&repo, &["db-migrate", "V2"]).must_exit(0);
        let [one, other] = race(&database, &repo, &["db-migrate"], arguments);
        one.must_exit(0);
        other.must_fail(&[
            "cannot undo `V3__age`",
            "this run was asked to undo `V2__bio`",
            SECOND,
        ]);
        assert_eq!(database.history(), [1, 2, 3]);
        database.run(&repo, &["db-rollback"]).must_exit(0);
    }
}

/// A rollback that names its target reaches it, also after another rollback went a part of the way.
#[test]
fn a_rollback_that_names_its_migration_goes_there_after_another() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "named_undo"), repo());
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let [one, other] = race(&database, &repo, &["db-rollback"], &["db-rollback", "V2"]);
    one.must_exit(0);
    other.must_exit(0);
    assert_eq!(database.history(), [1]);
}
