//! Which table a declaration describes, where the source says it about another declaration:
//! kysely's `DB` interface maps names of tables to interfaces, `Selectable<PersonTable>` is a row
//! of whatever table that is, kanel writes it into a comment.

use std::collections::HashMap;

use super::File;
use crate::facts::{
    Declaration, Enumeration, Facts, ListedTable, Origin, Side, StatedKind, StatedObject, TableLink,
};
use crate::source::Location;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{ObjectType, Type};
use crate::typescript::syntax::{
    Expr, ExprKind, Name, NamedType, PropertySignature, Statement, StatementKind, Text, TypeKind,
    TypeMember, TypeNode,
};
use crate::typescript::values::{ObjectValue, Value};
use crate::typescript::vocabulary::{self, Library, TableList};

/// The tables and sides that other declarations state for a declaration.
#[derive(Debug, Default)]
pub struct Links {
    /// The declaration at this place describes a side of a table.
    tables: Vec<(Location, TableLink)>,
    /// The declaration at the first place describes a side of what the one at the second describes.
    sides: Vec<(Location, Side, Location)>,
    /// The entries of lists of tables.
    entries: Vec<ListedTable>,
}

impl Links {
    /// Takes up what another file says.
    pub fn extend(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.sides.extend(other.sides);
        self.entries.extend(other.entries);
    }

    /// Gives each declaration without a link of its own the one that others state, and takes up the
    /// entries of lists.
    pub fn apply(&self, facts: &mut Facts) {
        facts.listed_tables.extend(self.entries.iter().cloned());
        let tables: HashMap<_, _> = self.tables.iter().map(|(at, link)| (at, link)).collect();
        let sides = self.sides.iter().filter_map(|(at, side, of)| {
            let link = TableLink {
                side: *side,
                ..(*tables.get(of)?).clone()
            };
            Some((at, link))
        });
        let sides: HashMap<&Location, TableLink> = sides.collect();
        for declaration in facts
            .types
            .iter_mut()
            .filter(|declaration| declaration.table_link.is_none())
        {
            let own = tables.get(&declaration.location).copied();
            declaration.table_link = own.or_else(|| sides.get(&declaration.location)).cloned();
        }
    }
}

