//! Connection strings as people write them, given to the tool: no output holds a password, whoever
//! asked for encryption gets it, and what drivers, ORMs and hosts add does no harm.

use std::os::unix::fs::PermissionsExt as _;

use super::certificates::Identity;
use super::server::Server;
use crate::support::monorepo::{Monorepo, Ran};

fn status(repo: &Monorepo, url: &str, variables: &[(&str, &str)]) -> Ran {
    let mut command = repo.command(&["db-status"]);
    command
        .env("DATABASE_URL", url)
        .env("HOME", repo.path(""))
        .envs(variables.iter().copied());
    Ran::of(&mut command)
}

fn repo() -> Monorepo {
    Monorepo::of_migrations(&[("V1__a", "CREATE TABLE a (id int);\n", "DROP TABLE a;\n")])
}

#[test]
fn a_string_that_cannot_be_read_is_not_shown() {
    let repo = repo();
    let strings = [
        "postgresql+psycopg2://app:s3cret@db/x?application_name=y",
        "\"postgresql://app:s3cret@db/x?application_name=y\"",
        "'postgres://app:s3cret@db/x?foo=1'",
        "jdbc:postgresql://app:s3cret@db/x?foo=1",
        "mysql://app:s3cret@db/x",
        "app:s3cret@db/x?a=b",
        "postgresql//app:s3cret@db/x?application_name=y",
        "Host=db;Username=app;Password=s3cret",
        "host=db;username=app;password=s3cret",
        "host=db password=s3 cret=x",
        "postgres://app:s3@cret@db/x",
        "postgres://app:12/cret@db/x",
        "postgres://app:s3cret/x",
        "postgres://app:s3cret@db/x?foo=1",
    ];
    for string in strings {
        let ran = status(&repo, string, &[]);
        let error = ran.must_fail(&["the database URL (`--database-url` or `DATABASE_URL`)"]);
        assert!(!error.contains("cret"), "{string}: {error}");
        let mut command = repo.command(&["db-snapshot"]);
        let ran = Ran::of(command.env("SHADOW_DATABASE_URL", string));
        let error = ran.must_fail(&["the scratch server's URL"]);
        assert!(!error.contains("cret"), "{string}: {error}");
    }
    let ran = status(&repo, "mysql://app:s3cret@db/x", &[]);
    ran.must_fail(&["it is a URL of `mysql`, and PostgreSQL only is supported"]);
}

#[test]
fn who_asks_for_encryption_in_any_spelling_gets_it_or_no_connection() {
    let Some(server) = Server::start_as(&Identity::of_authority(), &["ssl=off"]) else {
        return;
    };
    let (port, repo) = (server.port, repo());
    let plain = status(
        &repo,
        &format!("postgresql://plain@localhost:{port}/shop"),
        &[],
    );
    plain.must_exit(0);
    let asks = [
        (
            format!("postgresql://plain@localhost:{port}/shop?sslmode=require"),
            None,
        ),
        (
            format!("host=localhost port={port} user=plain dbname=shop sslmode=require"),
            None,
        ),
        (
            format!(
                "postgresql://plain@localhost:{port}/shop?sslmode=require&application_name=job@ci"
            ),
            None,
        ),
        (
            format!(
                "postgresql://localhost:{port}/shop?user=plain&password=s3cr@TAIL&sslmode=require"
            ),
            None,
        ),
        (
            format!("postgresql://plain@localhost:{port}/shop?ssl=true"),
            None,
        ),
        (
            format!("postgresql://plain@localhost:{port}/shop?sslmode=disable&sslmode=require"),
            None,
        ),
        (
            format!("postgresql://plain@localhost:{port}/shop"),
            Some(("PGSSLMODE", "require")),
        ),
        (
            format!("postgresql://plain@localhost:{port}/shop"),
            Some(("PGREQUIRESSL", "1")),
        ),
    ];
    for (url, variable) in asks {
        let ran = status(&repo, &url, variable.as_slice());
        let error = ran.must_fail(&["the server does not encrypt"]);
        assert!(!error.contains("TAIL"), "{error}");
    }
    let ran = status(
        &repo,
        &format!("postgresql://plain@localhost:{port}/shop"),
        &[("PGSSLMODE", "always")],
    );
    ran.must_fail(&["`sslmode` is `always`; it is one of `disable`"]);
    let misspelt = status(
        &repo,
        &format!("postgresql://plain@localhost:{port}/shop?sslmod=require"),
        &[],
    );
    misspelt.must_fail(&["the parameter `sslmod` is not known: did you mean `sslmode`?"]);
}

#[test]
fn what_drivers_orms_and_hosts_add_does_no_harm() {
    let Some(server) = Server::start() else {
        return;
    };
    let (port, repo) = (server.port, repo());
    let read = [
        "target_session_attrs=primary",
        "sslmode=no-verify",
        "uselibpqcompat=true&sslmode=prefer",
        "supa=base-pooler.x&pgbouncer=true",
        "max=10&idle_timeout=20&prepare=false",
        "client_encoding=utf8&keepalives_count=3&fallback_application_name=x",
        "passfile=p",
        "schema=public&connection_limit=1",
        "options=-c%20search_path%3Dapp",
    ];
    for query in read {
        let url = format!("postgresql://app:s3cret@localhost:{port}/shop?{query}");
        let ran = status(&repo, &url, &[]).must_exit(0);
        let expected = format!("Database: postgresql://app@localhost:{port}/shop\n");
        assert!(ran.stdout.starts_with(&expected), "{query}: {}", ran.stdout);
    }
    for (query, instead) in [
        ("schema=app", "search_path"),
        ("require_auth=scram-sha-256", "channel_binding=require"),
    ] {
        let url = format!("postgresql://app:s3cret@localhost:{port}/shop?{query}");
        status(&repo, &url, &[]).must_fail(&["is not supported", instead]);
    }
}

#[test]
fn passwords_and_services_are_read_from_the_files_of_libpq() {
    let Some(server) = Server::start() else {
        return;
    };
    let (port, repo) = (server.port, repo());
    let url = format!("postgresql://app@localhost:{port}/shop");
    status(&repo, &url, &[]).must_fail(&["the server wants a password"]);
    repo.write(
        ".pgpass",
        &format!("# passwords\nlocalhost:{port}:shop:app:s3cret\n"),
    );
    let close = |name: &str, mode| {
        std::fs::set_permissions(repo.path(name), std::fs::Permissions::from_mode(mode))
            .expect("chmod");
    };
    close(".pgpass", 0o644);
    status(&repo, &url, &[]).must_fail(&[
        "the server wants a password",
        "was not read because others may",
    ]);
    close(".pgpass", 0o600);
    status(&repo, &url, &[]).must_exit(0);
    std::fs::rename(repo.path(".pgpass"), repo.path("other")).expect("renames");
    let other = repo.path("other").display().to_string();
    status(&repo, &url, &[("PGPASSFILE", &other)]).must_exit(0);
    repo.write(
        ".pg_service.conf",
        &format!("[shop]\nhost=localhost\nport={port}\nuser=app\npassword=s3cret\n"),
    );
    status(&repo, "postgresql:///shop?service=shop", &[]).must_exit(0);
    status(&repo, "postgresql:///shop", &[("PGSERVICE", "shop")]).must_exit(0);
    status(&repo, "service=missing", &[]).must_fail(&["the service `missing` is not in"]);
}
