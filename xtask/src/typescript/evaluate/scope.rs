//! Names and what they are bound to. A name is evaluated when it is first needed, as a program's own order of loading
//! is not known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use super::value::{ClassValue, Value};
use crate::typescript::syntax::{ClassDecl, EnumDecl, Expr, Function, Namespace};

/// A value that is evaluated when it is first needed.
#[derive(Clone)]
pub struct Thunk<'p>(Rc<Cell<'p>>);

struct Cell<'p> {
    source: Option<(&'p Expr, Rc<Scope<'p>>)>,
    state: RefCell<State<'p>>,
}

#[derive(Clone)]
pub(super) enum State<'p> {
    Pending,
    Running,
    Property(Thunk<'p>, Rc<str>),
    Element(Thunk<'p>, usize),
    Default(Thunk<'p>, Thunk<'p>),
    Function(&'p Function, Rc<Scope<'p>>),
    Class(&'p ClassDecl, Rc<Scope<'p>>),
    Enum(&'p EnumDecl, Rc<Scope<'p>>),
    Namespace(&'p Namespace, Rc<Scope<'p>>),
    Done(Value<'p>),
}

impl<'p> Thunk<'p> {
    /// The value of `expression` in `scope`.
    pub(super) fn pending(expression: &'p Expr, scope: &Rc<Scope<'p>>) -> Self {
        let source = Some((expression, Rc::clone(scope)));
        Self(Rc::new(Cell { source, state: RefCell::new(State::Pending) }))
    }

    pub(super) fn of(state: State<'p>) -> Self {
        Self(Rc::new(Cell { source: None, state: RefCell::new(state) }))
    }

    /// A value that is there.
    #[must_use]
    pub fn done(value: Value<'p>) -> Self {
        Self::of(State::Done(value))
    }

    /// The expression that it is the value of, and its scope.
    #[must_use]
    pub fn source(&self) -> Option<(&'p Expr, &Rc<Scope<'p>>)> {
        self.0.source.as_ref().map(|(expression, scope)| (*expression, scope))
    }

    pub(super) fn state(&self) -> State<'p> {
        self.0.state.borrow().clone()
    }

    pub(super) fn set(&self, state: State<'p>) {
        *self.0.state.borrow_mut() = state;
    }
}

/// Scopes are cyclic: a thunk shows only what it came to.
impl fmt::Debug for Thunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.state.borrow() {
            State::Done(value) => f.write_str(&value.describe()),
            _ => f.write_str("…"),
        }
    }
}

/// Names and what they mean.
pub struct Scope<'p> {
    /// The file that the code stands in.
    pub file: &'p str,
    pub(super) names: RefCell<HashMap<Rc<str>, Thunk<'p>>>,
    pub(super) parent: Option<Rc<Scope<'p>>>,
    pub(super) this: Option<Value<'p>>,
    pub(super) class: Option<Rc<ClassValue<'p>>>,
}

impl<'p> Scope<'p> {
    pub(super) fn module(file: &'p str) -> Self {
        Self { file, names: RefCell::default(), parent: None, this: None, class: None }
    }

    pub(super) fn inside(parent: &Rc<Self>) -> Self {
        Self {
            file: parent.file,
            names: RefCell::default(),
            parent: Some(Rc::clone(parent)),
            this: parent.this.clone(),
            class: parent.class.clone(),
        }
    }

    /// What `name` is bound to here or around.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Thunk<'p>> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(thunk) = here.names.borrow().get(name) {
                return Some(thunk.clone());
            }
            scope = here.parent.as_deref();
        }
        None
    }

    /// Whether `name` is bound inside a function, not at the top of the file.
    #[must_use]
    pub fn is_local(&self, name: &str) -> bool {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if here.names.borrow().contains_key(name) {
                return here.parent.is_some();
            }
            scope = here.parent.as_deref();
        }
        false
    }

    pub(super) fn bind(&self, name: &str, thunk: Thunk<'p>) {
        self.names.borrow_mut().insert(name.into(), thunk);
    }

    pub(super) fn clear(&self) {
        self.names.borrow_mut().clear();
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scope of {}", self.file)
    }
}
