//! Drizzle's description of tables, as values: `pgTable`, `pgSchema`, `pgEnum`, the column builders
//! and their methods, what is inferred from a table, and the schemas that drizzle-zod makes of one.

mod columns;
mod declared;
mod infer;
mod keys;
mod parts;
mod schemas;
mod sql;
mod tables;

use std::rc::Rc;

use super::resolve::{Lazy, Resolver};
use super::values::{Arguments, EntryPlace, Value};
use crate::facts::{
    Constraints, Family, Origin, SqlColumn, SqlDefault, SqlScalar, SqlType, StatedApart, Syntax,
};
pub use columns::{column_method, enum_column, enum_values};
pub use declared::{declared, declared_enum};
pub use infer::{insert_type, row_type, table_member};
pub use keys::leave_unstated;
use parts::TablePart;
pub use tables::{column_object, make_table, maker_method, table_method};

/// `const x = pgTable('x', {…})`
pub const ORIGIN: Origin = Origin {
    id: "drizzle",
    noun: "Drizzle table",
    family: Family::Table,
    names_table: true,
    enforced: true,
    names_rows: false,
    of_requests: false,
    syntax: Syntax::ColumnCalls,
    example: Some("pgTable('{table}', …)"),
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: true,
    casts_enums: false,
};

/// A table or view.
#[derive(Clone)]
pub struct DrizzleTable<'p> {
    /// The name in the database; none where it is computed.
    pub name: Option<Rc<str>>,
    /// The PostgreSQL schema that it is in, where the source says it.
    pub namespace: Option<Rc<str>>,
    /// In order.
    pub columns: Vec<TableColumn<'p>>,
    /// Why there may be more columns.
    pub open: Option<Rc<str>>,
    /// The function that makes the keys, indexes and checks beside the columns, or these themselves;
    /// none of a view.
    pub(crate) parts: Option<Value<'p>>,
}

/// A column in its table.
#[derive(Clone)]
pub struct TableColumn<'p> {
    /// The name in TypeScript.
    pub key: Rc<str>,
    /// Where it was written.
    pub place: Option<EntryPlace<'p>>,
    /// The definition of the column; the reason where it is not known.
    pub column: Result<Rc<DrizzleColumn<'p>>, Rc<str>>,
    /// The type of the column in a row, shared by everything that is inferred from the table.
    pub held: Lazy<'p>,
}

/// A column as its builder describes it.
#[derive(Clone)]
pub struct DrizzleColumn<'p> {
    /// The name in the database, where it is not the key.
    pub name: Option<Rc<str>>,
    /// The builder: `varchar`, `timestamp`.
    pub builder: Rc<str>,
    /// The type of a value, without null and arrays.
    pub of: Lazy<'p>,
    /// `.notNull()`, `.primaryKey()`, `serial()`
    pub not_null: bool,
    /// The type in the database, arrays aside.
    pub sql: SqlScalar,
    /// `.default()`, `serial()`, `.$default()`
    pub has_default: bool,
    /// `.default()`, `serial()`: what the database fills in.
    pub database_default: bool,
    /// The value in `.default()`, where it is written out.
    pub default_value: Option<Rc<SqlDefault>>,
    /// `.generatedAlwaysAs()`, `.generatedAlwaysAsIdentity()`
    pub generated: bool,
    /// `.array()`, as often as it was called.
    pub dimensions: u32,
    /// `varchar({ length: 100 })`
    pub constraints: Constraints,
    /// The key that the column is by itself.
    pub(in crate::typescript) key: ColumnKey,
    /// `.references(() => users.id)`
    pub(in crate::typescript) references: Option<Rc<Reference<'p>>>,
    /// The table that it was read from, and its key there: `users.id`.
    pub(in crate::typescript) of_table: Option<Rc<ColumnPlace>>,
}

/// The column `key` of a table that a value was read from.
#[derive(Debug)]
pub(in crate::typescript) struct ColumnPlace {
    namespace: Option<Rc<str>>,
    /// The name of the table; none where it is computed.
    table: Option<Rc<str>>,
    key: Rc<str>,
}

/// The key that a column is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::typescript) enum ColumnKey {
    /// None.
    No,
    /// `.unique()`, and whether null differs from null, where the source says so.
    Unique { nulls_distinct: Option<bool> },
    /// `.primaryKey()`
    Primary,
}

/// The foreign key of a column.
pub(in crate::typescript) struct Reference<'p> {
    /// The function that returns the other column: other tables may be declared later.
    to: Value<'p>,
    /// The object with `onDelete` and `onUpdate`.
    actions: Value<'p>,
}

impl DrizzleColumn<'_> {
    /// Returns the column in SQL's terms.
    #[must_use]
    pub fn sql(&self) -> SqlColumn {
        let ty = SqlType {
            scalar: self.sql.clone(),
            array: self.dimensions > 0,
        };
        let default_value = self.default_value.as_deref().cloned();
        SqlColumn {
            ty,
            database_default: self.database_default || self.generated,
            default_value,
            application_values: None,
            apart: StatedApart::default(),
        }
    }
}

/// `pgEnum('name', […])`
#[derive(Debug, Clone)]
pub struct PgEnum {
    /// The name in the database.
    pub name: Option<Rc<str>>,
    /// The PostgreSQL schema that it is in, where the source says it.
    pub namespace: Option<Rc<str>>,
    /// The values, or why they are not known.
    pub values: Result<Rc<[Rc<str>]>, Rc<str>>,
}

/// A factory for tables or columns, or a part of a table that is none of both.
#[derive(Clone)]
pub enum TableMaker<'p> {
    /// `pgSchema('name')`
    Schema(Option<Rc<str>>),
    /// `pgTableCreator((name) => …)`
    Creator(Value<'p>),
    /// `customType<{ data: T }>({ … })`
    Custom(Lazy<'p>),
    /// A part of a table beside its columns: `unique().on(…)`.
    Part(TablePart<'p>),
}

/// Evaluates a call of a Drizzle function.
pub fn build<'p>(
    resolver: &Resolver<'p>,
    package: &str,
    path: &[&str],
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Value<'p> {
    match (package, path) {
        ("drizzle-zod" | "drizzle-orm/zod", ["createSchemaFactory"]) => {
            schemas::factory(arguments.first())
        }
        ("drizzle-zod" | "drizzle-orm/zod", [function, coerced @ ..])
            if let Some(of) = schemas::Of::named(function) =>
        {
            schemas::make(resolver, schemas::Making { of, coerced }, arguments)
        }
        ("drizzle-orm", ["getTableColumns" | "getColumns"]) => {
            match arguments.first().map(Value::uncast) {
                Some(Value::Table(table)) => Value::Object(Rc::new(column_object(table))),
                _ => Value::unknown("the columns of a table that is not known"),
            }
        }
        ("drizzle-orm/pg-core", [name]) if let Some(part) = parts::build(name, arguments) => part,
        ("drizzle-orm/pg-core", names) => tables::build(resolver, names, types, arguments),
        (package, names) => {
            Value::unknown(format!("`{}` of `{package}` is not read", names.join(".")))
        }
    }
}
