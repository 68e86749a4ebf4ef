//! What code does with rows: schemas parse those that queries return, and values of declarations are
//! written into tables.

use super::DeclarationName;

/// A place at which values of a declaration come from the database or go into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowUse {
    /// The type or schema.
    pub declaration: DeclarationName,
    /// What is done.
    pub usage: RowUsage,
    /// The table, `users` or `audit.users`, where the code says it. Of rows that are parsed, it is
    /// said where they have all columns of that table, as it holds them, and no others.
    pub table: Option<String>,
}

/// What code does with the values of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowUsage {
    /// A schema parses rows that a query returned.
    ParsesRows,
    /// They are inserted as they are: `insert(users).values(user)`.
    Inserted,
    /// They are part of what is inserted, or are what is updated: `values({ ...user, teamId })`.
    Written,
}
