//! Connections that are cut, servers that stop, runners that die.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use postgres::Client;

use super::SLOW;
use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, shared};

/// A migration that runs into its sleep, and what it did before that.
fn slow_repo(first_line: &str) -> Monorepo {
    let repo = Monorepo::of_migrations(&[USERS]);
    let up = format!("{first_line}\nCREATE TABLE a (id int);\n{SLOW}\nCREATE TABLE b (id int);\n");
    repo.write("migrations/V2__slow.sql", &up);
    repo.write(
        "migrations/V2__slow.down.sql",
        "DROP TABLE b;\nDROP TABLE a;\n",
    );
    repo
}

fn start(database: &Database<'_>, repo: &Monorepo) -> Child {
    let mut command = database.command(repo, &["db-migrate"]);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts")
}

/// Waits until a session sleeps; its process.
fn sleeper(client: &mut Client) -> i32 {
    let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%' \
                 AND state = 'active' AND pid <> pg_backend_pid()";
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if let Some(row) = client.query_opt(query, &[]).expect("a query") {
            return row.get(0);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the migration never got to its sleep")
}

fn exists(client: &mut Client, table: &str) -> bool {
    client
        .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
        .expect("a query")
        .get(0)
}

/// Why the server ended the session. It says so last, and that can be lost with the connection.
fn says_why(ran: &Ran) {
    let said = [
        "terminating connection due to administrator command (SQLSTATE 57P01)",
        "the server's log says why",
    ];
    assert!(
        said.iter().any(|said| ran.stderr.contains(said)),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_terminated_backend_leaves_nothing_of_a_transaction() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "cut"), slow_repo(""));
    let mut client = database.connect();
    let child = start(&database, &repo);
    let pid = sleeper(&mut client);
    client
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .expect("terminates");
    let ran = Ran::of_child(child);
    ran.must_fail_at_length(&["`V2__slow`; it was undone"]);
    says_why(&ran);
    for part in [
        "MIGRATION FAILED",
        "Applied and committed before that: V1__create_users",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
    }
    assert_eq!(
        (database.history(), exists(&mut client, "a")),
        (vec![1], false)
    );
    let status = database.run(&repo, &["db-status"]).must_exit(0);
    assert!(
        status.stdout.contains("1 applied, 1 pending\n"),
        "{}",
        status.stdout
    );
    database.hurry();
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn a_terminated_backend_without_transaction_says_where_to_go_on() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (
        Database::create(scratch, "cut_steps"),
        slow_repo("-- no-transaction"),
    );
    let mut client = database.connect();
    let child = start(&database, &repo);
    let pid = sleeper(&mut client);
    client
        .execute("SELECT pg_terminate_backend($1)", &[&pid])
        .expect("terminates");
    let ran = Ran::of_child(child);
    ran.must_fail_at_length(&[
        "statement 2 of 3 of `migrations/V2__slow.sql` failed",
        "the first statement is done, and `cargo xtask db-migrate` goes on from here",
    ]);
    // The connection may be closed before what the server said last is read.
    says_why(&ran);
    assert!(
        ran.stdout
            .contains("What is done of the one that failed, `cargo xtask db-status` tells"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        (database.history(), exists(&mut client, "a")),
        (vec![1], true)
    );
    let status = database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(1);
    for part in [
        "partly applied  statement 2 of 3 is next",
        "`cargo xtask db-migrate` goes on from there",
    ] {
        assert!(
            status.stdout.contains(part),
            "{part} is not in {}",
            status.stdout
        );
    }
    database.hurry();
    let ran = database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(
        ran.stderr
            .contains("`migrations/V2__slow.sql` was interrupted: statement 2 of 3 is next"),
        "{}",
        ran.stderr
    );
    assert_eq!(database.history(), [1, 2]);
}

/// The server itself notices that nobody waits for the statement any more.
#[test]
fn a_killed_runner_frees_its_lock_in_the_middle_of_a_statement() {
    let Some(scratch) = shared() else { return };
    let (database, repo) = (Database::create(scratch, "orphan"), slow_repo(""));
    let mut child = start(&database, &repo);
    sleeper(&mut database.connect());
    child.kill().expect("can be killed");
    child.wait().expect("ends");
    database.hurry();
    database
        .run(&repo, &["db-migrate", "--lock-timeout", "40"])
        .must_exit(0);
    assert_eq!(database.history(), [1, 2]);
}

#[test]
fn a_server_that_stops_at_once_has_nothing_half_applied_when_it_starts_again() {
    if shared().is_none() {
        return;
    }
    let repo = slow_repo("");
    let mut command = repo.command(&["db-migrate"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let server = Embedded::wait(&repo);
    sleeper(&mut server.connect());
    server.stop_immediately();
    let ran = Ran::of_child(child);
    ran.must_fail_at_length(&["`V2__slow`; it was undone"]);
    assert!(
        ran.stdout
            .contains("Applied and committed before that: V1__create_users"),
        "{}",
        ran.stdout
    );
    repo.write(
        "migrations/V2__slow.sql",
        "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n",
    );
    let ran = repo.run(&["db-migrate"]).must_exit(0);
    assert!(
        ran.stdout.contains("ok V2__slow") && !ran.stdout.contains("ok V1__"),
        "{}",
        ran.stdout
    );
}

/// The embedded server of a monorepo, as its files show it.
struct Embedded {
    pid: String,
    socket_folder: String,
}

impl Embedded {
    fn wait(repo: &Monorepo) -> Self {
        let file = repo.path(&format!(
            "target/db-postgres/{}/data/postmaster.pid",
            major()
        ));
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            if let [pid, _, _, _, folder, _, _, status, ..] = lines.as_slice()
                && status.trim() == "ready"
            {
                return Self {
                    pid: (*pid).to_owned(),
                    socket_folder: (*folder).to_owned(),
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the embedded server never started")
    }

    fn connect(&self) -> Client {
        let mut parameters = postgres::Config::new();
        parameters
            .host_path(&self.socket_folder)
            .user("postgres")
            .dbname("postgres");
        parameters
            .connect(postgres::NoTls)
            .expect("the server runs")
    }

    /// As `pg_ctl stop -m immediate` does it.
    fn stop_immediately(&self) {
        let killed = std::process::Command::new("kill")
            .args(["-QUIT", &self.pid])
            .status()
            .expect("kill runs");
        assert!(killed.success());
    }
}
