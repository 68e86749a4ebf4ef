//! Writes report files: whole or not at all, with the names of the specification.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Context;
use crate::whole_file;

/// The file of the verification report of `db-verify`, `db-migrate` and `db-rollback`.
pub const VERIFICATION: &str = "migration-verification-report.json";

/// The file of the report of `db-migrate`.
pub const MIGRATION: &str = "migration-result.json";

/// The file of the report of `db-rollback`.
pub const ROLLBACK: &str = "rollback-result.json";

/// The file of the report of a run over a fleet.
pub const FLEET: &str = "fleet-result.json";

/// Writes `text` as the report `name`, and returns its path.
///
/// # Errors
/// When the folder cannot be written. The run that the report describes has happened all the same.
pub fn write(context: &Context, name: &str, text: &str) -> Result<PathBuf> {
    let cannot = || {
        format!("cannot write the report `{name}`: name another folder with `--report-dir <dir>`")
    };
    let folder = context.report_dir().with_context(cannot)?;
    let is_new = !folder.exists();
    let path = folder.join(name);
    whole_file::write(&path, text, 0o600).with_context(|| {
        format!(
            "cannot write the report `{}`: make the folder writable, or name another with `--report-dir <dir>`",
            path.display()
        )
    })?;
    if is_new {
        // Reports are of one run and machine. A folder that cannot be ignored is no reason to fail.
        let _ = whole_file::ignored_by_git(&folder);
    }
    Ok(path)
}
