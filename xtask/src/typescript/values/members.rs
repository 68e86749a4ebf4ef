//! `a.b` and `a[b]`.

use std::rc::Rc;

use super::{ObjectEntry, ObjectValue, Value};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::{Module, Text};
use crate::typescript::{drizzle, zod};

impl<'p> Resolver<'p> {
    /// `object.name`
    pub fn member(&self, object: &Value<'p>, name: &str) -> Value<'p> {
        let method = || Value::Method(Rc::new(object.clone()), name.into());
        match object {
            Value::Cast(inner, _) | Value::Member(inner, _) | Value::Promised(inner)
                if self.runs() =>
            {
                self.member(inner, name)
            }
            Value::Cast(inner, of) if inner.holds_data() => {
                self.part(of, Type::literal(name), self.member(inner, name))
            }
            Value::Cast(inner, _) | Value::Member(inner, _) => self.member(inner, name),
            Value::Object(object) => match (object.get(name), &object.open) {
                _ if let Some(assigned) = self.assigned_entry(object, name) => assigned,
                (Some(entry), _) => self.kept(entry.value.clone(), !object.constant),
                (None, Some(why)) => Value::Unknown(Rc::clone(why)),
                (None, None) => Value::Undefined,
            },
            Value::Array(array) if name == "length" && array.open.is_none() => {
                Value::Number(array.items.len() as f64)
            }
            Value::Module(module) => self.exported_value(module, name),
            Value::Namespace(scope, namespace) => {
                let statements = crate::typescript::resolve::declared_in(&namespace.body, name);
                self.declared_value(&scope.with_statements(&namespace.body), &statements, name)
            }
            Value::Enum(scope, declaration) => self.enum_member_value(scope, declaration, name),
            Value::External(package, path) => Value::External(
                Rc::clone(package),
                path.iter().cloned().chain([Rc::from(name)]).collect(),
            ),
            Value::Class(scope, class) => self.static_member(scope, class, name),
            Value::Instance(instance) => self.instance_member(instance, name),
            // `module.exports = router; module.exports.default = router`
            Value::Handle(_) | Value::Function(..) if name == "default" && self.runs() => {
                object.clone()
            }
            Value::Null | Value::Undefined if self.runs() => {
                Value::unknown(format!("`{name}` of undefined"))
            }
            Value::Zod(schema) => zod::member(self, schema, name).unwrap_or_else(method),
            Value::Table(table) => drizzle::table_member(table, name).unwrap_or_else(method),
            Value::PgEnum(declared) if name == "enumValues" => drizzle::enum_values(declared),
            // The names in a chain of calls say what it makes, whatever it is called on.
            Value::Unknown(_) | Value::Typed(_) if self.runs() => method(),
            Value::Unknown(_) => object.clone(),
            Value::Typed(of) if name == "length" && has_length(&of.get(self)) => {
                Value::Typed(Lazy::known(Type::Number))
            }
            Value::Typed(of) => match self
                .properties(&of.get(self))
                .ok()
                .and_then(|of| of.property(name).cloned())
            {
                Some(property) if property.optional => {
                    Value::Typed(Lazy::computed(move |resolver| {
                        union([property.value.get(resolver), Type::Undefined])
                    }))
                }
                Some(property) => Value::Typed(property.value),
                None => method(),
            },
            _ => method(),
        }
    }

    /// `object[index]`
    pub(super) fn at(&self, object: &Value<'p>, index: &Value<'p>) -> Value<'p> {
        let object = if self.runs() { object.uncast() } else { object };
        match (object, index.uncast()) {
            (_, Value::String(name)) => self.member(object, name),
            (Value::Cast(inner, of), _) if inner.holds_data() => {
                self.part(of, self.type_of(index, false), self.at(inner, index))
            }
            (Value::Cast(inner, _), _) => self.at(inner, index),
            (Value::Array(array), Value::Number(at)) if *at >= 0.0 => {
                match array.items.get(*at as usize) {
                    Some(item) if array.constant => self.kept(item.clone(), false),
                    Some(item) => item
                        .clone()
                        .untyped("an element of a list of several types"),
                    None => Value::Undefined,
                }
            }
            (Value::Object(_) | Value::Enum(..), Value::Number(at)) => {
                self.member(object, &at.to_string())
            }
            (_, index) if self.runs() => Value::unknown(index.reason()),
            _ => Value::unknown("its index is known only when it runs"),
        }
    }

    /// `value.a.b`
    pub fn path_value(&self, value: Value<'p>, path: &[Text]) -> Value<'p> {
        path.iter()
            .fold(value, |value, name| self.member(&value, name))
    }

    /// Returns the value that `module` exports as `name`.
    pub fn exported_value(&self, module: &'p Module, name: &str) -> Value<'p> {
        if self.runs() {
            return self.running_export(module, name);
        }
        match self.program.exported(module, name) {
            Some(symbol) => self.symbol_value(symbol, name),
            None => Value::unknown(format!("`{name}` is not exported by `{}`", module.path)),
        }
    }

    fn enum_member_value(
        &self,
        scope: &Scope<'p>,
        declaration: &'p crate::typescript::syntax::EnumDecl,
        name: &str,
    ) -> Value<'p> {
        let found = self
            .enum_values(scope, declaration)
            .into_iter()
            .find(|(member, _)| *member == name);
        let value = match found {
            Some((_, Type::StringLiteral(text))) => Value::String(text),
            Some((_, Type::NumberLiteral(value))) => Value::Number(value),
            _ => return Value::unknown(format!("the enum's `{name}` is computed")),
        };
        let scope = scope.clone();
        Value::Member(
            Rc::new(value),
            Lazy::computed(move |resolver| resolver.enumeration(&scope, declaration)),
        )
    }
}

fn has_length(of: &Type<'_>) -> bool {
    matches!(
        of,
        Type::String
            | Type::Template(_)
            | Type::StringLiteral(_)
            | Type::Array(_)
            | Type::Tuple(..)
    )
}

/// An object with `entries` that were not written as such.
pub(in crate::typescript) fn made_object<'p>(
    entries: impl IntoIterator<Item = (Rc<str>, Value<'p>)>,
) -> Value<'p> {
    let entries = entries
        .into_iter()
        .map(|(name, value)| ObjectEntry {
            name,
            value,
            place: None,
        })
        .collect();
    Value::Object(Rc::new(ObjectValue {
        entries,
        constant: true,
        ..ObjectValue::default()
    }))
}
