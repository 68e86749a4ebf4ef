//! Compares single objects of two schemas in which their names differ.

use serde_json::{Map, Value};

use super::{Change, compare};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// A schema in the form in which schemas are compared.
#[derive(Debug, Clone)]
pub struct Sections(Map<String, Value>);

impl Sections {
    /// The form of `schema`.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        Self(snapshot::sections(schema))
    }

    /// The changes of one object between this schema and `later`, where it is called `name_later`.
    /// The changes carry the earlier name.
    #[must_use]
    pub fn changes_of(
        &self,
        kind: &str,
        name: &str,
        later: &Self,
        name_later: &str,
    ) -> Vec<Change> {
        let pick = |sections: &Map<String, Value>, found: &str| {
            let object = compare::members_of_kind(sections, kind).remove(found);
            object
                .map(|object| (name.to_owned(), object))
                .into_iter()
                .collect::<Map<_, _>>()
        };
        let mut changes = Vec::new();
        compare::objects(
            kind,
            &pick(&self.0, name),
            &pick(&later.0, name_later),
            &mut changes,
        );
        changes
    }

    /// An attribute of a part, named as in messages. `Null` where the part lacks it, none where
    /// there is no such part.
    #[must_use]
    pub fn attribute(
        &self,
        kind: &str,
        object: &str,
        part: (&str, &str),
        attribute: &str,
    ) -> Option<Value> {
        let object = compare::members_of_kind(&self.0, kind).remove(object)?;
        let part = compare::part(&object, part)?;
        Some(
            part.get(attribute.replace(' ', "_"))
                .cloned()
                .unwrap_or_default(),
        )
    }
}
