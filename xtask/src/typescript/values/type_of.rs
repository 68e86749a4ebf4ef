//! `typeof value`: the type that the compiler infers for a constant.

use std::rc::Rc;

use super::{ArrayValue, ObjectValue, Value};
use crate::typescript::resolve::{
    Lazy, ObjectType, Property, PropertyPlace, Resolver, Scope, Type, union,
};
use crate::typescript::syntax::Binary;

impl<'p> Resolver<'p> {
    /// The type of `value`; with `widen`, that of a place that can be assigned again: `string`, not
    /// `'a'`.
    pub(in crate::typescript) fn type_of(&self, value: &Value<'p>, widen: bool) -> Type<'p> {
        match value {
            Value::String(_) if widen => Type::String,
            Value::String(text) => Type::StringLiteral(Rc::clone(text)),
            Value::Text => Type::String,
            Value::Number(_) if widen => Type::Number,
            Value::Number(value) => Type::NumberLiteral(*value),
            Value::Bigint(_) => Type::Bigint,
            Value::Boolean(_) if widen => Type::Boolean,
            Value::Boolean(value) => Type::BooleanLiteral(*value),
            Value::Null => Type::Null,
            Value::Undefined => Type::Undefined,
            Value::Symbol => Type::Symbol,
            Value::Regex(..) => Type::Opaque,
            Value::Array(array) => self.type_of_array(array),
            Value::Object(object) => type_of_object(object),
            Value::Enum(scope, declaration) => self.type_of_enum(scope, declaration),
            Value::Function(..)
            | Value::Class(..)
            | Value::ClassOf(_)
            | Value::Zod(_)
            | Value::ZodCheck(..)
            | Value::Table(_)
            | Value::Column(_)
            | Value::PgEnum(_)
            | Value::TableMaker(_)
            | Value::Module(_)
            | Value::Namespace(..) => Type::Value(Rc::new(value.clone())),
            Value::Method(..) => Type::unresolved("it is a method"),
            Value::Instance(_) | Value::Handle(_) | Value::Called(_) => {
                Type::unresolved(value.reason())
            }
            Value::External(package, path) if package.is_empty() && is_global_function(path) => {
                Type::Function
            }
            Value::External(package, path) => Type::unresolved(format!(
                "`{}` comes from the package `{package}`",
                path.join(".")
            )),
            Value::Cast(inner, of) => match of.get(self) {
                Type::Unresolved(_)
                    if matches!(inner.uncast(), Value::Zod(_) | Value::Table(_)) =>
                {
                    self.type_of(inner, widen)
                }
                other => other,
            },
            Value::Fallback(operator, left, right) => {
                self.type_of_fallback(*operator, left, right, widen)
            }
            Value::Either(values) => {
                let types = values.iter().map(|value| self.type_of(value, widen));
                self.one_of(types.collect())
            }
            Value::Member(_, of) if widen => of.get(self),
            Value::Member(member, _) => self.type_of(member, false),
            Value::Promised(held) => {
                let held = Rc::clone(held);
                Type::Promise(Lazy::computed(move |resolver| {
                    resolver.awaited(&resolver.type_of(&held, true))
                }))
            }
            Value::Typed(of) => of.get(self),
            Value::Unknown(why) => Type::Unresolved(Rc::clone(why)),
        }
    }

    /// Returns the type of an expression such as `left ?? right` or `left || right`. Where `left`
    /// is never missing, or never falsy, `right` does not count.
    fn type_of_fallback(
        &self,
        operator: Binary,
        left: &Value<'p>,
        right: &Value<'p>,
        widen: bool,
    ) -> Type<'p> {
        let left = self.type_of(left, widen);
        let unclear = |member: &Type<'p>| {
            matches!(member, Type::Unknown | Type::Unresolved(_) | Type::Value(_))
        };
        if left.members().iter().any(unclear) {
            return Type::unresolved("its operator is not evaluated");
        }
        let is_or = operator == Binary::Or;
        let falls = |member: &Type<'p>| {
            member.is_nothing() || matches!(member, Type::Any) || (is_or && is_falsy_kind(member))
        };
        let kept = left.without(|member| member.is_nothing() || (is_or && is_falsy(member)));
        match left.members().iter().any(falls) {
            true => self.one_of(vec![kept, self.type_of(right, widen)]),
            false => left,
        }
    }

    /// The union of `types`: beside another list, `[]` is one of its kind.
    fn one_of(&self, types: Vec<Type<'p>>) -> Type<'p> {
        let members: Vec<_> = types.iter().flat_map(Type::members).collect();
        let is_list = |of: &Type<'p>| matches!(of, Type::Array(_) | Type::Tuple(..));
        let is_empty = |of: &Type<'p>| matches!(of, Type::Array(item) if matches!(item.get(self), Type::Never));
        let filled = members.iter().any(|of| is_list(of) && !is_empty(of));
        union(
            members
                .into_iter()
                .filter(|of| !filled || !is_empty(of))
                .cloned(),
        )
    }

    fn type_of_array(&self, array: &Rc<ArrayValue<'p>>) -> Type<'p> {
        let array = Rc::clone(array);
        if array.constant && array.open.is_none() {
            let items = array.items.iter();
            let types = items.map(|item| Lazy::known(self.type_of(item, false)));
            return Type::Tuple(types.collect(), None);
        }
        Type::Array(Lazy::computed(move |resolver| match &array.open {
            Some(why) => Type::Unresolved(Rc::clone(why)),
            None => {
                let items = array.items.iter();
                union(items.map(|item| resolver.type_of(item, !array.constant)))
            }
        }))
    }

    fn type_of_enum(
        &self,
        scope: &Scope<'p>,
        declaration: &'p crate::typescript::syntax::EnumDecl,
    ) -> Type<'p> {
        let mut properties = Vec::new();
        for (name, value) in self.enum_values(scope, declaration) {
            properties.push(Property::synthetic(name, Lazy::known(value)));
        }
        Type::object(properties)
    }

    /// `typeof a.b`
    pub(in crate::typescript) fn type_query(
        &self,
        scope: &Scope<'p>,
        path: &'p [crate::typescript::syntax::Text],
    ) -> Type<'p> {
        let Some((name, rest)) = path.split_first() else {
            return Type::unresolved("it has no name");
        };
        let mut value = self.name(scope, name);
        for name in rest {
            value = self.member(&value, name);
        }
        self.type_of(&value, false)
    }
}

