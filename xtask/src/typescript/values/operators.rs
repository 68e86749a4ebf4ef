//! `a ? b : c`, `a ?? b`, `a + b`, `{ a = b }`.

use std::rc::Rc;

use super::Value;
use super::control_flow::{aliased, named};
use super::places::text;
use super::running::either_runs;
use crate::typescript::resolve::{Binding, Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::{Binary, Expr};

const CONDITION: &str = "it depends on a condition";
const OPERATOR: &str = "its operator is not evaluated";

impl<'p> Resolver<'p> {
    /// `test ? then : otherwise`
    pub(super) fn conditional_value(
        &self,
        scope: &Scope<'p>,
        test: &'p Expr,
        then: &'p Expr,
        otherwise: &'p Expr,
    ) -> Value<'p> {
        let chosen = match self.value(scope, test).uncast() {
            Value::Boolean(true) => self.value(scope, then),
            Value::Boolean(false) => self.value(scope, otherwise),
            _ if self.runs() => {
                return either_runs(self.value(scope, then), self.value(scope, otherwise));
            }
            _ => {
                let inside = self.behind(scope, test);
                return either(
                    [self.value(&inside, then), self.value(&inside, otherwise)],
                    CONDITION,
                );
            }
        };
        chosen.untyped(CONDITION)
    }

    /// `left operator right`
    pub(super) fn binary(
        &self,
        scope: &Scope<'p>,
        operator: Binary,
        left: &'p Expr,
        right: &'p Expr,
    ) -> Value<'p> {
        if self.runs() && matches!(operator, Binary::Or | Binary::Coalesce | Binary::Default) {
            let left = self.value(scope, left);
            return if left.is_opaque() || left.is_nothing() {
                self.value(scope, right)
            } else {
                left
            };
        }
        if matches!(operator, Binary::Same | Binary::Different) {
            return self.equality(scope, (left, right), operator == Binary::Different);
        }
        let guards = matches!(operator, Binary::Or | Binary::Coalesce);
        let inside = if guards {
            self.behind(scope, left)
        } else {
            scope.clone()
        };
        let (left, right) = (self.value(scope, left), self.value(&inside, right));
        match (operator, left.uncast(), right.uncast()) {
            (Binary::Add, Value::String(left), Value::String(right)) => {
                text(format!("{left}{right}"))
            }
            (Binary::Add, Value::String(left), Value::Number(right)) => {
                text(format!("{left}{right}"))
            }
            (Binary::Add, Value::Number(left), Value::String(right)) => {
                text(format!("{left}{right}"))
            }
            (Binary::Add, Value::String(_) | Value::Text, other)
            | (Binary::Add, other, Value::String(_) | Value::Text) => self.some_text(other),
            (Binary::And, ..) if self.runs() => right,
            (operator, Value::Number(left), Value::Number(right)) => match operator {
                Binary::Add => Value::Number(left + right),
                Binary::Subtract => Value::Number(left - right),
                Binary::Multiply => Value::Number(left * right),
                Binary::Divide => Value::Number(left / right),
                Binary::Power => Value::Number(left.powf(*right)),
                Binary::Same | Binary::Different | Binary::Compare => {
                    Value::Typed(Lazy::known(Type::Boolean))
                }
                Binary::Or | Binary::Coalesce | Binary::Default | Binary::And | Binary::Other => {
                    Value::unknown(OPERATOR)
                }
            },
            (Binary::Default, ..) => self.defaulted(left, right),
            (Binary::Or | Binary::Coalesce, Value::Null | Value::Undefined, _)
                if left.is_plain() =>
            {
                right
            }
            (Binary::Or | Binary::Coalesce, Value::Null | Value::Undefined, _) => {
                right.untyped(OPERATOR)
            }
            (Binary::Or | Binary::Coalesce, Value::String(text), _)
                if !text.is_empty() && left.is_plain() =>
            {
                left
            }
            (Binary::Or | Binary::Coalesce, Value::String(text), _) if !text.is_empty() => {
                left.untyped(OPERATOR)
            }
            (Binary::Or | Binary::Coalesce, Value::Object(_) | Value::Array(_), _)
                if !left.is_plain() =>
            {
                left.untyped(OPERATOR)
            }
            (
                Binary::Or | Binary::Coalesce,
                Value::Object(_) | Value::Array(_) | Value::Zod(_),
                _,
            ) => left,
            (
                Binary::Or | Binary::Coalesce,
                Value::Typed(_) | Value::Either(_) | Value::Fallback(..) | Value::Text,
                _,
            ) => fallen_back(operator, left, right),
            (Binary::Same | Binary::Different | Binary::Compare, ..) => {
                Value::Typed(Lazy::known(Type::Boolean))
            }
            _ => Value::unknown(OPERATOR),
        }
    }

    /// Behind a condition, which may say more about the types of what it names.
    fn behind(&self, scope: &Scope<'p>, test: &'p Expr) -> Scope<'p> {
        let mut names = Vec::new();
        named(test, &mut names);
        for name in names.clone() {
            match scope.lookup(name) {
                Some(Binding::Statements(_, statements)) => {
                    statements
                        .iter()
                        .for_each(|statement| aliased(statement, &mut names));
                }
                Some(Binding::Value(_) | Binding::Type(..)) => {}
                None => scope
                    .module
                    .declarations(name)
                    .for_each(|statement| aliased(statement, &mut names)),
            }
        }
        scope.with_unsure(names)
    }

    /// `{ a = default }`, where `a` is `value`.
    pub(super) fn defaulted(&self, value: Value<'p>, default: Value<'p>) -> Value<'p> {
        if !value.is_data() || !default.is_data() {
            return if matches!(value.uncast(), Value::Undefined) {
                default
            } else {
                value
            };
        }
        let (given, filled) = (value.clone(), default.clone());
        let of = Lazy::computed(move |resolver| {
            let given = resolver
                .type_of(&given, true)
                .without(|member| matches!(member, Type::Undefined));
            union([given, resolver.type_of(&filled, true)])
        });
        let held = if matches!(value.uncast(), Value::Undefined) {
            default
        } else {
            value
        };
        held.uncast().clone().placed(of)
    }
}

/// One of `values`, where all are data; else it is not known, because of `why`.
fn either<'p>(values: [Value<'p>; 2], why: &str) -> Value<'p> {
    let is_known =
        |value: &Value<'p>| value.is_data() && !matches!(value.uncast(), Value::Unknown(_));
    if values.iter().all(is_known) {
        Value::Either(Rc::new(values))
    } else {
        Value::unknown(why)
    }
}

/// `left ?? right`, `left || right`
fn fallen_back<'p>(operator: Binary, left: Value<'p>, right: Value<'p>) -> Value<'p> {
    match right.uncast() {
        known if known.is_data() && !matches!(known, Value::Unknown(_)) => {
            Value::Fallback(operator, Rc::new(left), Rc::new(right))
        }
        _ => Value::unknown(OPERATOR),
    }
}
