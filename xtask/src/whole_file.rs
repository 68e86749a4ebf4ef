//! Writes files that are never seen half-written: snapshot, baseline, hook, reports.

use std::io::{self, Write as _};
use std::path::Path;

/// Replaces the content of `file`, all of it or nothing, and creates its folder where there is
/// none. `mode` sets the permissions on Unix, less the umask, as for `open`: a temporary file would
/// be readable by its owner only.
///
/// # Errors
/// When the folder cannot be created or written; the file is what it was then.
pub fn write(file: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut staging = tempfile::Builder::new();
    #[cfg(unix)]
    let staging = staging.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    // Beside the file: a rename is atomic only within one file system.
    let mut staging = staging.tempfile_in(folder)?;
    staging.write_all(text.as_bytes())?;
    // The content reaches the disk before the name leads to it: a crash leaves no empty file.
    staging.as_file().sync_all()?;
    staging.persist(file)?;
    Ok(())
}

/// Makes git ignore `folder` and all that it will hold, as other tools do with their caches. A file
/// that is there stays as it is.
///
/// # Errors
/// When the file cannot be written.
pub fn ignored_by_git(folder: &Path) -> io::Result<()> {
    let file = folder.join(".gitignore");
    match std::fs::File::create_new(file) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
