//! Intersections: objects are merged, brands disappear (`string & { __brand: 'UserId' }` holds a
//! string), unions are distributed.

use std::rc::Rc;

use super::{Lazy, ObjectType, Property, Resolver, Type, union};

/// How many members an intersection of unions may have.
const PRODUCT: usize = 500;

impl<'p> Resolver<'p> {
    /// The intersection of `types`.
    pub(super) fn intersection(&self, types: Vec<Type<'p>>) -> Type<'p> {
        let mut types = types.into_iter();
        let Some(first) = types.next() else {
            return Type::Unknown;
        };
        types.fold(first, |left, right| self.intersect(left, right))
    }

    /// `left & right`.
    pub(in crate::typescript) fn intersect(&self, left: Type<'p>, right: Type<'p>) -> Type<'p> {
        if left.members().len() * right.members().len() > PRODUCT {
            return Type::unresolved("it is an intersection of very large unions");
        }
        match (&left, &right) {
            (Type::Union(members), _) => union(
                members
                    .iter()
                    .map(|member| self.intersect(member.clone(), right.clone())),
            ),
            (_, Type::Union(members)) => union(
                members
                    .iter()
                    .map(|member| self.intersect(left.clone(), member.clone())),
            ),
            (Type::Array(one), Type::Array(other)) => Type::Array(self.in_both_arrays(one, other)),
            (Type::Tuple(one, None), Type::Tuple(other, None)) if one.len() == other.len() => {
                let items = one
                    .iter()
                    .zip(&**other)
                    .map(|(one, other)| self.in_both_arrays(one, other));
                Type::Tuple(items.collect(), None)
            }
            (Type::Array(_) | Type::Tuple(..), Type::Array(_) | Type::Tuple(..)) => {
                Type::unresolved("it is an intersection of different arrays")
            }
            _ => pair(left, right),
        }
    }

    /// Returns the type of an element that two arrays share. An empty intersection of the elements
    /// is unresolved, since it does not make the whole type `never`.
    fn in_both_arrays(&self, one: &Lazy<'p>, other: &Lazy<'p>) -> Lazy<'p> {
        let (one, other) = (one.clone(), other.clone());
        Lazy::computed(move |resolver| {
            match resolver.intersect(one.get(resolver), other.get(resolver)) {
                Type::Never => Type::unresolved("it is an intersection of different arrays"),
                both => both,
            }
        })
    }
}

fn pair<'p>(left: Type<'p>, right: Type<'p>) -> Type<'p> {
    match (left, right) {
        (Type::Never, _) | (_, Type::Never) => Type::Never,
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        (Type::Unknown, other) | (other, Type::Unknown) => other,
        (Type::Object(left), Type::Object(right)) => Type::Object(Rc::new(merge(&left, &right))),
        (Type::Object(object), Type::Unresolved(reason))
        | (Type::Unresolved(reason), Type::Object(object)) => Type::Object(Rc::new(ObjectType {
            incomplete: Some(reason),
            ..(*object).clone()
        })),
        (Type::Function, Type::Function | Type::Object(_)) | (Type::Object(_), Type::Function) => {
            Type::Function
        }
        (Type::Opaque | Type::Promise(_), Type::Object(object))
        | (Type::Object(object), Type::Opaque | Type::Promise(_)) => {
            let incomplete = Some(super::reason(
                "it is an intersection with a type of the language",
            ));
            Type::Object(Rc::new(ObjectType {
                incomplete,
                ..(*object).clone()
            }))
        }
        (Type::Opaque, Type::Opaque) => Type::Opaque,
        (Type::Unresolved(reason), _) | (_, Type::Unresolved(reason)) => Type::Unresolved(reason),
        (left, right) => match (rank(&left), rank(&right)) {
            (None, None) => Type::unresolved("it is an intersection that is not read"),
            (Some(_), None) => branded(left),
            (None, Some(_)) => branded(right),
            (Some(left_rank), Some(right_rank)) => primitives(left, left_rank, right, right_rank),
        },
    }
}

