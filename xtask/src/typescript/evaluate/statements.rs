//! Statements: names are declared first, then everything runs once, in order. Each branch of an `if` runs, since each
//! may.

use std::cell::RefCell;
use std::rc::Rc;

use super::Evaluator;
use super::scope::{Scope, State, Thunk};
use super::value::{ClassValue, Closure, Entry, Object, Site, Value};
use crate::typescript::syntax::{
    Case, EnumDecl, Expr, ExprKind, Function, Namespace, Parameter, Statement, StatementKind, Variable,
};

impl<'p> Evaluator<'p> {
    /// Binds the names that `body` declares in `scope`, to be evaluated when they are needed.
    pub(super) fn declare(&mut self, body: &'p [Statement], scope: &Rc<Scope<'p>>) {
        for statement in body {
            let Some(name) = statement.name() else { continue };
            let around = Rc::clone(scope);
            let thunk = match &statement.kind {
                StatementKind::Variable(variable) => match &variable.value {
                    Some(value) => Thunk::pending(value, scope),
                    None => Thunk::done(Value::Nothing),
                },
                StatementKind::Function(_, function) => Thunk::of(State::Function(function, around)),
                StatementKind::Class(class) => Thunk::of(State::Class(class, around)),
                StatementKind::Enum(declaration) => Thunk::of(State::Enum(declaration, around)),
                StatementKind::Namespace(namespace) if !namespace.ambient => {
                    Thunk::of(State::Namespace(namespace, around))
                }
                _ => continue,
            };
            scope.bind(name, thunk);
        }
    }

    /// Binds a parameter to its argument.
    pub(super) fn bind_parameter(&mut self, parameter: &'p Parameter, value: Thunk<'p>, scope: &Rc<Scope<'p>>) {
        let value = match &parameter.default {
            Some(default) => Thunk::of(State::Default(value, Thunk::pending(default, scope))),
            None => value,
        };
        for name in &parameter.bindings {
            let part = match name.property.parse() {
                Ok(index) => State::Element(value.clone(), index),
                Err(_) => State::Property(value.clone(), name.property.as_str().into()),
            };
            let part = match &name.default {
                Some(default) => State::Default(Thunk::of(part), Thunk::pending(default, scope)),
                None => part,
            };
            scope.bind(&name.local, Thunk::of(part));
        }
        if let Some(name) = &parameter.name {
            scope.bind(name, value);
        }
    }

