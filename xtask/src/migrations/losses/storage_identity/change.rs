//! Changes that may lose data.

use crate::schema::model::ObjectName;

/// A change of an object that may hold data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StorageChange {
    /// The table is gone, even if there is a new one of its name.
    DroppedTable(ObjectName),
    /// The column is gone, even if there is a new one of its name.
    DroppedColumn(ObjectName, String),
    /// An attribute of a composite type is gone, of which the column holds values. The parts are
    /// the table, the column, and the attributes that lead to it, itself the last.
    DroppedAttribute(ObjectName, String, Vec<String>),
    /// Rows of the table were deleted, updated, or written anew in another type. Only the rows
    /// themselves tell whether anything is lost.
    TouchedTable(ObjectName),
    /// Rows were written through a foreign table. They lie elsewhere, and nothing here tells which
    /// rows.
    WrittenForeignTable(ObjectName),
    /// Large objects were removed or written.
    LargeObjects,
}

impl StorageChange {
    /// The identifiers that name it, from its namespace down.
    #[must_use]
    pub fn path(&self) -> Vec<&str> {
        match self {
            Self::DroppedTable(table)
            | Self::TouchedTable(table)
            | Self::WrittenForeignTable(table) => {
                vec![&table.namespace, &table.name]
            }
            Self::DroppedColumn(table, column) => vec![&table.namespace, &table.name, column],
            Self::DroppedAttribute(table, column, attributes) => {
                let mut path: Vec<&str> = vec![&table.namespace, &table.name, column];
                path.extend(attributes.iter().map(String::as_str));
                path
            }
            Self::LargeObjects => vec!["pg_catalog", "pg_largeobject"],
        }
    }

    /// The identifiers that name the table or other object.
    #[must_use]
    pub fn table_path(&self) -> Vec<&str> {
        self.path().into_iter().take(2).collect()
    }

    /// The column that is affected, whole or in part.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::DroppedColumn(_, column) | Self::DroppedAttribute(_, column, _) => Some(column),
            Self::DroppedTable(_)
            | Self::TouchedTable(_)
            | Self::WrittenForeignTable(_)
            | Self::LargeObjects => None,
        }
    }

    /// Whether the data is certainly gone, so that it must be counted before: afterwards nothing is
    /// left to count.
    #[must_use]
    pub fn is_drop(&self) -> bool {
        match self {
            Self::DroppedTable(_)
            | Self::DroppedColumn(..)
            | Self::DroppedAttribute(..)
            | Self::WrittenForeignTable(_) => true,
            Self::TouchedTable(_) | Self::LargeObjects => false,
        }
    }

    /// The table of this database that holds the data; none where no table does.
    #[must_use]
    pub fn table(&self) -> Option<&ObjectName> {
        match self {
            Self::DroppedTable(table)
            | Self::TouchedTable(table)
            | Self::DroppedColumn(table, _)
            | Self::DroppedAttribute(table, ..) => Some(table),
            Self::WrittenForeignTable(_) | Self::LargeObjects => None,
        }
    }
}
