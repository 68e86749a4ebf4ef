//! Decides which declarations describe which table, and what of it. This page holds the whole
//! decision, in the order in which the code takes it.
//!
//! 1. **Which table** ([`find`]). The first hit wins: the configuration's `map`, a `@table` tag, a
//!    link in the source itself, the fields that a schema takes from an ORM's table, the type that
//!    a schema says to be of, a name by the configured patterns ([`names`]). What was hit is the
//!    evidence, a [`Strength`].
//!    The side (row, insert, update) is what code does with the values ([`used`]), else the name's.
//! 2. **How much they have in common** ([`super::pairing`]): fields beside columns, by name. The
//!    numbers that count as "nearly whole", "accidental", "was whole" and "of a query" have their
//!    names and reasons in `pairing/thresholds.rs`.
//! 3. **Whether it is kept, and as what** ([`evidence`]), by the table below. A declaration that is
//!    not kept is named under "not judged".
//! 4. **Tables that nothing is named after** ([`likeness`]) take what implements a type of their
//!    name, or what is nearly whole and shares the end of the name. It counts as `Model`. Beside the
//!    types that a table has, a type of its name behind a prefix or before a suffix (`IUser`) is
//!    judged too, where it is or was whole (`Alike`). A request for making or changing rows that no
//!    table has the name of (`CreateAssetProfileDto`) is a `Message` of the table with the same last
//!    word (`symbol_profiles`), where its fields are little but columns of that table and of no other.
//!
//! Each description is judged, and none replaces another: of two findings about one place the error
//! is kept, so that a `Pick` does not hide its source. A type that is inferred from a schema says
//! nothing of its own, and switches no check of the schema off.
//!
//! 5. **Beside a declaration that states the rows** ([`mapped`]): a table of an ORM, a type that says
//!    of which table it is, for schemas one that has all columns and nothing else. Whatever only is
//!    called like the table is judged there where it is a copy of the row: nearly whole, without
//!    relations, in the same style of names. Where it only lacks columns, or one field of a `…Row` is
//!    called otherwise, what it has is judged. Other types and schemas were made of
//!    rows, and `CreateUser` is a request.
//!
//! 6. **Made by hand** ([`super::row_uses`]): a type whose values code makes of what a query lists
//!    (`rows.map((row) => ({ deviceId: row.id }))`, `query<Device>('SELECT id, …')`) is no row,
//!    whatever it is called. Each field is judged beside the column whose value it holds as it is;
//!    what is computed is not judged, and no column is missing. Where all tables that code reads it
//!    from and writes it to are none of the database, it is of another one.
//!
//! | evidence | kept where | a type is a row where, and else a domain type | reason |
//! |---|---|---|---|
//! | `Stated` | always | always | somebody said so |
//! | `Derived` | always | (only schemas) | its fields are the table's own; `createSelectSchema` is of rows, unless its name says that it is for something else |
//! | `Row`: `UserRow` | a type: its agreement is not accidental; else as `Model` | unless it is of a query: much of it is joined or counted, and never was a column ([`Pairing::is_of_query`]); beside an ORM's table a `…Row` must be or have been whole | the name says what it is; what a query returns, and the rows of lists, are called so as well |
//! | `Model`: `UserEntity`, `CreateUser` | at least as many of its fields are columns as are not | no `Row` is there, and it is no projection | other things have such names too |
//! | `Bare`: `User` | as `Model` | nothing stronger is there, it is exported and no component's, it is the likeliest, nearly whole, and holds nothing joined | many things are called so: a widget, an answer to one query |
//! | `Alike`: `IUser` beside a `User` | it is or was whole | never; only what it has is judged | another type is the row |
//! | `Alike`: a type that only its own file fetches from an API | as `Model` | never; only what it has is judged | what clients are told is the server's choice |
//! | `Message`: `CreateUserRequestSchema`, `userFormSchema` | as `Model` | never | the server knows the rest |
//!
//! A schema of a type (`Guard<User>`) is kept where it is or was whole. Whatever could not be
//! resolved is kept, unless its name is `Bare` and a component's own: that something has the name
//! has to do. Schemas have their role by the side that their name or use says (row, insert,
//! update); a domain type may leave out columns and add what is computed. A schema of rows that is of
//! a query need not be whole. An insert type that another type of its file holds is what a builder
//! takes: it is not firm. An ORM's table, and a type with kysely's `Generated`, say of inserts too,
//! and are judged for that without an insert type beside them.

mod evidence;
mod find;
mod likeness;
mod mapped;
mod names;
mod namesake;
mod orm_values;
#[cfg(test)]
mod tests;
mod used;
mod variants;

use std::borrow::Cow;

use super::accepted_kinds::DescriptionLayer;
use super::entities::{ColumnFacts, Entity};
use super::pairing::Pairing;
use super::row_uses::UsedForRows;
use crate::facts::{Declaration, Field, Side};
use crate::schema::model::Column;

