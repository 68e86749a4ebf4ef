//! Schemas of objects as lists of fields. `allOf` adds the fields of its parts, of `oneOf` and
//! `anyOf` each member may be it, and a `$ref` is what it leads to.

use std::collections::{HashMap, HashSet};

use super::document::{KeyedPlace, Place};
use super::documents::reference;
use super::schemas::Schemas;
use super::values::{DEPTH, ValueSchema, one_of};
use crate::facts::{Field, Rare, Tags};
use crate::source::Location;

/// A schema of an object.
#[derive(Debug, Default)]
pub(super) struct ObjectSchema {
    pub properties: Vec<Property>,
    /// Why not all of them are known.
    pub unresolved: Option<String>,
}

/// A property of an object.
#[derive(Debug, Clone)]
pub(super) struct Property {
    name: String,
    location: Location,
    tags: Tags,
    required: bool,
    schema: ValueSchema,
}

impl Property {
    /// The parameter `name` of an operation, which a property of an object would be.
    pub fn parameter(
        name: &str,
        location: Location,
        tags: Tags,
        required: bool,
        schema: ValueSchema,
    ) -> Self {
        Self {
            name: name.to_owned(),
            location,
            tags,
            required,
            schema,
        }
    }

    /// Whether it is only in what goes out.
    pub fn is_read_only(&self) -> bool {
        self.schema.read_only
    }

    /// Whether it is only in what comes in.
    pub fn is_write_only(&self) -> bool {
        self.schema.write_only
    }

    /// The field that it is.
    pub fn field(self) -> Field {
        let schema = self.schema;
        Field {
            name: self.name.into(),
            column: Rare::default(),
            location: self.location,
            optional: !self.required,
            nullable: schema.nullable,
            kind: schema.kind,
            constraints: schema.constraints.into(),
            reference: schema.reference.into(),
            has_default: schema.has_default,
            sql: None,
            // Nothing writes changes in YAML.
            value: None,
            tags: self.tags.into(),
            returned: None,
        }
    }
}

/// The properties of an object that is put together of parts.
#[derive(Debug, Default)]
struct Parts {
    properties: Vec<Property>,
    index: HashMap<String, usize>,
    /// Names that some part demands, of whatever part they are.
    required: HashSet<String>,
    unresolved: Option<String>,
}

impl Parts {
    /// Adds a property; one of the same name has to satisfy both schemas.
    fn add(&mut self, property: Property) {
        match self.index.get(&property.name) {
            None => {
                self.index
                    .insert(property.name.clone(), self.properties.len());
                self.properties.push(property);
            }
            Some(at) => {
                let known = &mut self.properties[*at];
                known.required |= property.required;
                known.schema = super::values::both(known.schema.clone(), property.schema);
                known.tags.ignores.extend(property.tags.ignores);
            }
        }
    }

    fn add_all(&mut self, other: Self) {
        for property in other.properties {
            self.add(property);
        }
        self.required.extend(other.required);
        self.unresolved = self.unresolved.take().or(other.unresolved);
    }

    /// The properties, with what is demanded of each.
    fn finished(mut self) -> ObjectSchema {
        for property in &mut self.properties {
            property.required |= self.required.contains(&property.name);
        }
        ObjectSchema {
            properties: self.properties,
            unresolved: self.unresolved,
        }
    }
}

impl<'d> Schemas<'d> {
    /// The object that the schema at `place` is.
    pub fn object(&self, place: Place<'d>) -> ObjectSchema {
        self.begin();
        self.parts(place, 0).finished()
    }

    fn parts(&self, place: Place<'d>, depth: usize) -> Parts {
        let mut parts = Parts::default();
        if depth > DEPTH || !self.may_go_on() {
            parts.unresolved = Some("its schema holds itself, or too many others".into());
            return parts;
        }
        if let Some(written) = reference(place) {
            match self.documents.target(place, written) {
                Ok(target) => parts.add_all(self.parts(target, depth + 1)),
                Err(why) => parts.unresolved = Some(why),
            }
        }
        for entry in place.get("properties").into_iter().flat_map(Place::entries) {
            parts.add(self.property(&entry));
        }
        let required = place.get("required").into_iter().flat_map(Place::items);
        parts
            .required
            .extend(required.filter_map(Place::text).map(str::to_owned));
        for part in place.get("allOf").into_iter().flat_map(Place::items) {
            parts.add_all(self.parts(part, depth + 1));
        }
        for key in ["oneOf", "anyOf"] {
            let members = place.get(key).into_iter().flat_map(Place::items);
            let members = members.map(|member| self.parts(member, depth + 1));
            parts.add_all(any_of(members.collect()));
        }
        parts
    }

    fn property(&self, entry: &KeyedPlace<'d>) -> Property {
        Property {
            name: entry.key.to_owned(),
            location: entry.location(),
            tags: entry.tags(),
            required: false,
            schema: self.value(entry.value, 0),
        }
    }
}

/// An object of one of these kinds: a property may be absent where one of them has none. A
/// member without properties (`null`, `required: [a]`) says nothing of them.
fn any_of(members: Vec<Parts>) -> Parts {
    let mut any = Parts::default();
    let mut with_properties = Vec::new();
    for mut member in members {
        any.unresolved = any.unresolved.take().or(member.unresolved.take());
        if !member.properties.is_empty() {
            with_properties.push(member.finished().properties);
        }
    }
    let all = with_properties.len();
    let mut alike: HashMap<String, Vec<Property>> = HashMap::new();
    let mut order = Vec::new();
    for property in with_properties.into_iter().flatten() {
        let known = alike.entry(property.name.clone()).or_insert_with(|| {
            order.push(property.name.clone());
            Vec::new()
        });
        known.push(property);
    }
    for name in order {
        let Some(properties) = alike.remove(&name) else {
            continue;
        };
        let required = properties.len() == all && properties.iter().all(|one| one.required);
        let first = properties[0].clone();
        let schemas = properties.into_iter().map(|one| one.schema).collect();
        if let Some(schema) = one_of(schemas) {
            any.add(Property {
                required,
                schema,
                ..first
            });
        }
    }
    any
}
