//! A replay that goes on while the first of its migrations are applied already: with hundreds of them it would cost as
//! much time as applying them. What they make in the end must be known otherwise; that each runs, and what it does, is
//! learnt before it touches the live database.

use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};

use super::Step;
use super::rehearsal::Rehearsal;
use crate::migrations::Migration;

/// The replay. Dropping it ends it after the migration that runs, and removes the scratch database.
#[derive(Debug)]
pub struct Ahead {
    steps: Option<Receiver<Result<Step>>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Runs `migrations` in a thread of its own, up to the first that does not run.
    pub(super) fn start(mut rehearsal: Rehearsal, migrations: Vec<Migration>) -> Self {
        let (sender, steps) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            for (left, migration) in (0..migrations.len()).rev().zip(&migrations) {
                let step = rehearsal.step(migration, left == 0);
                let goes_on = step.is_ok();
                if sender.send(step).is_err() || !goes_on {
                    return;
                }
            }
        });
        Self { steps: Some(steps), thread: Some(thread) }
    }

    /// Waits for what the next migration makes.
    ///
    /// # Errors
    /// When it does not run on the scratch database.
    pub fn next_step(&mut self) -> Result<Step> {
        let steps = self.steps.as_ref().context("the replay on the scratch database was ended")?;
        steps.recv().context("the replay on the scratch database ended before its last migration")?
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        drop(self.steps.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
