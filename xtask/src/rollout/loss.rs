//! What code wants of a schema and does not find there, as data.

use super::demands::TableDemand;

/// One thing that a declaration wants, and that the other schema does not give.
#[derive(Debug, Clone)]
pub struct Loss<'d> {
    /// The declaration.
    pub demand: &'d TableDemand,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What it is.
    pub what: Lost,
    /// Whether it happens for sure, rather than for some values only.
    pub certain: bool,
}

/// What code loses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// The table or view is not there.
    Table,
    /// A column that it names is not there.
    Column,
    /// A column that INSERT needs is not known to it.
    NotWritten,
    /// A column that INSERT needs may be left out by it.
    LeftOut,
    /// A column that it may write null to takes none.
    NullRefused,
    /// A column that it reads as a value may be null.
    NullRead,
    /// A column that it writes is computed by the database.
    Computed,
    /// Values of the column are of another kind: the types before and after.
    Kind(String, String),
    /// Not every value fits the column: the types before and after.
    Narrowed(String, String),
    /// Values that it knows are not allowed.
    ValuesGone(Vec<String>),
    /// Values that it does not know are allowed, and it refuses rows with them.
    ValuesUnknown(Vec<String>),
    /// A restriction that was not there: its kind and its columns.
    Restricted(String, Vec<String>),
    /// The name stands for another table or column: the former name of that one.
    MeansOther(String),
    /// The type to which it casts values by name has another name: before and after.
    TypeName(String, String),
}
