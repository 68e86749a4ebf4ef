//! The options of a rollback: how it runs, and what a person accepts.

use super::rehearsed_changes::RehearsedChanges;
use crate::migrations::losses::options::LossOptions;

/// How a plan is run, and what a person accepts.
#[derive(Debug, Clone, Copy)]
pub struct RollbackOptions<'a> {
    /// How its losses are audited.
    pub losses: LossOptions<'a>,
    /// The changes that the ways back made on a scratch database; `None` where they could not run
    /// there.
    pub rehearsed: Option<&'a RehearsedChanges>,
}
