//! The packages that serve HTTP. They tell which calls create an application or a router, and which
//! types mark a parameter as one of these.

use super::next::ReceivedRequests;
use super::routers::{MethodCall, router};
use super::server::{Birth, Framework, NestApp, Server};
use crate::typescript::endpoints::{self, joined, path_of};
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::Resolver;
use crate::typescript::syntax::{Module, StatementKind, TypeKind, TypeNode};
use crate::typescript::values::{Handle, Value};

/// The most aliases of a type that are followed: more is a cycle.
const ALIASES: usize = 8;

/// Calls that make an application or a router: package, export, what is made. `default` and `*` are
/// the package itself.
const MAKERS: &[(&str, &str, Framework, Birth)] = &[
    ("express", "default", Framework::Express, Birth::Application),
    ("express", "*", Framework::Express, Birth::Application),
    ("express", "express", Framework::Express, Birth::Application),
    ("express", "Router", Framework::Express, Birth::Router),
    (
        "express-promise-router",
        "default",
        Framework::Express,
        Birth::Router,
    ),
    ("router", "default", Framework::Express, Birth::Router),
    ("polka", "default", Framework::Express, Birth::Application),
    (
        "@tinyhttp/app",
        "App",
        Framework::Express,
        Birth::Application,
    ),
    ("fastify", "default", Framework::Fastify, Birth::Application),
    ("fastify", "*", Framework::Fastify, Birth::Application),
    ("fastify", "fastify", Framework::Fastify, Birth::Application),
    ("fastify", "Fastify", Framework::Fastify, Birth::Application),
    ("hono", "Hono", Framework::Hono, Birth::Router),
    ("hono/tiny", "Hono", Framework::Hono, Birth::Router),
    ("hono/quick", "Hono", Framework::Hono, Birth::Router),
    (
        "@hono/zod-openapi",
        "OpenAPIHono",
        Framework::Hono,
        Birth::Router,
    ),
    ("elysia", "Elysia", Framework::Hono, Birth::Router),
    ("elysia", "default", Framework::Hono, Birth::Router),
    ("koa", "default", Framework::Koa, Birth::Application),
    ("koa", "*", Framework::Koa, Birth::Application),
    ("@koa/router", "default", Framework::Koa, Birth::Router),
    ("@koa/router", "*", Framework::Koa, Birth::Router),
    ("@koa/router", "Router", Framework::Koa, Birth::Router),
    ("koa-router", "default", Framework::Koa, Birth::Router),
    ("koa-router", "*", Framework::Koa, Birth::Router),
    ("koa-router", "Router", Framework::Koa, Birth::Router),
];

/// Types of a parameter or field that is an application or a router.
const TYPES: &[(&str, &str, Framework, Birth)] = &[
    (
        "express",
        "Express",
        Framework::Express,
        Birth::GivenApplication,
    ),
    (
        "express",
        "Application",
        Framework::Express,
        Birth::GivenApplication,
    ),
    ("express", "Router", Framework::Express, Birth::GivenRouter),
    ("express", "IRouter", Framework::Express, Birth::GivenRouter),
    (
        "express-serve-static-core",
        "Express",
        Framework::Express,
        Birth::GivenApplication,
    ),
    (
        "express-serve-static-core",
        "Application",
        Framework::Express,
        Birth::GivenApplication,
    ),
    (
        "express-serve-static-core",
        "Router",
        Framework::Express,
        Birth::GivenRouter,
    ),
    (
        "fastify",
        "FastifyInstance",
        Framework::Fastify,
        Birth::GivenRouter,
    ),
    ("hono", "Hono", Framework::Hono, Birth::GivenRouter),
    (
        "@hono/zod-openapi",
        "OpenAPIHono",
        Framework::Hono,
        Birth::GivenRouter,
    ),
    ("elysia", "Elysia", Framework::Hono, Birth::GivenRouter),
    ("koa", "default", Framework::Koa, Birth::GivenApplication),
    ("koa", "*", Framework::Koa, Birth::GivenApplication),
    ("@koa/router", "default", Framework::Koa, Birth::GivenRouter),
    ("@koa/router", "*", Framework::Koa, Birth::GivenRouter),
    ("koa-router", "default", Framework::Koa, Birth::GivenRouter),
    ("koa-router", "*", Framework::Koa, Birth::GivenRouter),
];

/// Calls that register a whole contract on a router: package, export, the arguments that are the
/// contract and the router.
const ENDPOINT_MAKERS: &[(&str, &str, usize, usize)] = &[
    ("@ts-rest/express", "createExpressEndpoints", 0, 2),
    ("@ts-rest/fastify", "createFastifyEndpoints", 0, 2),
];

/// Calls that make a handler of a whole contract, which answers at the contract's own paths:
/// package, export. The contract is the first argument or its `contract`. `createNextRouter` looks
/// at the rest of the path below its file, the others at the whole path.
const HANDLER_MAKERS: &[(&str, &str)] = &[
    ("@ts-rest/next", "createNextRouter"),
    ("@ts-rest/serverless/next", "createNextHandler"),
    ("@ts-rest/serverless/fetch", "fetchRequestHandler"),
    ("@ts-rest/serverless/aws", "createLambdaHandler"),
    ("@ts-rest/serverless/azure", "createAzureHandler"),
    ("@ts-rest/serverless/nitro", "createNitroHandler"),
];

