//! Whether the values of one type are among those of another.

use std::rc::Rc;

use super::{ObjectType, Resolver, Type};

impl<'p> Resolver<'p> {
    /// Whether each value of `from` is one of `to`; none where that can't be said.
    pub(super) fn assignable(&self, from: &Type<'p>, to: &Type<'p>) -> Option<bool> {
        match (from, to) {
            (Type::Unresolved(_), _) | (_, Type::Unresolved(_)) | (Type::Any, _) => None,
            (_, Type::Any | Type::Unknown) | (Type::Never, _) => Some(true),
            (Type::Unknown, _) => Some(false),
            (Type::Union(members), _) => {
                all(members.iter().map(|member| self.assignable(member, to)))
            }
            (_, Type::Union(members)) => {
                any(members.iter().map(|member| self.assignable(from, member)))
            }
            (_, Type::Never) => Some(false),
            (Type::Object(from), Type::Object(to)) => self.object_assignable(from, to),
            (Type::Array(from), Type::Array(to)) => self.assignable(&from.get(self), &to.get(self)),
            (Type::Tuple(items, rest), Type::Array(to)) => {
                let to = to.get(self);
                all(items
                    .iter()
                    .chain(rest)
                    .map(|item| self.assignable(&item.get(self), &to)))
            }
            (Type::Tuple(from, None), Type::Tuple(to, None)) if from.len() == to.len() => all(from
                .iter()
                .zip(to.iter())
                .map(|(from, to)| self.assignable(&from.get(self), &to.get(self)))),
            (Type::StringLiteral(text), Type::Template(template)) => template.holds(text),
            (Type::Template(one), Type::Template(other)) if Rc::ptr_eq(one, other) => Some(true),
            (Type::Template(_), Type::Template(_)) => None,
            (Type::Template(template), Type::StringLiteral(text)) => {
                (template.holds(text) == Some(false)).then_some(false)
            }
            _ => scalar_assignable(from, to),
        }
    }

    fn object_assignable(&self, from: &ObjectType<'p>, to: &ObjectType<'p>) -> Option<bool> {
        if from.incomplete.is_some() || to.incomplete.is_some() {
            return None;
        }
        // Whatever it holds fits `{ [key: string]: any }`; of any other index it depends on how it
        // was declared.
        if to
            .index
            .as_ref()
            .is_some_and(|index| !matches!(index.get(self), Type::Any))
        {
            return None;
        }
        all(to
            .properties
            .iter()
            .map(|wanted| match from.property(&wanted.name) {
                None => Some(wanted.optional),
                Some(found) if found.optional && !wanted.optional => Some(false),
                Some(found) => self.assignable(&found.value.get(self), &wanted.value.get(self)),
            }))
    }
}

/// Whether all hold: one that does not outweighs those of which that can't be said.
pub(super) fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for result in results {
        match result {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

pub(super) fn any(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(results.map(|result| result.map(|known| !known))).map(|none| !none)
}

fn scalar_assignable(from: &Type<'_>, to: &Type<'_>) -> Option<bool> {
    Some(match (from, to) {
        (Type::StringLiteral(one), Type::StringLiteral(other)) => one == other,
        (Type::NumberLiteral(one), Type::NumberLiteral(other)) => one == other,
        (Type::BooleanLiteral(one), Type::BooleanLiteral(other)) => one == other,
        (Type::String | Type::StringLiteral(_) | Type::Template(_), Type::String)
        | (Type::Number | Type::NumberLiteral(_), Type::Number)
        | (Type::Boolean | Type::BooleanLiteral(_), Type::Boolean)
        | (Type::Null, Type::Null)
        | (Type::Undefined, Type::Undefined)
        | (Type::Bigint, Type::Bigint)
        | (Type::Symbol, Type::Symbol)
        | (Type::Date, Type::Date)
        | (Type::Bytes, Type::Bytes)
        | (Type::Function, Type::Function) => true,
        (Type::Promise(_), Type::Opaque) => true,
        (from, Type::Opaque) if is_object(from) => true,
        (Type::Null | Type::Undefined, _) => false,
        (from, to)
            if is_primitive(from)
                && (is_primitive(to) || matches!(to, Type::Null | Type::Undefined)) =>
        {
            false
        }
        (
            from,
            Type::Date
            | Type::Bytes
            | Type::Array(_)
            | Type::Tuple(..)
            | Type::Function
            | Type::Opaque,
        ) if is_primitive(from) => false,
        (from, Type::Object(to)) if is_primitive(from) && to.incomplete.is_none() => {
            to.properties.is_empty() && to.index.is_none()
        }
        (from, to)
            if is_object(from)
                && (is_primitive(to) || matches!(to, Type::Null | Type::Undefined)) =>
        {
            false
        }
        (Type::Date | Type::Bytes | Type::Function, Type::Array(_) | Type::Tuple(..)) => false,
        (Type::Array(_) | Type::Tuple(..), Type::Date | Type::Bytes | Type::Function) => false,
        (Type::Date, Type::Function | Type::Bytes) | (Type::Function, Type::Date | Type::Bytes) => {
            false
        }
        (
            Type::Object(_),
            Type::Array(_) | Type::Tuple(..) | Type::Date | Type::Bytes | Type::Function,
        ) => false,
        _ => return None,
    })
}

/// Whether it is no primitive and can be told from one: a promise's members are not compared.
fn is_object(member: &Type<'_>) -> bool {
    matches!(
        member,
        Type::Object(_)
            | Type::Array(_)
            | Type::Tuple(..)
            | Type::Date
            | Type::Bytes
            | Type::Function
            | Type::Opaque
    )
}

pub(super) fn is_primitive(member: &Type<'_>) -> bool {
    matches!(
        member,
        Type::String
            | Type::Template(_)
            | Type::StringLiteral(_)
            | Type::Number
            | Type::NumberLiteral(_)
            | Type::Boolean
            | Type::BooleanLiteral(_)
            | Type::Bigint
            | Type::Symbol
    )
}
