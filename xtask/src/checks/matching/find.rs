//! Which table a declaration describes. First hit wins: the configuration's `map`, a `@table` tag,
//! a link in the source itself, the fields that it takes from an ORM's table, the configured name
//! patterns.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::names::{NameTable, is_output_name, side_of_name};
use super::{Match, Strength};
use crate::checks::entities::Entity;
use crate::checks::table_names::{is_alike, is_named};
use crate::config::{Config, Mapping};
use crate::facts::{Declaration, Facts, Family, MadeOf, Side, TableLink};
use crate::schema::model::ObjectName;
use crate::source::Location;

/// Finds the tables of declarations.
pub(super) struct Finder<'a> {
    entities: &'a [Entity<'a>],
    config: &'a Config,
    names: &'a NameTable,
    /// The table whose column a field of an ORM's table stands for, by the field's place.
    columns: HashMap<&'a Location, usize>,
    /// The declarations that contracts name, by file and name. They are judged as the contracts'
    /// promises.
    promised: HashSet<(&'a str, &'a str)>,
    /// The types that schemas say to be of, by their places.
    types: HashMap<&'a Location, &'a Declaration>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(
        entities: &'a [Entity<'a>],
        names: &'a NameTable,
        facts: &'a Facts,
        config: &'a Config,
    ) -> Self {
        let mut finder = Self {
            entities,
            config,
            names,
            columns: HashMap::new(),
            promised: promised(facts),
            types: of_schemas(facts),
        };
        let mut several = Vec::new();
        for table in &facts.tables {
            let Some(entity) = finder.find(table).map(|hit| hit.entity) else {
                continue;
            };
            for field in &table.fields {
                // Columns that several tables spread (`...timestamps`) say nothing about the table.
                if finder
                    .columns
                    .insert(&field.location, entity)
                    .is_some_and(|other| other != entity)
                {
                    several.push(&field.location);
                }
            }
        }
        finder.columns.retain(|place, _| !several.contains(place));
        finder
    }

    pub(super) fn find(&self, declaration: &Declaration) -> Option<Match> {
        if let Some((table, side)) = mapped(declaration, &self.config.map) {
            return self.stated(declaration, table, side);
        }
        if let Some(table) = &declaration.tags.table {
            return self.stated(declaration, table, side_of_name(&declaration.name));
        }
        if let Some(TableLink { table, side, .. }) = &declaration.table_link {
            return self.stated(declaration, table, *side);
        }
        self.derived(declaration)
            .or_else(|| self.of_type(declaration))
            .or_else(|| self.named(declaration))
    }

    /// `const guard: Guard<User>`: it describes what its type does.
    fn of_type(&self, declaration: &Declaration) -> Option<Match> {
        let ty = self.types.get(declaration.of_type.as_ref()?)?;
        Some(Match {
            output: is_output_name(&declaration.name),
            of_type: true,
            ..self.find(ty)?
        })
    }

    fn named(&self, declaration: &Declaration) -> Option<Match> {
        let is_promised = self
            .promised
            .contains(&(&*declaration.location.file, declaration.name.as_str()));
        // What a document promises by a name of the table is judged by the table, and what judges a
        // request demands more than a contract promises.
        let is_promise =
            is_promised && declaration.origin.enforced && !declaration.origin.of_requests;
        let is_left = |hit: &Match| hit.strength == Strength::Message && is_promise;
        self.names.find(declaration).filter(|hit| !is_left(hit))
    }

    /// The place among the entities of the table that a source calls `table`.
    fn table(&self, table: &str) -> Option<usize> {
        let at = |is: fn(&ObjectName, &str) -> bool| {
            self.entities
                .iter()
                .position(|entity| is(entity.name, table))
        };
        // kysely's `CamelCasePlugin` writes `userTokens` for `user_tokens`.
        // `pgTable('sessions')` is in the first namespace of the search path.
        let in_public =
            |name: &ObjectName, table: &str| name.namespace == "public" && is_named(name, table);
        at(in_public)
            .or_else(|| at(is_named))
            .or_else(|| at(is_alike))
    }

    fn stated(&self, declaration: &Declaration, table: &str, side: Side) -> Option<Match> {
        Some(Match {
            entity: self.table(table)?,
            side,
            strength: Strength::Stated,
            output: is_output_name(&declaration.name),
            of_type: false,
        })
    }

    /// `createInsertSchema(users).pick({ email: true })`: its fields are columns of an ORM's table.
    fn derived(&self, declaration: &Declaration) -> Option<Match> {
        if !declaration.origin.is_validation() {
            return None;
        }
        let mut tables = declaration
            .fields
            .iter()
            .filter_map(|field| self.columns.get(&field.location));
        let made_of = declaration.made_of.as_ref();
        // Fields that were given schemas of their own stand there, and not in the table. What is
        // not exported only serves to make the schemas that are: these are judged.
        let is_kept = |made_of: &&MadeOf| {
            let mut fields = declaration.fields.iter();
            fields.any(|field| made_of.refined.iter().any(|name| *name == field.name))
        };
        let of_table = || {
            let made_of = made_of.filter(is_kept).filter(|_| declaration.exported)?;
            self.table(made_of.table.as_deref()?)
        };
        let entity = tables.next().copied().or_else(of_table)?;
        // A schema of what is read is of rows, unless its name says that it is used for another
        // thing. Whatever else a schema is for, it need not hold a whole row.
        let is_read = made_of.filter(|made_of| made_of.side == Side::Row);
        let side = match (side_of_name(&declaration.name), is_read) {
            (Side::Insert, _) => Side::Insert,
            (Side::Row, Some(_)) => Side::Row,
            (Side::Row | Side::Update, _) => Side::Update,
        };
        tables.all(|other| *other == entity).then(|| Match {
            entity,
            side,
            strength: Strength::Derived,
            // What was picked of a row may come in as well.
            output: is_output_name(&declaration.name)
                || is_read.is_some_and(|made_of| !made_of.picked),
            of_type: false,
        })
    }
}

