//! The connection ends before each query of a run in turn: whatever the run was about to say, the
//! history matches the schema, and the next run goes on.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side};
use postgres::config::Host;
use xtask::internals::postgres::scratch::Scratch;

/// Passes messages on to a server until it has passed as many queries as it may.
struct Proxy {
    folder: tempfile::TempDir,
    passed: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(server: PathBuf, limit: usize) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cut")
            .tempdir()
            .expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let passed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&passed);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = UnixStream::connect(&server).expect("the server listens");
                let (answers, mut to_client) = (
                    server.try_clone().expect("a handle"),
                    client.try_clone().expect("a handle"),
                );
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut &answers, &mut to_client);
                    let _ = to_client.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || {
                    let _ = pass(&client, &server, &count, limit);
                    let _ = (
                        client.shutdown(Shutdown::Both),
                        server.shutdown(Shutdown::Both),
                    );
                });
            }
        });
        Self { folder, passed }
    }

    fn url(&self, database: &Database<'_>) -> String {
        let host = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgresql://postgres@{host}/{}", database.name())
    }
}

const ENCRYPTION_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// Passes messages of the client on, each whole: a byte for its type, which the first does not
/// have, its length, its body.
fn pass(
    mut client: &UnixStream,
    mut server: &UnixStream,
    count: &AtomicUsize,
    limit: usize,
) -> std::io::Result<()> {
    let mut is_first = true;
    loop {
        let mut head = vec![0; if is_first { 4 } else { 5 }];
        client.read_exact(&mut head)?;
        let length = head[head.len() - 4..]
            .try_into()
            .map(u32::from_be_bytes)
            .expect("four bytes");
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body)?;
        // Before it says who it is, a client may ask whether the server encrypts.
        is_first = is_first && body == ENCRYPTION_REQUEST;
        let runs_something = head.len() == 5 && (head[0] == b'Q' || head[0] == b'E');
        if runs_something && count.fetch_add(1, Ordering::SeqCst) >= limit {
            return Ok(());
        }
        server.write_all(&[head, body].concat())?;
    }
}

fn socket(scratch: &Scratch) -> PathBuf {
    match scratch.parameters().get_hosts().first() {
        Some(Host::Unix(folder)) => folder.join(".s.PGSQL.5432"),
        other => panic!("a scratch cluster listens on a socket, not on {other:?}"),
    }
}

fn repo() -> Monorepo {
    Monorepo::of_migrations(&[
        (
            "V1__a",
            "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n",
            "DROP TABLE b;\nDROP TABLE a;\n",
        ),
        (
            "V2__index",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nALTER TABLE a ADD COLUMN note text;\n",
            "-- no-transaction\nALTER TABLE a DROP COLUMN note;\nDROP INDEX CONCURRENTLY a_id;\n",
        ),
        ("V3__c", "CREATE TABLE c (id int);\n", "DROP TABLE c;\n"),
    ])
}

/// The tables that are there, and the index.
fn objects(database: &Database<'_>) -> Vec<String> {
    let query =
        "SELECT relname::text FROM pg_class WHERE relname IN ('a', 'b', 'a_id', 'c') ORDER BY 1";
    database
        .connect()
        .query(query, &[])
        .expect("a query")
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Asserts that the tables and the index match the history. The statements of `V2__index` are
/// committed one by one, so that after the first migration the index may exist or not.
fn check(database: &Database<'_>, limit: usize) {
    let (history, objects) = (database.history(), objects(database));
    let expected: &[&[&str]] = match history.as_slice() {
        [] => &[&[]],
        [1] => &[&["a", "b"], &["a", "a_id", "b"]],
        [1, 2] => &[&["a", "a_id", "b"]],
        [1, 2, 3] => &[&["a", "a_id", "b", "c"]],
        other => panic!("cut before query {limit}: the history is {other:?}"),
    };
    assert!(
        expected.iter().any(|one| *one == objects),
        "cut before query {limit}: {history:?} with {objects:?}"
    );
}

#[test]
fn a_connection_that_ends_before_any_message_leaves_a_state_that_the_next_run_completes() {
    let Some(scratch) = shared() else { return };
    let plain = repo();
    let with_snapshot = repo();
    Database::create(scratch, "cut_messages")
        .run(&with_snapshot, &["db-snapshot"])
        .must_exit(0);
    for repo in [&plain, &with_snapshot] {
        let whole = Proxy::start(socket(scratch), usize::MAX);
        let database = Database::create(scratch, "cut_messages");
        let mut command = database.command(repo, &["db-migrate"]);
        Ran::of(command.env("DATABASE_URL", whole.url(&database))).must_exit(0);
        let count = whole.passed.load(Ordering::SeqCst);
        assert!(count > 20, "{count} queries");
        let limits: Vec<usize> = (0..count).collect();
        side_by_side(&limits, |limit| {
            let database = Database::create(scratch, "cut_messages");
            let proxy = Proxy::start(socket(scratch), *limit);
            let mut command = database.command(repo, &["db-migrate"]);
            let ran = Ran::of(command.env("DATABASE_URL", proxy.url(&database)));
            assert!(
                ran.code == 2 || database.history() == [1, 2, 3],
                "cut before query {limit}: {ran:?}"
            );
            settle(&database);
            check(&database, *limit);
            database.run(repo, &["db-migrate"]).must_exit(0);
            assert_eq!(database.history(), [1, 2, 3], "cut before query {limit}");
            check(&database, *limit);
        });
    }
}

/// Waits until the server has noticed that nobody is there any more.
fn settle(database: &Database<'_>) {
    let left = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'pgaccord'";
    let mut client = database.connect();
    for _ in 0..2000 {
        if client
            .query_one(left, &[])
            .expect("a query")
            .get::<_, i64>(0)
            == 0
        {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the session of a run that was cut never ended");
}