    /// Runs `body`, whose names are declared in `scope`; the value is that of its `return`s.
    pub(super) fn execute(&mut self, body: &'p [Statement], scope: &Rc<Scope<'p>>) -> Option<Value<'p>> {
        let mut returned = None;
        for statement in body {
            if !self.step() {
                break;
            }
            let value = match &statement.kind {
                StatementKind::Variable(variable) => {
                    self.run_variable(variable, scope);
                    None
                }
                StatementKind::Expression(expression) => {
                    self.evaluate(expression, scope);
                    None
                }
                StatementKind::Default(value) if calls_something(value) => {
                    if let Some(thunk) = scope.get("default") {
                        self.force(&thunk);
                    }
                    None
                }
                StatementKind::Return(value) => value.as_ref().map(|value| self.evaluate(value, scope)),
                StatementKind::Nested(body) => {
                    let inner = self.keep(Scope::inside(scope));
                    self.declare(body, &inner);
                    self.execute(body, &inner)
                }
                StatementKind::Switch(value, cases) => self.switch(value, cases, scope),
                StatementKind::Default(_)
                | StatementKind::Condition(_)
                | StatementKind::Interface(_)
                | StatementKind::Alias(_)
                | StatementKind::Enum(_)
                | StatementKind::Class(_)
                | StatementKind::Function(..)
                | StatementKind::Namespace(_) => None,
            };
            returned = join(returned, value);
        }
        returned
    }

    /// The case of a known value runs, and those that it falls through to; of a value that is not known, each may.
    fn switch(&mut self, value: &'p Expr, cases: &'p [Case], scope: &Rc<Scope<'p>>) -> Option<Value<'p>> {
        let value = self.evaluate(value, scope);
        let mut first = None;
        let mut known = value.text().is_some();
        for (at, case) in cases.iter().enumerate().filter(|(_, case)| case.test.is_some()) {
            match case.test.as_ref().map(|test| self.evaluate(test, scope)) {
                Some(Value::Text(test)) if value.text() == Some(&test) => first = first.or(Some(at)),
                Some(Value::Text(_)) | None => {}
                Some(_) => known = false,
            }
        }
        let first = first.or_else(|| cases.iter().position(|case| case.test.is_none()));
        let running = match (known, first) {
            (false, _) => cases,
            (true, None) => &[],
            (true, Some(first)) => {
                let from = &cases[first..];
                let count = from.iter().position(|case| !case.falls_through).map_or(from.len(), |last| last + 1);
                &from[..count]
            }
        };
        let inner = self.keep(Scope::inside(scope));
        running.iter().for_each(|case| self.declare(&case.body, &inner));
        running.iter().fold(None, |returned, case| join(returned, self.execute(&case.body, &inner)))
    }

    /// A declaration runs when its value may register something.
    fn run_variable(&mut self, variable: &'p Variable, scope: &Rc<Scope<'p>>) {
        let thunk = variable.value.as_ref().filter(|value| calls_something(value));
        if let Some(thunk) = thunk.and_then(|_| scope.get(&variable.name.text)) {
            self.force(&thunk);
        }
    }

    /// The value of a thunk.
    pub fn force(&mut self, thunk: &Thunk<'p>) -> Value<'p> {
        let state = thunk.state();
        match state {
            State::Done(value) => return value,
            State::Running => return Value::unknown("it is defined by itself"),
            _ => thunk.set(State::Running),
        }
        let value = self.force_state(state, thunk);
        // An assignment while it ran counts.
        if !matches!(thunk.state(), State::Done(_)) {
            thunk.set(State::Done(value.clone()));
        }
        value
    }

    fn force_state(&mut self, state: State<'p>, thunk: &Thunk<'p>) -> Value<'p> {
        match state {
            State::Done(value) => value,
            State::Running => Value::Nothing,
            State::Pending => match thunk.source() {
                Some((expression, scope)) => self.evaluate(expression, scope),
                None => Value::Nothing,
            },
            State::Property(of, key) => {
                let of = self.force(&of);
                self.member(&of, &key)
            }
            State::Element(of, index) => match self.force(&of) {
                Value::Array(items) => items.get(index).map_or(Value::Nothing, |item| self.force(&item.value)),
                other => Value::unknown(other.reason()),
            },
            State::Default(value, default) => match self.force(&value) {
                Value::Nothing => self.force(&default),
                value => value,
            },
            State::Function(function, scope) => closure(function, &scope),
            State::Class(class, scope) => {
                Value::Class(Rc::new(ClassValue { class, scope, statics: RefCell::default() }))
            }
            State::Enum(declaration, scope) => enumeration(declaration, &scope),
            State::Namespace(namespace, scope) => self.namespace(namespace, &scope),
        }
    }

    fn namespace(&mut self, item: &'p Namespace, scope: &Rc<Scope<'p>>) -> Value<'p> {
        let inner = self.keep(Scope::inside(scope));
        self.declare(&item.body, &inner);
        let entry = |statement: &'p Statement| {
            let (name, span) = statement.declared()?;
            let value = inner.names.borrow().get(name).cloned()?;
            Some(Entry { key: name.into(), site: Site { file: scope.file, span }, value })
        };
        let entries = item.body.iter().filter_map(entry).collect();
        Object::value(Site { file: scope.file, span: item.name.span }, entries)
    }
}

pub(super) fn closure<'p>(function: &'p Function, scope: &Rc<Scope<'p>>) -> Value<'p> {
    let scope = Rc::clone(scope);
    Value::Function(Rc::new(Closure { function, scope, this: None, class: None, transparent: false }))
}

/// An enum is an object with its members.
fn enumeration<'p>(declaration: &'p EnumDecl, scope: &Rc<Scope<'p>>) -> Value<'p> {
    let site = Site { file: scope.file, span: declaration.name.span };
    let member = |(index, member): (usize, &'p crate::typescript::syntax::EnumMember)| {
        let value = match &member.value {
            Some(value) => Thunk::pending(value, scope),
            None => Thunk::done(Value::Number(index as f64)),
        };
        Entry { key: member.name.as_str().into(), site, value }
    };
    Object::value(site, declaration.members.iter().enumerate().map(member).collect())
}

/// Of several possible results, the first of which anything is known.
fn join<'p>(first: Option<Value<'p>>, second: Option<Value<'p>>) -> Option<Value<'p>> {
    match (first, second) {
        (None | Some(Value::Nothing), second) => second,
        (Some(first), Some(second)) if first.is_opaque() && !second.is_opaque() && !is_nothing(&second) => Some(second),
        (Some(Value::Text(first)), Some(Value::Text(second))) if first != second => {
            Some(Value::unknown(format!("it is '{first}' or '{second}'")))
        }
        // `case 'get': return Get; case 'post': return Post;`
        (Some(first), Some(second))
            if first.is_opaque() && first.describe() != second.describe() && second.is_opaque() =>
        {
            Some(Value::unknown(format!("it is `{}` or `{}`", first.describe(), second.describe())))
        }
        (first, _) => first,
    }
}

pub(super) fn is_nothing(value: &Value<'_>) -> bool {
    matches!(value, Value::Nothing)
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
