//! A server on TCP, started by hand: roles `app` and `maker` with a password, `strict` with a
//! password over TLS only, `plain` without either.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::certificates::Identity;
use crate::support::{connect, scratch};

/// The server; it is stopped when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// None without PostgreSQL. The binaries and the account are those of a scratch cluster.
    pub fn start() -> Option<Self> {
        Self::start_as(&Identity::of_authority(), &[])
    }

    /// The same with a certificate and settings.
    pub fn start_as(identity: &Identity, settings: &[&str]) -> Option<Self> {
        let scratch = scratch()?;
        let mut client = connect(&scratch);
        let bin: String = client
            .query_one("SELECT setting FROM pg_config WHERE name = 'BINDIR'", &[])
            .expect("answers")
            .get(0);
        let data: String = client
            .query_one("SHOW data_directory", &[])
            .expect("answers")
            .get(0);
        let owner = std::fs::metadata(&data).expect("exists");
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        let data = folder.path().join("data");
        give(folder.path(), &owner);
        let mut initdb = as_owner(&Path::new(&bin).join("initdb"), &owner);
        initdb.arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
        ]);
        assert!(
            initdb
                .stdout(Stdio::null())
                .status()
                .expect("runs")
                .success()
        );
        let files = [
            ("server.crt", &identity.certificate),
            ("server.key", &identity.key),
        ];
        files
            .iter()
            .for_each(|(name, text)| write_for(&owner, &data.join(name), text));
        std::fs::write(folder.path().join("authority.pem"), &identity.authority).expect("writes");
        let rules = "local all all trust\nhostssl all strict all scram-sha-256\nhostnossl all plain all trust\n\
                     host all postgres,app,maker,nobody all scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("writes");
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("a free port")
            .local_addr()
            .expect("bound")
            .port();
        let mut postgres = as_owner(&Path::new(&bin).join("postgres"), &owner);
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-p", &port.to_string(), "-F"]);
        postgres
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"])
            .stderr(Stdio::null())
            .stdout(Stdio::null());
        postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let server = Self {
            child: postgres.spawn().expect("runs"),
            port,
            folder,
        };
        server.fill();
        Some(server)
    }

    fn fill(&self) {
        let begin = Instant::now();
        while self.parameters().connect(postgres::NoTls).is_err() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "the server does not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        for role in ["app", "maker CREATEDB", "strict", "plain"] {
            self.admin()
                .batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret'"))
                .expect("creates");
        }
        self.admin()
            .batch_execute("CREATE DATABASE shop")
            .expect("creates");
    }

    pub fn parameters(&self) -> postgres::Config {
        let mut parameters = postgres::Config::new();
        parameters
            .host_path(self.folder.path())
            .port(self.port)
            .user("postgres")
            .dbname("postgres");
        parameters
    }

    pub fn admin(&self) -> postgres::Client {
        self.parameters()
            .connect(postgres::NoTls)
            .expect("connects")
    }

    /// How often `role` has connected, where the server keeps a log named `log`.
    pub fn count_logins(&self, role: &str) -> usize {
        let own: i32 = self
            .admin()
            .query_one("SELECT pg_backend_pid()", &[])
            .expect("answers")
            .get(0);
        // The log is written a moment later, in order: what was before this connection is there
        // when this one is.
        for _ in 0..2000 {
            let log =
                std::fs::read_to_string(self.folder.path().join("data/log/log")).expect("a log");
            if log.contains(&format!("[{own}] LOG:  connection authorized")) {
                return log
                    .matches(&format!("connection authorized: user={role} "))
                    .count();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server logs no connections");
    }

    pub fn authority(&self) -> PathBuf {
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

fn write_for(owner: &std::fs::Metadata, file: &Path, text: &str) {
    std::fs::write(file, text).expect("writes");
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("chmod");
    give(file, owner);
}
