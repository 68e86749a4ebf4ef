//! The options of a rollback: how it runs, and what a person accepts.

use std::collections::BTreeSet;

use super::backup::Backup;
use super::rehearsed_changes::RehearsedChanges;
use crate::migrations::session::SessionSettings;

/// How a plan is run, and what a person accepts.
#[derive(Debug, Clone, Copy)]
pub struct RollbackOptions<'a> {
    /// The session in which it runs.
    pub settings: &'a SessionSettings,
    /// The changes that the ways back made on a scratch database; `None` where they could not run
    /// there.
    pub rehearsed: Option<&'a RehearsedChanges>,
    /// The names, `table` and `table.column`, whose data may be lost.
    pub accepted: &'a BTreeSet<String>,
    /// The folder to which lost data is written first.
    pub backup: Option<&'a Backup>,
}
