//! The descriptions of every table side by side, for readers who want the whole picture and not the
//! findings alone.

use std::borrow::Cow;

use crate::source::Location;

/// A table or view and everything that describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityAlignment {
    /// `users`
    pub name: String,
    /// Whether it is a view.
    pub view: bool,
    /// In physical order.
    pub columns: Vec<ColumnAlignment>,
    /// The declarations, in the order of [`ColumnAlignment::cells`].
    pub descriptions: Vec<DescriptionSummary>,
    /// The contracts that name one of the declarations.
    pub contracts: Vec<ContractSummary>,
    /// The tables that its foreign keys name.
    pub references: Vec<String>,
}

/// A declaration that describes a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptionSummary {
    /// `UserRow`
    pub name: String,
    /// The column of the overview that it belongs in.
    pub layer: Layer,
    /// `type`, `insert type`, `validation schema`…
    pub noun: Cow<'static, str>,
    /// The place of its declaration.
    pub location: Location,
}

/// A contract that mentions a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSummary {
    /// `UserEndpoints.getById`
    pub name: String,
    /// `GET /api/users/:id`
    pub endpoint: String,
    /// The place of its declaration.
    pub location: Location,
}

/// The type that contracts give a column in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractField {
    /// The direction.
    pub direction: Direction,
    /// As a type: `string | null`.
    pub says: String,
}

/// The direction of a value in an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// In a request.
    Taken,
    /// In a response.
    Returned,
}

impl Direction {
    /// `takes`, `returns`
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Taken => "takes",
            Self::Returned => "returns",
        }
    }
}

/// The columns of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Types of rows, and ORM tables.
    Row,
    /// Types for inserts and updates.
    Write,
    /// Validation schemas.
    Validation,
}

/// A column, and the field of each declaration for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnAlignment {
    /// `bio`; of a field without a column, the field's name.
    pub name: String,
    /// `varchar(100) NOT NULL`; empty for a field without a column.
    pub database: String,
    /// Part of the primary key.
    pub primary_key: bool,
    /// Part of a foreign key.
    pub foreign_key: bool,
    /// The field of each declaration, as text; `None` where the declaration has no field for this
    /// column.
    pub cells: Vec<Option<String>>,
    /// The types in the contracts, each different one once.
    pub contracts: Vec<ContractField>,
}
