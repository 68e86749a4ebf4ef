//! The evaluation of types and values across files. Types are evaluated structurally, as the
//! TypeScript compiler does. Constants are evaluated as the program would compute them:
//! `z.object({…}).extend(base.shape)` is evaluated, not recognised. An unknown result is
//! [`Type::Unresolved`] or [`Value::Unknown`], with the reason; nothing is guessed.
//!
//! Evaluation is lazy ([`Lazy`]), so that types may refer to themselves, and bounded in depth and
//! steps, so that it ends on any input.

mod assignable;
mod call_constants;
mod conditional;
mod index;
mod intersection;
mod lazy;
mod locals;
mod mapped;
mod narrow;
mod nodes;
mod objects;
mod references;
mod scope;
mod types;
mod union;
mod utility;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::modules::{Program, Symbol};
use super::syntax::{Module, Statement, Variable};
use super::values::{self, Effects, Running};
use super::zod;
pub use call_constants::CallConstants;
pub use lazy::Lazy;
pub use locals::Locals;
pub(in crate::typescript) use objects::property as declared_property;
pub(crate) use scope::declared_in;
pub use scope::{Binding, Receiver, Scope};
pub(in crate::typescript) use types::is_same_name;
pub use types::{ObjectType, Property, PropertyPlace, Template, Type};
pub use union::union;

/// How deep evaluation goes: types that people write do not.
const DEPTH: u32 = 120;

/// How many steps one declaration may take.
const STEPS: u32 = 200_000;

/// How many elements a list may get by spreading others into it. Each may double it, so that a few
/// lines would make more than there is memory; people spread lists of some dozens.
pub(super) const LONGEST_LIST: usize = 10_000;

/// How many bytes a text may get by joining others, which may double it in the same way.
pub(super) const LONGEST_TEXT: usize = 64 << 10;

/// A schema, and the type that was inferred of it.
type InferredSchema<'p> = (Rc<zod::Schema<'p>>, Type<'p>);

