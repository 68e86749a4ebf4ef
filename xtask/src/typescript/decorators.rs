//! Decorators of classes, properties, methods and parameters: which export of which package each
//! is, and what it is called with. A decorator of the monorepo's own is followed to those that it
//! is made of.

use std::rc::Rc;

use super::resolve::{Resolver, Scope};
use super::syntax::{Expr, ExprKind};
use super::values::{Arguments, UnknownCall, Value};
use super::vocabulary::{self, Library};
use crate::source::Span;

/// The deepest nesting of decorators that are made of others.
const DEPTH: usize = 8;

/// A package's decorator at a declaration.
#[derive(Clone)]
pub struct Decorator<'p> {
    /// The library that it belongs to.
    pub library: Library,
    /// Its name there: `Column`.
    pub name: Rc<str>,
    /// Where the declaration is decorated, in the file of the declaration.
    pub span: Span,
    /// None of a decorator that is not called: `@Column name: string`.
    call: Option<Rc<UnknownCall<'p>>>,
}

impl<'p> Decorator<'p> {
    /// The arguments of the call.
    pub fn arguments<'a>(&'a self, resolver: &'a Resolver<'p>) -> Arguments<'a, 'p> {
        match &self.call {
            Some(call) => call.arguments(resolver),
            None => Arguments::Given(&[]),
        }
    }
}

/// The decorators of one declaration.
#[derive(Clone, Default)]
pub struct Decorators<'p> {
    /// Those of packages that are known, in order.
    pub known: Vec<Decorator<'p>>,
    /// How many others there are: what they do is not known.
    pub others: usize,
    /// How many of these are the monorepo's own.
    pub own: usize,
}

impl<'p> Decorators<'p> {
    /// Reads the decorators as they are `written` in `scope`.
    pub fn read(resolver: &Resolver<'p>, scope: &Scope<'p>, written: &'p [Expr]) -> Self {
        let mut found = Self::default();
        for decorator in written {
            let others = found.others;
            let value = resolver.value(scope, decorator);
            found.add(resolver, &value, decorator.span, 0);
            if found.others > others && is_own(resolver, scope, decorator) {
                found.own += 1;
            }
        }
        found
    }

    fn add(&mut self, resolver: &Resolver<'p>, value: &Value<'p>, span: Span, depth: usize) {
        let Value::Called(call) = value.uncast() else {
            match value.external().and_then(known) {
                Some((library, name)) => self.known.push(Decorator {
                    library,
                    name: name.into(),
                    span,
                    call: None,
                }),
                None => self.others += 1,
            }
            return;
        };
        match call.callee.external().and_then(known) {
            Some((Library::Nest, name)) if name == "applyDecorators" && depth < DEPTH => {
                let arguments = call.arguments(resolver);
                for at in 0..arguments.count() {
                    self.add(resolver, &arguments.at(at), span, depth + 1);
                }
            }
            Some((library, name)) => self.known.push(Decorator {
                library,
                name: name.into(),
                span,
                call: Some(Rc::clone(call)),
            }),
            None => self.others += 1,
        }
    }

    /// The decorators of `library`.
    pub fn of(&self, library: Library) -> impl Iterator<Item = &Decorator<'p>> {
        self.known
            .iter()
            .filter(move |decorator| decorator.library == library)
    }

    /// The decorator `name` of `library`.
    #[must_use]
    pub fn find(&self, library: Library, name: &str) -> Option<&Decorator<'p>> {
        self.of(library).find(|decorator| &*decorator.name == name)
    }
}

/// The library of an export, and its name there.
fn known((package, name): (&str, String)) -> Option<(Library, String)> {
    Some((vocabulary::library(package)?, name))
}

/// Whether a decorator is made by a function of the monorepo.
fn is_own<'p>(resolver: &Resolver<'p>, scope: &Scope<'p>, decorator: &'p Expr) -> bool {
    let ExprKind::Call(callee, ..) = &decorator.kind else {
        return false;
    };
    matches!(resolver.value(scope, callee).uncast(), Value::Function(..))
}
