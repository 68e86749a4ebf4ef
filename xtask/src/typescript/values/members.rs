//! `a.b` and `a[b]`.

use std::rc::Rc;

use super::{Entry, ObjectValue, Value};
use crate::typescript::resolve::{Resolver, Scope, Type};
use crate::typescript::syntax::{MemberKind, Module, Text};
use crate::typescript::{drizzle, zod};

impl<'p> Resolver<'p> {
    /// `object.name`
    pub fn member(&self, object: &Value<'p>, name: &str) -> Value<'p> {
        let method = || Value::Method(Rc::new(object.clone()), name.into());
        match object {
            Value::Cast(inner, _) => self.member(inner, name),
            Value::Object(object) => match (object.get(name), &object.open) {
                (Some(entry), _) => entry.value.clone(),
                (None, Some(why)) => Value::Unknown(Rc::clone(why)),
                (None, None) => Value::Undefined,
            },
            Value::Array(array) if name == "length" && array.open.is_none() => Value::Number(array.items.len() as f64),
            Value::Module(module) => self.exported_value(module, name),
            Value::Namespace(scope, namespace) => {
                let statements = crate::typescript::resolve::declared_in(&namespace.body, name);
                self.declared_value(&scope.with_statements(&namespace.body), &statements, name)
            }
            Value::Enum(scope, declaration) => self.enum_member_value(scope, declaration, name),
            Value::External(package, path) => {
                Value::External(Rc::clone(package), path.iter().cloned().chain([Rc::from(name)]).collect())
            }
            Value::Class(scope, class) => self.static_member(scope, class, name),
            Value::Zod(schema) => zod::member(self, schema, name).unwrap_or_else(method),
            Value::Table(table) => drizzle::table_member(table, name).unwrap_or_else(method),
            Value::PgEnum(declared) if name == "enumValues" => drizzle::enum_values(declared),
            Value::Unknown(_) => object.clone(),
            Value::Typed(of) => match self.properties(&of.get(self)).ok().and_then(|of| of.property(name).cloned()) {
                Some(property) => Value::Typed(property.value),
                None => method(),
            },
            _ => method(),
        }
    }

    /// `object[index]`
    pub(super) fn at(&self, object: &Value<'p>, index: &Value<'p>) -> Value<'p> {
        match (object.uncast(), index.uncast()) {
            (_, Value::String(name)) => self.member(object, name),
            (Value::Array(array), Value::Number(at)) if *at >= 0.0 => {
                array.items.get(*at as usize).cloned().unwrap_or(Value::Undefined)
            }
            (Value::Object(_) | Value::Enum(..), Value::Number(at)) => self.member(object, &at.to_string()),
            _ => Value::unknown("its index is known only when it runs"),
        }
    }

    /// `value.a.b`
    pub fn path_value(&self, value: Value<'p>, path: &[Text]) -> Value<'p> {
        path.iter().fold(value, |value, name| self.member(&value, name))
    }

    /// What `module` exports as `name`.
    pub fn exported_value(&self, module: &'p Module, name: &str) -> Value<'p> {
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
        let found = self.enum_values(scope, declaration).into_iter().find(|(member, _)| *member == name);
        match found {
            Some((_, Type::StringLiteral(text))) => Value::String(text),
            Some((_, Type::NumberLiteral(value))) => Value::Number(value),
            _ => Value::unknown(format!("the enum's `{name}` is computed")),
        }
    }

    fn static_member(
        &self,
        scope: &Scope<'p>,
        class: &'p crate::typescript::syntax::ClassDecl,
        name: &str,
    ) -> Value<'p> {
        let mut statics = class.members.iter().filter(|member| member.is_static);
        let found = statics.find(|member| member.property.key.literal() == Some(name));
        match found.map(|member| &member.kind) {
            Some(MemberKind::Field(Some(value))) => self.value(scope, value),
            Some(MemberKind::Method(function)) => Value::Function(scope.clone(), function),
            _ => Value::unknown(format!("the class has no static `{name}` that can be read")),
        }
    }
}

/// An object with `entries` that were not written as such.
pub(in crate::typescript) fn made_object<'p>(entries: impl IntoIterator<Item = (Rc<str>, Value<'p>)>) -> Value<'p> {
    let entries = entries.into_iter().map(|(name, value)| Entry { name, value, place: None }).collect();
    Value::Object(Rc::new(ObjectValue { entries, constant: true, open: None }))
}
