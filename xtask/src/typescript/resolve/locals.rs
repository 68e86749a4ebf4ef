//! The names of a function or block that runs: what it declares is evaluated when it is first
//! needed, once for each call.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Binding, Scope};
use crate::typescript::syntax::{Statement, StatementKind};
use crate::typescript::values::Value;

/// The names of a call.
#[derive(Default)]
pub struct Locals<'p>(RefCell<FxHashMap<&'p str, Local<'p>>>);

enum Local<'p> {
    /// Declared, and not needed yet.
    Declared(SmallVec<[&'p Statement; 1]>),
    /// Being evaluated.
    Running,
    Known(Value<'p>),
}

impl<'p> Locals<'p> {
    /// The names that `body` declares.
    pub fn of(body: impl IntoIterator<Item = &'p Statement>) -> Rc<Self> {
        let mut names: FxHashMap<&'p str, Local<'p>> = FxHashMap::default();
        for statement in body {
            let is_ambient =
                matches!(&statement.kind, StatementKind::Namespace(namespace) if namespace.ambient);
            let Some(name) = statement.name().filter(|_| !is_ambient) else {
                continue;
            };
            match names
                .entry(name)
                .or_insert_with(|| Local::Declared(SmallVec::new()))
            {
                Local::Declared(statements) => statements.push(statement),
                Local::Running | Local::Known(_) => {}
            }
        }
        Rc::new(Self(RefCell::new(names)))
    }

    /// Binds a parameter, or assigns to a variable.
    pub fn set(&self, name: &'p str, value: Value<'p>) {
        self.0.borrow_mut().insert(name, Local::Known(value));
    }

    /// Whether `name` is one of them.
    pub fn binds(&self, name: &str) -> bool {
        self.0.borrow().contains_key(name)
    }

    /// The meaning of `name`. `scope` makes the scope that these names are the innermost of.
    pub(super) fn binding(&self, name: &str, scope: impl Fn() -> Scope<'p>) -> Option<Binding<'p>> {
        Some(match self.0.borrow().get(name)? {
            Local::Declared(statements) => Binding::Statements(scope(), statements.to_vec()),
            Local::Running => Binding::Value(Value::unknown("it is defined by itself")),
            Local::Known(value) => Binding::Value(value.clone()),
        })
    }

    /// The value of the variable `name`, evaluated once. An assignment while it is evaluated
    /// counts.
    pub fn once(&self, name: &'p str, evaluate: impl FnOnce() -> Value<'p>) -> Value<'p> {
        match self.0.borrow().get(name) {
            Some(Local::Known(value)) => return value.clone(),
            Some(Local::Running) => return Value::unknown("it is defined by itself"),
            Some(Local::Declared(_)) | None => {}
        }
        self.0.borrow_mut().insert(name, Local::Running);
        let value = evaluate();
        let mut names = self.0.borrow_mut();
        if let Some(local @ Local::Running) = names.get_mut(name) {
            *local = Local::Known(value.clone());
        }
        value
    }

    /// Forgets all of them.
    pub(in crate::typescript) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
