//! Calls: of functions of the monorepo, which are followed; of packages, which [`super::frameworks`] knows or nobody
//! does.

use std::rc::Rc;

use super::scope::{Scope, Thunk};
use super::value::{Argument, Closure, Opaque, Site, Value};
use super::{DEPTH, Evaluator};
use crate::source::Span;
use crate::typescript::syntax::{self, Expr, ExprKind, Function, MemberKind, StatementKind};

impl<'p> Evaluator<'p> {
    pub(super) fn call_expression(
        &mut self,
        callee: &'p Expr,
        arguments: &'p [syntax::Argument],
        span: Span,
        scope: &Rc<Scope<'p>>,
    ) -> Value<'p> {
        let site = Site { file: scope.file, span: call_span(callee, arguments, span) };
        let unbound = |name: &str| scope.get(name).is_none();
        match &callee.kind {
            ExprKind::Name(name) if name == "super" => {
                let arguments = self.elements(arguments, scope);
                self.super_call(&arguments, scope);
                Value::Nothing
            }
            ExprKind::Member(object, name, _) if matches!(&object.kind, ExprKind::Name(name) if name == "super") => {
                let arguments = self.elements(arguments, scope);
                self.super_method(name, &arguments, scope)
            }
            ExprKind::Member(object, name, _) => {
                let receiver = self.evaluate(object, scope);
                let arguments = self.elements(arguments, scope);
                self.call_method(&receiver, name, arguments, site)
            }
            ExprKind::Name(name) if (name == "require" || name == "import") && unbound(name) => {
                let arguments = self.elements(arguments, scope);
                let specifier = self.argument(&arguments, 0);
                self.required(scope.file, &specifier, name == "require")
            }
            _ => {
                let callee = self.evaluate(callee, scope);
                let arguments = self.elements(arguments, scope);
                self.call_value(&callee, arguments, site)
            }
        }
    }

    pub(super) fn new_expression(
        &mut self,
        callee: &'p Expr,
        arguments: &'p [syntax::Argument],
        span: Span,
        scope: &Rc<Scope<'p>>,
    ) -> Value<'p> {
        let callee = self.evaluate(callee, scope);
        let arguments = self.elements(arguments, scope);
        match &callee {
            Value::Class(class) => self.instantiate(class, &arguments),
            _ => self.call_value(&callee, arguments, Site { file: scope.file, span }),
        }
    }

    /// The argument at `index`; nothing where there is none.
    pub fn argument(&mut self, arguments: &[Argument<'p>], index: usize) -> Value<'p> {
        if arguments.iter().take(index + 1).any(|argument| argument.spread) {
            return Value::unknown("the arguments are only known when the program runs");
        }
        arguments.get(index).map_or(Value::Nothing, |argument| self.force(&argument.value))
    }

    pub(super) fn call_value(&mut self, callee: &Value<'p>, arguments: Vec<Argument<'p>>, site: Site<'p>) -> Value<'p> {
        match callee {
            Value::Function(closure) => self.call_closure(closure, None, &arguments),
            Value::Opaque(_) => {
                if let Some(value) = self.framework_call(callee, &arguments, site) {
                    return value;
                }
                if let Some(value) = self.global_call(callee, &arguments) {
                    return value;
                }
                self.run_callbacks(&arguments);
                Value::opaque(Opaque::Call(callee.clone(), arguments))
            }
            _ => Value::opaque(Opaque::Call(callee.clone(), arguments)),
        }
    }

    /// Calls `callee`, if it is a function of the monorepo.
    pub fn call(&mut self, callee: &Value<'p>, arguments: &[Argument<'p>]) -> Value<'p> {
        match callee {
            Value::Function(closure) => self.call_closure(closure, None, arguments),
            _ => Value::unknown("it is not a function"),
        }
    }

    fn call_method(
        &mut self,
        receiver: &Value<'p>,
        name: &str,
        arguments: Vec<Argument<'p>>,
        site: Site<'p>,
    ) -> Value<'p> {
        if let Some(value) = self.promise_method(receiver, name, &arguments) {
            return value;
        }
        match receiver {
            Value::Router(id) => self.router_method(*id, name, &arguments, site),
            Value::RoutePath(id, paths) => self.route_path_method(*id, paths, name, site),
            Value::NestApp(index) => self.nest_method(*index, name, &arguments),
            Value::Array(items) => self.array_method(items, name, &arguments),
            Value::Text(text) => self.text_method(text, name, &arguments),
            Value::Function(closure) => self.function_method(closure, name, arguments),
            Value::Object(_) | Value::Instance(_) | Value::Class(_) | Value::Module(_) => {
                let callee = self.member(receiver, name);
                match &callee {
                    Value::Function(closure) => self.call_closure(closure, Some(receiver.clone()), &arguments),
                    _ => self.call_value(&callee, arguments, site),
                }
            }
            Value::Opaque(_) => {
                let callee = self.member(receiver, name);
                self.call_value(&callee, arguments, site)
            }
            Value::Number(_) | Value::Boolean(_) | Value::Nothing | Value::Pattern(_) => {
                Value::unknown(format!("`{name}` is computed when the program runs"))
            }
        }
    }

    fn function_method(
        &mut self,
        closure: &Rc<Closure<'p>>,
        name: &str,
        mut arguments: Vec<Argument<'p>>,
    ) -> Value<'p> {
        let this = (!arguments.is_empty()).then(|| self.argument(&arguments, 0));
        match name {
            "bind" => Value::Function(Rc::new(Closure { this: this.or(closure.this.clone()), ..(**closure).clone() })),
            "call" => {
                let rest = if arguments.is_empty() { Vec::new() } else { arguments.split_off(1) };
                self.call_closure(closure, this, &rest)
            }
            "apply" => match self.argument(&arguments, 1) {
                Value::Array(items) => self.call_closure(closure, this, &items),
                _ => self.call_closure(closure, this, &[]),
            },
            _ => Value::unknown(format!("`{name}` is known when the program runs")),
        }
    }

    pub(super) fn call_closure(
        &mut self,
        closure: &Closure<'p>,
        this: Option<Value<'p>>,
        arguments: &[Argument<'p>],
    ) -> Value<'p> {
        let function = closure.function;
        self.called.insert(std::ptr::from_ref(function));
        if self.depth >= DEPTH || !self.step() {
            return Value::unknown("the calls nest too deep to follow");
        }
        let around = Scope::inside(&closure.scope);
        let this = closure.this.clone().or(this).or(around.this.clone());
        let class = closure.class.clone().or(around.class.clone());
        let scope = self.keep(Scope { this, class, ..around });
        self.depth += 1;
        self.bind_parameters(function, arguments, &scope);
        let value = self.run_body(function, &scope);
        self.depth -= 1;
        value
    }

    pub(super) fn run_body(&mut self, function: &'p Function, scope: &Rc<Scope<'p>>) -> Value<'p> {
        let body = function.body.statements();
        if let [only] = body
            && let StatementKind::Return(Some(value)) = &only.kind
        {
            return self.evaluate(value, scope);
        }
        self.declare(body, scope);
        self.execute(body, scope).unwrap_or(Value::Nothing)
    }

    /// Binds each parameter to its argument. One that is declared to be a router and is not given a known one stands
    /// for a router of its own.
    pub(super) fn bind_parameters(
        &mut self,
        function: &'p Function,
        arguments: &[Argument<'p>],
        scope: &Rc<Scope<'p>>,
    ) {
        let unknown_from = arguments.iter().position(|argument| argument.spread).unwrap_or(usize::MAX);
        for (index, parameter) in function.parameters.iter().enumerate() {
            let declared = parameter.annotation.as_ref().and_then(|name| self.router_type(scope.file, name));
            let value = match arguments.get(index) {
                _ if parameter.rest => {
                    let rest = arguments.get(index..).unwrap_or_default().to_vec();
                    Thunk::done(Value::array(rest))
                }
                Some(argument) if index < unknown_from => argument.value.clone(),
                None if arguments.is_empty() || index >= unknown_from => {
                    Thunk::done(Value::unknown("it is a parameter of a function"))
                }
                _ => Thunk::done(Value::Nothing),
            };
            let value = match declared {
                Some(router) if !self.is_router(&value) => {
                    Thunk::done(self.given_router(router, scope.file, parameter.span))
                }
                _ => value,
            };
            self.bind_parameter(parameter, value, scope);
        }
    }

    fn is_router(&mut self, value: &Thunk<'p>) -> bool {
        !matches!(self.force(value), Value::Opaque(_) | Value::Nothing)
    }

    fn super_call(&mut self, arguments: &[Argument<'p>], scope: &Rc<Scope<'p>>) {
        let (Some(class), Some(Value::Instance(instance))) = (&scope.class, &scope.this) else { return };
        if let Some(base) = self.base(class)
            && self.depth < DEPTH
        {
            self.depth += 1;
            self.construct(&base, instance, arguments);
            self.depth -= 1;
        }
    }

    fn super_method(&mut self, name: &str, arguments: &[Argument<'p>], scope: &Rc<Scope<'p>>) -> Value<'p> {
        let (Some(class), Some(this)) = (&scope.class, &scope.this) else { return Value::Nothing };
        let mut base = self.base(class);
        while let Some(here) = base {
            let members = here.class.members.iter().filter(|member| !member.is_static);
            let mut member =
                members.filter(|member| super::classes::name(member) == Some(name)).map(|member| &member.kind);
            if let Some(MemberKind::Method(function)) = member.next_back() {
                let method = self.method(&here, function, this.clone());
                return self.call(&method, arguments);
            }
            base = self.base(&here);
        }
        Value::unknown(format!("`super.{name}` is not known"))
    }

    /// A function given to code that nobody here can read may be called: `server.listen(port, () => mount(app))`.
    /// Only those without parameters can be told from handlers.
    fn run_callbacks(&mut self, arguments: &[Argument<'p>]) {
        for argument in arguments {
            let Some((expression, scope)) = argument.value.source() else { continue };
            if let ExprKind::Function(function) = &expression.kind
                && function.parameters.is_empty()
                && !self.called.contains(&std::ptr::from_ref(&**function))
            {
                let closure =
                    Closure { function, scope: Rc::clone(scope), this: None, class: None, transparent: false };
                self.call_closure(&closure, None, &[]);
            }
        }
    }
}

/// From the called member to the first argument: the line that people think of as the call.
fn call_span(callee: &Expr, arguments: &[syntax::Argument], span: Span) -> Span {
    let ExprKind::Member(_, _, member) = &callee.kind else { return span };
    let end = arguments.first().map_or(member.end, |first| match first.value.kind {
        ExprKind::Function(_) | ExprKind::Object(_) | ExprKind::Array(_) => member.end,
        _ => first.value.span.end,
    });
    Span { start: member.start, end }
}
