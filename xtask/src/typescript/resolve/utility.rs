//! Types that the language brings along: `Pick`, `Partial`, `Date`, `Buffer`…

use std::rc::Rc;

use super::mapped::required;
use super::{Lazy, ObjectType, Property, Resolver, Type, union};
use crate::typescript::values::Value;

impl<'p> Resolver<'p> {
    /// The global type `name`.
    pub(in crate::typescript) fn builtin(&self, name: &str, arguments: &[Lazy<'p>]) -> Type<'p> {
        let argument = |at: usize| match arguments.get(at) {
            Some(argument) => argument.get(self),
            None => Type::unresolved(format!("`{name}` lacks a type argument")),
        };
        let first_or = |default: Type<'p>| match arguments.first() {
            Some(argument) => argument.clone(),
            None => Lazy::known(default),
        };
        match name {
            "String" => Type::String,
            "Number" => Type::Number,
            "Boolean" => Type::Boolean,
            "BigInt" => Type::Bigint,
            "Date" => Type::Date,
            "Buffer" | "Uint8Array" | "ArrayBuffer" | "SharedArrayBuffer" | "ArrayBufferLike" => {
                Type::Bytes
            }
            "Function" | "EventListener" | "CallableFunction" | "NewableFunction" => Type::Function,
            "Object" | "Map" | "Set" | "WeakMap" | "WeakSet" | "RegExp" | "URL" | "Blob"
            | "URLSearchParams" | "ReadonlyMap" | "ReadonlySet" | "File" | "FormData"
            | "Headers" | "Request" | "Response" | "AbortSignal" | "AbortController"
            | "ReadableStream" | "Iterable" | "Iterator" | "AsyncIterable" | "Event"
            | "HTMLElement" | "Element" | "Generator" | "AsyncGenerator" | "IterableIterator" => {
                Type::Opaque
            }
            "Array" | "ReadonlyArray" => Type::Array(first_or(Type::Any)),
            "Error" | "TypeError" | "RangeError" | "SyntaxError" => error(),
            "Promise" | "PromiseLike" => Type::Promise(first_or(Type::Unknown)),
            "Readonly" => argument(0),
            "Partial" => self.each_property(&argument(0), |property| Property {
                optional: true,
                ..property
            }),
            "Required" => self.each_property(&argument(0), |property| Property {
                optional: false,
                value: required(property.value.clone()),
                ..property
            }),
            "Pick" => self.pick(&argument(0), &argument(1)),
            "Omit" => self.omit(&argument(0), &argument(1)),
            "Record" => self.record(&argument(0), arguments.get(1)),
            "NonNullable" => argument(0).without(Type::is_nothing),
            "Exclude" => self.filter(&argument(0), &argument(1), false),
            "Extract" => self.filter(&argument(0), &argument(1), true),
            "Awaited" => self.awaited(&argument(0)),
            "NoInfer" => argument(0),
            "InstanceType" => match argument(0) {
                Type::Value(value) => self.instance(&value, &[]),
                _ => Type::unresolved("`InstanceType` of a computed class is not read"),
            },
            "ReturnType" => self.return_type(&argument(0)),
            "Uppercase" => map_literals(&argument(0), str::to_uppercase),
            "Lowercase" => map_literals(&argument(0), str::to_lowercase),
            "Capitalize" => {
                map_literals(&argument(0), |text| change_first(text, char::to_uppercase))
            }
            "Uncapitalize" => {
                map_literals(&argument(0), |text| change_first(text, char::to_lowercase))
            }
            "PropertyKey" => union([Type::String, Type::Number, Type::Symbol]),
            name => Type::unresolved(format!("`{name}` is not declared in the monorepo")),
        }
    }

    /// Returns the type that `await` makes of `of`.
    pub(in crate::typescript) fn awaited(&self, of: &Type<'p>) -> Type<'p> {
        union(of.members().iter().map(|member| {
            match member {
                Type::Promise(of) => self
                    .deeper(|| self.awaited(&of.get(self)))
                    .unwrap_or_else(Type::unresolved),
                other => other.clone(),
            }
        }))
    }

    /// `of` with each property changed; of a union, each member.
    pub(in crate::typescript) fn each_property(
        &self,
        of: &Type<'p>,
        change: impl Fn(Property<'p>) -> Property<'p> + Copy,
    ) -> Type<'p> {
        match of {
            Type::Union(members) => union(
                members
                    .iter()
                    .map(|member| self.each_property(member, change)),
            ),
            Type::Object(object) => Type::Object(Rc::new(ObjectType {
                properties: object.properties.iter().cloned().map(change).collect(),
                index: object.index.clone(),
                incomplete: object.incomplete.clone(),
                callable: false,
            })),
            Type::Value(value) => match self.type_of(value, false) {
                Type::Value(_) => of.clone(),
                other => self.each_property(&other, change),
            },
            other => other.clone(),
        }
    }

    /// `Pick<of, keys>`
    pub(in crate::typescript) fn pick(&self, of: &Type<'p>, keys: &Type<'p>) -> Type<'p> {
        if let Some(unknown) = unresolved_key(keys) {
            return unknown.clone();
        }
        let object = match self.properties(of) {
            Ok(object) => object,
            Err(why) => return Type::Unresolved(why),
        };
        let mut picked = ObjectType::default();
        for property in &object.properties {
            if names(keys, &property.name) {
                picked.properties.push(property.clone());
            }
        }
        for key in keys.members() {
            if let Type::StringLiteral(name) = key
                && object.property(name).is_none()
                && object.index.is_none()
            {
                picked.incomplete = object.incomplete.clone();
            }
        }
        Type::Object(Rc::new(picked))
    }

    /// `Omit<of, keys>`; keys that do not exist change nothing.
    pub(in crate::typescript) fn omit(&self, of: &Type<'p>, keys: &Type<'p>) -> Type<'p> {
        if let Some(unknown) = unresolved_key(keys) {
            return unknown.clone();
        }
        match self.properties(of) {
            Err(why) => Type::Unresolved(why),
            // To the compiler its keys are any string, of which nothing is taken away.
            Ok(object) if object.index.is_some() => {
                let incomplete = Some(super::reason(
                    "`Omit` keeps no names beside an index signature",
                ));
                Type::Object(Rc::new(ObjectType {
                    index: object.index.clone(),
                    incomplete,
                    ..ObjectType::default()
                }))
            }
            Ok(object) => {
                let kept = |property: &&Property<'p>| !names(keys, &property.name);
                let properties = object.properties.iter().filter(kept).cloned().collect();
                let (index, incomplete) = (object.index.clone(), object.incomplete.clone());
                Type::Object(Rc::new(ObjectType {
                    properties,
                    index,
                    incomplete,
                    ..ObjectType::default()
                }))
            }
        }
    }

