//! The facts that readers take from descriptions of the application side. They are plain data,
//! independent of the language and of the way of writing. An interface, a `z.infer`, a class and a
//! Drizzle table all end as a [`Declaration`] with [`Field`]s.

mod constraints;
mod endpoints;
mod fields;
mod keys;
mod listed;
mod merge;
mod origin;
pub mod path;
mod row_uses;
mod seldom;
mod sql;
mod stated_object;

use std::borrow::Cow;
use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::source::{Location, Span};
pub use constraints::{Constraints, FormatOptions};
pub use endpoints::{
    Contract, ContractReference, ContractShape, DeclarationName, Exchange, Parameters,
    RequestFields, RequestPart, Route, UnresolvedEndpoint,
};
pub use fields::Fields;
pub use keys::{ForeignKey, ReferentialAction, StatedAction, StatedIndex, StatedKey, TableKeys};
pub use listed::ListedTable;
pub use origin::{Family, Origin, Syntax};
pub use row_uses::{GivenKey, RowUsage, RowUse};
pub use seldom::Rare;
pub use sql::{SqlColumn, SqlDefault, SqlScalar, SqlType, StatedApart, StatedValue};
pub use stated_object::{StatedKind, StatedObject};

/// Everything that was read.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The kinds of descriptions that the readers were asked for.
    pub requested: Requested,
    /// Object types: interfaces, aliases of object types, classes with properties.
    pub types: Vec<Declaration>,
    /// Validation schemas.
    pub schemas: Vec<Declaration>,
    /// Tables that an ORM declares (Drizzle's `pgTable`).
    pub tables: Vec<Declaration>,
    /// Names of tables in lists of them: the keys of kysely's `DB`.
    pub listed_tables: Vec<ListedTable>,
    /// Enumerations of string values: TypeScript enums, unions of literals, `z.enum`, `pgEnum`, `as
    /// const` arrays.
    pub enums: Vec<Enumeration>,
    /// Functions and composite types of the database that generated files state.
    pub objects: Vec<StatedObject>,
    /// Endpoints that a server offers.
    pub routes: Vec<Route>,
    /// Endpoints that a contract describes.
    pub contracts: Vec<Contract>,
    /// Pairs of types that say what an endpoint takes and returns, and not which endpoint that is.
    pub exchanges: Vec<Exchange>,
    /// Routes and contracts that are there, and whose path or place is only known when the program
    /// runs.
    pub unresolved_endpoints: Vec<UnresolvedEndpoint>,
    /// What code does with rows, in order and each once in a file.
    pub row_uses: Vec<RowUse>,
    /// The keys of objects that code passes to what writes rows, but for those that it only copies
    /// from another object: what the server adds to a request.
    pub given: BTreeSet<GivenKey>,
    /// Files that could not be read whole.
    pub problems: Vec<Problem>,
    /// The number of files that have a role.
    pub files_walked: usize,
    /// The number of files that the prefilter let through.
    pub files_parsed: usize,
    /// The number of files that have a role and were left out since git ignores them.
    pub files_ignored: usize,
}

/// The kinds of descriptions that the configuration asks readers for. Nothing is reported as
/// missing where no files are configured for it: a monorepo may have its validation schemas
/// elsewhere, or none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Requested {
    /// Types.
    pub types: bool,
    /// Validation schemas.
    pub validation: bool,
    /// Tables of an ORM.
    pub tables: bool,
    /// Routes of a server.
    pub routes: bool,
    /// Contracts.
    pub contracts: bool,
}