/// Returns the kind of a primitive, and whether the primitive is a single value. Two types of
/// different kinds have no value in common.
fn rank(member: &Type<'_>) -> Option<(&'static str, bool)> {
    Some(match member {
        Type::Null => ("null", true),
        Type::Undefined => ("undefined", true),
        Type::String | Type::Template(_) => ("string", false),
        Type::StringLiteral(_) => ("string", true),
        Type::Number => ("number", false),
        Type::NumberLiteral(_) => ("number", true),
        Type::Boolean => ("boolean", false),
        Type::BooleanLiteral(_) => ("boolean", true),
        Type::Bigint => ("bigint", false),
        Type::Symbol => ("symbol", false),
        Type::Date => ("date", false),
        Type::Bytes => ("bytes", false),
        Type::Array(_) | Type::Tuple(..) => ("array", false),
        Type::Column(_) => ("column", false),
        _ => return None,
    })
}

/// A primitive with a brand; `null & {}` has no value.
fn branded(primitive: Type<'_>) -> Type<'_> {
    match primitive {
        Type::Null | Type::Undefined => Type::Never,
        other => other,
    }
}

fn primitives<'p>(
    left: Type<'p>,
    left_rank: (&str, bool),
    right: Type<'p>,
    right_rank: (&str, bool),
) -> Type<'p> {
    if left_rank.0 != right_rank.0 {
        // `boolean & string[]` has no value, and is none less to the compiler.
        let is_object = |rank: &str| matches!(rank, "date" | "bytes" | "array" | "column");
        let is_nothing = |rank: &str| matches!(rank, "null" | "undefined");
        let is_odd = is_object(left_rank.0) || is_object(right_rank.0);
        return match is_odd && !is_nothing(left_rank.0) && !is_nothing(right_rank.0) {
            true => Type::unresolved("it is an intersection that is not read"),
            false => Type::Never,
        };
    }
    match (&left, &right) {
        (Type::StringLiteral(one), Type::StringLiteral(other)) if one != other => Type::Never,
        (Type::NumberLiteral(one), Type::NumberLiteral(other))
            if (one - other).abs() > f64::EPSILON =>
        {
            Type::Never
        }
        (Type::BooleanLiteral(one), Type::BooleanLiteral(other)) if one != other => Type::Never,
        (Type::Template(template), Type::StringLiteral(text))
        | (Type::StringLiteral(text), Type::Template(template)) => match template.holds(text) {
            Some(true) => Type::StringLiteral(Rc::clone(text)),
            Some(false) => Type::Never,
            None => Type::unresolved("it is an intersection that is not read"),
        },
        (Type::Template(_), Type::Template(_)) => {
            Type::unresolved("it is an intersection that is not read")
        }
        (Type::Template(_), _) => left,
        _ if left_rank.1 => left,
        _ => right,
    }
}

/// All properties of both; those of one name hold what both hold.
fn merge<'p>(left: &ObjectType<'p>, right: &ObjectType<'p>) -> ObjectType<'p> {
    let mut merged = left.clone();
    for property in &right.properties {
        let both = left
            .property(&property.name)
            .map(|known| in_both(known, property));
        merged.put(both.unwrap_or_else(|| property.clone()));
    }
    merged.callable |= right.callable;
    merged.index = left.index.clone().or_else(|| right.index.clone());
    merged.incomplete = left.incomplete.clone().or_else(|| right.incomplete.clone());
    merged
}

fn in_both<'p>(left: &Property<'p>, right: &Property<'p>) -> Property<'p> {
    let (one, other) = (left.value.clone(), right.value.clone());
    let value =
        Lazy::computed(move |resolver| resolver.intersect(one.get(resolver), other.get(resolver)));
    Property {
        name: Rc::clone(&left.name),
        optional: left.optional && right.optional,
        value,
        place: right.place.clone().or_else(|| left.place.clone()),
    }
}
