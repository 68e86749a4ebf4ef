//! The facts that readers take from descriptions of the application side. They are plain data,
//! independent of the language and of the way of writing. An interface, a `z.infer`, a class and a
//! Drizzle table all end as a [`Declaration`] with [`Field`]s.

mod constraints;
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
pub use fields::Fields;
pub use keys::{ForeignKey, ReferentialAction, StatedAction, StatedIndex, StatedKey, TableKeys};
pub use listed::ListedTable;
pub use origin::{Family, Origin, Syntax};
pub use row_uses::{RowUsage, RowUse};
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
    /// Zod object schemas.
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
    pub given: BTreeSet<CompactString>,
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

/// An endpoint that a server offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Upper case: `GET`; `ALL` for every method.
    pub method: String,
    /// With `:name` for parameters, whatever the framework writes: `/api/users/:id`.
    pub path: String,
    /// Where it is declared.
    pub location: Location,
    /// Whether several applications serve what is declared there, at different paths.
    pub shared: bool,
    /// What its handlers validate; only looked for where documents are configured.
    pub inputs: Vec<RequestFields>,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

impl Route {
    /// Whether it answers to the method of `contract`.
    #[must_use]
    pub fn answers(&self, contract: &Contract) -> bool {
        self.method == "ALL" || self.method == contract.method
    }
}

/// A schema or type that a contract holds, or makes of a named one.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractShape {
    /// Its fields, under the name of the contract.
    pub declaration: Box<Declaration>,
    /// Whether a list of it is meant.
    pub list: bool,
    /// The part of it that is the thing itself: `data` of `{ data: User[], total: number }`.
    pub inner: Option<Box<Self>>,
}

impl ContractShape {
    /// Keys of an answer under which the thing itself stands.
    pub const ENVELOPES: &'static [&'static str] = &[
        "data", "item", "items", "result", "results", "rows", "records",
    ];
}

/// An endpoint that a contract describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// `UserEndpoints.getById`.
    pub name: String,
    /// As [`Route::method`].
    pub method: String,
    /// As [`Route::path`].
    pub path: String,
    /// Other paths at which it may be offered instead: below the base paths of other servers, and
    /// below none. All contracts of a document are offered below the same.
    pub alternatives: Vec<String>,
    /// The document that it is a part of, where it stands in another file.
    pub document: Option<String>,
    /// Where it is declared.
    pub location: Location,
    /// The type or schema of the request.
    pub request: Option<ContractReference>,
    /// The type or schema of the response.
    pub response: Option<ContractReference>,
    /// The fields of the request, of whatever the contract writes there.
    pub request_shape: Option<ContractShape>,
    /// The fields of the response.
    pub response_shape: Option<ContractShape>,
    /// Every type and schema that it names, those two included, in order.
    pub references: Vec<ContractReference>,
    /// The parameters of the path that its schema of them has; none where there is no such schema.
    pub parameters: Option<Parameters>,
    /// The part of the request that [`Self::request`] names.
    pub request_part: RequestPart,
    /// The fields of the parts of the request beside its body, each part once.
    pub inputs: Vec<RequestFields>,
    /// Whether it stands in a document beside the program, and not in the program: it describes the
    /// JSON that travels, and may have been written by others.
    pub in_document: bool,
    /// Whether it is its own implementation: a contract of tRPC, a route of a framework that is
    /// made from it.
    pub served: bool,
    /// The application that was made of it, where one is seen: another may offer the same endpoint.
    pub application: Option<Location>,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

impl Contract {
    /// The file that holds it and the contracts beside it.
    #[must_use]
    pub fn document(&self) -> &str {
        self.document.as_deref().unwrap_or(&self.location.file)
    }
}

/// A part of what an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestPart {
    /// The parameters of the path.
    Path,
    /// What stands behind `?`.
    Query,
    /// The headers.
    Header,
    /// The body.
    Body,
}

impl RequestPart {
    /// The noun in messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "headers",
            Self::Body => "body",
        }
    }
}

/// The fields of a part of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestFields {
    /// The part.
    pub part: RequestPart,
    /// The declarations that the contract names for it. Each is a part of it where there are
    /// several.
    pub named: Vec<DeclarationName>,
    /// The fields that the contract itself holds.
    pub held: Option<Box<Declaration>>,
    /// Whether nothing else is taken there, as far as the contract says.
    pub complete: bool,
}

/// The path parameters that a contract's schema declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Where the contract names or holds it.
    pub location: Location,
    /// The keys of the schema where it is written out in the contract.
    pub keys: Option<Vec<String>>,
    /// The schema's declaration, where it is named.
    pub declaration: Option<DeclarationName>,
    /// The parameters of the prefixes before the contract's own path, which are passed on whatever
    /// the schema says.
    pub inherited: Vec<String>,
    /// Those that the handler asks for one by one, each where it does: `@Param('id')`.
    pub taken: Vec<(String, Location)>,
}

/// The types of `<Name>Request` and `<Name>Response`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `CreateUser`
    pub name: String,
    /// `CreateUserRequest`
    pub request: Option<ContractReference>,
    /// `CreateUserResponse`
    pub response: Option<ContractReference>,
}

/// A route or contract whose path or place is only known when the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedEndpoint {
    /// `route`, `mount` or `contract`.
    pub what: &'static str,
    /// The method and the end of the path, for a route of which only the beginning is unknown.
    pub tail: Option<(String, String)>,
    /// The known part of the endpoint: `GET /:id of router`, `UserEndpoints.getById`.
    pub name: String,
    /// Where it is declared.
    pub location: Location,
    /// Why.
    pub reason: String,
}

/// A type or schema that a contract names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractReference {
    /// The name as written.
    pub name: String,
    /// Where it is named.
    pub location: Location,
    /// Whether a declaration of that name can be reached from there. Names of packages count as
    /// resolved.
    pub resolved: bool,
    /// The declaration, where it is one of the monorepo's.
    pub declaration: Option<DeclarationName>,
    /// Whether the name stands for all of it, and not for a part (`z.array(User)`,
    /// `User.partial()`).
    pub whole: bool,
}

/// A declaration, by its file and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeclarationName {
    /// Path relative to the root.
    pub file: String,
    /// As it is declared there.
    pub name: String,
}

/// A file that could not be read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub location: Location,
    /// Why.
    pub message: String,
}
