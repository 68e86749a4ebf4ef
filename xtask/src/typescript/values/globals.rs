//! Functions that the language brings along: `Object.values`, `Number`, `String`…

use std::rc::Rc;

use super::places::text;
use super::{ArrayValue, ObjectEntry, ObjectValue, Value};
use crate::typescript::drizzle::DrizzleColumn;
use crate::typescript::resolve::{Lazy, Resolver, Type};

impl<'p> Resolver<'p> {
    pub(super) fn call_global(&self, path: &[Rc<str>], arguments: &[Value<'p>]) -> Value<'p> {
        let known = |of: Type<'p>| Value::Typed(Lazy::known(of));
        let names: Vec<&str> = path.iter().map(|name| &**name).collect();
        let first = arguments.first().cloned().unwrap_or(Value::Undefined);
        let runs = self.runs();
        match names.as_slice() {
            ["Object", "freeze" | "seal"] => frozen(&first),
            ["Object", "assign"] => assigned(&first, &arguments[1..]),
            ["Promise", "all" | "resolve" | "allSettled"] if runs => first,
            ["Object", "values"] if runs => self.entry_list(&first, |entry| entry.value),
            ["Object", "keys"] if runs => {
                self.entry_list(&first, |entry| Value::String(entry.name))
            }
            ["Object", "entries"] if runs => self.entry_list(&first, |entry| {
                let items = vec![Value::String(entry.name), entry.value];
                Value::Array(Rc::new(ArrayValue {
                    items,
                    ..ArrayValue::default()
                }))
            }),
            ["Object", "values"] => self.object_values(&first),
            ["Object", "keys"] => object_keys(&first),
            ["Array", "from"] => match first.uncast() {
                Value::Array(_) => first,
                _ => Value::unknown("`Array.from()` of it is not evaluated"),
            },
            ["String"] => match first.uncast() {
                Value::String(known) => text(Rc::clone(known)),
                Value::Number(value) => text(value.to_string()),
                _ => self.some_text(&first),
            },
            ["Number" | "parseInt" | "parseFloat"]
            | ["Number", "parseInt" | "parseFloat"]
            | ["Date", "now"] => known(Type::Number),
            ["Math", _] => known(Type::Number),
            ["Boolean"] => known(Type::Boolean),
            ["BigInt"] => known(Type::Bigint),
            ["Symbol", ..] => Value::Symbol,
            ["JSON", "stringify"] | ["crypto", "randomUUID"] => Value::Text,
            ["JSON", "parse"] => known(Type::Any),
            ["Buffer", "from"] => known(Type::Bytes),
            names => Value::unknown(format!("`{}()` is not evaluated", names.join("."))),
        }
    }

    /// A list of what `part` takes of each member of `object`.
    fn entry_list(
        &self,
        object: &Value<'p>,
        part: impl Fn(ObjectEntry<'p>) -> Value<'p>,
    ) -> Value<'p> {
        let entries = match object {
            Value::Enum(..) => return self.object_values(object),
            _ => self.entries(object),
        };
        let items = entries.into_iter().map(part).collect();
        Value::Array(Rc::new(ArrayValue {
            items,
            ..ArrayValue::default()
        }))
    }

    /// A function of a package that only computes: `path.join('a', 'b')`.
    pub(super) fn package_function(
        &self,
        package: &str,
        path: &[impl AsRef<str>],
        arguments: &[Value<'p>],
    ) -> Option<Value<'p>> {
        // It returns what it is given, and code may take that apart.
        let is_route = package == "@hono/zod-openapi"
            && path
                .last()
                .is_some_and(|name| name.as_ref() == "createRoute");
        if is_route && self.runs() {
            return arguments.first().cloned();
        }
        if !matches!(package, "path" | "node:path" | "path/posix" | "url-join") {
            return None;
        }
        let names: Vec<&str> = path
            .iter()
            .map(AsRef::as_ref)
            .filter(|name| !matches!(*name, "default" | "posix"))
            .collect();
        if !matches!(names.as_slice(), [] | ["join"]) {
            return None;
        }
        if let Some(other) = arguments
            .iter()
            .find(|argument| argument.as_str().is_none())
        {
            return Some(self.some_text(other));
        }
        let texts: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        Some(text(texts.join("/")))
    }

    pub(in crate::typescript) fn object_values(&self, object: &Value<'p>) -> Value<'p> {
        if let Value::Cast(inner, _) = object {
            return self
                .object_values(inner)
                .untyped("the values of an object of a declared type are not listed");
        }
        match object {
            Value::Object(object) => {
                let items = object
                    .entries
                    .iter()
                    .map(|entry| entry.value.clone())
                    .collect();
                Value::Array(Rc::new(ArrayValue {
                    items,
                    constant: object.constant,
                    open: object.open.clone(),
                    written: None,
                }))
            }
            Value::Enum(scope, declaration) => {
                let value = |(_, value): (&str, Type<'p>)| match value {
                    Type::StringLiteral(text) => Value::String(text),
                    Type::NumberLiteral(value) => Value::Number(value),
                    other => Value::Typed(Lazy::known(other)),
                };
                let items = self
                    .enum_values(scope, declaration)
                    .into_iter()
                    .map(value)
                    .collect();
                Value::Array(Rc::new(ArrayValue {
                    items,
                    constant: true,
                    open: None,
                    written: None,
                }))
            }
            Value::Unknown(_) => object.clone(),
            _ => Value::unknown("`Object.values()` of it is not evaluated"),
        }
    }
}

/// Literals of a frozen object stay literals; those of objects in it do not.
fn frozen<'p>(value: &Value<'p>) -> Value<'p> {
    match value {
        Value::Object(object) => Value::Object(Rc::new(ObjectValue {
            constant: true,
            ..(**object).clone()
        })),
        Value::Array(array) => Value::Array(Rc::new(ArrayValue {
            constant: true,
            ..(**array).clone()
        })),
        other => other.clone(),
    }
}

/// A column or schema that gets members of its own stays what it is; with methods of its own, only
/// its name is sure.
fn assigned<'p>(target: &Value<'p>, sources: &[Value<'p>]) -> Value<'p> {
    let has_methods = |source: &Value<'p>| match source.as_object() {
        Some(object) => {
            object.open.is_some() || object.entries.iter().any(|entry| is_method(&entry.value))
        }
        None => true,
    };
    match target.uncast() {
        Value::Column(_) | Value::Zod(_) if !sources.iter().any(has_methods) => target.clone(),
        Value::Column(column) => {
            let of = Lazy::known(Type::unresolved(
                "its methods are replaced by `Object.assign()`",
            ));
            Value::Column(Rc::new(DrizzleColumn {
                of,
                ..(**column).clone()
            }))
        }
        _ => Value::unknown("`Object.assign()` is not evaluated"),
    }
}

fn is_method(value: &Value<'_>) -> bool {
    matches!(value.uncast(), Value::Function(..) | Value::Unknown(_))
}

fn object_keys<'p>(object: &Value<'p>) -> Value<'p> {
    match object.uncast() {
        Value::Object(object) => {
            let items = object
                .entries
                .iter()
                .map(|entry| Value::String(Rc::clone(&entry.name)))
                .collect();
            Value::Array(Rc::new(ArrayValue {
                items,
                constant: false,
                open: object.open.clone(),
                written: None,
            }))
        }
        Value::Unknown(_) => object.clone(),
        _ => Value::unknown("`Object.keys()` of it is not evaluated"),
    }
}
