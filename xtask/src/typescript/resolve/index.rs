//! `T[K]` and `keyof T`.

use std::rc::Rc;

use super::{Resolver, Type, union};
use crate::typescript::values::Value;

impl<'p> Resolver<'p> {
    /// `object[index]`
    pub(in crate::typescript) fn indexed(&self, object: &Type<'p>, index: &Type<'p>) -> Type<'p> {
        if let Type::Unresolved(_) = object {
            return object.clone();
        }
        if let Type::Unresolved(_) = index {
            return index.clone();
        }
        if let Type::Union(members) = object {
            return union(members.iter().map(|member| self.indexed(member, index)));
        }
        union(index.members().iter().map(|key| self.element(object, key)))
    }

    fn element(&self, object: &Type<'p>, key: &Type<'p>) -> Type<'p> {
        match (object, key) {
            (Type::Any, _) => Type::Any,
            (Type::Value(value), Type::StringLiteral(name)) if holds_more(value) => {
                let member = self.member(value, name);
                self.type_of(&member, false)
            }
            (Type::Value(value), _) => match self.type_of(value, false) {
                Type::Value(_) => {
                    Type::unresolved("an index of a schema, table or class is not read")
                }
                other => self.element(&other, key),
            },
            (Type::Array(element), Type::Number | Type::NumberLiteral(_)) => element.get(self),
            (Type::Tuple(elements, rest), Type::Number) => {
                union(elements.iter().chain(rest).map(|element| element.get(self)))
            }
            (Type::Tuple(elements, rest), Type::NumberLiteral(at)) => {
                self.tuple_element(elements, rest.as_ref(), *at)
            }
            (Type::Tuple(elements, rest), Type::StringLiteral(at)) if at.parse::<f64>().is_ok() => {
                self.tuple_element(elements, rest.as_ref(), at.parse().unwrap_or(0.0))
            }
            (
                Type::Array(_) | Type::Tuple(..) | Type::String | Type::Template(_),
                Type::StringLiteral(name),
            ) if &**name == "length" => Type::Number,
            (Type::Object(object), Type::StringLiteral(name)) => {
                match (object.property(name), &object.index) {
                    (Some(property), _) => {
                        let value = property.value.get(self);
                        if property.optional {
                            union([value, Type::Undefined])
                        } else {
                            value
                        }
                    }
                    (None, Some(index)) => index.get(self),
                    (None, None) => match &object.incomplete {
                        Some(why) => Type::Unresolved(Rc::clone(why)),
                        None => Type::unresolved(format!("there is no property `{name}`")),
                    },
                }
            }
            (Type::Object(object), Type::NumberLiteral(at)) => self.element(
                &Type::Object(Rc::clone(object)),
                &Type::literal(&at.to_string()),
            ),
            (Type::Object(object), Type::String | Type::Template(_) | Type::Number) => {
                match &object.index {
                    Some(index) => index.get(self),
                    None => Type::unresolved("it has no index signature"),
                }
            }
            _ => Type::unresolved("its index is not read"),
        }
    }

    fn tuple_element(
        &self,
        elements: &[super::Lazy<'p>],
        rest: Option<&super::Lazy<'p>>,
        at: f64,
    ) -> Type<'p> {
        let at = if at >= 0.0 { at as usize } else { usize::MAX };
        match elements.get(at).or(rest) {
            Some(element) => element.get(self),
            None => Type::unresolved("the tuple is shorter than its index"),
        }
    }

    /// `keyof of`
    pub(super) fn keys(&self, of: &Type<'p>) -> Type<'p> {
        match of {
            Type::Any => union([Type::String, Type::Number, Type::Symbol]),
            Type::Array(_) | Type::Tuple(..) => {
                Type::unresolved("the keys of an array are not read")
            }
            _ => match self.properties(of) {
                Err(why) => Type::Unresolved(why),
                Ok(object) if object.incomplete.is_some() => object
                    .incomplete
                    .clone()
                    .map_or(Type::Never, Type::Unresolved),
                Ok(object) => {
                    let names = object
                        .properties
                        .iter()
                        .map(|property| Type::StringLiteral(Rc::clone(&property.name)));
                    union(names.chain(object.index.iter().map(|_| Type::String)))
                }
            },
        }
    }
}

/// Values whose members are types of their own: `(typeof users)['$inferSelect']`.
fn holds_more(value: &Value<'_>) -> bool {
    matches!(value, Value::Zod(_) | Value::Table(_) | Value::PgEnum(_))
}
