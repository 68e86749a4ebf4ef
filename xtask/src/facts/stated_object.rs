//! Objects of the database that generated files state.

use crate::source::Location;

/// An object of the database, other than a table or enum, that a generated file states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedObject {
    /// The kind of object.
    pub kind: StatedKind,
    /// The declaration: `Database['public']['Functions']['count_posts']`.
    pub name: String,
    /// Its name.
    pub location: Location,
    /// The object's name in the database.
    pub database_name: String,
    /// The names of its arguments or attributes; none where the source does not say them, or says
    /// several.
    pub parts: Option<Vec<String>>,
}

/// The kind of a [`StatedObject`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedKind {
    /// A function, whose parts are its arguments.
    Function,
    /// A composite type, whose parts are its attributes.
    CompositeType,
}
