//! The metadata that shows, without reading a file, that the file has not changed.

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The modification time, length and inode of a file. Files with the same stamp are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    length: u64,
    /// Changes when another file is renamed over it.
    inode: u64,
}

/// Clocks of file systems are this coarse: a file that was written just now may be written again at
/// the same time.
const COARSE: Duration = Duration::from_millis(100);

impl Stamp {
    /// The stamp of the file at `path`; none where it cannot be relied on.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        let modified = found.modified().ok()?;
        let is_settled = SystemTime::now()
            .duration_since(modified)
            .is_ok_and(|age| age > COARSE);
        is_settled.then(|| Self {
            modified,
            length: found.len(),
            inode: inode(&found),
        })
    }
}

#[cfg(unix)]
fn inode(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn inode(_found: &Metadata) -> u64 {
    0
}
