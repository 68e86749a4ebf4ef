//! Functions and classes that nobody calls in what was read: a framework does (`export default
//! async function (fastify: FastifyInstance)`), or a file that is not among the configured ones.

use rustc_hash::FxHashSet;

use super::frameworks::{makes_routers, router_type};
use super::routers::router;
use super::server::{Birth, Framework, Server};
use crate::source::Span;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{
    ClassDecl, Expr, ExprKind, Function, MemberKind, Module, StatementKind, TypeKind,
};
use crate::typescript::values::{Arguments, Running, Site, Value, method_scope};

/// Calls the functions of `modules` that take or make an application or router and that nothing has
/// called, and makes the classes that nothing has made. What none of these functions names comes
/// first: it mounts what the others make, wherever they stand.
pub(super) fn run<'p>(
    resolver: &Resolver<'p>,
    running: &Running<'p>,
    server: &Server<'p>,
    modules: &[&'p Module],
) {
    let functions = UncalledFunction::all(resolver, running, modules);
    let named: FxHashSet<DeclaredName<'p>> = functions
        .iter()
        .flat_map(|function| function.names(resolver))
        .collect();
    let is_named = |function: &&UncalledFunction<'p>| {
        named.contains(&(std::ptr::from_ref(function.module), function.name))
    };
    let outermost = functions.iter().filter(|function| !is_named(function));
    outermost.for_each(|function| function.call(resolver, running, server));
    for module in modules {
        let of_module = functions
            .iter()
            .filter(|one| std::ptr::eq(one.module, *module));
        of_module.for_each(|function| function.call(resolver, running, server));
        for declared in resolver.top_level(module) {
            if let Some(Value::Class(scope, class)) = resolver.peek(module, &declared) {
                run_class(resolver, running, &scope, class);
            }
        }
    }
}

/// A name at the top of a file.
type DeclaredName<'p> = (*const Module, &'p str);

/// A function that deals with routers.
struct UncalledFunction<'p> {
    module: &'p Module,
    name: &'p str,
    /// The place of its declaration.
    span: Span,
    value: Value<'p>,
    function: &'p Function,
    /// The file of the function itself, which another may have wrapped.
    inside: &'p Module,
    /// Whether it is declared to be a plugin of Fastify.
    is_plugin: bool,
}

impl<'p> UncalledFunction<'p> {
    fn all(resolver: &Resolver<'p>, running: &Running<'p>, modules: &[&'p Module]) -> Vec<Self> {
        let mut found = Vec::new();
        for module in modules.iter().copied() {
            let plugins = plugins(module);
            for declared in resolver.top_level(module) {
                let Some(value) = resolver.peek(module, &declared) else {
                    continue;
                };
                let Value::Function(scope, function) = &value else {
                    continue;
                };
                let (inside, function) = (scope.module, *function);
                let is_plugin = plugins.contains(&declared.name);
                let is_of_routers = is_plugin || deals_with_routers(resolver, module, function);
                if is_of_routers && !running.was_called(function) {
                    found.push(Self {
                        module,
                        name: declared.name,
                        span: declared.span,
                        value,
                        function,
                        inside,
                        is_plugin,
                    });
                }
            }
        }
        found
    }

    /// The names at the top of files that its body names, its own aside.
    fn names(&self, resolver: &Resolver<'p>) -> Vec<DeclaredName<'p>> {
        let mut found = Vec::new();
        let mut visit = |expression: &'p Expr| {
            if let ExprKind::Name(name) = &expression.kind
                && let Some(Symbol::Declared(module, name)) =
                    resolver.program.lookup(self.inside, name)
                && !(std::ptr::eq(module, self.inside) && name == self.name)
            {
                found.push((std::ptr::from_ref(module), name));
            }
        };
        for statement in self.function.body.statements() {
            statement.walk(&mut visit);
        }
        found
    }

    /// Calls it, unless something has in the meantime.
    fn call(&self, resolver: &Resolver<'p>, running: &Running<'p>, server: &Server<'p>) {
        if running.was_called(self.function) {
            return;
        }
        if self.is_plugin {
            let site = Site {
                file: &self.inside.path,
                span: self.span,
            };
            let id = server.new_router(Framework::Fastify, Birth::GivenRouter, site);
            resolver.call(&self.value, &[router(id)]);
        } else {
            resolver.call(&self.value, &[]);
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
    takes_router(resolver, module, function) || makes_router(resolver, module, function)
}

/// Whether a parameter of `function` is declared to be an application or router.
fn takes_router<'p>(resolver: &Resolver<'p>, module: &'p Module, function: &Function) -> bool {
    function.parameters.iter().any(|parameter| {
        let declared = parameter.annotation.as_ref();
        declared.is_some_and(|declared| router_type(resolver, module, declared).is_some())
    })
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