impl<'p> Server<'p> {
    /// The result of calling an export of a package that this tool knows.
    pub(super) fn framework_call(
        &self,
        (package, name): (&str, &str),
        call: MethodCall<'_, 'p>,
    ) -> Option<Value<'p>> {
        if let Some((.., framework, birth)) = find(MAKERS, package, name) {
            return Some(self.make(*framework, *birth, call));
        }
        match (package, name) {
            ("fastify-plugin", "default" | "*" | "fastifyPlugin" | "fp") => {
                let plugin = call.arguments.at(0);
                self.make_transparent(&plugin);
                Some(plugin)
            }
            ("@nestjs/core", "NestFactory.create") => {
                Some(self.make_nest_app(call.arguments.at(0)))
            }
            _ if HANDLER_MAKERS.contains(&(package, name)) => {
                self.serve_contract(call, name != "createNextRouter");
                None
            }
            _ => self.register_contract(package, name, call),
        }
    }

    fn make(&self, framework: Framework, birth: Birth, call: MethodCall<'_, 'p>) -> Value<'p> {
        let id = self.new_router(framework, birth, call.site);
        // `new Router({ prefix: '/users' })` of Koa, `new Elysia({ prefix })`
        if let Framework::Koa | Framework::Hono = framework
            && let Some(prefix) = call.resolver.entry_value(&call.arguments.at(0), "prefix")
        {
            self.set_prefix(id, path_of(&prefix));
        }
        router(id)
    }

    fn make_nest_app(&self, root: Value<'p>) -> Value<'p> {
        let mut apps = self.nest_apps.borrow_mut();
        apps.push(NestApp {
            root,
            listens: false,
            prefix: Ok("".into()),
            excluded: Vec::new(),
            versioning: None,
            default_version: None,
        });
        Value::Handle(Handle::NestApp(apps.len() - 1))
    }

    /// Offers what arrives of a contract. Requests arrive there by whatever way the platform has, so
    /// that the router stands for itself. Of Next.js the way is known: a file receives the methods
    /// that it exports, and, where the handler `sees_whole_paths`, paths below its folder.
    fn serve_contract(&self, call: MethodCall<'_, 'p>, sees_whole_paths: bool) {
        let first = call.arguments.at(0);
        let named = |key: &str| call.resolver.entry_value(&first, key);
        let (contract, options) = match named("contract") {
            Some(contract) => (contract, named("options")),
            None => (first.clone(), Some(call.arguments.at(2))),
        };
        let id = self.new_router(Framework::Hono, Birth::Router, call.site);
        let base = options.and_then(|options| call.resolver.entry_value(&options, "basePath"));
        let base = base.map_or_else(|| Ok("".into()), |base| path_of(&base));
        self.set_prefix(id, base.clone());
        let module = call.resolver.program.load(call.site.file);
        let received = module
            .filter(|_| sees_whole_paths)
            .and_then(ReceivedRequests::of);
        for endpoint in endpoints::of(call.resolver, &contract) {
            let path = joined(&base, &endpoint.path);
            let arrives = |received: &ReceivedRequests| received.include(&endpoint.method, &path);
            if received.as_ref().is_none_or(arrives) {
                self.add_endpoint(id, endpoint, call.site);
            }
        }
    }

    fn register_contract(
        &self,
        package: &str,
        name: &str,
        call: MethodCall<'_, 'p>,
    ) -> Option<Value<'p>> {
        let maker = ENDPOINT_MAKERS
            .iter()
            .find(|maker| maker.0 == package && maker.1 == name)?;
        let contract = call.arguments.at(maker.2);
        let Value::Handle(Handle::Router(id)) = call.arguments.at(maker.3) else {
            return None;
        };
        self.add_contract(id, &contract, call);
        Some(Value::Undefined)
    }
}

/// The framework and birth of a parameter in `module` by its type `declared`, if that is an
/// application or a router.
pub(super) fn router_type<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    declared: &TypeNode,
) -> Option<(Framework, Birth)> {
    router_type_at(resolver, module, declared, 0)
}

fn router_type_at<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    declared: &TypeNode,
    depth: usize,
) -> Option<(Framework, Birth)> {
    let TypeKind::Reference(named) = &declared.kind else {
        return None;
    };
    let (first, rest) = named.path.split_first().filter(|_| depth < ALIASES)?;
    match resolver.program.lookup(module, first)? {
        Symbol::Declared(module, name) if rest.is_empty() => {
            let alias = module
                .declarations(name)
                .find_map(|statement| match &statement.kind {
                    StatementKind::Alias(alias) => Some(&alias.value),
                    _ => None,
                })?;
            router_type_at(resolver, module, alias, depth + 1)
        }
        Symbol::Namespace(module) => match resolver.program.exported(module, rest.first()?)? {
            Symbol::External(package, Some(name)) => typed(package, name),
            _ => None,
        },
        Symbol::External(package, imported) => {
            let imported = imported.unwrap_or("*");
            match rest {
                [] => typed(package, imported),
                [name] if matches!(imported, "*" | "default") => typed(package, name),
                _ => None,
            }
        }
        Symbol::Declared(..) | Symbol::Missing(_) => None,
    }
}

/// Whether a package is one that makes applications or routers.
pub(super) fn makes_routers(package: &str) -> bool {
    package == "@nestjs/core" || MAKERS.iter().any(|maker| maker.0 == package)
}

fn typed(package: &str, name: &str) -> Option<(Framework, Birth)> {
    find(TYPES, package, name).map(|(.., framework, birth)| (*framework, *birth))
}

fn find<'t>(
    table: &'t [(&'static str, &'static str, Framework, Birth)],
    module: &str,
    name: &str,
) -> Option<&'t (&'static str, &'static str, Framework, Birth)> {
    table.iter().find(|row| row.0 == module && row.1 == name)
}
