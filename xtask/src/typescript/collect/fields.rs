//! Properties of types and of schemas → fields.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::File;
use crate::facts::{Field, Rare};
use crate::source::Span;
use crate::typescript::kinds;
use crate::typescript::resolve::{Lazy, ObjectType, Property, PropertyPlace, Type};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};
use crate::typescript::zod;

/// The fields of what is inferred, by what they hold, their names and where those stand. What they
/// hold is kept: nothing else can be at its address.
pub(super) type InferredFields<'p> =
    FxHashMap<(*const (), Rc<str>, Span), (Lazy<'p>, Option<Field>)>;

impl<'p> File<'_, 'p> {
    /// The fields of an object type; what holds functions is no data.
    pub(super) fn fields(&self, object: &ObjectType<'p>) -> Vec<Field> {
        let mut fields = Vec::with_capacity(object.properties.len());
        fields.extend(
            object
                .properties
                .iter()
                .filter_map(|property| self.field(property)),
        );
        fields
    }

    pub(super) fn field(&self, property: &Property<'p>) -> Option<Field> {
        let mut field = match &property.place {
            // A table of an ORM has each of its fields, and so has every type that is inferred from
            // it.
            Some(PropertyPlace {
                node: None, key, ..
            }) if property.value.is_shared() => {
                let key = (property.value.address(), Rc::clone(&property.name), *key);
                let known = self
                    .inferred
                    .borrow()
                    .get(&key)
                    .map(|(_, field)| field.clone());
                known.unwrap_or_else(|| {
                    let field = self.held_field(property);
                    self.inferred
                        .borrow_mut()
                        .insert(key, (property.value.clone(), field.clone()));
                    field
                })
            }
            _ => self.held_field(property),
        }?;
        field.optional |= property.optional;
        Some(field)
    }

    /// As the field is by what it holds.
    fn held_field(&self, property: &Property<'p>) -> Option<Field> {
        let evaluated = property.value.get(self.resolver);
        if kinds::is_function(&evaluated) {
            return None;
        }
        let held = kinds::held(self.resolver, &evaluated);
        let place = property.place.as_ref();
        let location = place.map_or_else(
            || self.module.location(Default::default()),
            |place| place.location(),
        );
        Some(Field {
            name: (*property.name).to_owned(),
            column: None,
            location,
            optional: held.optional,
            nullable: held.nullable,
            kind: held.kind,
            constraints: Rare::default(),
            reference: place
                .and_then(|place| place.node.as_ref())
                .and_then(|(scope, node)| self.reference(scope, node)),
            has_default: self.may_be_left_out(&evaluated),
            sql: None,
            value: place.and_then(|place| place.value),
            tags: place.map_or_else(Rare::default, |place| {
                super::tags::read(place.module, place.span).into()
            }),
            returned: None,
        })
    }

    /// `Generated<T>`: an insert may leave it out.
    fn may_be_left_out(&self, evaluated: &Type<'p>) -> bool {
        let mut columns = evaluated
            .members()
            .iter()
            .filter_map(|member| match member {
                Type::Column(sides) => Some(sides[1].get(self.resolver)),
                _ => None,
            });
        columns.any(|insert| insert.has_undefined() || matches!(insert, Type::Never))
    }

    /// The fields of an object schema.
    pub(super) fn schema_fields(&self, shape: &ObjectValue<'p>) -> Vec<Field> {
        shape
            .entries
            .iter()
            .map(|entry| self.schema_field(entry))
            .collect()
    }

    fn schema_field(&self, entry: &ObjectEntry<'p>) -> Field {
        let schema = zod::schema_of(&entry.value);
        let described = zod::describe(self.resolver, &schema);
        let returned = zod::returned(self.resolver, &schema, &described);
        let place = entry.place.as_ref();
        let field = Field {
            name: (*entry.name).to_owned(),
            column: None,
            location: place.map_or_else(
                || self.module.location(Default::default()),
                |place| place.scope.module.location(place.key),
            ),
            optional: described.optional,
            nullable: described.nullable,
            kind: described.kind,
            constraints: described.constraints.into(),
            reference: place.and_then(|place| self.schema_reference(place.value)),
            has_default: described.has_default,
            sql: None,
            value: place.map(|place| place.value.span),
            tags: place.map_or_else(Rare::default, |place| {
                super::tags::read(place.scope.module, place.span).into()
            }),
            returned: None,
        };
        let returned = returned.map(|made| Field {
            optional: made.optional,
            nullable: made.nullable,
            kind: made.kind,
            constraints: made.constraints.into(),
            has_default: made.has_default,
            ..field.clone()
        });
        Field {
            returned: returned.map(Box::new),
            ..field
        }
    }
}

/// Whether a value is an object schema, or several of which each is one.
pub(super) fn object_shape<'p>(value: &Value<'p>) -> Option<Rc<zod::Schema<'p>>> {
    match value.uncast() {
        Value::Zod(schema) => Some(Rc::clone(schema)),
        _ => None,
    }
}