pub use evidence::describe;
pub(super) use find::promised;
pub use mapped::BesideRows;
pub(super) use names::{NameTable, is_shared, side_of_name};
pub use namesake::Namesake;

/// An insert type that leaves out more than one in so many of the columns that `INSERT` needs did
/// not forget them: it is of a request, and what the server adds is inserted with it. One may
/// always be forgotten.
const FORGOTTEN: usize = 5;

/// A declaration that describes a table, and what it describes of it.
#[derive(Debug)]
pub struct Description<'a> {
    /// The declaration.
    pub declaration: &'a Declaration,
    /// The role in which the declaration describes the table.
    pub role: Role,
    /// The evidence that the declaration describes the table.
    pub strength: Strength,
    /// Its fields beside the table's columns.
    pub pairing: Pairing<'a>,
    /// Whether another declaration of its file holds it: then it is what that is made of, and what is
    /// inserted is made by that.
    pub held: bool,
    /// Whether it is a type whose fields all are a schema's (`z.infer<typeof UserSchema>`): what is
    /// wrong about it is wrong about the schema.
    pub inferred: bool,
    /// Its relation to a declaration that states the rows.
    pub beside_rows: BesideRows,
    /// The uses of its values for the table's rows.
    pub used: UsedForRows,
    /// Whether code makes its values of what a query lists: then it is no row, whatever it is called,
    /// and its pairing has the columns that it holds as they are.
    pub selected: bool,
    /// Whether no other type describes the table.
    pub only_type: bool,
}

/// The evidence that a declaration describes a table, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// The configuration, a tag, or a link in the source itself.
    Stated,
    /// Its fields: some are columns of an ORM's table, and others may have been added.
    Derived,
    /// Its name: it is called like a row of the table (`UserRow`).
    Row,
    /// Its name: it is called like something that may be a row (`UserEntity`), or is made into one
    /// (`CreateUser`).
    Model,
    /// Its name is the table's: `User`. Many things are called so.
    Bare,
    /// Its name, but for a prefix or suffix, and its fields: `IUser` beside a `User`. Only what it
    /// has is judged: another type is the row's. The same goes for what a client of an API fetches.
    Alike,
    /// Its name: it is what a request asks for to make or change a row
    /// (`CreateUserCommand.RequestSchema`), or an answer tells of one (`UserResponseSchema`). Only
    /// what it has is judged: the server knows the rest.
    Message,
}

/// How a declaration was found to describe a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    /// The table's place among the entities.
    pub(super) entity: usize,
    pub(super) side: Side,
    pub(super) strength: Strength,
    /// Whether the name of a row's declaration says that values go out (`UserResponseSchema`).
    output: bool,
    /// Whether it is a schema that says of which type it is, and that type was found to describe
    /// the table.
    of_type: bool,
}

/// The role in which a declaration describes a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A type of exactly a row, as the driver returns it.
    Row,
    /// A type of the thing that a row is about, where another type describes the row: it may leave
    /// out columns and add what is computed.
    Domain,
    /// A type of what `INSERT` takes.
    Insert,
    /// A type of what `UPDATE` takes.
    Update,
    /// A table of an ORM.
    Orm,
    /// A validation schema of a row, in whichever direction it travels.
    Schema,
    /// A validation schema of rows on their way out.
    OutputSchema,
    /// A validation schema of what is inserted.
    InsertSchema,
    /// A validation schema of what is updated.
    UpdateSchema,
}

