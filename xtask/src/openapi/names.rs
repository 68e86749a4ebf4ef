//! The names of schemas: those of `components.schemas` of each document, and of what a `$ref` to
//! another file leads to.

use std::collections::{HashMap, HashSet};

use super::document::{Place, PlaceId};
use super::documents::unescaped;
use crate::facts::Tags;
use crate::source::Location;

/// The schemas with a name, in the order in which they were met.
#[derive(Default)]
pub(super) struct DeclaredSchemas<'d> {
    schemas: Vec<DeclaredSchema<'d>>,
    by_place: HashMap<PlaceId, usize>,
    names: HashSet<(String, String)>,
}

/// A schema with a name.
#[derive(Clone)]
pub(super) struct DeclaredSchema<'d> {
    pub name: String,
    pub location: Location,
    pub tags: Tags,
    pub place: Place<'d>,
}

impl<'d> DeclaredSchemas<'d> {
    /// Adds a schema, unless the place has a name already. Of two with one name in a file the first
    /// has it.
    pub fn add(&mut self, schema: DeclaredSchema<'d>) {
        let name = (schema.location.file.to_string(), schema.name.clone());
        if self.by_place.contains_key(&schema.place.id()) || !self.names.insert(name) {
            return;
        }
        self.by_place.insert(schema.place.id(), self.schemas.len());
        self.schemas.push(schema);
    }

    /// The schema at `place`, where it has a name.
    pub fn at(&self, place: Place<'d>) -> Option<&DeclaredSchema<'d>> {
        self.schemas.get(*self.by_place.get(&place.id())?)
    }

    /// The schema that was met as the `at`th.
    pub fn nth(&self, at: usize) -> Option<&DeclaredSchema<'d>> {
        self.schemas.get(at)
    }
}

/// The name that a reference gives to what it leads to, where that stands alone in a file or among
/// others in one: `User` of `schemas.yaml#/User` and `user` of `user.yaml`. What a reference names
/// inside of another schema has none.
pub(super) fn name_in_reference(written: &str, target: Place<'_>) -> Option<String> {
    const INSIDE: &[&str] = &["properties", "items", "allOf", "oneOf", "anyOf", "paths"];
    let (_, pointer) = written.split_once('#').unwrap_or((written, ""));
    if pointer.split('/').any(|step| INSIDE.contains(&step)) {
        return None;
    }
    let file = &target.document().file;
    let stem = file.rsplit('/').next().unwrap_or(file);
    Some(match pointer.rsplit('/').next().unwrap_or_default() {
        "" => stem.split('.').next().unwrap_or(stem).to_owned(),
        last => unescaped(last),
    })
}
