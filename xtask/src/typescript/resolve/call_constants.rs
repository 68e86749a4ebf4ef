//! The constants of called functions: each is evaluated when it is first needed, once for each
//! call. A function that derives twenty schemas from one another would otherwise be evaluated anew
//! at each name that it looks up.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::typescript::syntax::Variable;
use crate::typescript::values::Value;

/// The constants of one call that were evaluated; none while they are being evaluated.
#[derive(Default)]
pub struct CallConstants<'p>(RefCell<FxHashMap<*const Variable, Option<Value<'p>>>>);

impl<'p> CallConstants<'p> {
    /// What is known of `variable`; the inner none while it is being evaluated.
    fn known(&self, variable: &'p Variable) -> Option<Option<Value<'p>>> {
        self.0.borrow().get(&std::ptr::from_ref(variable)).cloned()
    }

    /// Whether nothing was evaluated.
    fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    fn keep(&self, variable: &'p Variable, value: Option<Value<'p>>) {
        let key = std::ptr::from_ref(variable);
        self.0.borrow_mut().insert(key, value);
    }

    fn forget(&self, variable: &'p Variable) {
        self.0.borrow_mut().remove(&std::ptr::from_ref(variable));
    }
}

/// The constants of all calls. A constant may be a function, which holds the names that hold it:
/// they are let go of together.
#[derive(Default)]
pub(super) struct Calls<'p>(RefCell<Vec<Rc<CallConstants<'p>>>>);

impl<'p> Calls<'p> {
    /// The value of `variable` in the call of `constants`, evaluated once. What `is_whole` denies
    /// is not kept.
    pub(super) fn once(
        &self,
        constants: &Rc<CallConstants<'p>>,
        variable: &'p Variable,
        evaluate: impl FnOnce() -> Value<'p>,
        is_whole: impl FnOnce() -> bool,
    ) -> Value<'p> {
        if let Some(known) = constants.known(variable) {
            return known.unwrap_or_else(|| Value::unknown("it refers to itself"));
        }
        if constants.is_empty() {
            self.0.borrow_mut().push(Rc::clone(constants));
        }
        constants.keep(variable, None);
        let value = evaluate();
        if is_whole() {
            constants.keep(variable, Some(value.clone()));
        } else {
            constants.forget(variable);
        }
        value
    }
}

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        for constants in self.0.take() {
            constants.0.take();
        }
    }
}
