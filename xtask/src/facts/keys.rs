//! The keys that an ORM's table states: its primary key, its unique keys, the foreign keys behind its
//! relations, and its indexes.

use std::fmt;

use crate::source::Location;

/// The keys of a table as its declaration states them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableKeys {
    /// The primary key.
    pub primary: Option<StatedKey>,
    /// Whether it certainly states no primary key, where others of its kind state theirs.
    pub keyless: bool,
    /// The unique keys beside it; none where the source leaves them to the ORM.
    pub uniques: Option<Vec<StatedKey>>,
    /// The foreign keys; none where the source keeps them out of the database.
    pub foreign: Option<Vec<ForeignKey>>,
    /// The indexes that are not unique; none where the reader does not read them.
    pub indexes: Option<Vec<StatedIndex>>,
}

/// An index that is not unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedIndex {
    /// The columns in the database, in their order.
    pub columns: Vec<String>,
    /// Its method, as PostgreSQL calls it: `btree`.
    pub method: String,
    /// The text that states it.
    pub location: Location,
}

/// The columns of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedKey {
    /// The columns in the database, in their order.
    pub columns: Vec<String>,
    /// Whether the source calls it unique, rather than mean it by a relation between single rows.
    pub written: bool,
    /// Whether null differs from null, so that many rows may hold it; none where the source cannot
    /// say so.
    pub nulls_distinct: Option<bool>,
    /// The text that states it.
    pub location: Location,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// The other table, `users` or `audit.users`.
    pub table: String,
    /// The columns that they lead to, in the same order.
    pub referenced: Vec<String>,
    /// The effect of deleting the other row; none where the source leaves it to the database.
    pub on_delete: Option<StatedAction>,
    /// The effect of changing the key of the other row; none where the source leaves it to the
    /// database.
    pub on_update: Option<StatedAction>,
    /// Whether the ORM makes a constraint of it. Otherwise the database may have one or not.
    pub constrained: bool,
    /// The text that states it.
    pub location: Location,
}

/// A referential action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedAction {
    /// The action.
    pub action: ReferentialAction,
    /// Whether the source says it, rather than leave it to the ORM's default.
    pub written: bool,
}

/// The effect on rows of what happens to the row that they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferentialAction {
    /// The statement fails, unless the rows are gone by its end.
    NoAction,
    /// The statement fails.
    Restrict,
    /// They follow.
    Cascade,
    /// Their columns become null.
    SetNull,
    /// Their columns get their defaults.
    SetDefault,
}

/// As SQL writes it.
impl fmt::Display for ReferentialAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        })
    }
}
