//! `a === b`, where both are known whenever the function is called so: what a helper makes often
//! depends on an option (`options?.default === false`).

use super::Value;
use crate::typescript::resolve::{Binding, Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind};

impl<'p> Resolver<'p> {
    /// `left === right`; `left !== right` with `negated`.
    pub(super) fn equality(
        &self,
        scope: &Scope<'p>,
        (left, right): (&'p Expr, &'p Expr),
        negated: bool,
    ) -> Value<'p> {
        let same = if self.runs() {
            // Calls in them may have effects. Each branch may run with other values.
            self.value(scope, left);
            self.value(scope, right);
            None
        } else {
            self.settled(scope, left)
                .zip(self.settled(scope, right))
                .and_then(|(left, right)| is_same(&left, &right))
        };
        let boolean = Lazy::known(Type::Boolean);
        match same {
            Some(same) => Value::Boolean(same != negated).placed(boolean),
            None => Value::Typed(boolean),
        }
    }

    /// The value of `expression` where nothing in the function can change it: a literal, a parameter
    /// that the call gives, or a property of one.
    fn settled(&self, scope: &Scope<'p>, expression: &'p Expr) -> Option<Value<'p>> {
        match &expression.kind {
            ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Boolean(_) | ExprKind::Null => {
                Some(self.value(scope, expression))
            }
            ExprKind::Name(name) if name == "undefined" => Some(Value::Undefined),
            ExprKind::Name(name) if !scope.is_unsure(name) => match scope.lookup(name)? {
                Binding::Value(given) => Some(given.uncast().clone()),
                Binding::Statements(..) | Binding::Type(..) => None,
            },
            ExprKind::Member(object, name, _) => match self.settled(scope, object)? {
                Value::Object(object) if object.open.is_none() => {
                    let entry = object.get(name);
                    Some(entry.map_or(Value::Undefined, |entry| entry.value.uncast().clone()))
                }
                // `options?.default`
                Value::Undefined | Value::Null => Some(Value::Undefined),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether two values are the same; none where one of them is not known, or none that is compared by
/// what it is.
fn is_same<'p>(left: &Value<'p>, right: &Value<'p>) -> Option<bool> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left == right),
        (Value::Number(left), Value::Number(right)) => Some(left == right),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left == right),
        (left, right) => {
            let is_known = |value: &Value<'p>| {
                matches!(
                    value,
                    Value::String(_)
                        | Value::Number(_)
                        | Value::Boolean(_)
                        | Value::Null
                        | Value::Undefined
                )
            };
            let of_one_kind = std::mem::discriminant(left) == std::mem::discriminant(right);
            (is_known(left) && is_known(right)).then_some(of_one_kind)
        }
    }
}