/// A named declaration with fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The name it is declared with; of a default export without a name, `default`.
    pub name: String,
    /// The name itself.
    pub location: Location,
    /// How it was written.
    pub origin: Origin,
    /// Whether other files can import it.
    pub exported: bool,
    /// The `@table`, `@projection` and `db-verify-ignore` tags of its doc comment and the comments
    /// around it.
    pub tags: Tags,
    /// The table that the source itself links it to: `pgTable('users')`, `Selectable<DB['users']>`,
    /// `typeof users.$inferSelect`.
    pub table_link: Option<TableLink>,
    /// The location of the type that a schema is annotated with: `User` in `const guard:
    /// Guard<User> = z.object({…})`.
    pub of_type: Option<Location>,
    /// The part of an ORM's table that a schema was made of: `createInsertSchema(users).omit({ id:
    /// true })`.
    pub made_of: Option<MadeOf>,
    /// The keys that an ORM's table states; none where the reader does not read them.
    pub keys: Option<Box<TableKeys>>,
    /// Whether it is a class that a GraphQL framework makes a type of answers from: rows are mapped
    /// to it.
    pub graphql: bool,
    /// Whether its types say nothing about null, since the compiler does not check it.
    pub null_unchecked: bool,
    /// The names of the types that a class implements, an ORM's row types among them.
    pub implements: Vec<String>,
    /// Its fields, inherited ones included, in the order of declaration.
    pub fields: Fields,
    /// Why its fields are not (all) known.
    pub unresolved: Option<String>,
}

impl Declaration {
    /// A declaration that says nothing beside its fields.
    #[must_use]
    pub fn of_fields(name: String, location: Location, origin: Origin, fields: Fields) -> Self {
        Self {
            name,
            location,
            origin,
            exported: true,
            tags: Tags::default(),
            table_link: None,
            of_type: None,
            made_of: None,
            keys: None,
            graphql: false,
            null_unchecked: false,
            implements: Vec::new(),
            fields,
            unresolved: None,
        }
    }

    /// The field `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether it is a union of objects, of which only the common fields are known.
    #[must_use]
    pub fn is_union(&self) -> bool {
        self.unresolved.as_deref() == Some(UNION_OF_OBJECTS)
    }

    /// Whether it says by itself of which table it is, by what it is or by a tag: then it is of no
    /// other.
    #[must_use]
    pub fn names_table(&self) -> bool {
        self.origin.names_table || self.tags.table.is_some()
    }
}

/// A link to a table that the source itself states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLink {
    /// The table, `users` or `audit.users`.
    pub table: String,
    /// Which side of the table.
    pub side: Side,
    /// The list of tables that states it, as kysely's `DB`: what else it lists says whether it is
    /// one.
    pub listed: Option<Location>,
}

/// The part of an ORM's table that a schema was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOf {
    /// The table, `users` or `audit.users`, where its name is known. Fields that all were given
    /// schemas of their own stand nowhere in the ORM's table.
    pub table: Option<String>,
    /// The side of the table.
    pub side: Side,
    /// The fields of the table that were left out by name.
    pub omitted: Vec<String>,
    /// Whether only some fields were taken, by name.
    pub picked: bool,
    /// The fields that were given a schema of their own, or whose schema was changed.
    pub refined: Vec<String>,
}

/// The side of a table that a declaration describes: a row as it is read, inserted or updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The row that `SELECT` returns.
    Row,
    /// The values that `INSERT` takes.
    Insert,
    /// The values that `UPDATE` takes.
    Update,
}

/// Comments that speak to this tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// `@table users`
    pub table: Option<String>,
    /// `@projection`: holds only some of the columns, on purpose.
    pub projection: bool,
    /// `// db-verify-ignore TYPE: reason`
    pub ignores: Vec<Ignore>,
}

/// `// db-verify-ignore TYPE: reason`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The finding's type.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// The comment.
    pub location: Location,
}

