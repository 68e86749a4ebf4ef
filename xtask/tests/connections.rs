//! Connections that cannot be made: each cause is named, with its own next step, and no password is shown. On a real
//! server that listens on TCP, wants passwords, and speaks TLS with a certificate made for the test.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{config, connect, major, repository, scratch};
use xtask::postgres::connect::{Target, connect as connect_to};
use xtask::postgres::scratch::{Network, Scratch};

#[test]
fn every_failure_says_what_stands_in_the_way_and_what_to_do() {
    let Some(server) = Server::start() else { return };
    let port = server.port;
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
    let cases = [
        (format!("postgresql://app:s3cret@db.invalid:{port}/shop"), ["`db.invalid:", "is not known"]),
        (format!("postgresql://app:s3cret@127.0.0.1:{closed}/shop"), ["nothing listens at", "start the server"]),
        (
            format!("postgresql://app:s3cret-wrong@localhost:{port}/shop"),
            ["password authentication failed", "check the user name"],
        ),
        (
            format!("postgresql://nobody:s3cret@localhost:{port}/shop"),
            ["`postgresql://nobody@localhost", "check the user name"],
        ),
        (format!("postgresql://app@localhost:{port}/shop"), ["wants a password", "`PGPASSWORD`"]),
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
        ("postgresql://app:s3@cret@localhost/shop".to_owned(), ["more than one `@`", "percent-encode"]),
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
    let error = error(&format!("postgresql://app@localhost:{port}/shop?sslmode=disable"));
    assert!(error.contains("is a PostgreSQL server"), "{error}");
}

#[test]
fn tls_is_as_strict_as_sslmode_says() {
    let Some(server) = Server::start() else { return };
    let (port, authority) = (server.port, server.authority());
    let authority = authority.display();
    let encrypted = |host: &str, parameters: &str| -> Result<bool, String> {
        let url = format!("postgresql://strict:s3cret@{host}:{port}/shop?{parameters}");
        let target = Target::open(Some(&url), &config(), repository()).map_err(|error| format!("{error:#}"))?;
        let mut client = connect_to(&target).map_err(|error| format!("{error:#}"))?;
        let row = client.query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]);
        Ok(row.expect("answers").get("ssl"))
    };
    assert_eq!(encrypted("localhost", "sslmode=prefer"), Ok(true));
    assert_eq!(encrypted("localhost", "sslmode=require"), Ok(true));
    assert_eq!(encrypted("localhost", &format!("sslmode=verify-full&sslrootcert={authority}")), Ok(true));
    assert_eq!(encrypted("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={authority}")), Ok(true));
    encrypted("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={authority}")).expect_err("made for localhost");
    encrypted("localhost", "sslmode=verify-ca").expect_err("an authority that nobody knows");
    let missing = encrypted("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.pem").expect_err("no file");
    assert!(missing.contains("`/nowhere.pem` (`sslrootcert`)"), "{missing}");
}

#[test]
fn a_shadow_server_gives_a_database_and_takes_it_back() {
    let Some(server) = Server::start() else { return };
    let url = format!("postgresql://maker:s3cret@localhost:{}/shop", server.port);
    let databases = || -> Vec<String> {
        let mut client = server.admin();
        let rows = client.query("SELECT datname::text FROM pg_database WHERE datname LIKE 'db\\_scratch\\_%'", &[]);
        rows.expect("lists").iter().map(|row| row.get(0)).collect()
    };
    server.admin().batch_execute("CREATE DATABASE db_scratch_1000_abc OWNER maker").expect("a left-over");
    let scratch = Scratch::start(&config(), repository(), Some(&url), Network::OfTheMachine).expect("creates");
    scratch.connect().expect("connects").batch_execute("CREATE TABLE t ()").expect("creates");
    assert_eq!(databases().len(), 1, "the left-over is gone: {:?}", databases());
    drop(scratch);
    assert_eq!(databases(), [""; 0]);
    let denied = format!("postgresql://app:s3cret@localhost:{}/shop", server.port);
    let error = Scratch::start(&config(), repository(), Some(&denied), Network::OfTheMachine).expect_err("may not");
    assert!(format!("{error:#}").contains("ALTER ROLE \"app\" CREATEDB"), "{error:#}");
    let mut other_major = config();
    other_major.postgres_major = 14;
    let error =
        Scratch::start(&other_major, repository(), Some(&url), Network::OfTheMachine).expect_err("another major");
    assert!(format!("{error:#}").contains(&format!("runs PostgreSQL {}", major())), "{error:#}");
}

