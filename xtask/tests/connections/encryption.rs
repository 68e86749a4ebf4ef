//! Encryption: who asks for it gets it or no connection, and certificates are looked at as
//! `sslmode` says.

use super::certificates::Identity;
use super::server::Server;
use crate::support::{config, repository};
use xtask::internals::postgres::connect::{Target, connect as connect_to};
use xtask::internals::progress::Progress;

/// Whether a connection of `user` is encrypted, or why there is none.
fn encrypted(server: &Server, user: &str, host: &str, parameters: &str) -> Result<bool, String> {
    let url = format!(
        "postgresql://{user}:s3cret@{host}:{}/shop?{parameters}",
        server.port
    );
    let target = Target::open(Some(&url), &config(), repository(), &Progress::default())
        .map_err(|error| format!("{error:#}"))?;
    let mut client = connect_to(&target).map_err(|error| format!("{error:#}"))?;
    let row = client.query_one(
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        &[],
    );
    Ok(row.expect("answers").get("ssl"))
}

#[test]
fn tls_is_as_strict_as_sslmode_says() {
    let Some(server) = Server::start() else {
        return;
    };
    let authority = server.authority();
    let authority = authority.display();
    let encrypted = |host: &str, parameters: &str| encrypted(&server, "strict", host, parameters);
    assert_eq!(encrypted("localhost", "sslmode=prefer"), Ok(true));
    assert_eq!(encrypted("localhost", "sslmode=require"), Ok(true));
    assert_eq!(
        encrypted("localhost", "sslmode=no-verify&sslrootcert=/nowhere.pem"),
        Ok(true)
    );
    assert_eq!(
        encrypted(
            "localhost",
            &format!("sslmode=verify-full&sslrootcert={authority}")
        ),
        Ok(true)
    );
    assert_eq!(
        encrypted(
            "127.0.0.1",
            &format!("sslmode=verify-ca&sslrootcert={authority}")
        ),
        Ok(true)
    );
    let other_host = encrypted(
        "127.0.0.1",
        &format!("sslmode=verify-full&sslrootcert={authority}"),
    );
    let other_host = other_host.expect_err("made for localhost");
    assert!(
        other_host.contains("write the host into the URL as the certificate does"),
        "{other_host}"
    );
    encrypted("localhost", "sslmode=verify-ca").expect_err("an authority that nobody knows");
    encrypted("localhost", "sslrootcert=system").expect_err("no authority of the system");
    encrypted("localhost", "sslmode=require&sslrootcert=system")
        .expect_err("no authority of the system");
    encrypted("localhost", "sslmode=require&sslaccept=strict")
        .expect_err("an authority that nobody knows");
    let missing =
        encrypted("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.pem").expect_err("no file");
    assert!(
        missing.contains("`/nowhere.pem` (`sslrootcert`)"),
        "{missing}"
    );
}

#[test]
fn certificates_that_libpq_takes_are_taken() {
    let identities = [
        Identity::own_authority(),
        Identity::of_version_1(),
        Identity::of_version_1_and_authority(),
    ];
    for (at, identity) in identities.iter().enumerate() {
        let Some(server) = Server::start_as(identity, &[]) else {
            return;
        };
        let stranger = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(stranger.path(), Identity::own_authority().authority).expect("written");
        let encrypted =
            |host: &str, parameters: &str| encrypted(&server, "strict", host, parameters);
        let named = format!("sslrootcert={}", server.authority().display());
        for mode in ["prefer", "require"] {
            assert_eq!(
                encrypted("localhost", &format!("sslmode={mode}")),
                Ok(true),
                "{at} {mode}"
            );
        }
        assert_eq!(
            encrypted("localhost", &format!("sslmode=verify-full&{named}")),
            Ok(true),
            "{at}"
        );
        assert_eq!(
            encrypted("127.0.0.1", &format!("sslmode=verify-ca&{named}")),
            Ok(true),
            "{at}"
        );
        encrypted("127.0.0.1", &format!("sslmode=verify-full&{named}"))
            .expect_err("made for localhost");
        let stranger = format!(
            "sslmode=verify-ca&sslrootcert={}",
            stranger.path().display()
        );
        encrypted("localhost", &stranger).expect_err("signed by somebody else");
    }
}

#[test]
fn prefer_goes_on_without_encryption_and_nothing_stricter_does() {
    let old = [
        "ssl_min_protocol_version=TLSv1",
        "ssl_max_protocol_version=TLSv1.1",
    ];
    let Some(server) = Server::start_as(&Identity::of_authority(), &old) else {
        return;
    };
    assert_eq!(
        encrypted(&server, "app", "localhost", "sslmode=prefer"),
        Ok(false)
    );
    let error =
        encrypted(&server, "app", "localhost", "sslmode=require").expect_err("no common version");
    assert!(
        error.contains("TLS handshake") && !error.contains("sslrootcert"),
        "{error}"
    );
    let Some(server) = Server::start() else {
        return;
    };
    assert_eq!(
        encrypted(&server, "plain", "localhost", "sslmode=prefer"),
        Ok(false)
    );
    encrypted(&server, "plain", "localhost", "sslmode=require")
        .expect_err("its rules want no encryption");
    encrypted(&server, "plain", "localhost", "ssl=true&sslmode=disable")
        .expect_err("encryption is asked for");
    // Nobody listens between two processes of one machine.
    let socket = server
        .authority()
        .parent()
        .expect("a folder")
        .display()
        .to_string()
        .replace('/', "%2F");
    assert_eq!(
        encrypted(&server, "app", &socket, "sslmode=require"),
        Ok(false)
    );
}
