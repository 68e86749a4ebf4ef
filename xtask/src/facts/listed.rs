//! Names of tables that a list states, whatever types stand beside them.

use crate::source::Location;

/// An entry of a list of tables: a key of the interface that Kysely is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTable {
    /// The table, `users` or `audit.users`.
    pub table: String,
    /// Where the entry stands.
    pub location: Location,
    /// The name of the list.
    pub list: String,
    /// Where the list is declared.
    pub list_location: Location,
}