impl<'p> File<'_, 'p> {
    /// Notes what `statement` says about other declarations.
    pub(super) fn note_links(&self, statement: &'p Statement) {
        match &statement.kind {
            StatementKind::Interface(interface) => {
                self.note_database(&interface.name, &interface.members)
            }
            StatementKind::Alias(alias) => match &alias.value.kind {
                TypeKind::Object(members) => self.note_database(&alias.name, members),
                TypeKind::Reference(named) => self.note_side(&alias.name, named),
                _ => {}
            },
            _ => {}
        }
    }

    /// `type Person = Selectable<PersonTable>`
    fn note_side(&self, alias: &Name, named: &'p NamedType) {
        let name = named.path.last().map_or("", Text::as_str);
        let Some(side) = vocabulary::side_of_type(&[Library::Kysely], name) else {
            return;
        };
        let of = named.arguments.first();
        if let Some(of) = of.and_then(|of| self.declaration_of(of)) {
            let at = self.module.location(alias.span);
            self.links.borrow_mut().sides.push((at, side, of));
        }
    }

    /// A map of tables: kysely's `DB`, kanel's `PublicSchema`, whose properties are all declared
    /// types, and the `TableTypes` of pg-to-ts.
    fn note_database(&self, name: &Name, members: &'p [TypeMember]) {
        match vocabulary::table_list(&name.text) {
            Some(TableList::Rows | TableList::Database)
                if !members.is_empty() && members.iter().all(is_reference) =>
            {
                let list = self.module.location(name.span);
                for property in TypeNode::properties(members) {
                    self.note_entry(name, property);
                    self.note_table(&list, property, property, Side::Row);
                }
            }
            Some(TableList::Rows | TableList::Database) | None => {}
            Some(TableList::SelectAndInput) => {
                for table in TypeNode::properties(members) {
                    self.note_select_and_input(name, table);
                }
            }
        }
    }

    /// An entry of pg-to-ts, which names the types of both sides.
    fn note_select_and_input(&self, list: &Name, table: &'p PropertySignature) {
        let Some(TypeKind::Object(sides)) = table.value.as_ref().map(|value| &value.kind) else {
            return;
        };
        self.note_entry(list, table);
        let place = self.module.location(list.span);
        for side in TypeNode::properties(sides) {
            match side.key.literal() {
                Some("select") => self.note_table(&place, table, side, Side::Row),
                Some("input") => self.note_table(&place, table, side, Side::Insert),
                Some(_) | None => {}
            }
        }
    }

    /// The property `entry` of `list` is named after a table.
    fn note_entry(&self, list: &Name, entry: &'p PropertySignature) {
        let Some(table) = entry.key.literal() else {
            return;
        };
        self.links.borrow_mut().entries.push(ListedTable {
            table: table.to_owned(),
            location: self.module.location(entry.span),
            list: list.text.to_string(),
            list_location: self.module.location(list.span),
        });
    }

    /// The type of the property `of` describes the table that the property `table` of `list` is
    /// named after.
    fn note_table(
        &self,
        list: &Location,
        table: &'p PropertySignature,
        of: &'p PropertySignature,
        side: Side,
    ) {
        let declaration = of
            .value
            .as_ref()
            .and_then(|value| self.declaration_of(value));
        if let (Some(declaration), Some(table)) = (declaration, table.key.literal()) {
            let link = TableLink {
                table: table.to_owned(),
                side,
                listed: Some(list.clone()),
            };
            self.links.borrow_mut().tables.push((declaration, link));
        }
    }

    /// The place of the declaration that a type refers to.
    fn declaration_of(&self, node: &'p TypeNode) -> Option<Location> {
        let TypeKind::Reference(named) = &node.kind else {
            return None;
        };
        match self.resolver.lookup(self.module, named.path.first()?)? {
            Symbol::Declared(module, name) if named.path.len() == 1 => {
                let (_name, span) = module.declarations(name).find_map(Statement::declared)?;
                Some(module.location(span))
            }
            _ => None,
        }
    }

    /// The declared type that a schema's type is made of: `User` of `Guard<User>`,
    /// `z.ZodType<User>`.
    pub(super) fn argument_of(&self, node: &'p TypeNode) -> Option<Location> {
        match &node.kind {
            TypeKind::Reference(named) => self.declaration_of(named.arguments.first()?),
            _ => None,
        }
    }

    /// `z.object({…}) satisfies z.ZodType<User>`
    pub(super) fn satisfied(&self, value: &'p Expr) -> Option<Location> {
        match &value.kind {
            ExprKind::Satisfies(_, node) => self.argument_of(node),
            _ => None,
        }
    }

    /// kanel: `Represents the initializer for the table public.actor`.
    pub(super) fn commented_link(&self, statement: &Statement) -> Option<TableLink> {
        let mut comments = self
            .module
            .comments
            .iter()
            .filter(|comment| comment.before == Some(statement.span.start));
        comments.find_map(|comment| {
            let (_, said) = comment.text.split_once(vocabulary::KANEL_COMMENT)?;
            vocabulary::KANEL_SIDES.iter().find_map(|(words, side)| {
                let table = said.strip_prefix(words)?.split_whitespace().next()?;
                Some(TableLink {
                    table: table.strip_prefix("public.").unwrap_or(table).to_owned(),
                    side: *side,
                    listed: None,
                })
            })
        })
    }
}

fn is_reference(member: &TypeMember) -> bool {
    match member {
        TypeMember::Property(property) => {
            matches!(
                property.value.as_ref().map(|value| &value.kind),
                Some(TypeKind::Reference(_))
            )
        }
        TypeMember::Index(..) | TypeMember::Method | TypeMember::Call => false,
    }
}

