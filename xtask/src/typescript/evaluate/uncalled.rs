//! What was called so far, and what takes a router.

use std::rc::Rc;

use super::frameworks::makes_routers;
use super::scope::{State, Thunk};
use super::value::{Argument, ClassValue, Closure, Site, Value};
use super::{Birth, Evaluator, Framework};
use crate::source::Span;
use crate::typescript::modules::Symbol;
use crate::typescript::syntax::{ClassDecl, Expr, ExprKind, Function, MemberKind};

impl<'p> Evaluator<'p> {
    /// Whether `function` was called.
    #[must_use]
    pub fn was_called(&self, function: &Function) -> bool {
        self.called.contains(&std::ptr::from_ref(function))
    }

    /// Whether an object of `class` was made.
    #[must_use]
    pub fn was_made(&self, class: &ClassDecl) -> bool {
        self.instantiated.contains(&std::ptr::from_ref(class))
    }

    /// The function or class that a name stands for; none for what would have to be evaluated.
    pub fn peek(&mut self, thunk: &Thunk<'p>) -> Option<Value<'p>> {
        let is_literal = thunk
            .source()
            .is_some_and(|(expression, _)| matches!(expression.kind, ExprKind::Function(_) | ExprKind::Class(_)));
        match thunk.state() {
            State::Done(value) => Some(value),
            State::Function(..) | State::Class(..) => Some(self.force(thunk)),
            State::Pending if is_literal => Some(self.force(thunk)),
            _ => None,
        }
    }

    /// Whether a parameter of `function` is declared to be an application or a router.
    pub fn takes_router(&mut self, function: &Function, file: &str) -> bool {
        let mut declared = function.parameters.iter().filter_map(|parameter| parameter.annotation.as_ref());
        declared.any(|declared| self.router_type(file, declared).is_some())
    }

    /// Whether `function` takes an application or router, or makes one.
    pub fn deals_with_routers(&mut self, function: &Function, file: &str) -> bool {
        self.takes_router(function, file) || self.makes_router(function, file)
    }

    fn makes_router(&self, function: &Function, file: &str) -> bool {
        let Some(module) = self.program.load(file) else { return false };
        let makes = |callee: &Expr| {
            let root = match &callee.kind {
                ExprKind::Name(name) => name,
                ExprKind::Member(object, ..) => match &object.kind {
                    ExprKind::Name(name) => name,
                    _ => return false,
                },
                _ => return false,
            };
            matches!(self.program.lookup(module, root), Some(Symbol::External(package, _)) if makes_routers(package))
        };
        let mut found = false;
        let mut visit = |expression: &Expr| match &expression.kind {
            ExprKind::Call(callee, ..) | ExprKind::New(callee, ..) => found |= makes(callee),
            _ => {}
        };
        function.body.statements().iter().for_each(|statement| statement.walk(&mut visit));
        found
    }

    /// Calls `closure` with a router that nobody here gives.
    pub fn call_with_router(&mut self, closure: &Closure<'p>, framework: Framework, birth: Birth, span: Span) {
        let id = self.new_router(framework, birth, Site { file: closure.scope.file, span });
        self.call_closure(closure, None, &[Argument::known(Value::Router(id))]);
    }

    /// The methods of `class` that take or make an application or router and were not called.
    pub fn router_methods(&mut self, class: &Rc<ClassValue<'p>>) -> Vec<&'p Function> {
        let file = class.scope.file;
        let methods = class.class.members.iter().filter_map(|member| match &member.kind {
            MemberKind::Method(function) if !member.is_static => Some(&**function),
            _ => None,
        });
        let uncalled: Vec<&'p Function> = methods.filter(|function| !self.was_called(function)).collect();
        uncalled.into_iter().filter(|function| self.deals_with_routers(function, file)).collect()
    }

    /// Whether a field or constructor parameter of `class` is, or is declared to be, an application or a router.
    pub fn mentions_routers(&mut self, class: &Rc<ClassValue<'p>>) -> bool {
        let file = class.scope.file;
        class.class.members.iter().any(|member| match &member.kind {
            MemberKind::Constructor(function) => self.deals_with_routers(function, file),
            MemberKind::Field(value) => {
                let declared = member.property.value.as_ref();
                declared.is_some_and(|declared| self.router_type(file, declared).is_some())
                    || value.as_ref().is_some_and(|value| matches!(value.kind, ExprKind::Call(..) | ExprKind::New(..)))
            }
            MemberKind::Method(_) | MemberKind::Getter(_) | MemberKind::Setter | MemberKind::Other => false,
        })
    }
}
