//! Methods of applications and routers: what is registered on them.

use super::server::{Birth, Framework, Server};
use crate::typescript::endpoints::{self, joined, path_of, paths_of};
use crate::typescript::resolve::Resolver;
use crate::typescript::syntax::{Binary, ExprKind};
use crate::typescript::values::{Arguments, Handle, PathText, RouterId, Site, Value};

/// Members of a router that register a route.
const METHODS: &[&str] = &[
    "get", "post", "put", "patch", "delete", "head", "options", "all", "del", "any",
];

/// The deepest nesting of lists of handlers.
const DEPTH: usize = 4;

/// A call of a method.
#[derive(Clone, Copy)]
pub(super) struct MethodCall<'c, 'p> {
    pub resolver: &'c Resolver<'p>,
    pub arguments: &'c Arguments<'c, 'p>,
    pub site: Site<'p>,
}

impl<'p> Server<'p> {
    /// `router.name(arguments)`
    pub(super) fn router_method(
        &self,
        id: RouterId,
        name: &str,
        call: MethodCall<'_, 'p>,
    ) -> Value<'p> {
        let framework = self.framework(id);
        match (name, framework) {
            (method, _) if METHODS.contains(&method) => return self.verb(id, method, call),
            ("use", Framework::Express | Framework::Koa | Framework::Hono) => {
                self.use_router(id, call)
            }
            ("route", Framework::Express) => {
                let paths = paths_of(call.resolver, &call.arguments.at(0));
                return Value::Handle(Handle::RoutePath(id, paths.into()));
            }
            ("route", Framework::Fastify) => self.fastify_route(id, call),
            ("route", Framework::Hono) => {
                let path = path_of(&call.arguments.at(0));
                self.mount(id, path, &call.arguments.at(1), call.site);
            }
            ("basePath", Framework::Hono) => return self.based(id, call),
            ("group", Framework::Hono) => self.group(id, call),
            ("on", Framework::Hono) => self.on(id, call),
            ("openapi", Framework::Hono) => self.add_contract(id, &call.arguments.at(0), call),
            ("register", Framework::Fastify) => self.fastify_register(id, call),
            ("prefix", Framework::Koa) => self.set_prefix(id, path_of(&call.arguments.at(0))),
            _ => {}
        }
        router(id)
    }

    /// `router.route('/x').get(…)`
    pub(super) fn route_path_method(
        &self,
        id: RouterId,
        paths: &[PathText],
        name: &str,
        site: Site<'p>,
    ) -> Value<'p> {
        if METHODS.contains(&name) {
            paths
                .iter()
                .for_each(|path| self.add(id, name, path.clone(), site));
        }
        Value::Handle(Handle::RoutePath(id, paths.into()))
    }

    fn verb(&self, id: RouterId, name: &str, call: MethodCall<'_, 'p>) -> Value<'p> {
        let framework = self.framework(id);
        let first = call.arguments.at(0);
        // `app.get('view engine')` reads a setting.
        let is_alone = call.arguments.count() == 1 && first.as_str().is_some();
        if framework == Framework::Express && name == "get" && is_alone {
            return Value::unknown("it is a setting of the application");
        }
        if framework == Framework::Hono && matches!(first, Value::Function(..)) {
            self.add(id, name, Ok("".into()), call.site);
            return router(id);
        }
        let second = if framework == Framework::Koa {
            call.arguments.at(1)
        } else {
            Value::Undefined
        };
        let path = match (&first, &second) {
            // `router.get('name', '/path', handler)`
            (Value::String(_), Value::String(_)) => second,
            _ => first,
        };
        let paths = paths_of(call.resolver, &path);
        if paths.iter().flatten().any(|path| path.contains('*')) {
            run_handler(call);
        }
        for path in paths {
            self.add(id, name, path, call.site);
        }
        router(id)
    }

    /// `app.use('/x', middleware, router)`
    fn use_router(&self, id: RouterId, call: MethodCall<'_, 'p>) {
        let first = call.arguments.at(0);
        let (paths, handlers) = match &first {
            Value::String(_) | Value::Regex(..) => (vec![path_of(&first)], 1),
            Value::Array(_) if holds_texts(call.resolver, &first) => {
                (paths_of(call.resolver, &first), 1)
            }
            // An unknown argument in front of a router is its path: `app.use(config.prefix,
            // router)`.
            opaque
                if opaque.is_opaque()
                    && call.arguments.count() > 1
                    && is_path_like(call, opaque) =>
            {
                (vec![Err(first.reason())], 1)
            }
            _ => (vec![Ok("".into())], 0),
        };
        for at in handlers..call.arguments.count() {
            for found in routers_in(call.resolver, &call.arguments.at(at), 0) {
                paths
                    .iter()
                    .for_each(|path| self.mount(id, path.clone(), &found, call.site));
            }
        }
    }

    /// A child below `id`, with what `path` says before its paths.
    pub(super) fn child(&self, id: RouterId, path: PathText, site: Site<'p>) -> RouterId {
        let child = self.new_router(self.framework(id), Birth::Router, site);
        self.mount(id, path, &router(child), site);
        child
    }

    fn based(&self, id: RouterId, call: MethodCall<'_, 'p>) -> Value<'p> {
        let path = path_of(&call.arguments.at(0));
        // `new Hono().basePath('/api')` is the application from then on, and mounted as a whole.
        let (is_new, prefix) = {
            let routers = self.routers.borrow();
            (
                routers[id].registrations.is_empty() && routers[id].mounts.is_empty(),
                routers[id].prefix.clone(),
            )
        };
        if is_new {
            self.set_prefix(id, joined(&prefix, &path));
            return router(id);
        }
        router(self.child(id, path, call.site))
    }

    fn group(&self, id: RouterId, call: MethodCall<'_, 'p>) {
        let child = self.child(id, path_of(&call.arguments.at(0)), call.site);
        if let Some(last) = call.arguments.count().checked_sub(1) {
            call.resolver
                .call(&call.arguments.at(last), &[router(child)]);
        }
    }

    fn on(&self, id: RouterId, call: MethodCall<'_, 'p>) {
        let methods = paths_of(call.resolver, &call.arguments.at(0));
        for path in paths_of(call.resolver, &call.arguments.at(1)) {
            let known = methods.iter().flatten();
            known.for_each(|method| self.add(id, method, path.clone(), call.site));
        }
    }

    /// Registers all endpoints of a contract.
    pub(super) fn add_contract(
        &self,
        id: RouterId,
        contract: &Value<'p>,
        call: MethodCall<'_, 'p>,
    ) {
        for endpoint in endpoints::of(call.resolver, contract) {
            self.add_endpoint(id, endpoint, call.site);
        }
    }
}

