//! The account that a server of ours runs under. PostgreSQL refuses to run as root, and CI usually
//! is root. There the server's files and processes belong to `postgres`, or to `nobody` where that
//! does not exist.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use nix::unistd::{Gid, Uid, User};

/// The account that runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The account that runs the tool.
    Own,
    /// An account without privileges, since the tool runs as root.
    Other {
        /// User.
        uid: u32,
        /// Group.
        gid: u32,
    },
}

impl Account {
    /// The account for new servers.
    pub(super) fn for_servers() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self::Own);
        }
        // macOS calls the account `_postgres`.
        let known = ["postgres", "_postgres", "nobody"];
        let Some(user) = known
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
        else {
            bail!(
                "cannot start PostgreSQL as root: it refuses to run as root, and there is no user `postgres` or \
                 `nobody` to run it as; run this as an ordinary user, or set `DATABASE_URL` and `SHADOW_DATABASE_URL`"
            )
        };
        Ok(Self::Other {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
    }

    /// The account for a server whose data folder `data` exists: root runs it as the folder's
    /// owner.
    pub(super) fn owning(self, data: &Path) -> Self {
        match (self, data.metadata()) {
            (Self::Other { .. }, Ok(found)) if found.uid() != 0 => Self::Other {
                uid: found.uid(),
                gid: found.gid(),
            },
            _ => self,
        }
    }

    /// The user's number.
    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Own => Uid::effective().as_raw(),
            Self::Other { uid, .. } => uid,
        }
    }

    /// Whether `path` belongs to this account.
    pub(super) fn owns(self, path: &Path) -> bool {
        path.symlink_metadata()
            .is_ok_and(|found| found.uid() == self.uid())
    }

    /// Makes `command` run under this account.
    pub(super) fn assume(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives `path` to this account.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => Ok(nix::unistd::chown(
                path,
                Some(Uid::from_raw(uid)),
                Some(Gid::from_raw(gid)),
            )?),
        }
    }

    /// Whether this account can reach files in `folder`. A folder that does not exist yet is judged
    /// by the one in which it will be created.
    pub(super) fn can_enter(self, folder: &Path) -> bool {
        let Self::Other { uid, gid } = self else {
            return true;
        };
        let Some(existing) = folder
            .ancestors()
            .find_map(|ancestor| ancestor.canonicalize().ok())
        else {
            return false;
        };
        existing.ancestors().all(|ancestor| {
            ancestor.metadata().is_ok_and(|found| {
                let executable = match (found.uid() == uid, found.gid() == gid) {
                    (true, _) => 0o100,
                    (false, true) => 0o010,
                    (false, false) => 0o001,
                };
                found.mode() & executable != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_is_entered_only_through_folders_that_let_one_in() {
        let folder = tempfile::tempdir_in("/tmp").expect("temporary folder");
        let stranger = Account::Other {
            uid: 65_533,
            gid: 65_533,
        };
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))
            .expect("chmod");
        assert!(stranger.can_enter(&folder.path().join("not/yet/there")));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))
            .expect("chmod");
        assert!(!stranger.can_enter(&folder.path().join("not/yet/there")));
        assert!(Account::Own.can_enter(folder.path()));
    }
}
