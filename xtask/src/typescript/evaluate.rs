//! What the values of a program are before it runs: a small partial evaluator over the [`Program`]. It follows
//! constants, template literals, factories, classes, arrays and imports, so that "which routes does this server offer"
//! and "which endpoints does this contract hold" are questions about values and not about spelling. What is only known
//! at run time is [`Value::Opaque`]; it never guesses.

mod builtins;
mod calls;
mod classes;
mod decorators;
mod endpoints;
mod expressions;
mod fastify;
mod frameworks;
mod modules;
mod nest_modules;
mod routers;
mod scope;
mod statements;
#[cfg(test)]
pub(crate) mod test_utils;
mod uncalled;
mod value;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::modules::Program;
use super::syntax::{ClassDecl, Function};
use modules::Loaded;

pub use decorators::Verb;
pub use endpoints::Endpoint;
pub use nest_modules::Served;
pub use routers::{Birth, Framework, Mount, NestApp, PathText, Registration, RouterId, RouterNode, joined};
pub use scope::{Scope, Thunk};
pub use value::{Argument, ClassValue, Closure, Entry, Object, Opaque, Site, Value};

/// How much is evaluated before giving up: a guard against programs that never end.
const STEPS: usize = 2_000_000;

/// How deep calls nest: a guard against recursion.
const DEPTH: usize = 48;

/// Evaluates modules.
pub struct Evaluator<'p> {
    program: &'p Program<'p>,
    loaded: HashMap<&'p str, Rc<Loaded<'p>>>,
    scopes: Vec<Rc<Scope<'p>>>,
    routers: Vec<RouterNode<'p>>,
    nest_apps: Vec<NestApp<'p>>,
    called: HashSet<*const Function>,
    instantiated: HashSet<*const ClassDecl>,
    steps: usize,
    depth: usize,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that has loaded nothing. Needs [`super::parse::STACK_SIZE`] of stack.
    #[must_use]
    pub fn new(program: &'p Program<'p>) -> Self {
        Self {
            program,
            loaded: HashMap::new(),
            scopes: Vec::new(),
            routers: Vec::new(),
            nest_apps: Vec::new(),
            called: HashSet::new(),
            instantiated: HashSet::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// The files it reads.
    #[must_use]
    pub fn program(&self) -> &'p Program<'p> {
        self.program
    }

    /// Every application and router that was made.
    #[must_use]
    pub fn routers(&self) -> &[RouterNode<'p>] {
        &self.routers
    }

    /// Every NestJS application that was made.
    #[must_use]
    pub fn nest_apps(&self) -> &[NestApp<'p>] {
        &self.nest_apps
    }

    /// Whether it gave up before the end.
    #[must_use]
    pub fn exhausted(&self) -> bool {
        self.steps >= STEPS
    }

    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < STEPS
    }

    /// Counts `parts` more that are copied; whether that is bearable.
    fn spend(&mut self, parts: usize) -> bool {
        self.steps = self.steps.saturating_add(parts);
        self.steps < STEPS
    }

    fn keep(&mut self, scope: Scope<'p>) -> Rc<Scope<'p>> {
        let scope = Rc::new(scope);
        self.scopes.push(Rc::clone(&scope));
        scope
    }
}

/// Closures hold the scopes that hold them.
impl Drop for Evaluator<'_> {
    fn drop(&mut self) {
        for scope in &self.scopes {
            scope.clear();
        }
    }
}
