//! A scratch database that is made while the live one is read: copying a cluster and starting its server takes as long as
//! all the rest that comes before the first migration.

use std::path::Path;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};

use crate::config::Config;
use crate::migrations::replay;
use crate::postgres::scratch::Scratch;

/// It will be there. Dropping it waits until it can be removed.
#[derive(Debug)]
pub struct PendingScratch {
    thread: Option<JoinHandle<Result<Scratch>>>,
}

impl PendingScratch {
    pub(super) fn start(config: &Config, root: &Path, shadow_url: Option<&str>) -> Self {
        let (config, root, shadow_url) = (config.clone(), root.to_owned(), shadow_url.map(str::to_owned));
        let thread = std::thread::spawn(move || replay::scratch(&config, &root, shadow_url.as_deref()));
        Self { thread: Some(thread) }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn wait(mut self) -> Result<Scratch> {
        self.join().context("the scratch database was not made")?
    }

    fn join(&mut self) -> Option<Result<Scratch>> {
        self.thread.take()?.join().ok()
    }
}

impl Drop for PendingScratch {
    fn drop(&mut self) {
        drop(self.join());
    }
}
