//! What a person accepts to lose, and what happens to the data before it is lost.

use std::collections::BTreeSet;

use super::backup::Backup;
use super::direction::AuditDirection;
use crate::migrations::session::SessionSettings;

/// How losses are audited, and what a person accepts.
#[derive(Debug, Clone, Copy)]
pub struct LossOptions<'a> {
    /// The session in which the SQL runs.
    pub settings: &'a SessionSettings,
    /// The names, `table` and `table.column`, whose data may be lost.
    pub accepted: &'a BTreeSet<String>,
    /// The folder to which lost data is written first.
    pub backup: Option<&'a Backup>,
    /// The direction of the SQL.
    pub direction: AuditDirection,
}
