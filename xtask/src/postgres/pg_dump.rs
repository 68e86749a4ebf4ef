//! Runs the machine's own `pg_dump`: nothing else writes a schema out as it does. The packages of
//! embedded servers do not include it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};

use super::binaries;
use super::connect::Target;

/// A `pg_dump` of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgDump {
    program: PathBuf,
    /// `pg_dump (PostgreSQL) 15.14`
    pub version: String,
}

impl PgDump {
    /// Finds one that can read a server of `major`: of the same major version, or a later one.
    ///
    /// # Errors
    /// When there is none, with the package to install.
    pub fn find(major: u32) -> Result<Self> {
        let found = binaries::client_program("pg_dump", major);
        let (program, version) = found.ok_or_else(|| {
            anyhow!(
                "there is no `pg_dump` of PostgreSQL {major} or later on `PATH`, from `pg_config --bindir` or in the usual \
                 folders: install the client programs (Debian and Ubuntu: `postgresql-client-{major}`, Homebrew: \
                 `postgresql@{major}`, Alpine: `postgresql{major}-client`), or name their folder with `DB_POSTGRES_BINARIES`"
            )
        })?;
        Ok(Self { program, version })
    }

    /// Returns the definitions in the database `target`, without data, owners, privileges and the
    /// objects that `exclusions` name.
    ///
    /// # Errors
    /// When `pg_dump` fails, with its message.
    pub fn schema(&self, target: &Target, exclusions: &[String]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args([
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            "--no-subscriptions",
        ]);
        command
            .args(["--no-security-labels", "--no-password", "--encoding=UTF8"])
            .args(exclusions);
        // Variables of libpq from outside would fill in parameters that the target does not set,
        // and lead elsewhere.
        let of_libpq = std::env::vars_os().map(|(name, _)| name);
        for name in of_libpq.filter(|name| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.envs(target.variables()).stdin(Stdio::null());
        let failed = || format!("cannot read the schema with `{}`", self.program.display());
        let output = command.output().with_context(failed)?;
        if !output.status.success() {
            bail!(
                "{}: {}",
                failed(),
                String::from_utf8_lossy(&output.stderr).trim()
            )
        }
        String::from_utf8(output.stdout)
            .context("what it wrote is not UTF-8")
            .with_context(failed)
    }
}
