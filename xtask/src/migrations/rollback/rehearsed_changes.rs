//! Records the changes that ways back made to tables and columns on the scratch database, one after
//! the other.

use std::ops::Range;

use crate::migrations::losses::{StorageChange, StorageIdentity};

/// The tables and columns of the scratch database before the first way back, and after each.
#[derive(Debug)]
pub struct RehearsedChanges(Vec<StorageIdentity>);

impl RehearsedChanges {
    /// Begins with the state before the first way back.
    pub(super) fn new(before: StorageIdentity) -> Self {
        Self(vec![before])
    }

    /// Adds the state after the next way back.
    pub(super) fn push(&mut self, after: StorageIdentity) {
        self.0.push(after);
    }

    /// Returns the changes of all ways back together.
    #[must_use]
    pub fn all(&self) -> Vec<StorageChange> {
        self.of(0..self.0.len().saturating_sub(1))
    }

    /// Returns the changes of the ways back at these positions. Objects have the names from before
    /// the first of these.
    #[must_use]
    pub fn of(&self, steps: Range<usize>) -> Vec<StorageChange> {
        let ends = self.0.get(steps.start).zip(self.0.get(steps.end));
        ends.map(|(before, after)| before.changes(after))
            .unwrap_or_default()
    }
}
