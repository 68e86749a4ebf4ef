//! Statements of a program that runs: everything runs once, in order. Each branch of an `if` runs,
//! since each may.

use std::rc::Rc;

use super::Value;
use crate::typescript::resolve::{Locals, Resolver, Scope};
use crate::typescript::syntax::{Case, Expr, ExprKind, Module, Statement, StatementKind};

impl<'p> Resolver<'p> {
    /// Runs the statements of `module`, once.
    pub fn run(&self, module: &'p Module) {
        let Some(running) = self.run_state() else {
            return;
        };
        if running.ran.borrow_mut().insert(std::ptr::from_ref(module)) {
            self.execute(&Scope::module(module), &module.statements);
        }
    }

    /// Names for a call that runs `body`, kept until the program ends.
    pub(super) fn locals_of(
        &self,
        body: impl IntoIterator<Item = &'p Statement>,
    ) -> Rc<Locals<'p>> {
        let locals = Locals::of(body);
        if let Some(running) = self.run_state() {
            running.locals.borrow_mut().push(Rc::clone(&locals));
        }
        locals
    }

    /// Runs `body` in `scope`; the value is that of its `return`s.
    pub(super) fn execute(&self, scope: &Scope<'p>, body: &'p [Statement]) -> Option<Value<'p>> {
        let mut returned = None;
        for statement in body {
            if !self.spend(1) {
                break;
            }
            returned = join(returned, self.statement(scope, statement));
        }
        returned
    }

    /// Runs `statement`; the value where it returns one.
    fn statement(&self, scope: &Scope<'p>, statement: &'p Statement) -> Option<Value<'p>> {
        match &statement.kind {
            StatementKind::Variable(variable) => {
                // A declaration runs when its value may register something; others are evaluated
                // when they are needed.
                if variable.value.as_ref().is_some_and(calls_something) {
                    self.declared_value(scope, &[statement], &variable.name.text);
                }
                None
            }
            StatementKind::Default(value) => {
                if calls_something(value) {
                    self.declared_value(scope, &[statement], "default");
                }
                None
            }
            StatementKind::Expression(value) => {
                self.value(scope, value);
                None
            }
            StatementKind::Return(value) => value.as_ref().map(|value| self.value(scope, value)),
            StatementKind::Nested(body) => {
                self.execute(&scope.with_locals(self.locals_of(body)), body)
            }
            StatementKind::Switch(value, cases) => self.switch(scope, value, cases),
            StatementKind::Condition(_)
            | StatementKind::Interface(_)
            | StatementKind::Alias(_)
            | StatementKind::Enum(_)
            | StatementKind::Class(_)
            | StatementKind::Function(..)
            | StatementKind::Namespace(_) => None,
        }
    }

    /// The case of a known value runs, and those that it falls through to; of a value that is not
    /// known, each may.
    fn switch(&self, scope: &Scope<'p>, value: &'p Expr, cases: &'p [Case]) -> Option<Value<'p>> {
        let value = self.value(scope, value);
        let mut first = None;
        let mut known = value.as_str().is_some();
        for (at, case) in cases.iter().enumerate() {
            let Some(test) = case.test.as_ref().map(|test| self.value(scope, test)) else {
                continue;
            };
            if test.as_str().is_none() {
                known = false;
            } else if test.as_str() == value.as_str() {
                first = first.or(Some(at));
            }
        }
        let first = first.or_else(|| cases.iter().position(|case| case.test.is_none()));
        let running = match (known, first) {
            (false, _) => cases,
            (true, None) => &[],
            (true, Some(first)) => {
                let from = &cases[first..];
                let count = from
                    .iter()
                    .position(|case| !case.falls_through)
                    .map_or(from.len(), |last| last + 1);
                &from[..count]
            }
        };
        let inside = scope.with_locals(self.locals_of(running.iter().flat_map(|case| &case.body)));
        let mut returned = None;
        for case in running {
            returned = join(returned, self.execute(&inside, &case.body));
        }
        returned
    }
}

/// Chooses between two values that an expression may have: the one of which something is known; of
/// two strings, none.
pub(super) fn either_runs<'p>(first: Value<'p>, second: Value<'p>) -> Value<'p> {
    if let (Some(one), Some(other)) = (first.as_str(), second.as_str())
        && one != other
    {
        return Value::unknown(format!("it is '{one}' or '{other}'"));
    }
    let is_known = |value: &Value<'p>| !value.is_opaque() && !value.is_nothing();
    if !is_known(&first) && is_known(&second) {
        second
    } else {
        first
    }
}

/// Joins possible results to the first of which anything is known.
fn join<'p>(first: Option<Value<'p>>, second: Option<Value<'p>>) -> Option<Value<'p>> {
    let (Some(one), Some(other)) = (&first, &second) else {
        return first.or(second);
    };
    if one.is_nothing() {
        return second;
    }
    if one.is_opaque() && !other.is_opaque() && !other.is_nothing() {
        return second;
    }
    if let (Some(one), Some(other)) = (one.as_str(), other.as_str())
        && one != other
    {
        return Some(Value::unknown(format!("it is '{one}' or '{other}'")));
    }
    // `case 'get': return Get; case 'post': return Post;`
    if one.is_opaque() && other.is_opaque() && one.describe() != other.describe() {
        return Some(Value::unknown(format!(
            "it is `{}` or `{}`",
            one.describe(),
            other.describe()
        )));
    }
    first
}

/// Whether `name` is one of the language or of Node.js.
pub(super) fn is_unbound(scope: &Scope<'_>, name: &str) -> bool {
    let module = scope.module;
    scope.binding_call(name).is_none()
        && !module.names.contains_key(name)
        && !module.imports.contains_key(name)
}

/// Whether evaluating it may have an effect.
fn calls_something(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Call(..) | ExprKind::New(..) | ExprKind::Assignment(..) => true,
        ExprKind::Member(inner, ..)
        | ExprKind::Index(inner, _)
        | ExprKind::As(inner, _)
        | ExprKind::AsConst(inner)
        | ExprKind::Satisfies(inner, _)
        | ExprKind::Await(inner) => calls_something(inner),
        ExprKind::Binary(_, first, second) | ExprKind::Conditional(_, first, second) => {
            calls_something(first) || calls_something(second)
        }
        ExprKind::Array(items) => items.iter().any(|item| calls_something(&item.value)),
        _ => false,
    }
}
