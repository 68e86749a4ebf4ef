//! Evaluated types → what a field holds.

use super::resolve::{Resolver, Type, union};
use super::values::Value;
use crate::facts::{Kind, NEVER};

/// The values that a type allows.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldType {
    /// Whether `undefined` is among it.
    pub optional: bool,
    /// Whether `null` is among it.
    pub nullable: bool,
    /// The kind of all other values.
    pub kind: Kind,
}

/// How deep arrays are looked into.
const DEPTH: u32 = 8;

/// Returns the values that the type `of` allows.
pub fn held<'p>(resolver: &Resolver<'p>, of: &Type<'p>) -> FieldType {
    within(resolver, of, DEPTH)
}

/// Whether `of` holds nothing but functions, and so no data.
pub fn is_function(of: &Type<'_>) -> bool {
    let mut values = of
        .members()
        .iter()
        .filter(|member| !member.is_nothing())
        .peekable();
    values.peek().is_some()
        && values.all(|member| match member {
            Type::Function => true,
            Type::Object(object) => object.callable,
            Type::Value(value) => matches!(**value, Value::Function(..) | Value::Class(..)),
            _ => false,
        })
}

fn within<'p>(resolver: &Resolver<'p>, of: &Type<'p>, left: u32) -> FieldType {
    if of
        .members()
        .iter()
        .any(|member| matches!(member, Type::Column(_)))
    {
        return match left.checked_sub(1) {
            Some(left) => within(resolver, &selected(resolver, of), left),
            None => FieldType {
                optional: false,
                nullable: false,
                kind: Kind::Unresolved("it is nested too deeply".into()),
            },
        };
    }
    let optional = of.has_undefined();
    let nullable = of
        .members()
        .iter()
        .any(|member| matches!(member, Type::Null));
    if is_any_json(of) {
        return FieldType {
            optional,
            nullable: false,
            kind: Kind::Any,
        };
    }
    let mut members = of.members().iter().filter(|member| !member.is_nothing());
    if let Some(texts) = texts(members.clone()) {
        return FieldType {
            optional,
            nullable,
            kind: Kind::Enum(texts),
        };
    }
    let kind = match (of, members.next(), members.next()) {
        (Type::Never, ..) => Kind::Unresolved(NEVER.into()),
        (_, None, _) => Kind::Union(Box::default()),
        (_, Some(only), None) => match single(resolver, only, left) {
            Kind::Union(members) => merge(members),
            kind => kind,
        },
        (_, Some(first), Some(second)) => merge(
            [first, second]
                .into_iter()
                .chain(members)
                .map(|member| single(resolver, member, left)),
        ),
    };
    FieldType {
        optional,
        nullable,
        kind,
    }
}

/// Returns the values of a union of string literals, as [`merge`] would. `None` where a member is
/// no string literal, or there are no members.
fn texts<'m, 'p: 'm>(members: impl Iterator<Item = &'m Type<'p>>) -> Option<Vec<String>> {
    let texts: Vec<String> = members
        .map(|member| match member {
            Type::StringLiteral(text) => Some(text.to_string()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    (!texts.is_empty()).then_some(texts)
}

/// Returns the type that is read from a column. `Generated<boolean | null>` of kysely-codegen is a
/// union of columns: one of booleans, one of null.
fn selected<'p>(resolver: &Resolver<'p>, of: &Type<'p>) -> Type<'p> {
    union(of.members().iter().map(|member| match member {
        Type::Column(sides) => sides[0].get(resolver),
        other => other.clone(),
    }))
}

/// A union of everything that JSON can hold is any JSON.
fn is_any_json(of: &Type<'_>) -> bool {
    let has = |test: fn(&Type<'_>) -> bool| of.members().iter().any(test);
    has(|member| matches!(member, Type::String))
        && has(|member| matches!(member, Type::Number))
        && has(|member| matches!(member, Type::Boolean))
        && has(|member| {
            matches!(
                member,
                Type::Object(_) | Type::Array(_) | Type::Promise(_) | Type::Opaque
            )
        })
}

fn single<'p>(resolver: &Resolver<'p>, member: &Type<'p>, left: u32) -> Kind {
    match member {
        Type::Any | Type::Unknown => Kind::Any,
        Type::String | Type::Template(_) => Kind::String,
        Type::Number | Type::NumberLiteral(_) => Kind::Number,
        Type::Bigint => Kind::Bigint,
        Type::Boolean | Type::BooleanLiteral(_) => Kind::Boolean,
        Type::Date => Kind::Date,
        Type::Bytes => Kind::Bytes,
        Type::StringLiteral(text) => Kind::Enum(vec![text.to_string()]),
        Type::Object(object) if object.callable => Kind::Unresolved("a function is no data".into()),
        Type::Opaque | Type::Promise(_) | Type::Object(_) => Kind::Json,
        Type::Array(element) => match left.checked_sub(1) {
            Some(left) => Kind::Array(Box::new(
                within(resolver, &element.get(resolver), left).kind,
            )),
            None => Kind::Unresolved("its arrays are nested too deeply".into()),
        },
        Type::Tuple(items, rest) => match left.checked_sub(1) {
            Some(left) => {
                let items = items.iter().chain(rest).map(|item| item.get(resolver));
                let item = union(items);
                if matches!(item, Type::Never) {
                    return Kind::Array(Box::new(Kind::Union(Box::default())));
                }
                Kind::Array(Box::new(within(resolver, &item, left).kind))
            }
            None => Kind::Unresolved("its arrays are nested too deeply".into()),
        },
        Type::Column(_) => Kind::Unresolved("its columns are nested".into()),
        Type::Value(_) => Kind::Unresolved("a schema, table or class is no data".into()),
        Type::Function => Kind::Unresolved("a function is no data".into()),
        Type::Symbol => Kind::Unresolved("a symbol is no data".into()),
        Type::Unresolved(why) => Kind::Unresolved((**why).into()),
        Type::Null | Type::Undefined | Type::Never | Type::Union(_) => Kind::Union(Box::default()),
    }
}

/// One kind of several: equal ones once, literals together, a string swallows literals.
pub fn merge(kinds: impl IntoIterator<Item = Kind>) -> Kind {
    let mut merged: Vec<Kind> = Vec::new();
    for kind in kinds {
        match kind {
            Kind::Unresolved(_) => return kind,
            Kind::Union(members) => members
                .into_iter()
                .for_each(|member| add(&mut merged, member)),
            kind => add(&mut merged, kind),
        }
    }
    if merged.contains(&Kind::Any) {
        return Kind::Any;
    }
    if merged.contains(&Kind::String) {
        merged.retain(|kind| !matches!(kind, Kind::Enum(_)));
    }
    match merged.len() {
        1 => merged.swap_remove(0),
        _ => Kind::Union(merged.into()),
    }
}

fn add(merged: &mut Vec<Kind>, kind: Kind) {
    if let Kind::Enum(values) = kind {
        let known = merged.iter_mut().find_map(|known| match known {
            Kind::Enum(known) => Some(known),
            _ => None,
        });
        match known {
            Some(known) => values.into_iter().for_each(|value| {
                if !known.contains(&value) {
                    known.push(value);
                }
            }),
            None => merged.push(Kind::Enum(values)),
        }
    } else if !merged.contains(&kind) {
        merged.push(kind);
    }
}
