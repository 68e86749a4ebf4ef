//! The effects of running a program. There is one: routes are registered. A reader of routes runs
//! the program with [`Effects`]; without them nothing runs, and a value is what its expression
//! says.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Arguments, ObjectEntry, ObjectValue, Value};
use crate::source::Span;
use crate::typescript::resolve::{Locals, Resolver};
use crate::typescript::syntax::{ClassDecl, Function, Module, TypeNode};

/// The most steps of a program: a guard against programs that never end.
pub(in crate::typescript) const STEPS: u32 = 2_000_000;

/// The deepest nesting of expressions of a program that runs, those of called functions and loaded
/// files included. The stack of [`crate::typescript::parse::STACK_SIZE`] holds several times as
/// many.
pub(in crate::typescript) const DEPTH: u32 = 4_000;

/// The deepest nesting of calls: a guard against recursion.
pub(in crate::typescript) const CALLS: u32 = 48;

/// A router, by its number.
pub type RouterId = usize;

/// A path, or why it is not known.
pub type PathText = Result<Rc<str>, String>;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site<'p> {
    /// The file.
    pub file: &'p str,
    /// Where in it.
    pub span: Span,
}

/// A thing that an effect made.
#[derive(Debug, Clone)]
pub enum Handle {
    /// An application or router of a framework.
    Router(RouterId),
    /// `router.route('/x')`
    RoutePath(RouterId, Rc<[PathText]>),
    /// A NestJS application, by its number.
    NestApp(usize),
}

/// Receives what a program does.
pub trait Effects<'p> {
    /// The result of calling the export `name` of `package`; none where that has no effect.
    fn call(
        &self,
        resolver: &Resolver<'p>,
        export: (&str, &str),
        arguments: &Arguments<'_, 'p>,
        site: Site<'p>,
    ) -> Option<Value<'p>>;

    /// The result of `handle.name(arguments)`.
    fn method(
        &self,
        resolver: &Resolver<'p>,
        handle: &Handle,
        name: &str,
        arguments: &Arguments<'_, 'p>,
        site: Site<'p>,
    ) -> Value<'p>;

    /// The value for a parameter or field at `span` of `module` that nobody gives, by its declared
    /// type.
    fn given(
        &self,
        resolver: &Resolver<'p>,
        module: &'p Module,
        declared: &TypeNode,
        span: Span,
    ) -> Option<Value<'p>>;
}

/// The state of a program that runs.
pub struct Running<'p> {
    pub(super) effects: Rc<dyn Effects<'p> + 'p>,
    /// The files whose statements ran.
    pub(super) ran: RefCell<FxHashSet<*const Module>>,
    /// The values of `module.exports`.
    pub(super) common: RefCell<FxHashMap<*const Module, Value<'p>>>,
    /// The members that were assigned to objects. The objects are kept, so that their addresses
    /// stay their own.
    pub(super) assigned: RefCell<FxHashMap<*const ObjectValue<'p>, Assigned<'p>>>,
    /// The static members of classes that were evaluated or assigned, by the class and the call
    /// that declared it.
    pub(super) statics: RefCell<FxHashMap<StaticName<'p>, Value<'p>>>,
    /// The functions that were called.
    pub(super) called: RefCell<FxHashSet<*const Function>>,
    /// The classes of which an object was made.
    pub(super) made: RefCell<FxHashSet<*const ClassDecl>>,
    /// The number of calls that are running.
    pub(super) calls: Cell<u32>,
    /// The names of every call: functions hold the names that hold them.
    pub(super) locals: RefCell<Vec<Rc<Locals<'p>>>>,
}

/// An object, and what was assigned to members of it.
pub(super) type Assigned<'p> = (Rc<ObjectValue<'p>>, Vec<ObjectEntry<'p>>);

/// A static member: its class, the call that declared the class, its name.
pub(super) type StaticName<'p> = (*const ClassDecl, *const Locals<'p>, Rc<str>);

impl<'p> Running<'p> {
    /// A program of which nothing ran.
    pub fn new(effects: Rc<dyn Effects<'p> + 'p>) -> Self {
        Self {
            effects,
            ran: RefCell::default(),
            common: RefCell::default(),
            assigned: RefCell::default(),
            statics: RefCell::default(),
            called: RefCell::default(),
            made: RefCell::default(),
            calls: Cell::new(0),
            locals: RefCell::default(),
        }
    }

    /// Whether `function` was called.
    #[must_use]
    pub fn was_called(&self, function: &Function) -> bool {
        self.called.borrow().contains(&std::ptr::from_ref(function))
    }

    /// Whether an object of `class` was made.
    #[must_use]
    pub fn was_made(&self, class: &ClassDecl) -> bool {
        self.made.borrow().contains(&std::ptr::from_ref(class))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        for locals in self.locals.take() {
            locals.clear();
        }
    }
}
