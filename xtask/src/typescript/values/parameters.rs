//! Parameters of functions, and what they are given.

use std::rc::Rc;

use super::{Arguments, ArrayValue, Value};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::Parameter;

impl<'p> Resolver<'p> {
    /// Hands each name of the parameters to `set`, with what it was given. Defaults are evaluated
    /// in `scope`.
    pub(super) fn bind(
        &self,
        scope: &Scope<'p>,
        parameters: &'p [Parameter],
        arguments: &Arguments<'_, 'p>,
        set: &mut dyn FnMut(&'p str, Value<'p>),
    ) {
        for (at, parameter) in parameters.iter().enumerate() {
            let value = self.parameter(scope, parameter, arguments, at);
            for name in &parameter.bindings {
                let part = self.member_or_element(&value, &name.property);
                let part = match &name.default {
                    Some(default) => self.defaulted(part, self.value(scope, default)),
                    None => part,
                };
                set(&name.local, part);
            }
            if let Some(left) = &parameter.left {
                set(&left.local, self.rest(&value, &left.keys));
            }
            if let Some(name) = &parameter.name {
                set(name, value);
            }
        }
    }

    /// The value of the parameter `at`.
    fn parameter(
        &self,
        scope: &Scope<'p>,
        parameter: &'p Parameter,
        arguments: &Arguments<'_, 'p>,
        at: usize,
    ) -> Value<'p> {
        if parameter.rest {
            let items = arguments.get(at..).unwrap_or_default().to_vec();
            let list = Value::Array(Rc::new(ArrayValue {
                items,
                ..ArrayValue::default()
            }));
            return typed_as(
                list,
                parameter
                    .annotation
                    .as_ref()
                    .map(|node| Lazy::node(scope, node)),
            );
        }
        if !self.runs() {
            return self.argument(scope, parameter, arguments.get(at));
        }
        let given = match arguments {
            // No call of it is seen.
            Arguments::Given([]) => Value::unknown("it is a parameter of a function"),
            _ => arguments.at(at),
        };
        let value = self.argument(scope, parameter, Some(&given)).bare();
        let declared = parameter
            .annotation
            .as_ref()
            .filter(|_| value.is_opaque() || value.is_nothing());
        declared
            .and_then(|declared| self.given(scope, declared, parameter.span))
            .unwrap_or(value)
    }

    fn argument(
        &self,
        scope: &Scope<'p>,
        parameter: &'p Parameter,
        given: Option<&Value<'p>>,
    ) -> Value<'p> {
        let declared = parameter.annotation.as_ref().map(|node| {
            let of = Lazy::node(scope, node);
            match (&parameter.default, parameter.optional) {
                (None, true) => {
                    Lazy::computed(move |resolver| union([of.get(resolver), Type::Undefined]))
                }
                _ => of,
            }
        });
        match (given, &parameter.default, declared) {
            (Some(Value::Undefined) | None, Some(default), None) => {
                self.kept(self.value(scope, default), true)
            }
            (Some(given), Some(default), None) => {
                let (scope, kept) = (scope.clone(), given.clone());
                kept.placed(Lazy::computed(move |resolver| {
                    resolver.type_of(&resolver.value(&scope, default), true)
                }))
            }
            (Some(Value::Undefined) | None, Some(default), declared) => {
                typed_as(self.value(scope, default), declared)
            }
            (Some(given), _, declared) => typed_as(given.clone(), declared),
            (None, None, Some(of)) if parameter.optional => {
                Value::Cast(Rc::new(Value::Undefined), of)
            }
            (None, None, Some(of)) => Value::Typed(of),
            (None, None, None) if parameter.optional => {
                Value::Undefined.untyped("it depends on a parameter")
            }
            (None, None, None) => Value::unknown("it depends on a parameter"),
        }
    }

    /// `value.name`, `value[0]`
    fn member_or_element(&self, value: &Value<'p>, name: &str) -> Value<'p> {
        match name.parse() {
            Ok(at) => self.at(value, &Value::Number(at)),
            Err(_) => self.member(value, name),
        }
    }
}

/// A value in a place of the type `of`; without one, as it is.
fn typed_as<'p>(value: Value<'p>, of: Option<Lazy<'p>>) -> Value<'p> {
    match of {
        Some(of) => value.placed(of),
        None => value,
    }
}
