//! How a rollback is run, and what a person allows and wants.

use std::collections::BTreeSet;

use super::backup::Backup;
use super::storage_identity::Change;
use crate::migrations::session::SessionSettings;

/// How a plan is run, and what a person allows and wants.
#[derive(Debug, Clone, Copy)]
pub struct RollbackOptions<'a> {
    /// How the database is worked on.
    pub settings: &'a SessionSettings,
    /// What a scratch run said would happen to the data.
    pub foreseen: &'a [Change],
    /// `table` and `table.column` whose data may go.
    pub accepted: &'a BTreeSet<String>,
    /// Where to write the data first.
    pub backup: Option<&'a Backup>,
}
