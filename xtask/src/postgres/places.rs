//! The places of files outside the monorepo. A cache for binaries and templates of clusters
//! survives `cargo clean`. Scratch clusters and sockets have short-lived folders. As root, the
//! server's account must be able to reach both, which root's home usually does not allow.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use super::account::Account;

const NAME: &str = "cargo-xtask-db";

/// The longest folder name that leaves room for `/.s.PGSQL.5432` in the address of a socket. That
/// has 104 bytes on macOS and 108 on Linux, with the closing zero.
const LONGEST_SOCKET_FOLDER: usize = 104 - 1 - "/.s.PGSQL.5432".len();

/// Returns the folder for files that are kept between runs. It exists, is ours, and can be reached
/// by `account`.
pub(super) fn cache(account: Account) -> Result<PathBuf> {
    let shared = ["/var/tmp", "/tmp"]
        .map(|folder| Path::new(folder).join(format!("{NAME}-{}", Uid::effective())));
    let own = user_cache().map(|folder| folder.join(NAME));
    let usable = |folder: &PathBuf| {
        // Twice: before the folder exists its parent is judged, and afterwards the folder itself.
        account.can_enter(folder) && prepare(folder).is_ok() && account.can_enter(folder)
    };
    match own.iter().chain(&shared).find(|folder| usable(folder)) {
        Some(folder) => Ok(folder.clone()),
        None => bail!(
            "cannot cache PostgreSQL's files: neither `{}` nor `{}` can be written; set `XDG_CACHE_HOME` to a folder \
             that can be, or set `DATABASE_URL` and `SHADOW_DATABASE_URL`",
            own.as_deref().unwrap_or(Path::new("~/.cache")).display(),
            shared[0].display()
        ),
    }
}

/// The user's own cache folder; `None` where no home is set.
fn user_cache() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let below_home = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(below_home)))
}

/// Creates `folder`, readable by others, and makes sure that no other user owns it or can write to
/// it.
fn prepare(folder: &Path) -> Result<()> {
    create(folder)?;
    let found = folder.symlink_metadata()?;
    if !found.is_dir() || found.uid() != Uid::effective().as_raw() || found.mode() & 0o022 != 0 {
        bail!("`{}` can be written by others", folder.display())
    }
    tempfile::tempfile_in(folder)?;
    Ok(())
}

/// Creates `folder` and the missing folders above it, readable by all whatever the umask is.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|ancestor| !ancestor.exists())
        .collect();
    for folder in missing.into_iter().rev() {
        match std::fs::DirBuilder::new().mode(0o755).create(folder) {
            Ok(()) => std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Returns a folder for short-lived files that `account` can reach. Its name leaves room for a
/// socket in a folder below it whose name has `name_length` bytes.
pub(super) fn temporary(account: Account, name_length: usize) -> PathBuf {
    let fits = |folder: &PathBuf| {
        folder.as_os_str().len() + 1 + name_length <= LONGEST_SOCKET_FOLDER
            && account.can_enter(folder)
            && folder.is_dir()
    };
    Some(std::env::temp_dir())
        .filter(fits)
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// The folder whose files Linux keeps in memory.
const IN_MEMORY: &str = "/dev/shm";

/// The free bytes that a scratch cluster must find in memory: many times the need of schemas
/// without rows.
const ROOM_IN_MEMORY: u64 = 1 << 30;

/// Returns a folder for clusters that exist for a moment, as [`temporary`]. It is in memory where
/// there is room, unless `TMPDIR` names another. Every table is several files, and creating files
/// on a busy disk costs more than everything else.
pub(super) fn short_lived(account: Account, name_length: usize) -> PathBuf {
    let is_free = || std::env::var_os("TMPDIR").is_none_or(|folder| folder.is_empty());
    if is_free()
        && account.can_enter(Path::new(IN_MEMORY))
        && room(Path::new(IN_MEMORY)) >= ROOM_IN_MEMORY
    {
        PathBuf::from(IN_MEMORY)
    } else {
        temporary(account, name_length)
    }
}

/// Returns how many bytes can be written in `folder`; 0 where none can.
#[allow(
    clippy::useless_conversion,
    reason = "these numbers are narrower on other systems"
)]
fn room(folder: &Path) -> u64 {
    let is_writable = || tempfile::tempfile_in(folder).is_ok();
    match nix::sys::statvfs::statvfs(folder) {
        Ok(found) if is_writable() => {
            u64::from(found.blocks_available()) * u64::from(found.fragment_size())
        }
        Ok(_) | Err(_) => 0,
    }
}

/// Creates a private folder of `account`, `<parent>/<prefix>XXXXXX`.
pub(super) fn private_folder(
    account: Account,
    parent: &Path,
    prefix: &str,
) -> Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent);
    let folder = folder
        .with_context(|| format!("cannot create a temporary folder in `{}`", parent.display()))?;
    account.give(folder.path()).with_context(|| {
        format!(
            "cannot give `{}` to PostgreSQL's account",
            folder.path().display()
        )
    })?;
    Ok(folder)
}
