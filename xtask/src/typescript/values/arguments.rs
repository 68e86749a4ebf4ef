//! The arguments of calls. Each is evaluated at its first use: most methods of schemas and columns
//! ignore theirs, and so do most calls that register a route.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Deref;

use super::context::ExpressionContext;
use super::{ArrayValue, Site, Value};
use crate::source::Span;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{Argument, Expr};

/// Why an argument behind a spread is not known.
const SPREAD: &str = "the arguments are only known when the program runs";

/// The arguments of a call.
pub enum Arguments<'a, 'p> {
    /// Values that are there.
    Given(&'a [Value<'p>]),
    /// Arguments as they are written in a call.
    Written(&'a Resolver<'p>, &'a Written<'p>),
}

/// Arguments as they are written, and what they come to.
#[derive(Clone)]
pub struct Written<'p> {
    scope: Scope<'p>,
    items: &'p [Argument],
    /// The call.
    span: Span,
    /// The values of those that were looked at one by one.
    single: RefCell<Vec<Option<Value<'p>>>>,
    all: OnceCell<ArrayValue<'p>>,
    /// Whether all of them are being evaluated, and what they are until then: a program that runs
    /// may look at them again.
    running: Cell<bool>,
    nothing: ArrayValue<'p>,
}

/// A call of what is not known here.
pub struct UnknownCall<'p> {
    /// The called value.
    pub callee: Value<'p>,
    arguments: Kept<'p>,
}

enum Kept<'p> {
    Given(Vec<Value<'p>>),
    Written(Box<Written<'p>>),
}

impl<'p> Written<'p> {
    /// `items`, as they stand in `scope`, of the call at `span`.
    pub(super) fn new(scope: &Scope<'p>, items: &'p [Argument], span: Span) -> Self {
        Self {
            scope: scope.clone(),
            items,
            span,
            single: RefCell::default(),
            all: OnceCell::new(),
            running: Cell::new(false),
            nothing: ArrayValue::default(),
        }
    }

    fn all(&self, resolver: &Resolver<'p>) -> &ArrayValue<'p> {
        if let Some(known) = self.all.get() {
            return known;
        }
        if self.running.replace(true) {
            return &self.nothing;
        }
        let item = |at: usize| self.single(resolver, at);
        let all = resolver.items(&self.scope, self.items, &ExpressionContext::Free, &item);
        self.running.set(false);
        self.all.get_or_init(|| all)
    }

    /// The argument `at`, which is no spread.
    fn single(&self, resolver: &Resolver<'p>, at: usize) -> Value<'p> {
        if let Some(Some(known)) = self.single.borrow().get(at) {
            return known.clone();
        }
        let value = resolver.value(&self.scope, &self.items[at].value);
        // Only a program that runs may look at it again.
        if resolver.runs() {
            let mut single = self.single.borrow_mut();
            single.resize(self.items.len(), None);
            single[at] = Some(value.clone());
        }
        value
    }

    fn at(&self, resolver: &Resolver<'p>, at: usize) -> Value<'p> {
        let Some(spread) = self
            .items
            .iter()
            .position(|item| item.spread)
            .filter(|spread| *spread <= at)
        else {
            return if at < self.items.len() {
                self.single(resolver, at)
            } else {
                Value::Undefined
            };
        };
        let all = self.all(resolver);
        match all.items.get(at) {
            Some(value) if all.open.is_none() || at < spread => value.clone(),
            None if all.open.is_none() => Value::Undefined,
            _ => Value::unknown(SPREAD),
        }
    }
}

impl<'p> Arguments<'_, 'p> {
    /// The argument `at`; `undefined` where there is none. The others need not be evaluated.
    #[must_use]
    pub fn at(&self, at: usize) -> Value<'p> {
        match self {
            Self::Given(values) => values.get(at).cloned().unwrap_or(Value::Undefined),
            Self::Written(resolver, written) => written.at(resolver, at),
        }
    }

    /// The place of the call, where they are written.
    #[must_use]
    pub(in crate::typescript) fn site(&self) -> Option<Site<'p>> {
        match self {
            Self::Given(_) => None,
            Self::Written(_, written) => Some(Site {
                file: &written.scope.module.path,
                span: written.span,
            }),
        }
    }

    /// The number of arguments.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Given(values) => values.len(),
            Self::Written(resolver, written) => {
                match written.items.iter().any(|item| item.spread) {
                    true => written.all(resolver).items.len(),
                    false => written.items.len(),
                }
            }
        }
    }

    /// The expression of the argument `at` and its scope, where it is written.
    #[must_use]
    pub fn source(&self, at: usize) -> Option<(&Scope<'p>, &'p Expr)> {
        let Self::Written(_, written) = self else {
            return None;
        };
        let item = written.items.get(at).filter(|item| !item.spread)?;
        Some((&written.scope, &item.value))
    }

    /// `callee` called with them, where nobody knows what that returns.
    pub(super) fn call_of(&self, callee: Value<'p>) -> UnknownCall<'p> {
        let arguments = match self {
            Self::Given(values) => Kept::Given(values.to_vec()),
            Self::Written(_, written) => Kept::Written(Box::new((*written).clone())),
        };
        UnknownCall { callee, arguments }
    }
}

impl<'p> UnknownCall<'p> {
    /// The arguments of the call.
    pub fn arguments<'a>(&'a self, resolver: &'a Resolver<'p>) -> Arguments<'a, 'p> {
        match &self.arguments {
            Kept::Given(values) => Arguments::Given(values),
            Kept::Written(written) => Arguments::Written(resolver, written),
        }
    }
}

impl<'p> Deref for Arguments<'_, 'p> {
    type Target = [Value<'p>];

    fn deref(&self) -> &[Value<'p>] {
        match self {
            Self::Given(values) => values,
            Self::Written(resolver, written) => &written.all(resolver).items,
        }
    }
}
