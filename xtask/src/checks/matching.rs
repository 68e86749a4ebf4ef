//! Which declarations describe which table. First hit wins: the configuration's `map`, a `@table` tag, a link in the
//! source itself, the configured name patterns.

use std::collections::HashMap;

use super::accepted_kinds::Layer;
use super::entities::{ColumnFacts, Entity};
use super::names;
use super::pairing::Pairing;
use crate::config::{Config, Mapping};
use crate::schema::model::{Column, ObjectName};
use crate::typescript::facts::{Declaration, Facts, Field, Origin, Side, TableLink};

/// A declaration that describes a table, and what it describes of it.
#[derive(Debug)]
pub struct Description<'a> {
    /// The declaration.
    pub declaration: &'a Declaration,
    /// What it describes.
    pub role: Role,
    /// Its fields beside the table's columns.
    pub pairing: Pairing<'a>,
    /// Whether it is a type whose fields all are a schema's (`z.infer<typeof UserSchema>`): what is wrong about it is
    /// wrong about the schema.
    pub inferred: bool,
}

/// What a declaration describes of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A type of exactly a row, as the driver returns it.
    Row,
    /// A type of the thing that a row is about, where another type describes the row: it may leave out columns and
    /// add what is computed.
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
    /// Whether it holds the whole primary key: then it describes rows that exist.
    #[must_use]
    pub fn holds_primary_key(&self, entity: &Entity<'_>) -> bool {
        let mut key = entity.columns.iter().filter(|facts| facts.primary_key).peekable();
        let holds =
            |facts: &ColumnFacts<'_>| self.pairing.pairs.iter().any(|pair| pair.column.name == facts.column.name);
        key.peek().is_some() && key.all(holds)
    }

    /// Whether its values are the driver's, or on their way over the network.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self.role {
            Role::Row | Role::Orm => Layer::Driver,
            Role::Domain | Role::Insert | Role::Update => Layer::Wire,
            Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => Layer::Wire,
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

    /// Whether a field that may be absent is what it should have: everything may stay out of an update.
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

    /// What such a declaration is called in a message.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Row | Self::Domain => "type",
            Self::Insert => "insert type",
            Self::Update => "update type",
            Self::Orm => "Drizzle table",
            Self::Schema | Self::OutputSchema | Self::InsertSchema | Self::UpdateSchema => "validation schema",
        }
    }
}

/// A table and everything that describes it.
#[derive(Debug)]
pub struct Described<'a> {
    /// The table.
    pub entity: Entity<'a>,
    /// In the order of the facts: types, ORM tables, schemas.
    pub descriptions: Vec<Description<'a>>,
}

impl<'a> Described<'a> {
    /// The descriptions that are TypeScript types or ORM tables.
    pub fn types(&self) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions.iter().filter(|description| !description.role.is_validation())
    }

    /// The descriptions that are validation schemas.
    pub fn schemas(&self) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions.iter().filter(|description| description.role.is_validation())
    }

    /// The descriptions that `derived` takes fields from: what is wrong about those is to be mended there.
    #[must_use]
    pub fn bases_of(&self, derived: &Description<'_>) -> Vec<&Description<'a>> {
        let same_side =
            self.descriptions.iter().filter(|other| other.role.is_validation() == derived.role.is_validation());
        same_side.filter(|other| is_derived(derived.declaration, other.declaration)).collect()
    }

    /// Whether what `derived` takes its fields from lacks `column` as well: that is where it belongs.
    #[must_use]
    pub fn is_missing_in_base(&self, derived: &Description<'_>, column: &Column) -> bool {
        let bases = self.bases_of(derived);
        bases.into_iter().any(|base| base.pairing.missing.iter().any(|other| other.name == column.name))
    }

    /// The descriptions of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Description<'a>> {
        self.descriptions.iter().filter(move |description| description.role == role)
    }
}

/// Whether some field of `derived` is written in `base`: an interface that is extended, the `T` of a `Pick<T, …>`.
fn is_derived(derived: &Declaration, base: &Declaration) -> bool {
    let shares = |field: &Field| base.fields.iter().any(|other| other.location == field.location);
    !std::ptr::eq(derived, base) && is_nearer_home(base, derived) && derived.fields.iter().any(shares)
}