impl Description<'_> {
    /// Whether it means to describe every column: then one that is missing is forgotten, and a
    /// field too many is one whose column is gone. What only is called like the table does so when
    /// it agrees with nearly all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self.role {
            _ if self.beside_rows == BesideRows::Part || self.selected => false,
            Role::Domain if self.strength == Strength::Alike => false,
            Role::Domain => {
                (self.pairing.is_or_was_whole() || self.stands_for_row())
                    && !self.declaration.tags.projection
            }
            Role::Schema | Role::OutputSchema if self.is_of_query() => false,
            Role::Row | Role::Orm | Role::Schema | Role::OutputSchema => {
                !self.pairing.is_projection(self.declaration)
            }
            Role::Insert | Role::Update | Role::InsertSchema | Role::UpdateSchema => false,
        }
    }

    /// Whether it is the only type of the table, shared, and has most of the columns and nothing
    /// else: who asks what a row is finds nothing better. Where most is missing it is a projection,
    /// as with a type that is called a row.
    fn stands_for_row(&self) -> bool {
        self.only_type
            && names::is_shared(self.declaration)
            && self.beside_rows == BesideRows::Itself
            && self.pairing.is_most_of_columns()
    }

    /// Whether it is what a query returns, though it is called like a row: see
    /// [`Pairing::is_of_query`]. Whoever says which table it is of means the row.
    #[must_use]
    pub fn is_of_query(&self) -> bool {
        self.strength != Strength::Stated && self.pairing.is_of_query()
    }

    /// Whether it is of the thing that a row is about, and agrees with only a part of the table as
    /// it is now.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.role == Role::Domain
            && (!self.pairing.is_nearly_whole() || self.declaration.tags.projection)
    }

    /// Whether it demands the whole primary key: then it describes rows that exist. A key that is
    /// taken from another table is known before the row is.
    #[must_use]
    pub fn holds_primary_key(&self, entity: &Entity<'_>) -> bool {
        let key: Vec<_> = entity
            .columns
            .iter()
            .filter(|facts| facts.primary_key)
            .collect();
        let is_demanded = |facts: &&ColumnFacts<'_>| {
            let mut pairs = self.pairing.pairs.iter();
            pairs.any(|pair| {
                pair.column.name == facts.column.name
                    && !pair.field.optional
                    && !pair.field.has_default
            })
        };
        let is_made_here =
            key.iter().any(|facts| !facts.foreign_key) || self.demands_what_server_makes(entity);
        !key.is_empty() && is_made_here && key.iter().all(is_demanded)
    }

    /// Whether a schema demands what only the server knows, like the instant of creation: then it
    /// is of rows that exist, and nothing that comes in passes it.
    #[must_use]
    pub fn demands_what_server_makes(&self, entity: &Entity<'_>) -> bool {
        let demanded = self
            .pairing
            .pairs
            .iter()
            .filter(|pair| !pair.field.optional && !pair.field.has_default);
        let mut columns = demanded.filter_map(|pair| entity.column(&pair.column.name));
        columns.any(|facts| facts.made_by_server)
    }

    /// Whether its name says that its values go out.
    #[must_use]
    pub fn is_called_output(&self) -> bool {
        names::is_output_name(&self.declaration.name)
    }

    /// Returns the noun for messages: `insert type`, `Drizzle table`.
    #[must_use]
    pub fn noun(&self) -> Cow<'static, str> {
        let noun = self.declaration.origin.noun;
        match self.role {
            Role::Insert => format!("insert {noun}").into(),
            Role::Update => format!("update {noun}").into(),
            Role::Row | Role::Domain | Role::Orm => noun.into(),
            Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => {
                noun.into()
            }
        }
    }

    /// Whether its values are the driver's, or on their way over the network.
    #[must_use]
    pub fn layer(&self) -> DescriptionLayer {
        match self.role {
            Role::Row => DescriptionLayer::Driver,
            Role::Orm => DescriptionLayer::Orm,
            Role::Domain | Role::Insert | Role::Update => DescriptionLayer::Wire,
            Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => {
                DescriptionLayer::Wire
            }
        }
    }
}

impl Role {
    /// Whether it is a validation schema.
    #[must_use]
    pub fn is_validation(self) -> bool {
        match self {
            Self::Row | Self::Domain | Self::Insert | Self::Update | Self::Orm => false,
            Self::Schema | Self::OutputSchema | Self::InsertSchema | Self::UpdateSchema => true,
        }
    }

    /// Whether a field that may be absent is what it should have: everything may stay out of an
    /// update.
    #[must_use]
    pub fn is_update(self) -> bool {
        matches!(self, Self::Update | Self::UpdateSchema)
    }

    /// Whether it is of what is written into the table.
    #[must_use]
    pub fn is_written(self) -> bool {
        match self {
            Self::Insert | Self::Update | Self::InsertSchema | Self::UpdateSchema => true,
            Self::Row | Self::Domain | Self::Orm | Self::Schema | Self::OutputSchema => false,
        }
    }
}

/// A table and everything that describes it.
#[derive(Debug)]
pub struct TableMatches<'a> {
    /// The table.
    pub entity: Entity<'a>,
    /// ORM tables, types, schemas, each in the order of the facts.
    pub descriptions: Vec<Description<'a>>,
    /// Declarations that are called like the table, and have too little in common with it.
    pub namesakes: Vec<Namesake<'a>>,
}

