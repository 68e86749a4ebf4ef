//! The names that functions and blocks bind, with what is known of their values.

use rustc_hash::FxHashMap;

use super::flow::Flow;
use crate::typescript::syntax::Statement;

/// The names of the functions and blocks around a place, the innermost last. Those at the top of the
/// file stand for the file's declarations, unless a query says what they hold.
#[derive(Default)]
pub(super) struct Bound<'p> {
    top: FxHashMap<&'p str, Flow<'p>>,
    inner: Vec<FxHashMap<&'p str, Flow<'p>>>,
}

impl<'p> Bound<'p> {
    /// Begins a function or block.
    pub(super) fn enter(&mut self) {
        self.inner.push(FxHashMap::default());
    }

    /// Ends the innermost function or block.
    pub(super) fn leave(&mut self) {
        self.inner.pop();
    }

    /// Hides what is called like the name that `statement` declares.
    pub(super) fn declare(&mut self, statement: &'p Statement) {
        if let Some(name) = statement.name() {
            self.bind(name, Flow::Unknown);
        }
    }

    /// Binds `name` in the innermost function or block.
    pub(super) fn bind(&mut self, name: &'p str, flow: Flow<'p>) {
        let names = self.inner.last_mut().unwrap_or(&mut self.top);
        names.insert(name, flow);
    }

    /// What is known of the value of `name`.
    pub(super) fn flow(&self, name: &str) -> Flow<'p> {
        let inner = self.inner.iter().rev().find_map(|names| names.get(name));
        let bound = inner.or_else(|| self.top.get(name));
        bound.cloned().unwrap_or(Flow::Unknown)
    }

    /// Whether `name` is another one than the file's.
    pub(super) fn hides(&self, name: &str) -> bool {
        self.inner.iter().any(|names| names.contains_key(name))
    }
}
