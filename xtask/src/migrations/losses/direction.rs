//! The direction of the SQL whose losses are audited.

/// The direction of the SQL that is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditDirection {
    /// A way back. It runs while nobody is expected to work, and says which rows it updated.
    Back,
    /// A migration. It may run beside the application, and readers should go on.
    Forward,
}
