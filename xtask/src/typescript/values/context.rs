//! The context of a literal, which decides whether the compiler keeps its literal type: `as const`,
//! `satisfies T`.

use std::rc::Rc;

use super::Value;
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind};

/// The context of an expression.
#[derive(Clone)]
pub(super) enum ExpressionContext<'p> {
    /// Nothing: what is in an object or a list can be assigned again.
    Free,
    /// `as const`
    Constant,
    /// `satisfies T`
    Typed(Lazy<'p>),
}

impl<'p> ExpressionContext<'p> {
    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant)
    }

    /// Around a property of what it stands around.
    pub(super) fn property(&self, name: &str) -> Self {
        self.part(|| Type::literal(name))
    }

    /// Around an element of what it stands around.
    pub(super) fn element(&self) -> Self {
        self.part(|| Type::Number)
    }

    fn part(&self, key: impl FnOnce() -> Type<'p>) -> Self {
        match self {
            Self::Typed(of) => {
                let (of, key) = (of.clone(), key());
                Self::Typed(Lazy::computed(move |resolver| {
                    resolver.indexed(&of.get(resolver), &key)
                }))
            }
            Self::Free => Self::Free,
            Self::Constant => Self::Constant,
        }
    }
}

impl<'p> Resolver<'p> {
    /// The value of `expression` in `context`, which reaches into what is written out there, not to
    /// what it names.
    pub(super) fn value_in(
        &self,
        scope: &Scope<'p>,
        expression: &'p Expr,
        context: &ExpressionContext<'p>,
    ) -> Value<'p> {
        match (&expression.kind, context) {
            (_, ExpressionContext::Free) => self.value(scope, expression),
            (ExprKind::Array(items), _) => self.list(scope, items, context),
            (ExprKind::Object(members), _) => self.object(scope, members, expression.span, context),
            (ExprKind::Template(..), ExpressionContext::Constant) => {
                let value = self.value(scope, expression).uncast().clone();
                self.kept(value, false)
            }
            (_, ExpressionContext::Constant) => self.kept(self.value(scope, expression), false),
            (_, ExpressionContext::Typed(of)) => self.expected(self.value(scope, expression), of),
        }
    }

    /// A literal stays one where one of its kind is expected.
    fn expected(&self, value: Value<'p>, of: &Lazy<'p>) -> Value<'p> {
        if let Value::Either(values) = &value {
            return Value::Either(
                values
                    .iter()
                    .map(|value| self.expected(value.clone(), of))
                    .collect(),
            );
        }
        if let Value::Fallback(operator, left, right) = value {
            let right = self.expected((*right).clone(), of);
            return Value::Fallback(operator, left, Rc::new(right));
        }
        if !matches!(
            value,
            Value::String(_) | Value::Number(_) | Value::Boolean(_) | Value::Member(..)
        ) {
            return value;
        }
        let (literal, of) = (self.type_of(&value, false), of.clone());
        let wide = Lazy::known(self.type_of(&value, true));
        let held = Lazy::computed(move |resolver| match of.get(resolver) {
            Type::Unresolved(why) => Type::Unresolved(why),
            of if of
                .members()
                .iter()
                .any(|member| are_alike(member, &literal)) =>
            {
                literal.clone()
            }
            _ => wide.get(resolver),
        });
        value.placed(held)
    }
}

/// Whether both are literals of one kind.
fn are_alike(one: &Type<'_>, other: &Type<'_>) -> bool {
    matches!(
        (one, other),
        (Type::StringLiteral(_), Type::StringLiteral(_))
            | (Type::NumberLiteral(_), Type::NumberLiteral(_))
            | (Type::BooleanLiteral(_), Type::BooleanLiteral(_))
    )
}