/// Runs the handler of a route that answers to all paths: it may hand them to the handler that a
/// contract library makes of a whole contract.
fn run_handler(call: MethodCall<'_, '_>) {
    let Some(last) = call.arguments.count().checked_sub(1) else {
        return;
    };
    let handler = call.arguments.at(last);
    if matches!(handler, Value::Function(..)) {
        call.resolver.call(&handler, &[]);
    }
}

/// The router `id` as a value.
pub(super) fn router<'p>(id: RouterId) -> Value<'p> {
    Value::Handle(Handle::Router(id))
}

fn holds_texts<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> bool {
    let items = resolver.elements_of(value);
    matches!(items.first(), Some(Value::String(_) | Value::Regex(..)))
}

/// The routers that a handler is or wraps; one that may be a router and cannot be followed.
fn routers_in<'p>(resolver: &Resolver<'p>, value: &Value<'p>, depth: usize) -> Vec<Value<'p>> {
    match value {
        Value::Handle(Handle::Router(_)) | Value::Unknown(_) => vec![value.clone()],
        Value::Array(_) if depth < DEPTH => {
            let items = resolver.elements_of(value);
            items
                .iter()
                .flat_map(|item| routers_in(resolver, item, depth + 1))
                .collect()
        }
        Value::Module(_) => {
            let default = resolver.member(value, "default").bare();
            routers_in(resolver, &default, depth + 1)
        }
        Value::Called(call) if depth < DEPTH => {
            let arguments = call.arguments(resolver);
            let given = (0..arguments.count()).map(|at| arguments.at(at));
            given
                .filter(|value| matches!(value, Value::Handle(Handle::Router(_))))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether what is not known is a path and not a handler: it is put together like a string, or
/// called like one.
fn is_path_like(call: MethodCall<'_, '_>, value: &Value<'_>) -> bool {
    const WORDS: &[&str] = &[
        "process.env",
        "config",
        "path",
        "prefix",
        "url",
        "base",
        "root",
        "endpoint",
        "version",
    ];
    let built = call.arguments.source(0).is_some_and(|(_, expression)| {
        matches!(
            expression.kind,
            ExprKind::Template(..) | ExprKind::Binary(Binary::Add, ..)
        )
    });
    let name = value.describe().to_lowercase();
    built || (!name.ends_with("(…)") && WORDS.iter().any(|word| name.contains(word)))
}
