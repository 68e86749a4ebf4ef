//! How a rollback is run, and what a person allows and wants.

use std::collections::BTreeSet;

use super::backup::Backup;
use super::rehearsed_changes::RehearsedChanges;
use crate::migrations::session::SessionSettings;

/// How a plan is run, and what a person allows and wants.
#[derive(Debug, Clone, Copy)]
pub struct RollbackOptions<'a> {
    /// How the database is worked on.
    pub settings: &'a SessionSettings,
    /// The changes that the ways back made on a scratch database; `None` where they could not run
    /// there.
    pub rehearsed: Option<&'a RehearsedChanges>,
    /// `table` and `table.column` whose data may go.
    pub accepted: &'a BTreeSet<String>,
    /// Where to write the data first.
    pub backup: Option<&'a Backup>,
}
