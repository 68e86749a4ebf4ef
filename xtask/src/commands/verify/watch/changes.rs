//! Changes of files that can change the verdict, as the operating system reports them. On Linux
//! each folder is watched by itself, so that `node_modules` and the like cost nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use notify::event::EventKind;
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::super::staged::concerns;
use crate::commands::Context;
use crate::tree::IGNORED_FOLDERS;

/// Changes that follow each other this fast count as one: an editor writes a file in several steps,
/// and git writes one file after another. A longer pause would delay each verification.
const QUIET: Duration = Duration::from_millis(15);

/// The longest series of changes: a program that keeps writing must not prevent the verification.
const LONGEST: Duration = Duration::from_secs(2);

/// inotify watches single folders; FSEvents and Windows watch a folder with everything below it.
const MODE: RecursiveMode = if cfg!(target_os = "linux") {
    RecursiveMode::NonRecursive
} else {
    RecursiveMode::Recursive
};

/// The watched folders, and the channel of their changes.
pub struct Changes {
    watcher: RecommendedWatcher,
    heard: Receiver<notify::Result<Event>>,
    folders: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches the monorepo of `context`.
    ///
    /// # Errors
    /// When the operating system refuses, with what to do about it.
    pub fn of(context: &Context) -> Result<Self> {
        let (sender, heard) = channel();
        let watcher =
            notify::recommended_watcher(sender).map_err(|error| refused(&context.root, &error))?;
        let mut changes = Self {
            watcher,
            heard,
            folders: BTreeSet::new(),
        };
        changes.follow(&context.root)?;
        Ok(changes)
    }

    /// Returns when a relevant file has changed and no further change follows.
    ///
    /// # Errors
    /// When folders can no longer be watched.
    pub fn next(&mut self, context: &Context) -> Result<()> {
        loop {
            let Ok(first) = self.heard.recv() else {
                bail!("the operating system no longer tells of changes")
            };
            let mut matters = is_of_interest(context, first);
            let start = Instant::now();
            loop {
                match self.heard.recv_timeout(QUIET) {
                    Ok(event) => matters |= is_of_interest(context, event),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => {
                        bail!("the operating system no longer tells of changes")
                    }
                }
                if start.elapsed() > LONGEST {
                    break;
                }
            }
            if matters {
                return self.follow(&context.root);
            }
        }
    }

    /// Watches new folders. The operating system stops watching deleted ones by itself.
    fn follow(&mut self, root: &Path) -> Result<()> {
        let folders = if MODE == RecursiveMode::Recursive {
            BTreeSet::from([root.to_path_buf()])
        } else {
            folders(root)
        };
        for folder in folders.difference(&self.folders) {
            match self.watcher.watch(folder, MODE) {
                Ok(()) => {}
                // It was removed since it was listed.
                Err(_) if !folder.exists() => {}
                Err(error) => return Err(refused(folder, &error)),
            }
        }
        self.folders = folders;
        Ok(())
    }
}

/// Every folder that may hold sources.
fn folders(root: &Path) -> BTreeSet<PathBuf> {
    let is_kept = |entry: &walkdir::DirEntry| {
        let is_ignored = entry
            .file_name()
            .to_str()
            .is_some_and(|name| IGNORED_FOLDERS.contains(&name));
        entry.file_type().is_dir() && (entry.depth() == 0 || !is_ignored)
    };
    let entries = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(is_kept);
    entries
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Whether an event can change the verdict. An error can: the events that it missed may have been
/// any.
fn is_of_interest(context: &Context, event: notify::Result<Event>) -> bool {
    let Ok(event) = event else { return true };
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    let matters = |path: &PathBuf| {
        let Ok(inside) = path.strip_prefix(&context.root) else {
            return false;
        };
        let name = inside.to_string_lossy().replace('\\', "/");
        let is_ignored = name.split('/').any(|part| IGNORED_FOLDERS.contains(&part));
        // A folder that comes or goes takes files along. A deleted one can only be told by its
        // name.
        let is_folder = inside.extension().is_none();
        !is_ignored && (is_folder || concerns(&context.config, &name))
    };
    event.need_rescan() || event.paths.iter().any(matters)
}

fn refused(folder: &Path, error: &notify::Error) -> anyhow::Error {
    let folder = folder.display();
    match &error.kind {
        ErrorKind::MaxFilesWatch => anyhow!(
            "cannot watch `{folder}`: the limit of this machine is reached; raise it with `sudo sysctl \
             fs.inotify.max_user_watches=524288`, or end what else is watching"
        ),
        // 24 is EMFILE, by which Linux also reports the limit on inotify instances.
        ErrorKind::Io(cause) if cause.raw_os_error() == Some(24) => anyhow!(
            "cannot watch `{folder}`: {cause}; raise the limit with `sudo sysctl fs.inotify.max_user_instances=512`, or \
             end what else is watching"
        ),
        _ => anyhow!("cannot watch `{folder}`: {error}"),
    }
}
