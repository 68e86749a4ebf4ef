//! `C extends E ? T : F`, where it can be decided without guessing.

use super::{Binding, Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::{Text, TypeKind, TypeNode};

impl<'p> Resolver<'p> {
    /// `check extends extends ? then : otherwise`
    pub(super) fn conditional(
        &self,
        scope: &Scope<'p>,
        check: &'p TypeNode,
        extends: &'p TypeNode,
        then: &'p TypeNode,
        otherwise: &'p TypeNode,
    ) -> Type<'p> {
        let checked = self.node(scope, check);
        let Some(parameter) = naked_parameter(scope, check) else {
            return self.branch(scope, &checked, extends, then, otherwise);
        };
        let each = checked.members().iter().map(|member| {
            let inside = scope.with_type(parameter, Lazy::known(member.clone()));
            self.branch(&inside, member, extends, then, otherwise)
        });
        union(each)
    }

    fn branch(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        extends: &'p TypeNode,
        then: &'p TypeNode,
        otherwise: &'p TypeNode,
    ) -> Type<'p> {
        let mut inferred = Vec::new();
        match self.matches(scope, checked, extends, &mut inferred) {
            Some(true) => {
                let inside =
                    inferred.into_iter().fold(scope.clone(), |scope, (name, value)| scope.with_type(name, value));
                self.node(&inside, then)
            }
            Some(false) => self.node(scope, otherwise),
            None => Type::unresolved("it is a conditional type"),
        }
    }

    /// Whether `checked` is assignable to the written type `pattern`; none where that can't be said.
    fn matches(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        pattern: &'p TypeNode,
        inferred: &mut Vec<(&'p str, Lazy<'p>)>,
    ) -> Option<bool> {
        match &pattern.kind {
            TypeKind::Infer(name) => {
                inferred.push((name, Lazy::known(checked.clone())));
                Some(true)
            }
            TypeKind::Array(element) => self.matches_array(scope, checked, element, inferred),
            TypeKind::Reference(path, arguments)
                if matches!(path.first().map(Text::as_str), Some("Array" | "ReadonlyArray")) && path.len() == 1 =>
            {
                self.matches_array(scope, checked, arguments.first()?, inferred)
            }
            // kysely-codegen writes its own `Generated<T>` with it.
            TypeKind::Reference(path, arguments) if path.last().is_some_and(|name| name == "ColumnType") => {
                self.matches_column(scope, checked, arguments, inferred)
            }
            _ if mentions_infer(pattern) => None,
            _ => self.assignable(checked, &self.node(scope, pattern)),
        }
    }

    fn matches_array(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        element: &'p TypeNode,
        inferred: &mut Vec<(&'p str, Lazy<'p>)>,
    ) -> Option<bool> {
        match checked {
            Type::Array(item) => self.matches(scope, &item.get(self), element, inferred),
            Type::Tuple(items, rest) => {
                let items = union(items.iter().chain(rest).map(|item| item.get(self)));
                self.matches(scope, &items, element, inferred)
            }
            Type::Any | Type::Unresolved(_) | Type::Value(_) => None,
            _ => Some(false),
        }
    }

    /// kysely's `ColumnType<infer S, infer I, infer U>`.
    fn matches_column(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        arguments: &'p [TypeNode],
        inferred: &mut Vec<(&'p str, Lazy<'p>)>,
    ) -> Option<bool> {
        match checked {
            Type::Column(sides) => {
                let pairs = arguments.iter().zip(sides.iter());
                let matched = pairs.map(|(node, side)| self.matches(scope, &side.get(self), node, inferred));
                all(matched.collect::<Vec<_>>().into_iter())
            }
            Type::Any | Type::Unknown | Type::Unresolved(_) | Type::Value(_) => None,
            _ => Some(false),
        }
    }

    /// Whether each value of `from` is one of `to`; none where that can't be said.
    pub(super) fn assignable(&self, from: &Type<'p>, to: &Type<'p>) -> Option<bool> {
        match (from, to) {
            (Type::Unresolved(_), _) | (_, Type::Unresolved(_)) | (Type::Any, _) => None,
            (_, Type::Any | Type::Unknown) | (Type::Never, _) => Some(true),
            (Type::Unknown, _) => Some(false),
            (Type::Union(members), _) => all(members.iter().map(|member| self.assignable(member, to))),
            (_, Type::Union(members)) => any(members.iter().map(|member| self.assignable(from, member))),
            (_, Type::Never) => Some(false),
            (Type::Object(from), Type::Object(to)) => self.object_assignable(from, to),
            (Type::Array(from), Type::Array(to)) => self.assignable(&from.get(self), &to.get(self)),
            _ => scalar_assignable(from, to),
        }
    }

    fn object_assignable(&self, from: &super::Object<'p>, to: &super::Object<'p>) -> Option<bool> {
        if from.incomplete.is_some() || to.incomplete.is_some() {
            return None;
        }
        if to.index.is_some() {
            return None;
        }
        all(to.properties.iter().map(|wanted| match from.property(&wanted.name) {
            None => Some(wanted.optional),
            Some(found) if found.optional && !wanted.optional => Some(false),
            Some(found) => self.assignable(&found.value.get(self), &wanted.value.get(self)),
        }))
    }
}

