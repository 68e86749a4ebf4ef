//! What a person accepts to lose, and what happens to the data before it is lost.

use std::collections::BTreeSet;

use super::backup::Backup;
use crate::migrations::session::SessionSettings;

/// The direction of the SQL that is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditDirection {
    /// A way back. It runs while nobody is expected to work, and says which rows it updated.
    Back,
    /// A migration. It may run beside the application, and readers should go on.
    Forward,
}

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
