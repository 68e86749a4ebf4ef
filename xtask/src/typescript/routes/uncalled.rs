//! Functions and classes that nobody calls in what was read: a framework does (`export default
//! async function (fastify: FastifyInstance)`), or a file that is not among the configured ones.

use super::frameworks::{makes_routers, router_type};
use super::routers::router;
use super::server::{Birth, Framework, Server};
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{
    ClassDecl, Expr, ExprKind, Function, MemberKind, Module, StatementKind, TypeKind,
};
use crate::typescript::values::{Arguments, Running, Site, Value, method_scope};

/// Calls the functions of `module` that take an application or router and that nothing has called,
/// and makes the classes that nothing has made.
pub(super) fn run<'p>(
    resolver: &Resolver<'p>,
    running: &Running<'p>,
    server: &Server<'p>,
    module: &'p Module,
) {
    let plugins = plugins(module);
    for declared in resolver.top_level(module) {
        match resolver.peek(module, &declared) {
            Some(value @ Value::Function(..)) => {
                let Value::Function(scope, function) = &value else {
                    continue;
                };
                if running.was_called(function) {
                    continue;
                }
                if plugins.contains(&declared.name) {
                    let site = Site {
                        file: &scope.module.path,
                        span: declared.span,
                    };
                    let id = server.new_router(Framework::Fastify, Birth::GivenRouter, site);
                    resolver.call(&value, &[router(id)]);
                } else if deals_with_routers(resolver, module, function) {
                    resolver.call(&value, &[]);
                }
            }
            Some(Value::Class(scope, class)) => run_class(resolver, running, &scope, class),
            _ => {}
        }
    }
}

/// The variables that are declared to be plugins of Fastify: `const routes: FastifyPluginAsync =
/// …`.
fn plugins(module: &Module) -> Vec<&str> {
    let mut plugins = Vec::new();
    for statement in &module.statements {
        if let StatementKind::Variable(variable) = &statement.kind
            && let Some(annotation) = &variable.annotation
            && let TypeKind::Reference(named) = &annotation.kind
            && let Some(name) = named.path.last()
            && name.starts_with("FastifyPlugin")
        {
            plugins.push(variable.name.text.as_str());
        }
    }
    plugins
}

fn run_class<'p>(
    resolver: &Resolver<'p>,
    running: &Running<'p>,
    scope: &Scope<'p>,
    class: &'p ClassDecl,
) {
    let methods = router_methods(resolver, running, scope.module, class);
    let made = running.was_made(class);
    if methods.is_empty() && (made || !mentions_routers(resolver, scope.module, class)) {
        return;
    }
    let instance = resolver.instantiate(scope, class, &Arguments::Given(&[]));
    for method in methods {
        let inside = method_scope(scope, class, instance.clone());
        resolver.call(&Value::Function(inside, method), &[]);
    }
}

/// Whether `function` takes an application or router, or makes one.
fn deals_with_routers<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    function: &Function,
) -> bool {
    for parameter in &function.parameters {
        if let Some(declared) = &parameter.annotation
            && router_type(resolver, module, declared).is_some()
        {
            return true;
        }
    }
    makes_router(resolver, module, function)
}

fn makes_router<'p>(resolver: &Resolver<'p>, module: &'p Module, function: &Function) -> bool {
    let makes = |callee: &Expr| {
        let root = match &callee.kind {
            ExprKind::Name(name) => name,
            ExprKind::Member(object, ..) => match &object.kind {
                ExprKind::Name(name) => name,
                _ => return false,
            },
            _ => return false,
        };
        matches!(resolver.program.lookup(module, root), Some(Symbol::External(package, _)) if makes_routers(package))
    };
    let mut found = false;
    let mut visit = |expression: &Expr| match &expression.kind {
        ExprKind::Call(callee, ..) | ExprKind::New(callee, ..) => found |= makes(callee),
        _ => {}
    };
    for statement in function.body.statements() {
        statement.walk(&mut visit);
    }
    found
}

/// The methods of `class` that take or make an application or router and were not called.
fn router_methods<'p>(
    resolver: &Resolver<'p>,
    running: &Running<'p>,
    module: &'p Module,
    class: &'p ClassDecl,
) -> Vec<&'p Function> {
    let mut methods = Vec::new();
    for member in &class.members {
        if let MemberKind::Method(function) = &member.kind
            && !member.is_static
            && !running.was_called(function)
            && deals_with_routers(resolver, module, function)
        {
            methods.push(&**function);
        }
    }
    methods
}

/// Whether a field or constructor parameter of `class` is, or is declared to be, an application or
/// a router.
fn mentions_routers<'p>(resolver: &Resolver<'p>, module: &'p Module, class: &ClassDecl) -> bool {
    class.members.iter().any(|member| match &member.kind {
        MemberKind::Constructor(function) => deals_with_routers(resolver, module, function),
        MemberKind::Field(value) => {
            let declared = member.property.value.as_ref();
            declared.is_some_and(|declared| router_type(resolver, module, declared).is_some())
                || value.as_ref().is_some_and(|value| {
                    matches!(value.kind, ExprKind::Call(..) | ExprKind::New(..))
                })
        }
        MemberKind::Method(_) | MemberKind::Getter(_) | MemberKind::Setter | MemberKind::Other => {
            false
        }
    })
}