/// Whether all hold: one that does not outweighs those of which that can't be said.
fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
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

fn any(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(results.map(|result| result.map(|known| !known))).map(|none| !none)
}

fn scalar_assignable(from: &Type<'_>, to: &Type<'_>) -> Option<bool> {
    Some(match (from, to) {
        (Type::StringLiteral(one), Type::StringLiteral(other)) => one == other,
        (Type::NumberLiteral(one), Type::NumberLiteral(other)) => one == other,
        (Type::BooleanLiteral(one), Type::BooleanLiteral(other)) => one == other,
        (Type::String | Type::StringLiteral(_), Type::String)
        | (Type::Number | Type::NumberLiteral(_), Type::Number)
        | (Type::Boolean | Type::BooleanLiteral(_), Type::Boolean)
        | (Type::Null, Type::Null)
        | (Type::Undefined, Type::Undefined)
        | (Type::Bigint, Type::Bigint)
        | (Type::Symbol, Type::Symbol)
        | (Type::Date, Type::Date)
        | (Type::Bytes, Type::Bytes)
        | (Type::Function, Type::Function) => true,
        (
            Type::Object(_)
            | Type::Array(_)
            | Type::Tuple(..)
            | Type::Date
            | Type::Bytes
            | Type::Function
            | Type::Opaque,
            Type::Opaque,
        ) => true,
        (Type::Null | Type::Undefined, _) => false,
        (from, to) if is_primitive(from) && (is_primitive(to) || matches!(to, Type::Null | Type::Undefined)) => false,
        (from, Type::Date | Type::Bytes | Type::Array(_) | Type::Tuple(..) | Type::Function | Type::Opaque)
            if is_primitive(from) =>
        {
            false
        }
        (from, Type::Object(to)) if is_primitive(from) && to.incomplete.is_none() => to.properties.is_empty(),
        (
            Type::Object(_)
            | Type::Array(_)
            | Type::Tuple(..)
            | Type::Date
            | Type::Bytes
            | Type::Function
            | Type::Opaque,
            to,
        ) if is_primitive(to) || matches!(to, Type::Null | Type::Undefined) => false,
        (Type::Date | Type::Bytes | Type::Function, Type::Array(_) | Type::Tuple(..)) => false,
        (Type::Array(_) | Type::Tuple(..), Type::Date | Type::Bytes | Type::Function) => false,
        (Type::Date, Type::Function | Type::Bytes) | (Type::Function, Type::Date | Type::Bytes) => false,
        (Type::Object(_), Type::Array(_) | Type::Tuple(..) | Type::Date | Type::Bytes | Type::Function) => false,
        _ => return None,
    })
}

fn is_primitive(member: &Type<'_>) -> bool {
    matches!(
        member,
        Type::String
            | Type::StringLiteral(_)
            | Type::Number
            | Type::NumberLiteral(_)
            | Type::Boolean
            | Type::BooleanLiteral(_)
            | Type::Bigint
            | Type::Symbol
    )
}

/// `T` in `T extends …`, where it is a type parameter: then each member of a union is checked for itself.
fn naked_parameter<'p>(scope: &Scope<'p>, check: &'p TypeNode) -> Option<&'p str> {
    match &check.kind {
        TypeKind::Reference(path, arguments) if path.len() == 1 && arguments.is_empty() => {
            let name = path.first()?;
            matches!(scope.lookup(name)?, Binding::Type(Some(_), _)).then_some(name)
        }
        _ => None,
    }
}

fn mentions_infer(node: &TypeNode) -> bool {
    let any = |nodes: &[TypeNode]| nodes.iter().any(mentions_infer);
    match &node.kind {
        TypeKind::Infer(_) => true,
        TypeKind::Array(inner) | TypeKind::Rest(inner) | TypeKind::KeyOf(inner) => mentions_infer(inner),
        TypeKind::Union(nodes)
        | TypeKind::Intersection(nodes)
        | TypeKind::Tuple(nodes)
        | TypeKind::Template(_, nodes)
        | TypeKind::Reference(_, nodes) => any(nodes),
        TypeKind::Indexed(object, index) => mentions_infer(object) || mentions_infer(index),
        TypeKind::Object(members) => {
            TypeNode::properties(members).any(|property| property.value.as_ref().is_some_and(mentions_infer))
        }
        TypeKind::Function => true,
        _ => false,
    }
}
