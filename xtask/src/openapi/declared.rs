//! The schemas with a name as declarations.

use super::objects::Property;
use super::schemas::Schemas;
use crate::facts::{Declaration, Family, Fields, Origin, Syntax};
use crate::source::Location;

/// A schema of an OpenAPI document.
pub const ORIGIN: Origin = Origin {
    id: "openapi",
    noun: "OpenAPI schema",
    family: Family::Validation,
    names_table: false,
    enforced: false,
    names_rows: false,
    of_requests: false,
    syntax: Syntax::Other,
    example: None,
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: false,
    casts_enums: false,
};

impl Schemas<'_> {
    /// The declarations of all objects among the schemas with a name. Reading one may lead to
    /// others, which are added at the end.
    pub fn declarations(&self) -> Vec<Declaration> {
        let mut declarations = Vec::new();
        let mut at = 0;
        loop {
            let next = self.declared.borrow().nth(at).cloned();
            let Some(schema) = next else {
                return declarations;
            };
            at += 1;
            let object = self.object(schema.place);
            if object.properties.is_empty() && object.unresolved.is_none() {
                continue;
            }
            let fields = object.properties.into_iter();
            let fields = fields.map(Property::field).collect();
            declarations.push(Declaration {
                tags: schema.tags,
                unresolved: object.unresolved,
                ..declaration(schema.name, schema.location, fields)
            });
        }
    }
}

/// A declaration with these fields.
pub(super) fn declaration(name: String, location: Location, fields: Fields) -> Declaration {
    Declaration::of_fields(name, location, ORIGIN, fields)
}
