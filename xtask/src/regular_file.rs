//! Reads the files of a checkout, which a stranger may have filled. Links that lead out of the
//! repository, devices, pipes and files beyond all measure are refused, before anything of them is
//! read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The longest file that is read, in bytes: a file that is judged is in memory several times. The
/// largest migrations that people write are dumps of some 10 MB.
pub const LONGEST: u64 = 256 << 20;

/// Refuses a file that is longer than [`LONGEST`].
///
/// # Errors
/// The refusal, where `length` is beyond it.
pub fn ensure_bearable(length: u64) -> io::Result<()> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(refusal(&format!(
        "it is {} MiB long, more than the {} MiB that are read",
        length >> 20,
        LONGEST >> 20
    )))
}

/// Opens a regular file, wherever it lies. It does not wait for the writer of a pipe.
///
/// # Errors
/// When it cannot be opened, or is no regular file, or too long.
pub fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)?;
    let found = file.metadata()?;
    let kind = found.file_type();
    if kind.is_file() {
        ensure_bearable(found.len())?;
        return Ok(file);
    }
    if kind.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder, not a file",
        ));
    }
    Err(refusal(if kind.is_fifo() {
        "it is a pipe, not a file"
    } else {
        "it is a device, not a file"
    }))
}

/// The folder that the files of a checkout must lie in, also behind links.
#[derive(Debug, Clone)]
pub struct Boundary {
    folder: PathBuf,
}

impl Boundary {
    /// The repository around `root`, or `root` itself where there is none.
    #[must_use]
    pub fn around(root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let repository = root.ancestors().find(|folder| folder.join(".git").exists());
        Self {
            folder: repository.unwrap_or(&root).to_path_buf(),
        }
    }

    /// The folder itself, without links on its path.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens a regular file inside.
    ///
    /// # Errors
    /// As [`open`], and when a link leads out of the folder or into that of git, where tokens may
    /// stand.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        // The open file is checked, not the path, which may lead elsewhere a moment later.
        let file = open(path)?;
        self.ensure_inside(&real_path(&file, path)?)?;
        Ok(file)
    }

    /// The bytes of a regular file inside.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(path)?;
        let mut bytes =
            Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or_default() + 1);
        // The file may have grown since it was opened: one byte more than is allowed shows that.
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
        ensure_bearable(bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Refuses a path outside the folder. `real` has no links in it.
    ///
    /// # Errors
    /// The refusal.
    pub fn ensure_inside(&self, real: &Path) -> io::Result<()> {
        let Ok(inside) = real.strip_prefix(&self.folder) else {
            return Err(refusal(&format!(
                "a link on its path leads out of the repository, to `{}`",
                real.display()
            )));
        };
        match inside.components().any(|part| part.as_os_str() == ".git") {
            true => Err(refusal("a link on its path leads to git's own files")),
            false => Ok(()),
        }
    }
}

/// The path of an open file, with links followed. Linux tells it of the file itself, even if the
/// path leads elsewhere by now.
fn real_path(file: &File, path: &Path) -> io::Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))
        .or_else(|_| path.canonicalize())
}

fn refusal(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn why(boundary: &Boundary, path: &Path) -> String {
        boundary.read(path).map_or_else(
            |error| error.to_string(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    #[test]
    fn only_regular_files_of_the_repository_are_read() {
        let (top, elsewhere) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let root = top.path().join("packages/db");
        std::fs::create_dir_all(&root).expect("a folder");
        std::fs::create_dir(top.path().join(".git")).expect("a folder");
        for file in [
            top.path().join("near.sql"),
            elsewhere.path().join("far.sql"),
            top.path().join(".git/config"),
        ] {
            std::fs::write(file, "text").expect("a file");
        }
        let link = |name: &str, target: &Path| symlink(target, root.join(name)).expect("a link");
        link("near", Path::new("../../near.sql"));
        link("far", &elsewhere.path().join("far.sql"));
        link("folder", elsewhere.path());
        link("token", Path::new("../../.git/config"));
        link("zeros", Path::new("/dev/zero"));
        link("loop", Path::new("loop"));
        nix::unistd::mkfifo(&root.join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let sparse = File::create(root.join("sparse")).expect("a file");
        sparse.set_len(LONGEST + 1).expect("a length");
        let boundary = Boundary::around(&root);
        for (name, expected) in [
            ("near", "text"),
            ("far", "leads out of the repository"),
            ("folder/far.sql", "leads out of the repository"),
            ("token", "git's own files"),
            ("zeros", "a device"),
            ("pipe", "a pipe"),
            ("loop", "symbolic link"),
            ("sparse", "it is 256 MiB long"),
            (".", "a folder"),
        ] {
            let why = why(&boundary, &root.join(name));
            assert!(why.contains(expected), "{name}: {why}");
        }
    }
}