    /// `Record<keys, value>`
    fn record(&self, keys: &Type<'p>, value: Option<&Lazy<'p>>) -> Type<'p> {
        let value = value.cloned().unwrap_or_else(|| Lazy::known(Type::Any));
        let mut object = ObjectType::default();
        for key in keys.members() {
            match key {
                Type::StringLiteral(name) => object.put(Property::synthetic(name, value.clone())),
                Type::NumberLiteral(number) => {
                    object.put(Property::synthetic(&number.to_string(), value.clone()))
                }
                Type::Unresolved(why) => object.incomplete = Some(Rc::clone(why)),
                _ => object.index = Some(value.clone()),
            }
        }
        Type::Object(Rc::new(object))
    }

    /// `Extract` (`keep`) and `Exclude`.
    fn filter(&self, of: &Type<'p>, by: &Type<'p>, keep: bool) -> Type<'p> {
        let mut kept = Vec::new();
        for member in of.members() {
            match self.assignable(member, by) {
                Some(fits) if fits == keep => kept.push(member.clone()),
                Some(_) => {}
                None => return Type::unresolved("it filters a union by a type that is not read"),
            }
        }
        union(kept)
    }

    fn return_type(&self, of: &Type<'p>) -> Type<'p> {
        match of {
            Type::Value(value) => match &**value {
                Value::Function(..) => {
                    let returned = self.call(value, &[]);
                    self.type_of(&returned, false)
                }
                _ => Type::unresolved("`ReturnType` is not read here"),
            },
            _ => Type::unresolved("`ReturnType` is not read here"),
        }
    }
}

/// Returns the type with the properties that every error has.
fn error<'p>() -> Type<'p> {
    let text = |name| Property::synthetic(name, Lazy::known(Type::String));
    let stack = Property {
        optional: true,
        ..text("stack")
    };
    let cause = Property {
        optional: true,
        ..Property::synthetic("cause", Lazy::known(Type::Unknown))
    };
    Type::object(vec![text("name"), text("message"), stack, cause])
}

/// A key of `keys` that is not known.
fn unresolved_key<'k, 'p>(keys: &'k Type<'p>) -> Option<&'k Type<'p>> {
    let mut keys = keys.members().iter();
    keys.find(|key| matches!(key, Type::Unresolved(_)))
}

/// Whether `keys` holds the literal `name`.
fn names(keys: &Type<'_>, name: &str) -> bool {
    keys.members().iter().any(|key| match key {
        Type::StringLiteral(key) => &**key == name,
        Type::NumberLiteral(key) => key.to_string() == name,
        Type::String => true,
        Type::Template(template) => template.holds(name) == Some(true),
        _ => false,
    })
}

fn map_literals<'p>(of: &Type<'p>, change: impl Fn(&str) -> String) -> Type<'p> {
    union(of.members().iter().map(|member| match member {
        Type::StringLiteral(text) => Type::literal(&change(text)),
        other => other.clone(),
    }))
}

fn change_first<I: Iterator<Item = char>>(text: &str, change: impl Fn(char) -> I) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => change(first).chain(characters).collect(),
        None => String::new(),
    }
}
