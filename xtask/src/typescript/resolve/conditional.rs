//! `C extends E ? T : F`, where it can be decided without guessing.

use super::assignable::{all, any, is_primitive};
use super::{Binding, Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::{ConditionalType, Text, TypeKind, TypeMember, TypeNode};

/// The types that each `infer` was matched with, one entry per match.
type InferMatches<'p> = Vec<(&'p str, Type<'p>)>;

impl<'p> Resolver<'p> {
    /// `check extends extends ? then : otherwise`
    pub(super) fn conditional(&self, scope: &Scope<'p>, node: &'p ConditionalType) -> Type<'p> {
        let checked = self.node(scope, &node.check);
        let Some(parameter) = naked_parameter(scope, &node.check) else {
            return self.branch(scope, &checked, node);
        };
        let each = checked.members().iter().map(|member| {
            let inside = scope.with_type(parameter, Lazy::known(member.clone()));
            self.branch(&inside, member, node)
        });
        union(each)
    }

    fn branch(&self, scope: &Scope<'p>, checked: &Type<'p>, node: &'p ConditionalType) -> Type<'p> {
        let ConditionalType {
            extends,
            then,
            otherwise,
            ..
        } = node;
        let mut inferred = Vec::new();
        match self.matches(scope, checked, extends, &mut inferred) {
            Some(true) => self.node(&bound(scope, extends, &inferred), then),
            Some(false) => self.node(scope, otherwise),
            // `any` may be either.
            None if matches!(checked, Type::Any) && !mentions_infer(extends) => {
                union([self.node(scope, then), self.node(scope, otherwise)])
            }
            None => Type::unresolved("it is a conditional type"),
        }
    }

    /// Whether `checked` is assignable to the written type `pattern`; none where that can't be
    /// said.
    fn matches(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        pattern: &'p TypeNode,
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        if let Some(element) = array_element(pattern) {
            return self.matches_array(scope, checked, element, inferred);
        }
        if let Some(held) = promised(pattern) {
            return self.matches_promise(scope, checked, held, inferred);
        }
        match &pattern.kind {
            TypeKind::Infer(name) => {
                inferred.push((name, checked.clone()));
                Some(true)
            }
            // kysely-codegen writes its own `Generated<T>` with it.
            TypeKind::Reference(named) if named.path.last().is_some_and(is_column_type) => {
                self.matches_column(scope, checked, &named.arguments, inferred)
            }
            TypeKind::Function => is_no_function(checked).then_some(false),
            _ if !mentions_infer(pattern) => self.assignable(checked, &self.node(scope, pattern)),
            TypeKind::Object(members) => self.matches_object(scope, checked, members, inferred),
            TypeKind::Union(patterns) => self.matches_union(scope, checked, patterns, inferred),
            TypeKind::Tuple(patterns) => self.matches_tuple(scope, checked, patterns, inferred),
            _ => None,
        }
    }

    fn matches_array(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        element: &'p TypeNode,
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        match checked {
            Type::Array(item) => self.matches(scope, &item.get(self), element, inferred),
            Type::Tuple(items, rest) => {
                let items = union(items.iter().chain(rest).map(|item| item.get(self)));
                self.matches(scope, &items, element, inferred)
            }
            Type::Union(members) => all(members
                .iter()
                .map(|member| self.matches_array(scope, member, element, inferred))),
            Type::Any | Type::Unresolved(_) | Type::Value(_) => None,
            _ => Some(false),
        }
    }

    fn matches_promise(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        held: &'p TypeNode,
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        match checked {
            Type::Promise(of) => self.matches(scope, &of.get(self), held, inferred),
            Type::Union(members) => all(members
                .iter()
                .map(|member| self.matches_promise(scope, member, held, inferred))),
            _ if is_primitive(checked)
                || matches!(checked, Type::Null | Type::Undefined | Type::Array(_)) =>
            {
                Some(false)
            }
            Type::Object(object)
                if object.incomplete.is_none() && object.property("then").is_none() =>
            {
                Some(false)
            }
            _ => None,
        }
    }

    /// Supabase's `extends { Row: infer R }`.
    fn matches_object(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        members: &'p [TypeMember],
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        if is_primitive(checked) || matches!(checked, Type::Null | Type::Undefined | Type::Unknown)
        {
            return Some(false);
        }
        let object = self.properties(checked).ok()?;
        all(members.iter().map(|member| {
            let TypeMember::Property(wanted) = member else {
                return None;
            };
            match object.property(wanted.key.literal()?) {
                None if object.incomplete.is_some() || object.index.is_some() => None,
                None => Some(wanted.optional),
                Some(found) if found.optional && !wanted.optional => Some(false),
                Some(found) => self.matches(
                    scope,
                    &found.value.get(self),
                    wanted.value.as_ref()?,
                    inferred,
                ),
            }
        }))
    }

    /// Each value is one of `patterns`: those that infer nothing have the first choice.
    fn matches_union(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        patterns: &'p [TypeNode],
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        let (inferring, plain): (Vec<_>, Vec<_>) =
            patterns.iter().partition(|pattern| mentions_infer(pattern));
        let in_order: Vec<_> = plain.into_iter().chain(inferring).collect();
        all(checked.members().iter().map(|member| {
            any(in_order
                .iter()
                .map(|pattern| self.matches(scope, member, pattern, inferred)))
        }))
    }

    fn matches_tuple(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        patterns: &'p [TypeNode],
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        let fixed = !patterns
            .iter()
            .any(|pattern| matches!(pattern.kind, TypeKind::Rest(_)));
        match checked {
            Type::Tuple(items, None) if fixed && items.len() == patterns.len() => {
                let pairs = items.iter().zip(patterns);
                all(pairs
                    .map(|(item, pattern)| self.matches(scope, &item.get(self), pattern, inferred)))
            }
            _ => is_primitive(checked).then_some(false),
        }
    }

    /// kysely's `ColumnType<infer S, infer I, infer U>`.
    fn matches_column(
        &self,
        scope: &Scope<'p>,
        checked: &Type<'p>,
        arguments: &'p [TypeNode],
        inferred: &mut InferMatches<'p>,
    ) -> Option<bool> {
        match checked {
            Type::Column(sides) => {
                let pairs = arguments.iter().zip(sides.iter());
                all(pairs.map(|(node, side)| self.matches(scope, &side.get(self), node, inferred)))
            }
            Type::Any | Type::Unknown | Type::Unresolved(_) | Type::Value(_) => None,
            _ => Some(false),
        }
    }
}

/// The scope in which each `infer` of `pattern` has a meaning: all that it was matched with, or
/// nothing that is known.
fn bound<'p>(scope: &Scope<'p>, pattern: &'p TypeNode, inferred: &InferMatches<'p>) -> Scope<'p> {
    let mut names = Vec::new();
    inferred_names(pattern, &mut names);
    names.into_iter().fold(scope.clone(), |scope, name| {
        let matched: Vec<_> = inferred
            .iter()
            .filter(|(of, _)| *of == name)
            .map(|(_, with)| with.clone())
            .collect();
        let meaning = if matched.is_empty() {
            Type::Unknown
        } else {
            union(matched)
        };
        scope.with_type(name, Lazy::known(meaning))
    })
}

