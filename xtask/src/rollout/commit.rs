//! Code and schema of one commit, and whose losses are told.

use super::demands::CodeDemands;
use crate::schema::model::Schema;

/// Code and schema of one commit.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'c> {
    /// What the code wants of this schema.
    pub demands: &'c CodeDemands,
    /// The schema that the migrations of the commit make.
    pub schema: &'c Schema,
}

/// Which code a loss is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The code that runs, with the new schema.
    Running,
    /// The new code, with the old schema.
    New,
}