/// Evaluates types and values of one program.
pub struct Resolver<'p> {
    /// The files.
    pub program: &'p Program<'p>,
    depth: Cell<u32>,
    steps: Cell<u32>,
    /// Declared types without parameters; none while they are being evaluated.
    declared: RefCell<FxHashMap<*const Statement, Option<Type<'p>>>>,
    /// Constants; none while they are being evaluated.
    constants: RefCell<FxHashMap<*const (), Option<super::values::Value<'p>>>>,
    /// The constants of called functions.
    calls: call_constants::Calls<'p>,
    /// The resolved names at the top of files.
    names: RefCell<FxHashMap<(*const Module, &'p str), Option<Symbol<'p>>>>,
    /// The input and output types of unions of schemas, by schema and side. Each entry holds its
    /// schema, so that the schema's address is not used for another. Without this cache, a union
    /// that is nested several times would be inferred again on each level.
    unions: RefCell<FxHashMap<(*const zod::Schema<'p>, bool), InferredSchema<'p>>>,
    /// The exports of packages, by package and name.
    externals: RefCell<FxHashMap<(&'p str, Option<&'p str>), super::values::Value<'p>>>,
    /// The program that runs; none where values are what their expressions say.
    running: Option<Running<'p>>,
}

impl<'p> Resolver<'p> {
    /// A resolver over the files of `program`.
    #[must_use]
    pub fn new(program: &'p Program<'p>) -> Self {
        Self {
            program,
            depth: Cell::new(0),
            steps: Cell::new(0),
            declared: RefCell::default(),
            constants: RefCell::default(),
            calls: call_constants::Calls::default(),
            names: RefCell::default(),
            unions: RefCell::default(),
            externals: RefCell::default(),
            running: None,
        }
    }

    /// An evaluator that runs the program, and tells `effects` what it does. Needs
    /// [`super::parse::STACK_SIZE`] of stack.
    #[must_use]
    pub fn running(program: &'p Program<'p>, effects: Rc<dyn Effects<'p> + 'p>) -> Self {
        Self {
            running: Some(Running::new(effects)),
            ..Self::new(program)
        }
    }

    /// The state of the program that runs.
    pub fn run_state(&self) -> Option<&Running<'p>> {
        self.running.as_ref()
    }

    /// Whether the program runs, so that calls have effects and nobody asks for types.
    pub fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// The greatest depth and the most steps of an evaluation.
    fn limits(&self) -> (u32, u32) {
        if self.runs() {
            (values::DEPTH, values::STEPS)
        } else {
            (DEPTH, STEPS)
        }
    }

    /// Whether it gave up before the end.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() >= self.limits().1
    }

    /// Counts `steps` more; whether any are left.
    pub fn spend(&self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps.set(self.steps.get().saturating_add(steps));
        !self.is_exhausted()
    }

    /// Starts a new declaration, with all steps left.
    pub fn begin(&self) {
        self.steps.set(0);
    }

    /// Runs `evaluate`, which may take `most` steps. They do not count for what comes after.
    pub fn apart<T>(&self, most: u32, evaluate: impl FnOnce() -> T) -> T {
        let before = self.steps.get();
        let from = self.limits().1.saturating_sub(most);
        self.steps.set(before.max(from));
        let result = evaluate();
        self.steps.set(before);
        result
    }

    /// Runs `resolve` one level deeper; the reason where that is too deep or takes too long.
    pub(crate) fn deeper<T>(&self, evaluate: impl FnOnce() -> T) -> Result<T, &'static str> {
        let (deepest, most) = self.limits();
        self.steps.set(self.steps.get().saturating_add(1));
        if self.steps.get() > most {
            return Err("it takes too many steps to resolve");
        }
        if self.depth.get() >= deepest {
            return Err("it refers to itself or is nested too deeply");
        }
        self.depth.set(self.depth.get() + 1);
        let result = evaluate();
        self.depth.set(self.depth.get() - 1);
        Ok(result)
    }

    /// As [`Program::lookup`], which is asked once.
    pub(super) fn lookup(&self, module: &'p Module, name: &'p str) -> Option<Symbol<'p>> {
        let key = (std::ptr::from_ref(module), name);
        let known = self.names.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let way = self.program.way(module, name);
            self.names.borrow_mut().insert(key, way.symbol);
            self.run_passed(&way);
            way.symbol
        })
    }

    /// The type declared by `statement`, evaluated once.
    fn declared_once(
        &self,
        statement: &'p Statement,
        evaluate: impl FnOnce() -> Type<'p>,
    ) -> Type<'p> {
        let key = std::ptr::from_ref(statement);
        if let Some(known) = self.declared.borrow().get(&key) {
            return known
                .clone()
                .unwrap_or_else(|| Type::unresolved("it refers to itself"));
        }
        self.declared.borrow_mut().insert(key, None);
        let evaluated = evaluate();
        self.declared
            .borrow_mut()
            .insert(key, Some(evaluated.clone()));
        evaluated
    }

    /// Keeps the type declared by `statement` for those that refer to it, unless one of them
    /// evaluated it before.
    fn keep_declared(&self, statement: &'p Statement, evaluated: &Type<'p>) {
        // The next declaration has all steps left, and may get further.
        if !self.is_exhausted() {
            let mut declared = self.declared.borrow_mut();
            let known = declared.entry(std::ptr::from_ref(statement));
            known.or_insert_with(|| Some(evaluated.clone()));
        }
    }

    /// Returns the export `name` of `package`; without a name, the whole package.
    pub(super) fn external(
        &self,
        package: &'p str,
        name: Option<&'p str>,
    ) -> super::values::Value<'p> {
        let make = || {
            super::values::Value::External(package.into(), name.map(Rc::from).into_iter().collect())
        };
        self.externals
            .borrow_mut()
            .entry((package, name))
            .or_insert_with(make)
            .clone()
    }

    /// The type of `schema`, a union, on one side, inferred once.
    pub(super) fn union_once(
        &self,
        schema: &Rc<zod::Schema<'p>>,
        is_input: bool,
        infer: impl FnOnce() -> Type<'p>,
    ) -> Type<'p> {
        let key = (Rc::as_ptr(schema), is_input);
        if let Some((_, known)) = self.unions.borrow().get(&key) {
            return known.clone();
        }
        let inferred = infer();
        self.unions
            .borrow_mut()
            .insert(key, (Rc::clone(schema), inferred.clone()));
        inferred
    }

    /// The value of the declaration at `key`, if it was evaluated.
    pub(super) fn known_constant<T>(&self, key: &'p T) -> Option<super::values::Value<'p>> {
        self.constants
            .borrow()
            .get(&std::ptr::from_ref(key).cast())
            .cloned()
            .flatten()
    }

    /// Gives the declaration at `key` another value.
    pub(super) fn set_constant<T>(&self, key: &'p T, value: super::values::Value<'p>) {
        self.constants
            .borrow_mut()
            .insert(std::ptr::from_ref(key).cast(), Some(value));
    }

    /// The value of a constant, evaluated once.
    pub(super) fn constant_once<T>(
        &self,
        key: &'p T,
        evaluate: impl FnOnce() -> super::values::Value<'p>,
    ) -> super::values::Value<'p> {
        let key = std::ptr::from_ref(key).cast();
        if let Some(known) = self.constants.borrow().get(&key) {
            return known
                .clone()
                .unwrap_or_else(|| super::values::Value::unknown("it refers to itself"));
        }
        self.constants.borrow_mut().insert(key, None);
        let evaluated = evaluate();
        // An assignment while it was evaluated counts.
        self.constants
            .borrow_mut()
            .entry(key)
            .or_default()
            .get_or_insert_with(|| evaluated.clone());
        evaluated
    }

    /// The value of a constant of a called function, evaluated once for that call. A value that
    /// was given up is not kept: the next declaration has all steps left.
    pub(super) fn call_constant_once(
        &self,
        constants: &Rc<CallConstants<'p>>,
        variable: &'p Variable,
        evaluate: impl FnOnce() -> super::values::Value<'p>,
    ) -> super::values::Value<'p> {
        let is_whole = || !self.is_exhausted();
        self.calls.once(constants, variable, evaluate, is_whole)
    }
}

/// A reason as it is kept.
pub(crate) fn reason(text: impl Into<Rc<str>>) -> Rc<str> {
    text.into()
}
