//! The schemas that have a name: `components.schemas` of each document, and what a `$ref` to another
//! file leads to. Each becomes a declaration.

use std::collections::{HashMap, HashSet};

use super::document::{Place, PlaceId};
use super::documents::{reference, unescaped};
use super::objects::Schemas;
use crate::facts::{Declaration, DeclarationName, Family, Origin, Syntax, Tags};
use crate::source::Location;

/// A schema of an OpenAPI document.
pub const ORIGIN: Origin = Origin {
    id: "openapi",
    noun: "OpenAPI schema",
    family: Family::Validation,
    names_table: false,
    enforced: false,
    syntax: Syntax::Other,
    example: None,
};

/// The schemas with a name, in the order in which they were met.
#[derive(Default)]
pub(super) struct DeclaredSchemas<'d> {
    schemas: Vec<DeclaredSchema<'d>>,
    by_place: HashMap<PlaceId, usize>,
    names: HashSet<(String, String)>,
}

#[derive(Clone)]
struct DeclaredSchema<'d> {
    name: String,
    location: Location,
    tags: Tags,
    place: Place<'d>,
}

impl<'d> DeclaredSchemas<'d> {
    /// Adds a schema, unless the place has a name already. Of two with one name in a file the first
    /// has it.
    fn add(&mut self, schema: DeclaredSchema<'d>) {
        let name = (schema.location.file.to_string(), schema.name.clone());
        if self.by_place.contains_key(&schema.place.id()) || !self.names.insert(name) {
            return;
        }
        self.by_place.insert(schema.place.id(), self.schemas.len());
        self.schemas.push(schema);
    }

    fn at(&self, place: Place<'d>) -> Option<&DeclaredSchema<'d>> {
        self.schemas.get(*self.by_place.get(&place.id())?)
    }
}

impl<'d> Schemas<'d> {
    /// Gives the components of a document their names.
    pub fn declare_components(&self, root: Place<'d>) {
        let components = root.get("components").and_then(|all| all.get("schemas"));
        for entry in components.into_iter().flat_map(Place::entries) {
            let Ok(place) = self.documents.follow(entry.value) else {
                // It is named all the same, so that its reason is.
                self.declare(entry.key, entry.location(), entry.tags(), entry.value);
                continue;
            };
            self.declare(entry.key, entry.location(), entry.tags(), place);
        }
    }

    fn declare(&self, name: &str, location: Location, tags: Tags, place: Place<'d>) {
        self.declared.borrow_mut().add(DeclaredSchema {
            name: name.to_owned(),
            location,
            tags,
            place,
        });
    }

    /// Gives the schema at `target`, to which the reference `written` leads, a name, where it stands
    /// alone in a file or among others in one: `User` of `schemas.yaml#/User` and `user` of
    /// `user.yaml`. What a reference names inside of another schema has none.
    pub fn declare_reference(&self, written: &str, target: Place<'d>) {
        let (_, pointer) = written.split_once('#').unwrap_or((written, ""));
        let file = &target.document().file;
        let stem = file.rsplit('/').next().unwrap_or(file);
        let last = pointer.rsplit('/').next().unwrap_or_default();
        let is_inside = pointer.split('/').any(|step| {
            ["properties", "items", "allOf", "oneOf", "anyOf", "paths"].contains(&step)
        });
        if is_inside || reference(target).is_some() {
            return;
        }
        let name = match last {
            "" => stem.split('.').next().unwrap_or(stem).to_owned(),
            last => unescaped(last),
        };
        let location = target.location();
        self.declare(&name, location, Tags::default(), target);
    }

    /// The name of the schema at `place`, where it has one.
    pub fn name(&self, place: Place<'d>) -> Option<String> {
        let declared = self.declared.borrow();
        declared.at(place).map(|schema| schema.name.clone())
    }

    /// The declaration of the schema at `place`, where it has a name.
    pub fn declaration_name(&self, place: Place<'d>) -> Option<DeclarationName> {
        let declared = self.declared.borrow();
        declared.at(place).map(|schema| DeclarationName {
            file: schema.location.file.to_string(),
            name: schema.name.clone(),
        })
    }

    /// The declarations of all objects among the schemas with a name. Reading one may lead to
    /// others, which are added at the end.
    pub fn declarations(&self) -> Vec<Declaration> {
        let mut declarations = Vec::new();
        let mut at = 0;
        loop {
            let next = self.declared.borrow().schemas.get(at).cloned();
            let Some(schema) = next else {
                return declarations;
            };
            at += 1;
            let object = self.object(schema.place);
            if object.properties.is_empty() && object.unresolved.is_none() {
                continue;
            }
            let fields = object.properties.into_iter();
            let fields = fields.map(super::objects::Property::field).collect();
            declarations.push(Declaration {
                tags: schema.tags,
                unresolved: object.unresolved,
                ..declaration(schema.name, schema.location, fields)
            });
        }
    }
}

/// A declaration with these fields.
pub(super) fn declaration(
    name: String,
    location: Location,
    fields: Vec<crate::facts::Field>,
) -> Declaration {
    Declaration {
        name,
        location,
        origin: ORIGIN,
        exported: true,
        tags: Tags::default(),
        table_link: None,
        of_type: None,
        made_of: None,
        graphql: false,
        implements: Vec::new(),
        fields,
        unresolved: None,
    }
}
