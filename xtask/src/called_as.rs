//! The name by which the tool was called, so that every hint names a command that the reader has:
//! `cargo xtask db-verify` in a Cargo monorepo, `npx pgaccord verify` elsewhere. Decided once, at
//! the start of the process.

use std::path::Path;
use std::sync::OnceLock;

/// The variable by which a launcher says how it was called, as `npx pgaccord`.
pub const VARIABLE: &str = "PGACCORD_CALLED_AS";

/// Commands with two names. A Cargo monorepo has other tasks beside those of the database, which
/// the prefix keeps apart. Both names are understood everywhere.
const PREFIXED: &[(&str, &str)] = &[
    ("verify", "db-verify"),
    ("migrate", "db-migrate"),
    ("rollback", "db-rollback"),
    ("snapshot", "db-snapshot"),
    ("status", "db-status"),
    ("new", "db-new"),
    ("import", "db-import"),
    ("baseline", "db-baseline"),
    ("inspect", "db-inspect"),
];

static CURRENT: OnceLock<CalledAs> = OnceLock::new();

/// The program, in the words that people type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledAs(String);

impl CalledAs {
    /// The name in a Cargo monorepo. Tests have it too.
    fn cargo() -> Self {
        Self("cargo xtask".to_owned())
    }

    /// Decides by the value of [`VARIABLE`], else by the path by which the process was started.
    #[must_use]
    pub fn of(variable: Option<&str>, started: Option<&str>) -> Self {
        // Hints are copied into shells, so that only plain words are accepted.
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || " ._-/@".contains(character);
        if let Some(words) = variable.map(str::trim)
            && !words.is_empty()
            && words.chars().all(is_plain)
        {
            return Self(words.to_owned());
        }
        let stem = started.and_then(|path| Path::new(path).file_stem()?.to_str());
        match stem {
            Some("xtask") | None => Self::cargo(),
            Some(stem) => Self(stem.to_owned()),
        }
    }

    /// Whether it is a task of a Cargo monorepo.
    #[must_use]
    pub fn is_cargo(&self) -> bool {
        *self == Self::cargo()
    }

    /// The program, `cargo xtask` or `npx pgaccord`.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.0
    }

    /// The name of the command `short` (`verify`) for this program.
    #[must_use]
    pub fn subcommand(&self, short: &'static str) -> &'static str {
        let is_prefixed = self.is_cargo();
        let names = PREFIXED.iter().find(|(known, _)| *known == short);
        names.map_or(
            short,
            |(_, prefixed)| if is_prefixed { prefixed } else { short },
        )
    }

    /// The whole command for `short`: `cargo xtask db-verify`.
    #[must_use]
    pub fn command(&self, short: &'static str) -> String {
        format!("{} {}", self.program(), self.subcommand(short))
    }
}

/// Decides the name for the rest of the process. The first decision stays.
pub fn decide() {
    let variable = std::env::var(VARIABLE).ok();
    let started = std::env::args_os().next();
    let started = started.as_ref().and_then(|path| path.to_str());
    CURRENT.get_or_init(|| CalledAs::of(variable.as_deref(), started));
}

/// The name of this process.
pub fn current() -> &'static CalledAs {
    CURRENT.get_or_init(CalledAs::cargo)
}

/// The program, in the words that people type.
#[must_use]
pub fn program() -> &'static str {
    current().program()
}

/// The command that people type for `short`: `cargo xtask db-verify` for `verify`.
#[must_use]
pub fn command(short: &'static str) -> String {
    current().command(short)
}

/// The name of the command `short`, without the program.
#[must_use]
pub fn subcommand(short: &'static str) -> &'static str {
    current().subcommand(short)
}

/// The name of the command `short` that is understood and not shown.
#[must_use]
pub fn hidden_name(short: &'static str) -> Option<&'static str> {
    let (_, prefixed) = PREFIXED.iter().find(|(known, _)| *known == short)?;
    Some(if subcommand(short) == short {
        prefixed
    } else {
        short
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_name_the_launcher_else_cargo_else_the_program() {
        for (variable, started, command) in [
            (Some("npx pgaccord"), "/a/pgaccord", "npx pgaccord verify"),
            (Some("yarn pgaccord"), "/a/xtask", "yarn pgaccord verify"),
            (None, "target/debug/xtask", "cargo xtask db-verify"),
            (None, "/opt/my tools/pgaccord", "pgaccord verify"),
            (Some(""), "pgaccord.exe", "pgaccord verify"),
            (Some("rm -rf ~; pgaccord"), "pgaccord", "pgaccord verify"),
        ] {
            let called = CalledAs::of(variable, Some(started));
            assert_eq!(called.command("verify"), command);
        }
    }

    #[test]
    fn commands_without_a_prefix_have_one_name() {
        let cargo = CalledAs::cargo();
        assert_eq!(cargo.command("install-hooks"), "cargo xtask install-hooks");
        assert_eq!(hidden_name("install-hooks"), None);
        assert_eq!(hidden_name("status"), Some("status"));
    }
}
