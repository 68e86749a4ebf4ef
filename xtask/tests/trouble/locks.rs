//! Locks and limits of others.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::SLOW;
use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

#[test]
fn who_holds_the_lock_is_named_when_the_wait_is_over() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "held"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.write(
        "migrations/V2__bio.sql",
        "CREATE TABLE a (id int);\nALTER TABLE users\n    ADD COLUMN bio text;\n",
    );
    repo.write(
        "migrations/V2__bio.down.sql",
        "ALTER TABLE users DROP COLUMN bio;\nDROP TABLE a;\n",
    );
    let mut application = database.connect();
    let reads = "BEGIN; SELECT count(*) AS people FROM users WHERE name <> 'Ada of Rome'";
    application.batch_execute(reads).expect("a lock");
    let ran = database.run(
        &repo,
        &["db-migrate", "--show-queries", "--ddl-lock-timeout", "200"],
    );
    ran.must_fail_at_length(&["WHERE name <> 'Ada of Rome'`) on"]);
    // The log of a job in CI is read by many, and does not hold what users have.
    let ran = database.run(&repo, &["db-migrate", "--ddl-lock-timeout", "200"]);
    ran.must_fail_at_length(&[
        "cannot apply `V2__bio`; it was undone",
        "it waited for a lock of `test` (pid ",
        "idle in transaction for ",
        "SELECT count(*) AS people FROM users WHERE name <> ?`) on `public.users`",
        "canceling statement due to lock timeout (SQLSTATE 55P03)",
        "at migrations/V2__bio.sql:2:1",
    ]);
    assert!(
        ran.stderr
            .contains("`V2__bio` could not get its locks and is tried again in 0.2 s"),
        "{}",
        ran.stderr
    );
    assert_eq!(database.history(), [1]);
    application.batch_execute("COMMIT").expect("frees it");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    application
        .batch_execute("BEGIN; SELECT count(*) AS people FROM users")
        .expect("a lock");
    let ran = database.run(&repo, &["db-rollback", "--ddl-lock-timeout", "200"]);
    ran.must_fail_at_length(&[
        "it waited for a lock of `test`",
        "55P03",
        "its transaction changed nothing",
    ]);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn a_statement_timeout_names_the_statement() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "timeout"),
        Monorepo::of_migrations(&[USERS]),
    );
    repo.write(
        "migrations/V2__slow.sql",
        &format!("CREATE TABLE a (id int);\n-- slow\n  {SLOW}\n"),
    );
    repo.write("migrations/V2__slow.down.sql", "DROP TABLE a;\n");
    let limit = format!(
        "ALTER DATABASE {} SET statement_timeout = '3s'",
        database.name()
    );
    database.connect().batch_execute(&limit).expect("a limit");
    let ran = database.run(&repo, &["db-migrate"]);
    ran.must_fail_at_length(&[
        "`V2__slow`; it was undone",
        "statement timeout (SQLSTATE 57014)",
        "V2__slow.sql:3:3",
    ]);
    assert_eq!(database.history(), [1]);
}

#[test]
fn a_deadlock_with_the_application_is_tried_again() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "deadlock"),
        Monorepo::of_migrations(&[USERS]),
    );
    repo.write("migrations/V2__other.sql", "CREATE TABLE other (id int);");
    repo.write("migrations/V2__other.down.sql", "DROP TABLE other;");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let both = "ALTER TABLE users ADD COLUMN a int;\nALTER TABLE other ADD COLUMN b int;\n";
    repo.write("migrations/V3__both.sql", both);
    repo.write(
        "migrations/V3__both.down.sql",
        "ALTER TABLE other DROP COLUMN b;\nALTER TABLE users DROP COLUMN a;\n",
    );
    let (mut application, mut observer) = (database.connect(), database.connect());
    // The migration is the one that gives up.
    application
        .batch_execute("SET deadlock_timeout = '60s'; BEGIN; LOCK TABLE other")
        .expect("the first lock");
    let mut command = database.command(&repo, &["db-migrate", "--ddl-lock-timeout", "30000"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let waits =
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'other'::regclass)";
    let begin = Instant::now();
    while !observer
        .query_one(waits, &[])
        .expect("a query")
        .get::<_, bool>(0)
    {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the migration never waited"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    application
        .batch_execute("LOCK TABLE users; COMMIT")
        .expect("the application goes on");
    let ran = Ran::of_child(child).must_exit(0);
    for part in [
        "is tried again",
        "deadlock detected (SQLSTATE 40P01)",
        "it waited for a lock of `test`",
    ] {
        assert!(ran.stderr.contains(part), "{part} is not in {}", ran.stderr);
    }
    assert_eq!(database.history(), [1, 2, 3]);
}

/// Nobody queues behind `CREATE INDEX CONCURRENTLY`, which waits as long as it takes: whom for is
/// told meanwhile.
#[test]
fn whom_a_statement_without_transaction_waits_for_is_told() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "patient"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    repo.write(
        "migrations/V2__index.sql",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY names ON users (name);\n",
    );
    repo.write("migrations/V2__index.down.sql", "DROP INDEX names;\n");
    let limit = format!(
        "ALTER DATABASE {} SET statement_timeout = '60s'",
        database.name()
    );
    let mut application = database.connect();
    application.batch_execute(&limit).expect("a limit");
    application
        .batch_execute("BEGIN; INSERT INTO users VALUES (1, 'Ada')")
        .expect("a lock");
    let mut command = database.command(&repo, &["db-migrate", "--ddl-lock-timeout", "100"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let lines = BufReader::new(child.stderr.take().expect("piped"))
        .lines()
        .map_while(Result::ok);
    let told = lines
        .into_iter()
        .find(|line| line.contains(" waits for "))
        .unwrap_or_default();
    application
        .batch_execute("COMMIT")
        .expect("the application goes on");
    Ran::of_child(child).must_exit(0);
    for part in [
        "statement 1 of `migrations/V2__index.sql` (`CREATE INDEX CONCURRENTLY`) waits for `test` (pid ",
        "INSERT INTO users VALUES (?, ?)`), and goes on when that has ended its transaction",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert_eq!(database.history(), [1, 2]);
}

/// Everybody would queue behind these, so that they give up, let the others pass, and try again.
#[test]
fn other_statements_without_transaction_do_not_wait_for_long() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "impatient"),
        Monorepo::of_migrations(&[USERS]),
    );
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let up = "-- no-transaction\nVACUUM FULL users;\nALTER TABLE users ADD COLUMN bio text;\n";
    repo.write("migrations/V2__full.sql", up);
    repo.write(
        "migrations/V2__full.down.sql",
        "ALTER TABLE users DROP COLUMN bio;\n",
    );
    let mut application = database.connect();
    for (statement, reached) in [
        (1, "nothing of it is done"),
        (2, "the first statement is done"),
    ] {
        application
            .batch_execute("BEGIN; SELECT count(*) AS people FROM users")
            .expect("a lock");
        let ran = database.run(&repo, &["db-migrate", "--ddl-lock-timeout", "200"]);
        let failed = format!("statement {statement} of 2 of `migrations/V2__full.sql` failed");
        ran.must_fail_at_length(&[
            &failed,
            reached,
            "it waited for a lock of `test` (pid ",
            "55P03",
        ]);
        let again = format!(
            "statement {statement} of `migrations/V2__full.sql` could not get its locks and is tried again"
        );
        assert!(ran.stderr.contains(&again), "{}", ran.stderr);
        application.batch_execute("COMMIT").expect("frees it");
        // Plain VACUUM does not wait for readers.
        repo.write("migrations/V2__full.sql", &up.replace(" FULL", ""));
    }
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}
