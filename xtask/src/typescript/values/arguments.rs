//! What a call is given. It is evaluated when somebody looks at it: most methods of schemas and columns ignore theirs.

use std::cell::OnceCell;
use std::ops::Deref;

use super::Value;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::Argument;

/// The arguments of a call.
pub enum Arguments<'a, 'p> {
    /// Values that are there.
    Given(&'a [Value<'p>]),
    /// What is written in a call.
    Written(Written<'a, 'p>),
}

/// Arguments as they are written, and what they come to.
pub struct Written<'a, 'p> {
    resolver: &'a Resolver<'p>,
    scope: &'a Scope<'p>,
    items: &'p [Argument],
    evaluated: OnceCell<Vec<Value<'p>>>,
}

impl<'a, 'p> Arguments<'a, 'p> {
    /// `items`, as they stand in `scope`.
    pub(super) fn written(resolver: &'a Resolver<'p>, scope: &'a Scope<'p>, items: &'p [Argument]) -> Self {
        Self::Written(Written { resolver, scope, items, evaluated: OnceCell::new() })
    }
}

impl<'p> Deref for Arguments<'_, 'p> {
    type Target = [Value<'p>];

    fn deref(&self) -> &[Value<'p>] {
        match self {
            Self::Given(values) => values,
            Self::Written(Written { resolver, scope, items, evaluated }) => {
                evaluated.get_or_init(|| resolver.arguments(scope, items))
            }
        }
    }
}
