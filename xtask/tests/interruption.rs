//! Ctrl-C during a run: one line says what is done, and nothing else is on stderr, which is no
//! terminal here.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::scratch;

/// Interrupts a run of `arguments` when it prints a line with `moment`. Returns its stderr.
fn interrupted(database: &Database, repo: &Monorepo, arguments: &[&str], moment: &str) -> String {
    let mut command = database.command(repo, arguments);
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the tool starts");
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = stdout.lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains(moment)),
        "no line with {moment}"
    );
    let pid = Pid::from_raw(child.id().try_into().expect("a process"));
    kill(pid, Signal::SIGINT).expect("it runs");
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut said).expect("text");
    let ended = child.wait().expect("it ends");
    assert_eq!(ended.signal(), Some(Signal::SIGINT as i32), "{said}");
    said
}

#[test]
fn ctrl_c_says_in_one_line_what_is_done() {
    let Some(scratch) = scratch() else { return };
    let database = Database::create(&scratch, "interrupted");
    let repo = Monorepo::of_migrations(&[
        ("V1__a", "CREATE TABLE a (id int);", "DROP TABLE a;"),
        (
            "V2__b",
            "SELECT pg_sleep(3); CREATE TABLE b (id int);",
            "DROP TABLE b;",
        ),
        ("V3__c", "CREATE TABLE c (id int);", "DROP TABLE c;"),
    ]);
    let said = interrupted(&database, &repo, &["db-migrate"], "V1__a (");
    assert_eq!(
        said.trim(),
        "interrupted; applied and committed: `V1__a`; not applied: `V2__b`, `V3__c`"
    );
    assert_eq!(database.history(), [1]);
}
