//! A scratch database that is made while other work is done.

use std::thread::JoinHandle;

use anyhow::{Context as _, Result};

use super::{ScratchEnvironment, ScratchSession};

/// A scratch database that a thread opens. Dropping it waits for the thread, so that the database
/// can be removed.
#[derive(Debug)]
pub struct PendingScratch {
    thread: Option<JoinHandle<Result<ScratchSession>>>,
}

impl PendingScratch {
    pub(super) fn start(environment: &ScratchEnvironment<'_>) -> Self {
        let ScratchEnvironment {
            config,
            root,
            shadow_url,
            likeness,
            superuser,
            time_limit,
            progress,
        } = environment.clone();
        let (config, root, shadow_url) = (
            config.clone(),
            root.to_path_buf(),
            shadow_url.map(str::to_owned),
        );
        let thread = std::thread::spawn(move || {
            let shadow_url = shadow_url.as_deref();
            ScratchEnvironment {
                config: &config,
                root: &root,
                shadow_url,
                likeness,
                superuser,
                time_limit,
                progress,
            }
            .open()
        });
        Self {
            thread: Some(thread),
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// When none can be made.
    pub fn wait(mut self) -> Result<ScratchSession> {
        self.join().context("the scratch database was not made")?
    }

    fn join(&mut self) -> Option<Result<ScratchSession>> {
        self.thread.take()?.join().ok()
    }
}

impl Drop for PendingScratch {
    fn drop(&mut self) {
        drop(self.join());
    }
}
