//! Single objects of schemas, where two are compared whose objects are not called the same.

use serde_json::{Map, Value};

use super::{Change, compare};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// A schema in the form in which schemas are compared.
#[derive(Debug, Clone)]
pub struct Sections(Map<String, Value>);

impl Sections {
    /// That of `schema`.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        Self(snapshot::sections(schema))
    }

    /// What is otherwise in the object of this kind and name in `later`, where it is called
    /// `name_later`. The changes have the earlier name.
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

    /// An attribute of a part, as messages name attributes; `Null` where the part says nothing of
    /// it, none where there is no such part.
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