impl<'a> TableMatches<'a> {
    /// The descriptions that are TypeScript types or ORM tables.
    pub fn types(&self) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions
            .iter()
            .filter(|description| !description.role.is_validation())
    }

    /// The descriptions that are validation schemas.
    pub fn schemas(&self) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions
            .iter()
            .filter(|description| description.role.is_validation())
    }

    /// Whether a schema that describes it checks values when the program runs.
    #[must_use]
    pub fn is_validated(&self) -> bool {
        self.schemas()
            .any(|schema| schema.declaration.origin.enforced)
    }

    /// Whether it is certain that the table itself is meant: of what only may be made into a row
    /// (`CreateUser`), or is called like one where nothing is known to be one, it is not.
    #[must_use]
    pub fn is_firm(&self, description: &Description<'_>) -> bool {
        match (description.role, description.strength) {
            (Role::Domain, _) => false,
            (Role::Insert, _) if description.used.is_inserted => true,
            (_, Strength::Stated) | (Role::Row, _) => true,
            (Role::Insert, Strength::Row) if description.held => false,
            (_, Strength::Row) => {
                let of_domain = self
                    .bases_of(description)
                    .iter()
                    .any(|base| base.role == Role::Domain);
                !of_domain
                    && self
                        .of_role(Role::Row)
                        .chain(self.of_role(Role::Orm))
                        .next()
                        .is_some()
            }
            (
                _,
                Strength::Derived
                | Strength::Model
                | Strength::Bare
                | Strength::Alike
                | Strength::Message,
            ) => false,
        }
    }

    /// The descriptions that `derived` takes fields from: what is wrong about those is to be mended
    /// there.
    #[must_use]
    pub fn bases_of(&self, derived: &Description<'_>) -> Vec<&Description<'a>> {
        let same_side = self
            .descriptions
            .iter()
            .filter(|other| other.role.is_validation() == derived.role.is_validation());
        same_side
            .filter(|other| is_derived(derived.declaration, other.declaration))
            .collect()
    }

    /// Whether what `derived` takes its fields from lacks `column` as well: that is where it
    /// belongs. An update need not have it.
    #[must_use]
    pub fn is_missing_in_base(&self, derived: &Description<'_>, column: &Column) -> bool {
        let lacks = |base: &Description<'_>| {
            base.pairing
                .missing
                .iter()
                .any(|other| other.name == column.name)
        };
        let mut bases = self.bases_of(derived).into_iter();
        bases.any(|base| !base.role.is_update() && lacks(base))
    }

    /// Whether what `derived` takes its fields from has `column`: then it was left out on purpose,
    /// as in `Omit<UserRow, 'secret'>`.
    #[must_use]
    pub fn is_left_out(&self, derived: &Description<'_>, column: &Column) -> bool {
        let has = |base: &Description<'_>| {
            base.pairing
                .pairs
                .iter()
                .any(|pair| pair.column.name == column.name)
        };
        self.bases_of(derived).into_iter().any(has)
    }

    /// Whether the column is filled in before it is inserted: by a trigger, or by code, as far as
    /// its ORM says (`$defaultFn`, `$onUpdate`).
    #[must_use]
    pub fn is_filled_in(&self, column: &Column) -> bool {
        let fills = |description: &Description<'_>| {
            description
                .pairing
                .pairs
                .iter()
                .any(|pair| pair.column.name == column.name && pair.field.has_default)
        };
        self.entity
            .column(&column.name)
            .is_some_and(|facts| facts.filled_in)
            || self.of_role(Role::Orm).any(fills)
    }

    /// Whether an insert type leaves out much of what the table needs: then it is of what a request
    /// asks for, and what is made of it is inserted.
    #[must_use]
    pub fn is_of_request(&self, description: &Description<'_>) -> bool {
        let pairing = &description.pairing;
        let needed = pairing
            .missing
            .iter()
            .filter(|column| !column.may_be_omitted() && !self.is_filled_in(column));
        let columns =
            (pairing.named() + pairing.missing.len()).min(description.declaration.fields.len());
        description.role == Role::Insert
            && !self.is_firm(description)
            && needed.count() > (columns / FORGOTTEN).max(1)
    }

    /// The descriptions of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions
            .iter()
            .filter(move |description| description.role == role)
    }
}

/// Whether some field of `derived` is written in `base`: an interface that is extended, the `T` of
/// a `Pick<T, …>`.
fn is_derived(derived: &Declaration, base: &Declaration) -> bool {
    let shares = |field: &Field| {
        base.fields
            .iter()
            .any(|other| other.location == field.location)
    };
    !std::ptr::eq(derived, base)
        && is_nearer_home(base, derived)
        && derived.fields.iter().any(shares)
}

/// Whether the fields that both have are written in `base` rather than in `other`: between its name
/// and its fields stands no other name. Fields of a constant before it are rather its own than those of
/// what another file takes of them.
fn is_nearer_home(base: &Declaration, other: &Declaration) -> bool {
    let distance = |declaration: &Declaration| {
        let mut in_file = declaration
            .fields
            .iter()
            .filter(|field| field.location.file == declaration.location.file)
            .peekable();
        let elsewhere = match in_file.peek() {
            Some(_) => u32::MAX - 1,
            None => u32::MAX,
        };
        let after = in_file.filter_map(|field| {
            field
                .location
                .span
                .start
                .checked_sub(declaration.location.span.start)
        });
        after.min().unwrap_or(elsewhere)
    };
    (distance(base), &base.location) < (distance(other), &other.location)
}