/// A field of a declaration. A monorepo may have a million of them, so each is kept small.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As it is written.
    pub name: CompactString,
    /// The column that the source itself links it to: `varchar('created_by')`.
    pub column: Rare<Option<String>>,
    /// The name.
    pub location: Location,
    /// May be absent (`?`, `.optional()`, `| undefined`). Of Zod: may be absent in the input.
    pub optional: bool,
    /// May be null.
    pub nullable: bool,
    /// The kind of value, when present and not null.
    pub kind: Kind,
    /// The constraints of a validation schema beyond the kind.
    pub constraints: Rare<Constraints>,
    /// The name of the declared type that it refers to, if it does: `UserId`, `Comment`.
    pub reference: Rare<Option<String>>,
    /// Whether a value is filled in when it is absent (`.default()`).
    pub has_default: bool,
    /// The column in SQL's terms, as an ORM describes it; `None` for any other field.
    pub sql: Option<Box<SqlColumn>>,
    /// The bytes of the type or schema expression, in the file of `location`.
    pub value: Option<Span>,
    /// Comments that speak to this tool.
    pub tags: Rare<Tags>,
    /// The same field as the result of parsing holds it, where a schema makes other values of what
    /// it takes (`.transform()`, `.pipe()`, `z.codec()`).
    pub returned: Option<Box<Self>>,
}

/// Why not all fields are known of a declaration that is one of several objects.
pub const UNION_OF_OBJECTS: &str =
    "it is a union of objects: only the fields that all have are known";

/// The beginning of why a schema is not known that another library makes than those that are read.
pub const UNREAD_LIBRARY: &str = "it is made by a library whose schemas are not read";

/// Why the kind of a field is not known that cannot be there (`id?: never`).
pub const NEVER: &str = "it is never there";

/// The kind of a value, as far as it matters for a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A string.
    String,
    /// A number.
    Number,
    /// A bigint.
    Bigint,
    /// A boolean.
    Boolean,
    /// A `Date`.
    Date,
    /// `Buffer`, `Uint8Array`.
    Bytes,
    /// Any object or record.
    Json,
    /// `any`, `unknown`: says nothing, not even whether it may be null.
    Any,
    /// String literals.
    Enum(Vec<String>),
    /// An array.
    Array(Box<Kind>),
    /// Values of different kinds.
    Union(Box<[Kind]>),
    /// Not known, and why.
    Unresolved(Box<str>),
}

impl Field {
    /// Whether nothing is known of it but its key: of an ORM's table, neither name nor type.
    #[must_use]
    pub fn is_unread_column(&self) -> bool {
        self.column.is_none() && self.sql.is_none() && matches!(self.kind, Kind::Unresolved(_))
    }

    /// How its value comes from that of the column, as far as an ORM says it.
    #[must_use]
    pub fn stated_value(&self) -> StatedValue {
        self.sql
            .as_ref()
            .map_or(StatedValue::Stored, |sql| sql.apart.value)
    }

    /// Returns the kind inside the field's arrays, with the constraints on it. These are the
    /// field's own where it holds no array.
    #[must_use]
    pub fn innermost(&self) -> (&Kind, Cow<'_, Constraints>) {
        let (mut kind, mut constraints) = (&self.kind, Some(&*self.constraints));
        while let Kind::Array(items) = kind {
            (kind, constraints) = (
                items,
                constraints.and_then(|demanded| demanded.items.as_deref()),
            );
        }
        (kind, constraints.map_or_else(Cow::default, Cow::Borrowed))
    }

    /// The values of an enum, or of a list of them.
    #[must_use]
    pub fn enumerated(&self) -> Option<&[String]> {
        match self.innermost().0 {
            Kind::Enum(values) => Some(values),
            _other => None,
        }
    }
}

/// A set of string values with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumeration {
    /// The declaration.
    pub name: String,
    /// Its name.
    pub location: Location,
    /// In order.
    pub values: Vec<String>,
    /// The database's name for it, where the source says it (`pgEnum('user_role', …)`).
    pub database_name: Option<String>,
    /// Whether it is another set with values of its own beside it: `{ ...Role, Any: 'any' }`.
    pub widened: bool,
}

/// A file that could not be read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub location: Location,
    /// Why.
    pub message: String,
}
