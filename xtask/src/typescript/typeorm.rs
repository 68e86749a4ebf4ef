//! TypeORM's description of tables: classes whose decorators say which table they are of, and what
//! columns their properties stand for.

mod columns;
mod declared;
mod entity;
mod join_tables;
mod keys;
mod naming;
mod options;
mod relations;

use std::rc::Rc;

use options::ColumnOptions;

use super::resolve::Property;
use crate::facts::{ForeignKey, Origin, SqlColumn, SqlScalar, TableKeys};
use crate::source::Location;
pub use declared::declared;

/// `@Entity('users') class User {…}`
pub const ORIGIN: Origin = Origin {
    id: "typeorm",
    noun: "TypeORM entity",
    example: Some("@Entity('{table}') class …"),
    ..super::entities::ORIGIN
};

/// A table that a class describes.
struct Entity<'p> {
    name: TableName,
    columns: Vec<EntityColumn<'p>>,
    /// Its keys; none of a view.
    keys: Option<TableKeys>,
    join_tables: Vec<JoinTable<'p>>,
    /// Why there may be more columns.
    open: Option<Rc<str>>,
    /// Whether it may have only some of the columns, since TypeORM does not keep the table.
    partial: bool,
    /// The class whose table it shares.
    parent: Option<Location>,
}

/// The name of a table, and the PostgreSQL schema that it is in, where the source says it.
#[derive(Debug, Clone)]
struct TableName {
    namespace: Option<Rc<str>>,
    name: Rc<str>,
}

/// A column of an entity.
#[derive(Clone)]
struct EntityColumn<'p> {
    /// The property: `address.street` of an embedded class.
    path: String,
    /// The last name of the path.
    property: Rc<str>,
    /// The column.
    name: String,
    /// The name that the decorator gives.
    given_name: Option<Rc<str>>,
    /// The property as a member of its class's type.
    held: Property<'p>,
    /// The type; none where it follows from a property's.
    ty: Option<SqlScalar>,
    /// The options, with the length of a type that follows from a property's.
    options: ColumnOptions<'p>,
    /// The property that the type follows from, where that is another: of the column that a
    /// foreign key leads to.
    typed_by: Option<Property<'p>>,
    /// Whether it is an array.
    array: bool,
    /// Everything else; its type is filled in from `ty`.
    sql: SqlColumn,
    /// Whether it is (part of) the primary key.
    primary: bool,
    /// Whether TypeORM fills it in.
    filled_in: bool,
    /// Whether it says when a row was deleted: then it is null in all that are read.
    soft_delete: bool,
}

/// The table that joins two entities.
struct JoinTable<'p> {
    name: TableName,
    /// The property that says it: `Post.tags`.
    property: String,
    /// Where that stands.
    location: Option<Location>,
    columns: Vec<EntityColumn<'p>>,
    /// The foreign keys to the two entities, where both are known.
    foreign: Option<Vec<ForeignKey>>,
    open: Option<Rc<str>>,
}

#[cfg(test)]
mod tests;
