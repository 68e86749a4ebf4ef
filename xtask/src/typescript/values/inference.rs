//! The type arguments of a call that names none: those that an argument alone decides.

use super::Value;
use super::control_flow::{Returned, returns};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{ExprKind, Function, TypeKind, TypeNode, TypeParameter};

impl<'p> Resolver<'p> {
    /// `types`, or what `arguments` say about the type parameters of `function`.
    pub(super) fn type_arguments(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        types: &[Lazy<'p>],
        arguments: &[Value<'p>],
    ) -> Vec<Lazy<'p>> {
        if !types.is_empty() || function.type_parameters.is_empty() {
            return types.to_vec();
        }
        let mut inferred = Vec::with_capacity(function.type_parameters.len());
        for parameter in &function.type_parameters {
            let known = self.inferred(scope, function, parameter, arguments);
            inferred.push(known.unwrap_or_else(|| {
                let name = &parameter.name;
                let why = format!("it depends on the type parameter `{name}`");
                Lazy::known(Type::unresolved(why))
            }));
        }
        inferred
    }

    /// Infers the type parameter of `<T>(a: T)` from the argument given for `a`. `None` where that
    /// argument alone does not decide the type.
    fn inferred(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        parameter: &'p TypeParameter,
        arguments: &[Value<'p>],
    ) -> Option<Lazy<'p>> {
        let mut mentioning = Vec::new();
        for (at, one) in function.parameters.iter().enumerate() {
            if let Some(node) = &one.annotation
                && mentions(node, &parameter.name)
            {
                mentioning.push((at, one, node));
            }
        }
        let [(at, only, node)] = mentioning[..] else {
            return None;
        };
        let given = arguments.get(at)?;
        if only.rest || parameter.constant || !is_named(node, &parameter.name) {
            return None;
        }
        let literal = matches!(
            given,
            Value::String(_) | Value::Number(_) | Value::Boolean(_) | Value::Member(..)
        );
        if !literal || parameter.constraint.is_none() && is_within(function, &parameter.name)? {
            return Some(Lazy::known(self.type_of(given, true)));
        }
        let constraint = self.node(scope, parameter.constraint.as_ref()?);
        for member in constraint.members() {
            if let Type::Object(_) | Type::Unknown | Type::Unresolved(_) = member {
                return None;
            }
        }
        Some(Lazy::known(self.type_of(given, false)))
    }
}

/// Whether what is returned holds a `T` and is none itself: then a literal is no literal there.
fn is_within(function: &Function, name: &str) -> Option<bool> {
    if let Some(node) = &function.return_type {
        let members = match &node.kind {
            TypeKind::Union(members) => members,
            _ => std::slice::from_ref(node),
        };
        return Some(!members.iter().any(|member| is_named(member, name)));
    }
    match returns(function.body.statements()) {
        Returned::Once(value) if matches!(value.kind, ExprKind::Object(_) | ExprKind::Array(_)) => {
            Some(true)
        }
        _ => None,
    }
}

/// Whether it is `T`.
fn is_named(node: &TypeNode, name: &str) -> bool {
    match &node.kind {
        TypeKind::Reference(named) => named.is(name) && named.arguments.is_empty(),
        _ => false,
    }
}

/// Whether `name` may stand somewhere in a type.
fn mentions(node: &TypeNode, name: &str) -> bool {
    match &node.kind {
        TypeKind::Keyword(_)
        | TypeKind::String(_)
        | TypeKind::Number(_)
        | TypeKind::Boolean(_)
        | TypeKind::Bigint => false,
        TypeKind::Array(inner) | TypeKind::Rest(inner) | TypeKind::KeyOf(inner) => {
            mentions(inner, name)
        }
        TypeKind::Union(members) | TypeKind::Intersection(members) | TypeKind::Tuple(members) => {
            members.iter().any(|member| mentions(member, name))
        }
        TypeKind::Reference(named) => {
            named.path.first().is_some_and(|first| first == name)
                || named.arguments.iter().any(|one| mentions(one, name))
        }
        _ => true,
    }
}