fn is_column_type(name: &Text) -> bool {
    name == "ColumnType"
}

/// `T` of `T[]`, `Array<T>` and `ReadonlyArray<T>`.
fn array_element(pattern: &TypeNode) -> Option<&TypeNode> {
    match &pattern.kind {
        TypeKind::Array(element) => Some(element),
        TypeKind::Reference(named) => match named.parts() {
            ([name], [element]) if name == "Array" || name == "ReadonlyArray" => Some(element),
            _ => None,
        },
        _ => None,
    }
}

/// `T` of `Promise<T>` and `PromiseLike<T>`.
fn promised(pattern: &TypeNode) -> Option<&TypeNode> {
    let TypeKind::Reference(named) = &pattern.kind else {
        return None;
    };
    match named.parts() {
        ([name], [held]) if name == "Promise" || name == "PromiseLike" => Some(held),
        _ => None,
    }
}

/// Whether it certainly can't be called.
fn is_no_function(checked: &Type<'_>) -> bool {
    match checked {
        Type::Object(object) => !object.callable && object.incomplete.is_none(),
        Type::Union(members) => members.iter().any(is_no_function),
        Type::Null
        | Type::Undefined
        | Type::Date
        | Type::Bytes
        | Type::Array(_)
        | Type::Tuple(..)
        | Type::Unknown => true,
        other => is_primitive(other),
    }
}

/// `T` in `T extends …`, where it is a type parameter: then each member of a union is checked for
/// itself.
fn naked_parameter<'p>(scope: &Scope<'p>, check: &'p TypeNode) -> Option<&'p str> {
    match &check.kind {
        TypeKind::Reference(named) => match named.parts() {
            ([name], []) => {
                matches!(scope.lookup(name)?, Binding::Type(Some(_), _)).then_some(name)
            }
            _ => None,
        },
        _ => None,
    }
}

fn mentions_infer(node: &TypeNode) -> bool {
    let mut names = Vec::new();
    inferred_names(node, &mut names);
    !names.is_empty()
}

/// The names behind each `infer` that is read.
fn inferred_names<'p>(node: &'p TypeNode, names: &mut Vec<&'p str>) {
    match &node.kind {
        TypeKind::Infer(name) => names.push(name),
        TypeKind::Array(inner) | TypeKind::Rest(inner) | TypeKind::KeyOf(inner) => {
            inferred_names(inner, names)
        }
        TypeKind::Union(nodes) | TypeKind::Intersection(nodes) | TypeKind::Tuple(nodes) => {
            inferred_names_of(nodes, names)
        }
        TypeKind::Template(template) => inferred_names_of(&template.types, names),
        TypeKind::Reference(named) => inferred_names_of(&named.arguments, names),
        TypeKind::Indexed(object, index) => [object, index]
            .into_iter()
            .for_each(|node| inferred_names(node, names)),
        TypeKind::Object(members) => TypeNode::properties(members)
            .filter_map(|property| property.value.as_ref())
            .for_each(|value| inferred_names(value, names)),
        _ => {}
    }
}

fn inferred_names_of<'p>(nodes: &'p [TypeNode], names: &mut Vec<&'p str>) {
    for node in nodes {
        inferred_names(node, names);
    }
}