/// Whether the fields that both have are written in `base` rather than in `other`: between its name and its fields
/// stands no other name.
fn is_nearer_home(base: &Declaration, other: &Declaration) -> bool {
    let distance = |declaration: &Declaration| {
        let in_file = declaration.fields.iter().filter(|field| field.location.file == declaration.location.file);
        let after = in_file.filter_map(|field| field.location.span.start.checked_sub(declaration.location.span.start));
        after.min().unwrap_or(u32::MAX)
    };
    (distance(base), &base.location) < (distance(other), &other.location)
}

/// Puts every declaration of `facts` to the table that it describes.
#[must_use]
pub fn describe<'a>(entities: Vec<Entity<'a>>, facts: &'a Facts, config: &Config) -> Vec<Described<'a>> {
    let names = NameTable::new(&entities, config);
    let mut found: HashMap<usize, Vec<(&'a Declaration, Match)>> = HashMap::new();
    for declaration in facts.types.iter().chain(&facts.tables).chain(&facts.schemas) {
        if let Some((entity, hit)) = find(declaration, &entities, &names, config) {
            found.entry(entity).or_default().push((declaration, hit));
        }
    }
    let described = |(at, entity): (usize, Entity<'a>)| {
        let hits = found.remove(&at).unwrap_or_default();
        Described { descriptions: descriptions(&entity, &hits, config), entity }
    };
    entities.into_iter().enumerate().map(described).collect()
}

fn descriptions<'a>(entity: &Entity<'a>, hits: &[(&'a Declaration, Match)], config: &Config) -> Vec<Description<'a>> {
    let is_exact = |hit: &Match| hit.side == Side::Row && hit.exact;
    let row_is_described = hits.iter().any(|(declaration, hit)| declaration.origin != Origin::Zod && is_exact(hit));
    let schemas = || hits.iter().map(|(declaration, _)| declaration).filter(|one| one.origin == Origin::Zod);
    let describe = |(declaration, hit): &(&'a Declaration, Match)| {
        let pairing = Pairing::new(entity, declaration, config);
        // A name alone is weak evidence: `Comment` may be a widget.
        let by_accident = hit.by_name && pairing.is_accidental();
        let inferred = declaration.origin != Origin::Zod && schemas().any(|schema| is_inferred(declaration, schema));
        let role = role(declaration, hit, row_is_described);
        (!by_accident).then_some(Description { declaration, role, pairing, inferred })
    };
    hits.iter().filter_map(describe).collect()
}

/// Whether every field of `ty` stands in `schema`.
fn is_inferred(ty: &Declaration, schema: &Declaration) -> bool {
    let stands_in = |field: &Field| schema.fields.iter().any(|other| other.location == field.location);
    !ty.fields.is_empty() && ty.fields.iter().all(stands_in)
}

fn role(declaration: &Declaration, hit: &Match, row_is_described: bool) -> Role {
    match (declaration.origin, hit.side) {
        (Origin::Drizzle, _) => Role::Orm,
        (Origin::Zod, Side::Row) if hit.output => Role::OutputSchema,
        (Origin::Zod, Side::Row) => Role::Schema,
        (Origin::Zod, Side::Insert) => Role::InsertSchema,
        (Origin::Zod, Side::Update) => Role::UpdateSchema,
        (Origin::Interface | Origin::Alias | Origin::Class, side) => match side {
            Side::Row if row_is_described && !hit.exact => Role::Domain,
            Side::Row => Role::Row,
            Side::Insert => Role::Insert,
            Side::Update => Role::Update,
        },
    }
}

/// How a declaration was found to describe a table.
#[derive(Debug, Clone, Copy)]
struct Match {
    side: Side,
    /// Of rows: it says that it is a row (`UserRow`), not only what the row is about (`User`).
    exact: bool,
    /// Of rows: it says that it is for what goes out (`UserResponseSchema`).
    output: bool,
    /// Only the name says so.
    by_name: bool,
}

fn find(
    declaration: &Declaration,
    entities: &[Entity<'_>],
    names: &NameTable,
    config: &Config,
) -> Option<(usize, Match)> {
    let at = |table: &str| entities.iter().position(|entity| is_named(entity.name, table));
    if let Some((table, side)) = mapped(declaration, &config.map) {
        return at(table).map(|entity| (entity, stated(declaration, side)));
    }
    if let Some(table) = &declaration.tags.table {
        return at(table).map(|entity| (entity, stated(declaration, side_of_name(&declaration.name))));
    }
    if let Some(TableLink { table, side }) = &declaration.table_link {
        return at(table).map(|entity| (entity, stated(declaration, *side)));
    }
    names.find(declaration)
}

fn is_named(name: &ObjectName, written: &str) -> bool {
    match written.split_once('.') {
        Some((namespace, table)) => name.namespace == namespace && name.name == table,
        None => name.name == written,
    }
}

fn stated(declaration: &Declaration, side: Side) -> Match {
    Match { side, exact: true, output: is_output_name(&declaration.name), by_name: false }
}

fn mapped<'c>(
    declaration: &Declaration,
    map: &'c std::collections::BTreeMap<String, Mapping>,
) -> Option<(&'c str, Side)> {
    let holds = |names: &[String]| names.contains(&declaration.name);
    map.iter().find_map(|(table, mapping)| {
        let sides = match declaration.origin {
            Origin::Zod => [&mapping.schema, &mapping.insert_schema, &mapping.update_schema],
            Origin::Interface | Origin::Alias | Origin::Class | Origin::Drizzle => {
                [&mapping.row, &mapping.insert, &mapping.update]
            }
        };
        let at = sides.into_iter().position(|names| holds(names))?;
        Some((table.as_str(), [Side::Row, Side::Insert, Side::Update][at]))
    })
}

/// What a name says about the side of the table, where the table is known otherwise.
fn side_of_name(name: &str) -> Side {
    let words = names::words(name);
    let says = |verbs: &[&str]| words.iter().any(|word| verbs.contains(&word.as_str()));
    if says(&["new", "insert", "create"]) {
        Side::Insert
    } else if says(&["update", "patch"]) {
        Side::Update
    } else {
        Side::Row
    }
}

fn is_output_name(name: &str) -> bool {
    let words = names::words(name);
    ["row", "select", "response", "output", "record"].iter().any(|output| words.iter().any(|word| word == output))
}

/// The names that the configured patterns give to the declarations of each table.
struct NameTable {
    types: HashMap<String, Named>,
    schemas: HashMap<String, Named>,
}

#[derive(Debug, Clone, Copy)]
struct Named {
    entity: usize,
    side: Side,
    exact: bool,
    /// How much of the name is the table's: `NewUser` is rather a row of `new_users` than a new row of `users`.
    weight: usize,
}

impl NameTable {
    fn new(entities: &[Entity<'_>], config: &Config) -> Self {
        let names = &config.names;
        let types = [(&names.row, Side::Row), (&names.insert, Side::Insert), (&names.update, Side::Update)];
        let schemas =
            [(&names.schema, Side::Row), (&names.insert_schema, Side::Insert), (&names.update_schema, Side::Update)];
        Self { types: named(entities, types), schemas: named(entities, schemas) }
    }

    fn find(&self, declaration: &Declaration) -> Option<(usize, Match)> {
        let table = match declaration.origin {
            Origin::Zod => &self.schemas,
            Origin::Interface | Origin::Alias | Origin::Class => &self.types,
            // A table of an ORM says which table it is; its constant's name says nothing.
            Origin::Drizzle => return None,
        };
        let named = table.get(&names::key(&declaration.name))?;
        let output = is_output_name(&declaration.name);
        Some((named.entity, Match { side: named.side, exact: named.exact, output, by_name: true }))
    }
}

fn named(entities: &[Entity<'_>], patterns: [(&Vec<String>, Side); 3]) -> HashMap<String, Named> {
    let mut table: HashMap<String, Named> = HashMap::new();
    for (at, entity) in entities.iter().enumerate() {
        for row_name in entity_names(entity.name) {
            for (pattern, side) in patterns.iter().flat_map(|(list, side)| list.iter().map(move |one| (one, *side))) {
                let name = fill(pattern, &row_name);
                let named = Named { entity: at, side, exact: name != row_name, weight: row_name.len() };
                let known = table.entry(name).or_insert(named);
                if known.weight < named.weight {
                    *known = named;
                }
            }
        }
    }
    table
}

/// A table outside of `public` is called with and without its namespace.
fn entity_names(name: &ObjectName) -> Vec<String> {
    let mut row_names = names::row_names(&name.name);
    if name.namespace != "public" {
        let prefix = names::key(&name.namespace);
        row_names.extend(row_names.clone().iter().map(|row_name| format!("{prefix}{row_name}")));
    }
    row_names
}

/// Singular and plural stand for one another here: both are among the [`names::row_names`].
fn fill(pattern: &str, row_name: &str) -> String {
    let holes = ["{Singular}", "{singular}", "{Plural}", "{plural}"];
    let filled = holes.iter().fold(pattern.to_owned(), |text, hole| text.replace(hole, row_name));
    names::key(&filled)
}
