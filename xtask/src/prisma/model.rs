//! The meaning of a Prisma schema: models with their columns and keys, enums, and the tables that
//! relations make by themselves. Names of models and fields are those of the client; names of
//! tables and columns are those of the database.

use super::native::ScalarType;
use crate::facts::{ForeignKey, SqlDefault, SqlScalar, StatedIndex, StatedKey, Tags};
use crate::source::{Location, Span};

/// A schema, of one file or of several.
#[derive(Debug, Default)]
pub struct PrismaSchema {
    /// Its models and views, in the order of files and text.
    pub models: Vec<PrismaModel>,
    /// Its enums, likewise.
    pub enums: Vec<PrismaEnum>,
    /// The tables of many-to-many relations that no model describes.
    pub joins: Vec<JoinTable>,
}

/// A model or view.
#[derive(Debug)]
pub struct PrismaModel {
    /// The name.
    pub name: String,
    /// The place of the name.
    pub location: Location,
    /// The table: `users`, or `audit.users` where the model says its namespace.
    pub table: String,
    /// Whether it is a view.
    pub is_view: bool,
    /// Whether the client leaves it out.
    pub ignored: bool,
    /// The fields that are columns, in their order.
    pub columns: Vec<PrismaColumn>,
    /// The fields that are other models, in their order.
    pub relations: Vec<PrismaRelation>,
    /// The fields of the primary key.
    pub primary_key: Option<StatedKey>,
    /// The fields of each unique key.
    pub uniques: Vec<StatedKey>,
    /// The indexes that are not unique, of all rows.
    pub indexes: Vec<StatedIndex>,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

/// A field that is a column.
#[derive(Debug)]
pub struct PrismaColumn {
    /// The name of the field.
    pub name: String,
    /// The place of the name.
    pub location: Location,
    /// The name of the column.
    pub column: String,
    /// The type that the client has for it.
    pub ty: FieldType,
    /// The type of the column.
    pub sql: SqlScalar,
    /// Whether it is a list.
    pub list: bool,
    /// Whether it may be null.
    pub optional: bool,
    /// The default.
    pub default: ColumnDefault,
    /// Whether the client leaves it out.
    pub ignored: bool,
    /// The type as it is written.
    pub type_span: Span,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

/// The type of a field that is a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A scalar.
    Scalar(ScalarType),
    /// The enum of this name.
    Enum(String),
    /// A type that the client cannot read.
    Unsupported,
    /// A name that the schema does not declare.
    Unknown(String),
}

/// The default of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnDefault {
    /// There is none.
    None,
    /// The client fills it in: `cuid()`, `@updatedAt`.
    Client,
    /// The database fills it in: with this value where it is written out.
    Database(Option<SqlDefault>),
}

/// A field that is another model, or a list of it.
#[derive(Debug)]
pub struct PrismaRelation {
    /// The name of the field.
    pub name: String,
    /// The place of the name.
    pub location: Location,
    /// The name of the other model.
    pub model: String,
    /// Whether it is a list.
    pub list: bool,
    /// Whether it may be null.
    pub optional: bool,
    /// The name of the relation: `@relation("author")`.
    pub relation: Option<String>,
    /// The fields of this model that hold the key of the other.
    pub fields: Vec<String>,
    /// The foreign key, where this side holds it and the database has it.
    pub key: Option<ForeignKey>,
    /// Whether the client leaves it out.
    pub ignored: bool,
}

/// An enum.
#[derive(Debug)]
pub struct PrismaEnum {
    /// The name.
    pub name: String,
    /// The place of the name.
    pub location: Location,
    /// The name in the database: `role`, `audit.role`.
    pub database_name: String,
    /// Its values, in their order.
    pub values: Vec<PrismaEnumValue>,
}

/// A value of an enum.
#[derive(Debug)]
pub struct PrismaEnumValue {
    /// The name, which is the value in the client.
    pub name: String,
    /// The value in the database.
    pub label: String,
    /// The place of the name.
    pub location: Location,
}

/// The table of a many-to-many relation that no model describes, with the columns `A` and `B`.
#[derive(Debug)]
pub struct JoinTable {
    /// The table: `_PostToTag`.
    pub table: String,
    /// The fields that make it, in the order of the columns: that of the model whose name comes
    /// first in the alphabet.
    pub sides: [JoinSide; 2],
}

/// A side of a many-to-many relation.
#[derive(Debug)]
pub struct JoinSide {
    /// The model that the column leads to.
    pub model: String,
    /// The place of the field that leads there.
    pub location: Location,
}
