//! Several hosts, and hosts that do not answer.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::certificates::Identity;
use super::server::Server;
use crate::support::monorepo::{Monorepo, Ran};

fn repo() -> Monorepo {
    Monorepo::of_migrations(&[("V1__a", "CREATE TABLE a (id int);\n", "DROP TABLE a;\n")])
}

fn run(repo: &Monorepo, arguments: &[&str], url: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = repo.command(arguments);
    Ran::of(
        command
            .env("DATABASE_URL", url)
            .env("SHADOW_DATABASE_URL", "")
            .envs(variables.iter().copied()),
    )
}

/// The port of a server that takes connections and never says a word.
fn silent() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    port
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let (repo, port) = (repo(), silent());
    let url = format!("postgresql://u:s3cret@127.0.0.1:{port}/x");
    let commands: [&[&str]; 5] = [
        &["db-status"],
        &["db-migrate"],
        &["db-rollback"],
        &["db-verify", "--database"],
        &["db-baseline", "V1"],
    ];
    std::thread::scope(|scope| {
        for arguments in commands {
            let (repo, url) = (&repo, format!("{url}?connect_timeout=1"));
            scope.spawn(move || {
                let begin = Instant::now();
                run(repo, arguments, &url, &[])
                    .must_fail(&["did not answer within 1 s", "`connect_timeout`"]);
                assert!(
                    begin.elapsed() < Duration::from_secs(30),
                    "{arguments:?}: {:?}",
                    begin.elapsed()
                );
            });
        }
        let (repo, url) = (&repo, &url);
        scope.spawn(move || {
            run(repo, &["db-status"], url, &[])
                .must_fail(&["did not answer within 10 s"])
                .to_owned()
        });
        let variable = [("PGCONNECT_TIMEOUT", "2")];
        scope.spawn(move || {
            run(repo, &["db-status"], url, &variable)
                .must_fail(&["within 2 s"])
                .to_owned()
        });
        let shadow = scope.spawn(move || {
            let mut command = repo.command(&["db-snapshot"]);
            Ran::of(command.env("SHADOW_DATABASE_URL", format!("{url}?connect_timeout=1")))
        });
        shadow
            .join()
            .expect("runs")
            .must_fail(&["cannot use the scratch server", "did not answer within 1 s"]);
    });
}

#[test]
fn of_several_hosts_the_one_that_answers_is_used_and_named() {
    let Some(server) = Server::start() else {
        return;
    };
    let (repo, port, silent) = (repo(), server.port, silent());
    let closed = TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("bound")
        .port();
    let hosts = format!("localhost:{closed},127.0.0.1:{silent},localhost:{port}");
    let url = format!("postgresql://app:s3cret@{hosts}/shop?connect_timeout=1");
    let named = format!("Database: postgresql://app@localhost:{port}/shop\n");
    let ran = run(&repo, &["db-status"], &url, &[]).must_exit(0);
    assert!(ran.stdout.starts_with(&named), "{}", ran.stdout);
    server
        .admin()
        .batch_execute("GRANT CREATE ON DATABASE shop TO app; ALTER DATABASE shop OWNER TO app")
        .expect("grants");
    let ran = run(&repo, &["db-migrate"], &url, &[]).must_exit(0);
    assert!(ran.stdout.contains(&named), "{}", ran.stdout);
    // A server that says no is the last one that is asked.
    let ran = run(&repo, &["db-status"], &url.replace("s3cret", "wrong"), &[]);
    ran.must_fail(&[
        "nothing listens at",
        "did not answer within 1 s",
        "password authentication failed",
    ]);
    let read_only =
        format!("postgresql://app:s3cret@localhost:{port}/shop?target_session_attrs=read-only");
    let ran = run(&repo, &["db-status"], &read_only, &[]);
    let error = ran.must_fail(&[
        "the server takes changes, and `target_session_attrs` wants a server that does not",
    ]);
    assert!(!error.contains("socket"), "{error}");
    let preferred = format!(
        "postgresql://app:s3cret@localhost:{port}/shop?target_session_attrs=prefer-standby"
    );
    run(&repo, &["db-status"], &preferred, &[]).must_exit(0);
}

/// The port of a relay to `port`: behind it the server sees another port than ours, as behind a
/// pooler.
fn relay(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let own = listener.local_addr().expect("bound").port();
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
    };
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
            copy(
                client.try_clone().expect("a socket"),
                server.try_clone().expect("a socket"),
            );
            copy(server, client);
        }
    });
    own
}

/// A second connection tells a pooler from a server. It costs as much as all the rest of a run that
/// has nothing to do.
#[test]
fn a_second_connection_is_made_only_where_something_may_be_between() {
    let logged = [
        "logging_collector=on",
        "log_filename=log",
        "log_connections=on",
    ];
    let Some(server) = Server::start_as(&Identity::of_authority(), &logged) else {
        return;
    };
    let repo = repo();
    for (port, expected) in [(server.port, 1), (relay(server.port), 2)] {
        let url = format!("postgresql://app:s3cret@127.0.0.1:{port}/shop");
        let before = server.count_logins("app");
        run(&repo, &["db-status"], &url, &[]).must_exit(0);
        assert_eq!(server.count_logins("app") - before, expected);
    }
}
