//! The declared types of places: a parameter, an annotated constant, a property that can be
//! assigned again. The assigned value is kept, since schemas and names are computed from it; its
//! type is that of the place.

use std::rc::Rc;

use super::Value;
use crate::typescript::resolve::{LONGEST_TEXT, Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind, Function, Variable};
use crate::typescript::zod;

/// Why a variable's type is not known that other statements change.
const FLOW: &str = "its type depends on the control flow";

impl<'p> Value<'p> {
    /// Whether it is a value whose type another can hide; schemas, tables and functions stay what
    /// they are.
    pub(super) fn is_data(&self) -> bool {
        match self {
            Value::Cast(inner, _) | Value::Member(inner, _) => inner.is_data(),
            Value::String(_)
            | Value::Text
            | Value::Number(_)
            | Value::Bigint(_)
            | Value::Boolean(_)
            | Value::Null
            | Value::Undefined
            | Value::Symbol
            | Value::Regex(..)
            | Value::Array(_)
            | Value::Object(_)
            | Value::Either(_)
            | Value::Fallback(..)
            | Value::Promised(_)
            | Value::Typed(_)
            | Value::Unknown(_) => true,
            _ => false,
        }
    }

    /// Whether its type alone says what its parts are.
    pub(super) fn holds_data(&self) -> bool {
        self.is_data() && !matches!(self.uncast(), Value::Promised(_))
    }

    /// Whether it has no type but that of what it is.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(self, Value::Cast(..) | Value::Member(..))
    }

    /// As `function` returns it.
    #[must_use]
    pub(super) fn promised(self, function: &Function) -> Self {
        if function.is_async {
            Value::Promised(Rc::new(self))
        } else {
            self
        }
    }

    /// As it is read from a place of the type `of`.
    #[must_use]
    pub(super) fn placed(self, of: Lazy<'p>) -> Self {
        if self.is_data() {
            Value::Cast(Rc::new(self), of)
        } else {
            self
        }
    }

    /// With a type that is not known, because of `why`.
    #[must_use]
    pub(super) fn untyped(self, why: &'static str) -> Self {
        self.placed(Lazy::computed(move |_| Type::unresolved(why)))
    }
}

/// Some text, with the value where it is known: no literal to the compiler.
pub(super) fn text<'p>(known: impl Into<Rc<str>>) -> Value<'p> {
    let known = known.into();
    if known.len() > LONGEST_TEXT {
        return Value::Text;
    }
    Value::Cast(Rc::new(Value::String(known)), Lazy::known(Type::String))
}

impl<'p> Resolver<'p> {
    /// A literal where it was put; with `widen`, into a place that can be assigned again.
    pub(super) fn kept(&self, value: Value<'p>, widen: bool) -> Value<'p> {
        match value {
            Value::String(_) | Value::Number(_) | Value::Boolean(_) | Value::Member(..) => {
                let of = Lazy::known(self.type_of(&value, widen));
                Value::Cast(Rc::new(value), of)
            }
            Value::Either(_) | Value::Fallback(..) => {
                let each = value.clone();
                value.placed(Lazy::computed(move |resolver| {
                    resolver.type_of(&each, widen)
                }))
            }
            other => other,
        }
    }

    /// Returns the value of a variable.
    pub(super) fn variable_value(&self, scope: &Scope<'p>, variable: &'p Variable) -> Value<'p> {
        let annotation = variable
            .annotation
            .as_ref()
            .map(|node| Lazy::node(scope, node));
        let value = variable
            .value
            .as_ref()
            .map(|value| self.value(scope, value));
        let declared = variable
            .annotation
            .as_ref()
            .zip(annotation.as_ref())
            .zip(value.as_ref());
        if let Some(schema) =
            declared.and_then(|((node, of), value)| zod::declared(value, node, of))
        {
            return schema;
        }
        match (value, annotation) {
            (Some(value), Some(of)) => self.assigned(value, of, variable.constant),
            (None, Some(of)) if variable.constant => Value::Typed(of),
            (None, Some(of)) => reassigned(Value::Typed(of)),
            (Some(value), _) if self.runs() => value,
            (Some(Value::Array(_)), None) if variable.value.as_ref().is_some_and(is_empty_list) => {
                Value::unknown("it depends on what is put into it")
            }
            (Some(value), None) if variable.constant => value,
            (Some(Value::Null | Value::Undefined), None) => {
                Value::Undefined.untyped("it depends on what is assigned to it")
            }
            (Some(value), None) => reassigned(self.kept(value, true)),
            (None, None) => Value::unknown("its value is assigned elsewhere"),
        }
    }

    /// `const name: of = value`: of a union, the members that the value may be.
    fn assigned(&self, value: Value<'p>, of: Lazy<'p>, constant: bool) -> Value<'p> {
        if !value.is_data() {
            return Value::Cast(Rc::new(value), of);
        }
        if !constant {
            return reassigned(Value::Cast(Rc::new(value), of));
        }
        let given = value.clone();
        let narrowed = Lazy::computed(move |resolver| {
            let given = resolver.type_of(&given, false);
            resolver.narrowed(of.get(resolver), &given)
        });
        Value::Cast(Rc::new(value), narrowed)
    }

    /// A part of a value: it has the type of the part of the declared type, where there is one.
    pub(super) fn part(&self, of: &Lazy<'p>, key: Type<'p>, found: Value<'p>) -> Value<'p> {
        let of = of.clone();
        let part = Lazy::computed(move |resolver| resolver.indexed(&of.get(resolver), &key));
        match found {
            Value::Undefined | Value::Unknown(_) => Value::Typed(part),
            found => found.placed(part),
        }
    }

    /// Returns `value`, which `expression` reads. Its type becomes uncertain where a condition or
    /// an assignment may have changed the type of the variable at the root of the expression.
    pub(super) fn guarded(
        &self,
        scope: &Scope<'p>,
        expression: &Expr,
        value: Value<'p>,
    ) -> Value<'p> {
        let may_be_another = matches!(value, Value::Typed(_) | Value::Cast(..)) && value.is_data();
        let is_unsure =
            may_be_another && root(expression).is_some_and(|name| scope.is_unsure(name));
        if is_unsure { reassigned(value) } else { value }
    }
}

/// A value whose type may be narrower than it is declared: of a union nothing is sure.
fn reassigned(value: Value<'_>) -> Value<'_> {
    let of = match &value {
        Value::Typed(of) | Value::Cast(_, of) => of.clone(),
        _ => return value,
    };
    value.placed(Lazy::computed(move |resolver| match of.get(resolver) {
        Type::Union(_) | Type::Unknown | Type::Any => Type::unresolved(FLOW),
        sure => sure,
    }))
}

fn is_empty_list(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Array(items) if items.is_empty())
}

/// `a` of `a.b[c]`.
fn root(expression: &Expr) -> Option<&str> {
    match &expression.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Member(object, ..) | ExprKind::Index(object, _) => root(object),
        _ => None,
    }
}
