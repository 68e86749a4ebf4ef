//! Writes report files: whole or not at all, with the names of the specification.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Context;

/// Of `db-verify`, `db-migrate` and `db-rollback`.
pub const VERIFICATION: &str = "migration-verification-report.json";

/// Of `db-migrate`.
pub const MIGRATION: &str = "migration-result.json";

/// Of `db-rollback`.
pub const ROLLBACK: &str = "rollback-result.json";

/// Writes `text` as the report `name`; its path.
///
/// # Errors
/// When the folder cannot be written. What the report is about has happened all the same.
pub fn write(context: &Context, name: &str, text: &str) -> Result<PathBuf> {
    let folder = context.report_dir();
    let path = folder.join(name);
    let attempt = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().with_context(|| {
        format!(
            "cannot write the report `{}`: make the folder writable, or name another with `--report-dir <dir>`",
            path.display()
        )
    })?;
    Ok(path)
}
