//! Calls in a program that runs: functions of the monorepo run, [`Effects`](super::Effects) are
//! told of those of packages, and what nobody knows is kept as a [`Call`](super::Call).

use std::rc::Rc;

use super::running::is_unbound;
use super::words::export_name;
use super::{Arguments, Running, Value};
use crate::typescript::resolve::{Receiver, Resolver, Scope};
use crate::typescript::syntax::{Expr, ExprKind, Function};

impl<'p> Resolver<'p> {
    /// A call of `super`, `super.name`, `require` or `import`; none of anything else.
    pub(super) fn run_written(
        &self,
        running: &Running<'p>,
        scope: &Scope<'p>,
        callee: &'p Expr,
        arguments: &Arguments<'_, 'p>,
    ) -> Option<Value<'p>> {
        match &callee.kind {
            ExprKind::Name(name) if name == "super" => Some(self.super_call(scope, arguments)),
            ExprKind::Name(name)
                if matches!(name.as_str(), "require" | "import") && is_unbound(scope, name) =>
            {
                Some(self.required(running, scope.module, &arguments.at(0), name == "require"))
            }
            ExprKind::Member(object, name, _) if matches!(&object.kind, ExprKind::Name(name) if name == "super") => {
                Some(self.super_method(scope, name, arguments))
            }
            _ => None,
        }
    }

    /// `receiver.name(arguments)` where it matters what the method is called on; none of others.
    pub(super) fn run_method(
        &self,
        running: &Running<'p>,
        receiver: &Value<'p>,
        name: &str,
        arguments: &Arguments<'_, 'p>,
    ) -> Option<Value<'p>> {
        match (receiver, name) {
            // A promise is its value: nothing has to be waited for.
            (_, "then") => Some(self.call(&arguments.at(0), std::slice::from_ref(receiver))),
            (_, "catch" | "finally") => Some(receiver.clone()),
            (Value::Handle(handle), _) => {
                let site = arguments.site()?;
                Some(running.effects.method(self, handle, name, arguments, site))
            }
            (Value::Function(scope, function), _) => {
                Some(self.function_method((scope, function), name, arguments))
            }
            (
                Value::Object(_)
                | Value::Instance(_)
                | Value::Class(..)
                | Value::Module(_)
                | Value::Namespace(..),
                _,
            ) => match self.member(receiver, name).bare() {
                Value::Function(scope, function) => {
                    Some(self.called_on(&scope, function, Some(receiver.clone()), arguments))
                }
                callee => Some(self.call_typed(&callee, &[], arguments)),
            },
            (
                Value::Number(_)
                | Value::Boolean(_)
                | Value::Null
                | Value::Undefined
                | Value::Regex(..),
                _,
            ) => Some(Value::unknown(format!(
                "`{name}` is computed when the program runs"
            ))),
            _ => None,
        }
    }

    /// The result of calling the export `path` of `package`.
    pub(super) fn run_external(
        &self,
        running: &Running<'p>,
        package: &str,
        path: &[&str],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let name = export_name(path);
        let site = arguments.site();
        let made = site.and_then(|site| {
            running
                .effects
                .call(self, (package, &name), arguments, site)
        });
        made.or_else(|| self.package_function(package, path, arguments))
            .unwrap_or_else(|| {
                let path = path.iter().map(|name| Rc::from(*name)).collect();
                self.unanswered(&Value::External(package.into(), path), arguments, "")
            })
    }

    /// The result of calling what is no known function: not known, because of `why`. In a program
    /// that runs it is kept what is called with what.
    pub(super) fn unanswered(
        &self,
        callee: &Value<'p>,
        arguments: &Arguments<'_, 'p>,
        why: impl Into<Rc<str>>,
    ) -> Value<'p> {
        let Some(running) = self.run_state() else {
            return Value::unknown(why);
        };
        if callee.is_opaque() {
            self.run_callbacks(running, arguments);
        }
        Value::Called(Rc::new(arguments.call_of(callee.clone())))
    }

    /// A function given to code that nobody here can read may be called: `server.listen(port, () =>
    /// mount(app))`. Only those without parameters can be told from handlers.
    fn run_callbacks(&self, running: &Running<'p>, arguments: &Arguments<'_, 'p>) {
        for at in 0..arguments.count() {
            let Some((
                scope,
                Expr {
                    kind: ExprKind::Function(function),
                    ..
                },
            )) = arguments.source(at)
            else {
                continue;
            };
            if function.parameters.is_empty() && !running.was_called(function) {
                self.called_on(scope, function, None, &Arguments::Given(&[]));
            }
        }
    }

    fn function_method(
        &self,
        (scope, function): (&Scope<'p>, &'p Function),
        name: &str,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let this = (arguments.count() > 0).then(|| arguments.at(0));
        match name {
            "bind" => match this {
                Some(this) => Value::Function(bound(scope, this), function),
                None => Value::Function(scope.clone(), function),
            },
            "call" => {
                let rest = arguments.get(1..).unwrap_or_default();
                self.called_on(scope, function, this, &Arguments::Given(rest))
            }
            "apply" => match arguments.at(1) {
                Value::Array(list) => {
                    self.called_on(scope, function, this, &Arguments::Given(&list.items))
                }
                _ => self.called_on(scope, function, this, &Arguments::Given(&[])),
            },
            _ => Value::unknown(format!("`{name}` is known when the program runs")),
        }
    }

    /// `function(arguments)`, called on `this`.
    fn called_on(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        this: Option<Value<'p>>,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let scope = match this {
            Some(this) if !scope.is_bound() => bound(scope, this),
            _ => scope.clone(),
        };
        self.call_typed(&Value::Function(scope, function), &[], arguments)
    }

    /// The result of `function` in a program that runs: all its statements run.
    pub(super) fn run_function(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        self.in_call(|| {
            let inside = self.entered(scope, function, arguments);
            self.execute(&inside, function.body.statements())
                .unwrap_or(Value::Undefined)
        })
    }

    /// Inside `function`, which is called with `arguments`.
    pub(super) fn entered(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        arguments: &Arguments<'_, 'p>,
    ) -> Scope<'p> {
        if let Some(running) = self.run_state() {
            running
                .called
                .borrow_mut()
                .insert(std::ptr::from_ref(function));
        }
        let locals = self.locals_of(function.body.statements());
        let inside = scope.with_locals(Rc::clone(&locals));
        self.bind(
            &inside,
            &function.parameters,
            arguments,
            &mut |name, value| locals.set(name, value),
        );
        inside
    }

    /// Runs `call`, unless calls nest too deep.
    pub(super) fn in_call(&self, call: impl FnOnce() -> Value<'p>) -> Value<'p> {
        let Some(running) = self.run_state() else {
            return call();
        };
        if running.calls.get() >= super::CALLS || !self.spend(1) {
            return Value::unknown("the calls nest too deep to follow");
        }
        running.calls.set(running.calls.get() + 1);
        let returned = call();
        running.calls.set(running.calls.get() - 1);
        returned
    }
}

fn bound<'p>(scope: &Scope<'p>, this: Value<'p>) -> Scope<'p> {
    let class = scope.receiver().and_then(|receiver| receiver.class.clone());
    scope.with_receiver(Receiver { this, class })
}