fn of_schemas(facts: &Facts) -> HashMap<&Location, &Declaration> {
    let named: HashSet<&Location> = facts
        .schemas
        .iter()
        .filter_map(|schema| schema.of_type.as_ref())
        .collect();
    facts
        .types
        .iter()
        .map(|ty| (&ty.location, ty))
        .filter(|(place, _)| named.contains(place))
        .collect()
}

/// The declarations that contracts name for requests and responses, each as its file and its name.
pub(in crate::checks) fn promised(facts: &Facts) -> HashSet<(&str, &str)> {
    let of_contracts = facts
        .contracts
        .iter()
        .flat_map(|contract| &contract.references);
    let of_exchanges = facts
        .exchanges
        .iter()
        .flat_map(|exchange| exchange.request.iter().chain(&exchange.response));
    let named = of_contracts
        .chain(of_exchanges)
        .filter_map(|reference| reference.declaration.as_ref());
    named
        .map(|named| (named.file.as_str(), named.name.as_str()))
        .collect()
}

/// The names that an ORM's declarations give to the rows of `entities`.
pub(super) fn row_names<'f>(
    entities: &'f [Entity<'_>],
    facts: &'f Facts,
) -> impl Iterator<Item = (usize, &'f str)> {
    let names_rows = |table: &&Declaration| table.origin.names_rows && !table.name.contains('.');
    let tables = facts.tables.iter().filter(names_rows);
    tables.filter_map(|table| {
        let link = table.table_link.as_ref()?;
        let at = entities
            .iter()
            .position(|entity| is_named(entity.name, &link.table))?;
        Some((at, table.name.as_str()))
    })
}

fn mapped<'c>(
    declaration: &Declaration,
    map: &'c BTreeMap<String, Mapping>,
) -> Option<(&'c str, Side)> {
    let holds = |names: &[String]| names.contains(&declaration.name);
    map.iter().find_map(|(table, mapping)| {
        let sides = match declaration.origin.family {
            Family::Validation => [
                &mapping.schema,
                &mapping.insert_schema,
                &mapping.update_schema,
            ],
            Family::Type | Family::Table => [&mapping.row, &mapping.insert, &mapping.update],
        };
        let at = sides.into_iter().position(|names| holds(names))?;
        Some((table.as_str(), [Side::Row, Side::Insert, Side::Update][at]))
    })
}
