//! The type arguments of a call that names none: those that an argument alone decides.

use super::Value;
use super::control_flow::{Returned, returns};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{ExprKind, Function, Parameter, TypeKind, TypeNode, TypeParameter};

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
        let inferred = |parameter: &'p TypeParameter| {
            self.inferred(scope, function, parameter, arguments)
                .unwrap_or_else(|| {
                    let name = &parameter.name;
                    Lazy::known(Type::unresolved(format!(
                        "it depends on the type parameter `{name}`"
                    )))
                })
        };
        function.type_parameters.iter().map(inferred).collect()
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
        let mentions = |one: &&(usize, &Parameter)| {
            one.1
                .annotation
                .as_ref()
                .is_some_and(|node| mentions(node, &parameter.name))
        };
        let parameters: Vec<_> = function.parameters.iter().enumerate().collect();
        let [(at, only)] = parameters.iter().filter(mentions).collect::<Vec<_>>()[..] else {
            return None;
        };
        let given = arguments
            .get(*at)
            .filter(|_| !only.rest && is_named(only.annotation.as_ref(), &parameter.name))?;
        if parameter.constant {
            return None;
        }
        let literal = matches!(
            given,
            Value::String(_) | Value::Number(_) | Value::Boolean(_) | Value::Member(..)
        );
        if !literal || parameter.constraint.is_none() && is_within(function, &parameter.name)? {
            return Some(Lazy::known(self.type_of(given, true)));
        }
        let primitive =
            |of: &Type<'p>| !matches!(of, Type::Object(_) | Type::Unknown | Type::Unresolved(_));
        let constraint = parameter
            .constraint
            .as_ref()
            .map(|node| self.node(scope, node));
        let keeps = constraint.is_some_and(|of| of.members().iter().all(primitive));
        keeps.then(|| Lazy::known(self.type_of(given, false)))
    }
}

/// Whether what is returned holds a `T` and is none itself: then a literal is no literal there.
fn is_within(function: &Function, name: &str) -> Option<bool> {
    if let Some(node) = &function.return_type {
        let members = match &node.kind {
            TypeKind::Union(members) => members,
            _ => std::slice::from_ref(node),
        };
        return Some(!members.iter().any(|member| is_named(Some(member), name)));
    }
    match returns(function.body.statements()) {
        Returned::Once(value) if matches!(value.kind, ExprKind::Object(_) | ExprKind::Array(_)) => {
            Some(true)
        }
        _ => None,
    }
}

/// Whether it is `T`.
fn is_named(node: Option<&TypeNode>, name: &str) -> bool {
    match node.map(|node| &node.kind) {
        Some(TypeKind::Reference(named)) => named.is(name) && named.arguments.is_empty(),
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
