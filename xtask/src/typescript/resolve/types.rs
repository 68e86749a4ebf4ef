//! Types as they are known after evaluation.

use std::rc::Rc;

use super::{Lazy, Scope};
use crate::source::{Location, Span};
use crate::typescript::syntax::{Module, TypeNode};
use crate::typescript::values::Value;

/// An evaluated type.
#[derive(Clone)]
pub enum Type<'p> {
    /// `any`
    Any,
    /// `unknown`
    Unknown,
    /// `never`
    Never,
    /// `null`
    Null,
    /// `undefined`, `void`
    Undefined,
    /// `string`
    String,
    /// `` `a-${string}` ``: some string that holds these texts in this order, the first and last at
    /// its ends.
    Template(Rc<Template>),
    /// `number`
    Number,
    /// `bigint`
    Bigint,
    /// `boolean`
    Boolean,
    /// `symbol`
    Symbol,
    /// `'a'`
    StringLiteral(Rc<str>),
    /// `1`
    NumberLiteral(f64),
    /// `true`
    BooleanLiteral(bool),
    /// `Date`
    Date,
    /// `Buffer`, `Uint8Array`
    Bytes,
    /// A function.
    Function,
    /// `object`, `Map`, `RegExp`: an object whose properties do not matter.
    Opaque,
    /// `Promise<T>`
    Promise(Lazy<'p>),
    /// `T[]`
    Array(Lazy<'p>),
    /// `[A, B]`, with the type of the rest elements.
    Tuple(Rc<[Lazy<'p>]>, Option<Lazy<'p>>),
    /// Properties.
    Object(Rc<ObjectType<'p>>),
    /// At least two members, none of them a union.
    Union(Rc<[Type<'p>]>),
    /// kysely's `ColumnType`: what is selected, inserted, updated.
    Column(Rc<[Lazy<'p>; 3]>),
    /// `typeof value` of a Zod schema, a table or a class.
    Value(Rc<Value<'p>>),
    /// Not known, and why.
    Unresolved(Rc<str>),
}

/// The texts of a template literal type whose parts are no literals.
pub struct Template {
    /// One more than parts.
    pub texts: Vec<String>,
    /// Whether each part may be any string.
    pub any: bool,
}

impl Template {
    /// Whether `text` is of this template; none where that depends on what a part may be.
    pub fn holds(&self, text: &str) -> Option<bool> {
        let (Some(first), Some(last)) = (self.texts.first(), self.texts.last()) else {
            return None;
        };
        let between = text
            .strip_prefix(first.as_str())
            .and_then(|rest| rest.strip_suffix(last.as_str()));
        let Some(mut rest) = between else {
            return Some(false);
        };
        for text in &self.texts[1..self.texts.len() - 1] {
            let Some((_, behind)) = rest.split_once(text.as_str()) else {
                return Some(false);
            };
            rest = behind;
        }
        self.any.then_some(true)
    }
}

/// An object type.
#[derive(Clone, Default)]
pub struct ObjectType<'p> {
    /// In order, each name once.
    pub properties: Vec<Property<'p>>,
    /// The type of the index signature's values.
    pub index: Option<Lazy<'p>>,
    /// Why not all properties are known.
    pub incomplete: Option<Rc<str>>,
    /// Whether it can be called: then it is a function, whatever else it holds.
    pub callable: bool,
}

/// A property of an object type.
#[derive(Clone)]
pub struct Property<'p> {
    /// Its name.
    pub name: Rc<str>,
    /// Whether it has a `?`.
    pub optional: bool,
    /// The type of the property's value.
    pub value: Lazy<'p>,
    /// Where it was written; none where nothing was.
    pub place: Option<PropertyPlace<'p>>,
}

/// Where a property was written.
#[derive(Clone)]
pub struct PropertyPlace<'p> {
    /// The file.
    pub module: &'p Module,
    /// The whole property.
    pub span: Span,
    /// The name.
    pub key: Span,
    /// The type or schema.
    pub value: Option<Span>,
    /// The type as it is written, for the names in it.
    pub node: Option<(Scope<'p>, &'p TypeNode)>,
}

impl<'p> Type<'p> {
    /// Not known, because of `reason`.
    pub fn unresolved(reason: impl Into<Rc<str>>) -> Self {
        Self::Unresolved(super::reason(reason))
    }

    /// A string literal.
    pub fn literal(text: &str) -> Self {
        Self::StringLiteral(text.into())
    }

    /// An object with `properties`.
    pub fn object(properties: Vec<Property<'p>>) -> Self {
        Self::Object(Rc::new(ObjectType {
            properties,
            ..ObjectType::default()
        }))
    }

    /// The members of a union; a type that is none is its only member.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::Union(members) => members,
            Self::Never => &[],
            other => std::slice::from_ref(other),
        }
    }

    /// Whether it is `null` or `undefined`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Null | Self::Undefined)
    }

    /// Whether `undefined` is one of its values.
    pub fn has_undefined(&self) -> bool {
        self.members()
            .iter()
            .any(|member| matches!(member, Self::Undefined))
    }

    /// The type without the members that `drop` names.
    #[must_use]
    pub fn without(&self, drop: impl Fn(&Self) -> bool) -> Self {
        super::union(
            self.members()
                .iter()
                .filter(|member| !drop(member))
                .cloned(),
        )
    }

    /// The reason why nothing is known of the type, where that is so.
    pub fn unresolved_reason(&self) -> Option<&Rc<str>> {
        match self {
            Self::Unresolved(reason) => Some(reason),
            _ => None,
        }
    }
}

impl<'p> ObjectType<'p> {
    /// The property `name`.
    pub fn property(&self, name: &str) -> Option<&Property<'p>> {
        self.properties
            .iter()
            .find(|property| &*property.name == name)
    }

    /// Adds a property, in the place of one of the same name.
    pub fn put(&mut self, property: Property<'p>) {
        match self
            .properties
            .iter_mut()
            .find(|known| is_same_name(&known.name, &property.name))
        {
            Some(known) => *known = property,
            None => self.properties.push(property),
        }
    }
}

/// Whether two names are equal. Objects have many, each is compared with those before it, and
/// hardly any two begin and end alike.
pub(in crate::typescript) fn is_same_name(one: &str, other: &str) -> bool {
    let ends = |name: &str| (name.len(), name.bytes().next(), name.bytes().next_back());
    ends(one) == ends(other) && one == other
}

impl<'p> Property<'p> {
    /// A property that was not written as such.
    pub fn synthetic(name: &str, value: Lazy<'p>) -> Self {
        Self {
            name: name.into(),
            optional: false,
            value,
            place: None,
        }
    }
}

impl PropertyPlace<'_> {
    /// The name's place.
    pub fn location(&self) -> Location {
        self.module.location(self.key)
    }
}
