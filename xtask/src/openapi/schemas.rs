//! The schemas of documents, with their names. What a schema says is read in [`super::values`] and
//! [`super::objects`].

use std::cell::{Cell, RefCell};

use super::document::Place;
use super::documents::{Documents, reference};
use super::names::{DeclaredSchema, DeclaredSchemas, name_in_reference};
use crate::facts::{DeclarationName, Tags};
use crate::source::Location;

/// So many schemas are looked into for one declaration. The largest of public documents needs some
/// hundreds; a schema that is made of others which are made of others grows without end.
const STEPS: usize = 20_000;

/// The schemas of documents.
pub(super) struct Schemas<'d> {
    pub documents: &'d Documents<'d>,
    /// How many more schemas may be looked into.
    steps: Cell<usize>,
    /// The schemas with a name.
    pub declared: RefCell<DeclaredSchemas<'d>>,
}

impl<'d> Schemas<'d> {
    pub fn new(documents: &'d Documents<'d>) -> Self {
        Self {
            documents,
            steps: Cell::new(STEPS),
            declared: RefCell::default(),
        }
    }

    /// Whether another schema may be looked into, which counts as a step.
    pub fn may_go_on(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// Begins a declaration, which has all its steps left.
    pub fn begin(&self) {
        self.steps.set(STEPS);
    }

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

    /// Gives the schema at `target`, to which the reference `written` leads, the name that this
    /// gives it.
    pub fn declare_reference(&self, written: &str, target: Place<'d>) {
        if reference(target).is_some() {
            return;
        }
        if let Some(name) = name_in_reference(written, target) {
            self.declare(&name, target.location(), Tags::default(), target);
        }
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
}
