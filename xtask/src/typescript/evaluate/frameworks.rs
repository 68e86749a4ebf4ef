//! What the packages make that serve HTTP: which call makes an application, which a router, and which types say that
//! a parameter is one.

use std::rc::Rc;

use super::routers::{Birth, self_path};
use super::value::{Argument, Closure, Site, Value};
use super::{Evaluator, Framework, NestApp};
use crate::typescript::modules::Symbol;
use crate::typescript::syntax::{StatementKind, TypeKind, TypeNode};

/// Calls that make an application or a router: package, export, what is made. `default` and `*` are the package
/// itself.
const MAKERS: &[(&str, &str, Framework, Birth)] = &[
    ("express", "default", Framework::Express, Birth::Application),
    ("express", "*", Framework::Express, Birth::Application),
    ("express", "express", Framework::Express, Birth::Application),
    ("express", "Router", Framework::Express, Birth::Router),
    ("express-promise-router", "default", Framework::Express, Birth::Router),
    ("router", "default", Framework::Express, Birth::Router),
    ("polka", "default", Framework::Express, Birth::Application),
    ("@tinyhttp/app", "App", Framework::Express, Birth::Application),
    ("fastify", "default", Framework::Fastify, Birth::Application),
    ("fastify", "*", Framework::Fastify, Birth::Application),
    ("fastify", "fastify", Framework::Fastify, Birth::Application),
    ("fastify", "Fastify", Framework::Fastify, Birth::Application),
    ("hono", "Hono", Framework::Hono, Birth::Router),
    ("hono/tiny", "Hono", Framework::Hono, Birth::Router),
    ("hono/quick", "Hono", Framework::Hono, Birth::Router),
    ("@hono/zod-openapi", "OpenAPIHono", Framework::Hono, Birth::Router),
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
    ("express", "Express", Framework::Express, Birth::GivenApplication),
    ("express", "Application", Framework::Express, Birth::GivenApplication),
    ("express", "Router", Framework::Express, Birth::GivenRouter),
    ("express", "IRouter", Framework::Express, Birth::GivenRouter),
    ("express-serve-static-core", "Express", Framework::Express, Birth::GivenApplication),
    ("express-serve-static-core", "Application", Framework::Express, Birth::GivenApplication),
    ("express-serve-static-core", "Router", Framework::Express, Birth::GivenRouter),
    ("fastify", "FastifyInstance", Framework::Fastify, Birth::GivenRouter),
    ("hono", "Hono", Framework::Hono, Birth::GivenRouter),
    ("@hono/zod-openapi", "OpenAPIHono", Framework::Hono, Birth::GivenRouter),
    ("elysia", "Elysia", Framework::Hono, Birth::GivenRouter),
    ("koa", "default", Framework::Koa, Birth::GivenApplication),
    ("koa", "*", Framework::Koa, Birth::GivenApplication),
    ("@koa/router", "default", Framework::Koa, Birth::GivenRouter),
    ("@koa/router", "*", Framework::Koa, Birth::GivenRouter),
    ("koa-router", "default", Framework::Koa, Birth::GivenRouter),
    ("koa-router", "*", Framework::Koa, Birth::GivenRouter),
];

/// Calls that register a whole contract on a router: package, export, the arguments that are the contract and the
/// router.
const ENDPOINT_MAKERS: &[(&str, &str, usize, usize)] =
    &[("@ts-rest/express", "createExpressEndpoints", 0, 2), ("@ts-rest/fastify", "createFastifyEndpoints", 0, 2)];

impl<'p> Evaluator<'p> {
    /// The result of calling an export of a package that this tool knows.
    pub(super) fn framework_call(
        &mut self,
        callee: &Value<'p>,
        arguments: &[Argument<'p>],
        site: Site<'p>,
    ) -> Option<Value<'p>> {
        let (module, name) = callee.external()?;
        if let Some((.., framework, birth)) = find(MAKERS, &module, &name) {
            return Some(self.make(*framework, *birth, arguments, site));
        }
        match (&*module, name.as_str()) {
            ("fastify-plugin", "default" | "*" | "fastifyPlugin" | "fp") => {
                let plugin = self.argument(arguments, 0);
                Some(transparent(plugin))
            }
            ("@nestjs/core", "NestFactory.create") => {
                let none = NestApp {
                    site,
                    root: self.argument(arguments, 0),
                    listens: false,
                    prefix: Ok("".into()),
                    excluded: Vec::new(),
                    versioning: None,
                    default_version: None,
                };
                self.nest_apps.push(none);
                Some(Value::NestApp(self.nest_apps.len() - 1))
            }
            _ => self.register_contract(&module, &name, arguments, site),
        }
    }

    fn make(&mut self, framework: Framework, birth: Birth, arguments: &[Argument<'p>], site: Site<'p>) -> Value<'p> {
        let id = self.new_router(framework, birth, site);
        // `new Router({ prefix: '/users' })` of Koa, `new Elysia({ prefix })`
        if let (Framework::Koa | Framework::Hono, Value::Object(options)) = (framework, self.argument(arguments, 0)) {
            let prefix = self.entry_value(&options, "prefix");
            self.routers[id].prefix = self_path(&prefix);
        }
        Value::Router(id)
    }

    fn register_contract(
        &mut self,
        module: &str,
        name: &str,
        arguments: &[Argument<'p>],
        site: Site<'p>,
    ) -> Option<Value<'p>> {
        let maker = ENDPOINT_MAKERS.iter().find(|maker| maker.0 == module && maker.1 == name)?;
        let contract = self.argument(arguments, maker.2);
        let Value::Router(id) = self.argument(arguments, maker.3) else { return None };
        for endpoint in self.endpoints(&contract) {
            self.add(id, &endpoint.method, endpoint.path, site);
        }
        Some(Value::Nothing)
    }

    /// What a parameter is that is declared with the type `declared`, if that is an application or a router.
    pub(super) fn router_type(&mut self, file: &str, declared: &TypeNode) -> Option<(Framework, Birth)> {
        self.router_type_at(file, declared, 0)
    }

    fn router_type_at(&mut self, file: &str, declared: &TypeNode, depth: usize) -> Option<(Framework, Birth)> {
        let TypeKind::Reference(path, _) = &declared.kind else { return None };
        let module = self.program.load(file).filter(|_| depth < 8)?;
        let (first, rest) = path.split_first()?;
        match self.program.lookup(module, first)? {
            Symbol::Declared(module, name) if rest.is_empty() => {
                let alias = module.declarations(name).find_map(|statement| match &statement.kind {
                    StatementKind::Alias(alias) => Some(&alias.value),
                    _ => None,
                })?;
                self.router_type_at(&module.path, alias, depth + 1)
            }
            Symbol::Namespace(module) => match self.program.exported(module, rest.first()?)? {
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

fn transparent(plugin: Value<'_>) -> Value<'_> {
    match plugin {
        Value::Function(closure) => Value::Function(Rc::new(Closure { transparent: true, ..(*closure).clone() })),
        other => other,
    }
}