/// Whether it is a single value that is falsy.
fn is_falsy(member: &Type<'_>) -> bool {
    match member {
        Type::StringLiteral(text) => text.is_empty(),
        Type::NumberLiteral(value) => *value == 0.0,
        Type::BooleanLiteral(value) => !value,
        _ => false,
    }
}

/// Whether one of its values is falsy.
fn is_falsy_kind(member: &Type<'_>) -> bool {
    match member {
        Type::String | Type::Template(_) | Type::Number | Type::Bigint | Type::Boolean => true,
        other => is_falsy(other),
    }
}

fn is_global_function(path: &[Rc<str>]) -> bool {
    const FUNCTIONS: [&str; 10] = [
        "fetch",
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
        "queueMicrotask",
        "structuredClone",
        "parseInt",
        "parseFloat",
        "encodeURIComponent",
    ];
    matches!(path, [name] if FUNCTIONS.contains(&&**name))
}

fn type_of_object<'p>(object: &Rc<ObjectValue<'p>>) -> Type<'p> {
    let widen = !object.constant;
    let properties = object.entries.iter().map(|entry| {
        let value = entry.value.clone();
        let place = entry.place.as_ref().map(|place| PropertyPlace {
            module: place.scope.module,
            span: place.span,
            key: place.key,
            value: Some(place.value.span),
            node: None,
        });
        Property {
            name: Rc::clone(&entry.name),
            optional: false,
            value: Lazy::computed(move |resolver| resolver.type_of(&value, widen)),
            place,
        }
    });
    Type::Object(Rc::new(ObjectType {
        properties: properties.collect(),
        incomplete: object.open.clone(),
        ..ObjectType::default()
    }))
}
