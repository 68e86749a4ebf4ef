//! Properties of types and of schemas → fields.

use std::rc::Rc;
use std::sync::Arc;

use compact_str::{CompactString, ToCompactString};
use rustc_hash::FxHashMap;

use super::File;
use crate::facts::{Constraints, Field, Fields, Rare};
use crate::source::Span;
use crate::typescript::kinds;
use crate::typescript::resolve::{Lazy, ObjectType, Property, Type};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};
use crate::typescript::zod;

/// The fields of properties that were written. A property that several types have is made a field
/// once. Each entry holds the value of its property, so that the value's address is not used for
/// another.
pub(super) type FieldsOfProperties<'p> =
    FxHashMap<PropertyIdentity, (Lazy<'p>, Option<Arc<Field>>)>;

/// The key by which written properties are told apart.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct PropertyIdentity {
    /// The address of its value.
    value: *const (),
    name: Rc<str>,
    key: Span,
    optional: bool,
}

impl<'p> File<'_, 'p> {
    /// The fields of an object type; what holds functions is no data.
    pub(super) fn fields(&self, object: &ObjectType<'p>) -> Fields {
        let mut fields = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            fields.extend(self.field(property));
        }
        fields.into_iter().collect()
    }

    /// The field of a property; the same one for each type that has the property.
    pub(super) fn field(&self, property: &Property<'p>) -> Option<Arc<Field>> {
        let Some(place) = &property.place else {
            return self.held_field(property).map(Arc::new);
        };
        let identity = PropertyIdentity {
            value: property.value.address(),
            name: Rc::clone(&property.name),
            key: place.key,
            optional: property.optional,
        };
        if let Some((_, field)) = self.fields.borrow().get(&identity) {
            return field.clone();
        }
        let field = self.held_field(property).map(Arc::new);
        self.fields
            .borrow_mut()
            .insert(identity, (property.value.clone(), field.clone()));
        field
    }

    /// The field by what it holds.
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
            name: CompactString::new(&property.name),
            column: Rare::default(),
            location,
            optional: held.optional || property.optional,
            nullable: held.nullable,
            kind: held.kind,
            constraints: constraints(&evaluated),
            reference: place
                .and_then(|place| place.node.as_ref())
                .and_then(|(scope, node)| self.reference(scope, node))
                .into(),
            has_default: self.may_be_left_out(&evaluated),
            sql: None,
            // Generated code cannot be changed.
            value: place
                .filter(|place| !place.module.lines.is_made())
                .and_then(|place| place.value),
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
    pub(super) fn schema_fields(&self, shape: &ObjectValue<'p>) -> Fields {
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
            name: CompactString::new(&entry.name),
            column: Rare::default(),
            location: place.map_or_else(
                || self.module.location(Default::default()),
                |place| place.scope.module.location(place.key),
            ),
            optional: described.optional,
            nullable: described.nullable,
            kind: described.kind,
            constraints: described.constraints.into(),
            reference: place
                .and_then(|place| self.schema_reference(place.value))
                .into(),
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

/// The constraints that a type states beyond its kind: that it is of one boolean or number.
fn constraints(evaluated: &Type<'_>) -> Rare<Constraints> {
    let only = match evaluated {
        Type::BooleanLiteral(value) => Some(value.to_compact_string()),
        Type::NumberLiteral(value) => Some(value.to_compact_string()),
        _other => None,
    };
    match only {
        Some(only) => Constraints {
            only: Some(only),
            ..Constraints::default()
        }
        .into(),
        None => Rare::default(),
    }
}

/// Whether a value is an object schema, or several of which each is one.
pub(super) fn object_shape<'p>(value: &Value<'p>) -> Option<Rc<zod::Schema<'p>>> {
    match value.uncast() {
        Value::Zod(schema) => Some(Rc::clone(schema)),
        _ => None,
    }
}