/// Supabase's generated `Database`: a declaration for each `Row`, `Insert` and `Update` of its tables
/// and views.
impl<'p> File<'_, 'p> {
    pub(super) fn generated_tables(
        &self,
        database: &Declaration,
        of: &Type<'p>,
    ) -> Vec<Declaration> {
        let mut found = Vec::new();
        for (namespace, list, tables) in self.generated_lists(database, of) {
            if list != "Tables" && list != "Views" {
                continue;
            }
            for (table, sides) in self.inner(&tables) {
                let linked = super::names::qualified(&namespace, &table);
                let path = format!("{}['{namespace}']['{list}']['{table}']", database.name);
                found.extend(self.generated_sides(database, &linked, &path, &sides));
            }
        }
        found
    }

    /// The lists of each namespace: `public`, `Tables` and what is in it.
    fn generated_lists(
        &self,
        database: &Declaration,
        of: &Type<'p>,
    ) -> Vec<(String, String, Type<'p>)> {
        let mut lists = Vec::new();
        if vocabulary::table_list(&database.name) != Some(TableList::Database) {
            return lists;
        }
        for (namespace, schema) in self.inner(of) {
            for (list, held) in self.inner(&schema) {
                lists.push((namespace.clone(), list, held));
            }
        }
        lists
    }

    /// Its `Enums`, each with the name that the database has for it.
    pub(super) fn generated_enums(&self, database: &Declaration, of: &Type<'p>, facts: &mut Facts) {
        for (namespace, list, enums) in self.generated_lists(database, of) {
            if list != "Enums" {
                continue;
            }
            let Ok(object) = self.resolver.properties(&enums) else {
                continue;
            };
            for property in &object.properties {
                let values = super::types::string_values(&property.value.get(self.resolver));
                let (Some(values), Some(place)) = (values, &property.place) else {
                    continue;
                };
                let name = format!(
                    "{}['{namespace}']['Enums']['{}']",
                    database.name, property.name
                );
                let database_name = Some(super::names::qualified(&namespace, &property.name));
                facts.enums.push(Enumeration {
                    name,
                    location: place.location(),
                    values,
                    database_name,
                    widened: false,
                });
            }
        }
    }

    /// Its `Functions` and `CompositeTypes`.
    pub(super) fn generated_objects(
        &self,
        database: &Declaration,
        of: &Type<'p>,
        facts: &mut Facts,
    ) {
        for (namespace, list, objects) in self.generated_lists(database, of) {
            let Some(kind) = vocabulary::stated_kind(&list) else {
                continue;
            };
            let Ok(objects) = self.resolver.properties(&objects) else {
                continue;
            };
            for property in &objects.properties {
                let Some(place) = &property.place else {
                    continue;
                };
                facts.objects.push(StatedObject {
                    kind,
                    name: format!(
                        "{}['{namespace}']['{list}']['{}']",
                        database.name, property.name
                    ),
                    location: place.location(),
                    database_name: super::names::qualified(&namespace, &property.name),
                    parts: self.stated_parts(kind, &property.value.get(self.resolver)),
                });
            }
        }
    }

    /// The arguments of a function, `never` for none, or the attributes of a composite type. Of
    /// overloads it says several.
    fn stated_parts(&self, kind: StatedKind, of: &Type<'p>) -> Option<Vec<String>> {
        if !matches!(of, Type::Object(_)) {
            return None;
        }
        let object = self.resolver.properties(of).ok()?;
        let names = |object: &ObjectType<'p>| {
            let names = object.properties.iter().map(|one| one.name.to_string());
            object.incomplete.is_none().then(|| names.collect())
        };
        if kind == StatedKind::CompositeType {
            return names(&object);
        }
        let arguments = object.properties.iter().find(|one| &*one.name == "Args")?;
        match arguments.value.get(self.resolver) {
            Type::Never => Some(Vec::new()),
            held @ Type::Object(_) => names(&*self.resolver.properties(&held).ok()?),
            _other => None,
        }
    }

    /// The `Constants` beside it: `Constants.public.Enums.status`.
    pub(super) fn generated_constants(
        &self,
        name: &str,
        constants: &ObjectValue<'p>,
        facts: &mut Facts,
    ) {
        if name != "Constants" {
            return;
        }
        for schema in &constants.entries {
            let namespace = &schema.name;
            let Some(enums) = schema.value.property("Enums").and_then(Value::as_object) else {
                continue;
            };
            for entry in &enums.entries {
                let (Some(values), Some(place)) =
                    (super::types::value_strings(&entry.value), &entry.place)
                else {
                    continue;
                };
                let location = place.scope.module.location(place.key);
                let database_name = Some(super::names::qualified(namespace, &entry.name));
                let name = format!("{name}.{namespace}.Enums.{}", entry.name);
                facts.enums.push(Enumeration {
                    name,
                    location,
                    values,
                    database_name,
                    widened: false,
                });
            }
        }
    }

    fn generated_sides(
        &self,
        database: &Declaration,
        table: &str,
        path: &str,
        sides: &Type<'p>,
    ) -> Vec<Declaration> {
        let Ok(object) = self.resolver.properties(sides) else {
            return Vec::new();
        };
        let mut declared = Vec::new();
        for property in &object.properties {
            let (Some(side), Some(place)) = (
                vocabulary::side_of_property(&property.name),
                &property.place,
            ) else {
                continue;
            };
            let held = property.value.get(self.resolver);
            let Ok(fields) = self.resolver.properties(&held) else {
                continue;
            };
            declared.push(Declaration {
                name: format!("{path}['{}']", property.name),
                location: place.location(),
                origin: Origin {
                    names_table: true,
                    ..database.origin
                },
                table_link: Some(TableLink {
                    table: table.to_owned(),
                    side,
                    listed: None,
                }),
                fields: self.fields(&fields),
                unresolved: fields.incomplete.as_ref().map(ToString::to_string),
                ..database.clone()
            });
        }
        declared
    }

    /// The properties of an object type that are object types themselves.
    fn inner(&self, of: &Type<'p>) -> Vec<(String, Type<'p>)> {
        let Ok(object) = self.resolver.properties(of) else {
            return Vec::new();
        };
        let mut inner = Vec::new();
        for property in &object.properties {
            let held = property.value.get(self.resolver);
            if let Type::Object(_) = held {
                inner.push((property.name.to_string(), held));
            }
        }
        inner
    }
}