fn error(url: &str) -> String {
    let target = Target::open(Some(url), &config(), repository());
    let error = match target {
        Ok(target) => connect_to(&target).err().unwrap_or_else(|| panic!("{url} connects")),
        Err(error) => error,
    };
    format!("{error:#}")
}

/// A server on TCP, started by hand: roles `app` and `maker` with a password, `strict` with a password over TLS only.
struct Server {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// None without PostgreSQL. The binaries and the account are those of a scratch cluster.
    fn start() -> Option<Self> {
        let scratch = scratch()?;
        let mut client = connect(&scratch);
        let bin: String =
            client.query_one("SELECT setting FROM pg_config WHERE name = 'BINDIR'", &[]).expect("answers").get(0);
        let data: String = client.query_one("SHOW data_directory", &[]).expect("answers").get(0);
        let owner = std::fs::metadata(&data).expect("exists");
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        let data = folder.path().join("data");
        give(folder.path(), &owner);
        let mut initdb = as_owner(&Path::new(&bin).join("initdb"), &owner);
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]);
        assert!(initdb.stdout(Stdio::null()).status().expect("runs").success());
        certificates(folder.path(), &data, &owner);
        let rules = "local all all trust\nhostssl all strict all scram-sha-256\nhost all postgres,app,maker,nobody all scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("writes");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let mut postgres = as_owner(&Path::new(&bin).join("postgres"), &owner);
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-p", &port.to_string(), "-F"]);
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"]).stderr(Stdio::null()).stdout(Stdio::null());
        let server = Self { child: postgres.spawn().expect("runs"), port, folder };
        server.fill();
        Some(server)
    }

    fn fill(&self) {
        let begin = Instant::now();
        while self.parameters().connect(postgres::NoTls).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        for role in ["app", "maker CREATEDB", "strict"] {
            self.admin().batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret'")).expect("creates");
        }
        self.admin().batch_execute("CREATE DATABASE shop").expect("creates");
    }

    fn parameters(&self) -> postgres::Config {
        let mut parameters = postgres::Config::new();
        parameters.host_path(self.folder.path()).port(self.port).user("postgres").dbname("postgres");
        parameters
    }

    fn admin(&self) -> postgres::Client {
        self.parameters().connect(postgres::NoTls).expect("connects")
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &pid]).status();
        let _ = self.child.wait();
    }
}

/// An authority, and a certificate of it for `localhost`.
fn certificates(folder: &Path, data: &Path, owner: &std::fs::Metadata) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&key).expect("signs");
    std::fs::write(folder.join("authority.pem"), certificate.pem()).expect("writes");
    let issuer = rcgen::Issuer::new(authority, key);
    let server_key = rcgen::KeyPair::generate().expect("a key");
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let server = server.signed_by(&server_key, &issuer).expect("signs");
    for (name, text) in [("server.crt", server.pem()), ("server.key", server_key.serialize_pem())] {
        let file = data.join(name);
        std::fs::write(&file, text).expect("writes");
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
        give(&file, owner);
    }
}

fn as_owner(program: &Path, owner: &std::fs::Metadata) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if nix::unistd::Uid::effective().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}

fn give(path: &Path, owner: &std::fs::Metadata) {
    if nix::unistd::Uid::effective().is_root() {
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).expect("chown");
    }
}
