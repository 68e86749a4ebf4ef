//! Migration files: reading them, refusing what is unsafe, running them, undoing them.

pub mod sql;

use std::fmt;

/// A migration: `V<version>__<name>.sql` and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The number after `V`: a counter or a timestamp.
    pub version: i64,
    /// What follows `__`.
    pub name: String,
    /// The file, relative to the root.
    pub file: String,
    /// Its text.
    pub sql: String,
    /// How to undo it.
    pub down: Down,
    /// Whether its first line is `-- no-transaction`.
    pub no_transaction: bool,
}

/// How a migration is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// By the SQL of `V<version>__<name>.down.sql`.
    Sql {
        /// The file, relative to the root.
        file: String,
        /// Its text.
        sql: String,
    },
    /// Not at all: `-- irreversible: <why>`.
    Irreversible {
        /// The file, relative to the root.
        file: String,
        /// Why.
        reason: String,
    },
}

/// `V7__add_user_bio`
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{}__{}", self.version, self.name)
    }
}
