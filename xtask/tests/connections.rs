//! Connections that cannot be made: each cause is named, with its own next step, and no password is
//! shown. On a real server that listens on TCP, wants passwords, and speaks TLS with a certificate
//! made for the test.

mod certificates;
mod encryption;
mod hosts;
mod server;
mod strings;

use std::net::TcpListener;

use crate::support::{config, major, repository};
use server::Server;
use xtask::internals::postgres::connect::{Target, connect as connect_to};
use xtask::internals::postgres::scratch::{Network, Scratch};
use xtask::internals::progress::Progress;

#[test]
fn every_failure_says_what_stands_in_the_way_and_what_to_do() {
    let Some(server) = Server::start() else {
        return;
    };
    let port = server.port;
    let closed = TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("bound")
        .port();
    let cases = [
        (
            format!("postgresql://app:s3cret@db.invalid:{port}/shop"),
            ["`db.invalid:", "is not known"],
        ),
        (
            format!("postgresql://app:s3cret@127.0.0.1:{closed}/shop"),
            ["nothing listens at", "start the server"],
        ),
        (
            format!("postgresql://app:s3cret-wrong@localhost:{port}/shop"),
            ["password authentication failed", "check the user name"],
        ),
        (
            format!("postgresql://nobody:s3cret@localhost:{port}/shop"),
            ["`postgresql://nobody@localhost", "check the user name"],
        ),
        (
            format!("postgresql://app@localhost:{port}/shop"),
            ["wants a password", "`PGPASSWORD`"],
        ),
        (
            format!("postgresql://app:s3cret@localhost:{port}/missing"),
            ["database \"missing\" does not exist", "`createdb missing`"],
        ),
        (
            format!("postgresql://strict:s3cret@localhost:{port}/shop?sslmode=disable"),
            ["no encryption", "`sslmode=require`"],
        ),
        (
            format!("postgresql://app:s3cret@localhost:{port}/shop?sslmode=verify-full"),
            ["certificate was not accepted", "`sslrootcert=<file>`"],
        ),
        (
            "postgresql://app:s3cret@%2Fnowhere/shop".to_owned(),
            ["there is no socket in `/nowhere`", "start the server"],
        ),
        (
            "postgresql://app:s3@cret@localhost/shop".to_owned(),
            ["more than one `@`", "percent-encode"],
        ),
    ];
    for (url, expected) in cases {
        let error = error(&url);
        for part in expected {
            assert!(error.contains(part), "{url}: {error}");
        }
        assert!(!error.contains("cret"), "{url}: {error}");
        assert!(!error.contains('\n'), "{url}: {error}");
    }
}

#[test]
fn a_server_that_is_no_postgresql_is_suspected() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || listener.accept().map(drop));
    let error = error(&format!(
        "postgresql://app@localhost:{port}/shop?sslmode=disable"
    ));
    assert!(error.contains("is a PostgreSQL server"), "{error}");
}

#[test]
fn a_shadow_server_gives_a_database_and_takes_it_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let url = format!("postgresql://maker:s3cret@localhost:{}/shop", server.port);
    let databases = || -> Vec<String> {
        let mut client = server.admin();
        let rows = client.query(
            "SELECT datname::text FROM pg_database WHERE datname LIKE 'db\\_scratch\\_%'",
            &[],
        );
        rows.expect("lists").iter().map(|row| row.get(0)).collect()
    };
    server
        .admin()
        .batch_execute("CREATE DATABASE db_scratch_1000_abc OWNER maker")
        .expect("a left-over");
    let scratch = Scratch::start(
        &config(),
        Some(&url),
        Network::OfTheMachine,
        &Progress::default(),
    )
    .expect("creates");
    scratch
        .connect()
        .expect("connects")
        .batch_execute("CREATE TABLE t ()")
        .expect("creates");
    assert_eq!(
        databases().len(),
        1,
        "the left-over is gone: {:?}",
        databases()
    );
    drop(scratch);
    assert_eq!(databases(), [""; 0]);
    let denied = format!("postgresql://app:s3cret@localhost:{}/shop", server.port);
    let error = Scratch::start(
        &config(),
        Some(&denied),
        Network::OfTheMachine,
        &Progress::default(),
    )
    .expect_err("may not");
    assert!(
        format!("{error:#}").contains("ALTER ROLE \"app\" CREATEDB"),
        "{error:#}"
    );
    let mut other_major = config();
    other_major.postgres_major = 14;
    let error = Scratch::start(
        &other_major,
        Some(&url),
        Network::OfTheMachine,
        &Progress::default(),
    )
    .expect_err("another major");
    assert!(
        format!("{error:#}").contains(&format!("runs PostgreSQL {}", major())),
        "{error:#}"
    );
}

fn error(url: &str) -> String {
    let target = Target::open(Some(url), &config(), repository(), &Progress::default());
    let error = match target {
        Ok(target) => connect_to(&target)
            .err()
            .unwrap_or_else(|| panic!("{url} connects")),
        Err(error) => error,
    };
    format!("{error:#}")
}
