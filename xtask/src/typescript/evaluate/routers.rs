//! Applications and routers: what they are made with, and what is registered on them.

use std::rc::Rc;

use super::Evaluator;
use super::value::{Argument, Object, Site, Value};
use crate::source::Span;
use crate::typescript::syntax::{Binary, ExprKind};

/// A router among [`Evaluator::routers`].
pub type RouterId = usize;

/// A path, or why it is not known.
pub type PathText = Result<Rc<str>, String>;

/// Whose rules a router follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Express, and what is compatible with it.
    Express,
    /// Fastify.
    Fastify,
    /// Hono; Elysia.
    Hono,
    /// Koa and its router.
    Koa,
}

/// How a router came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// `express()`: requests arrive here.
    Application,
    /// `Router()`: requests arrive where it is mounted.
    Router,
    /// A parameter or field that is declared to be an application, and nobody here gives.
    GivenApplication,
    /// The same, of a router or a plugin's instance.
    GivenRouter,
}

/// An application or router.
#[derive(Debug)]
pub struct RouterNode<'p> {
    /// Whose rules it follows.
    pub framework: Framework,
    /// How it came to be.
    pub birth: Birth,
    /// Where.
    pub site: Site<'p>,
    /// Stands before every path of it.
    pub prefix: PathText,
    /// What it answers to.
    pub registrations: Vec<Registration<'p>>,
    /// The routers below it.
    pub mounts: Vec<Mount<'p>>,
}

/// A route of a router.
#[derive(Debug, Clone)]
pub struct Registration<'p> {
    /// Upper case; `ALL`.
    pub method: String,
    /// As it is written.
    pub path: PathText,
    /// Where.
    pub site: Site<'p>,
}

/// A router below another.
#[derive(Debug, Clone)]
pub struct Mount<'p> {
    /// As it is written; empty for none.
    pub path: PathText,
    /// Which, or why that is not known.
    pub child: Result<RouterId, String>,
    /// Where.
    pub site: Site<'p>,
}

/// A NestJS application.
#[derive(Debug, Clone)]
pub struct NestApp<'p> {
    /// Where it is made.
    pub site: Site<'p>,
    /// Its root module.
    pub root: Value<'p>,
    /// Whether it is seen to listen.
    pub listens: bool,
    /// `setGlobalPrefix('api')`; empty for none.
    pub prefix: PathText,
    /// The paths that it leaves alone.
    pub excluded: Vec<Rc<str>>,
    /// The version that stands in paths by default: `v1`.
    pub versioning: Option<PathText>,
    /// `defaultVersion: '1'`
    pub default_version: Option<PathText>,
}

/// Members of a router that register a route.
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "all", "del", "any"];

impl<'p> Evaluator<'p> {
    pub(super) fn new_router(&mut self, framework: Framework, birth: Birth, site: Site<'p>) -> RouterId {
        self.routers.push(RouterNode {
            framework,
            birth,
            site,
            prefix: Ok("".into()),
            registrations: Vec::new(),
            mounts: Vec::new(),
        });
        self.routers.len() - 1
    }

    /// A router that is declared by its type and given by nobody here.
    pub(super) fn given_router(&mut self, given: (Framework, Birth), file: &'p str, span: Span) -> Value<'p> {
        let (framework, birth) = given;
        Value::Router(self.new_router(framework, birth, Site { file, span }))
    }

    /// `router.name(arguments)`
    pub(super) fn router_method(
        &mut self,
        id: RouterId,
        name: &str,
        arguments: &[Argument<'p>],
        site: Site<'p>,
    ) -> Value<'p> {
        let framework = self.routers[id].framework;
        match (name, framework) {
            (method, _) if METHODS.contains(&method) => return self.verb(id, method, arguments, site),
            ("use", Framework::Express | Framework::Koa | Framework::Hono) => self.use_router(id, arguments, site),
            ("route", Framework::Express) => {
                let path = self.argument(arguments, 0);
                return Value::RoutePath(id, self.paths(&path).into());
            }
            ("route", Framework::Fastify) => self.fastify_route(id, arguments, site),
            ("route", Framework::Hono) => {
                let path = self.argument(arguments, 0);
                let child = self.argument(arguments, 1);
                self.mount(id, self_path(&path), &child, site);
            }
            ("basePath", Framework::Hono) => return self.based(id, arguments, site),
            ("group", Framework::Hono) => self.group(id, arguments, site),
            ("on", Framework::Hono) => self.on(id, arguments, site),
            ("openapi", Framework::Hono) => self.openapi(id, arguments, site),
            ("register", Framework::Fastify) => self.fastify_register(id, arguments, site),
            ("prefix", Framework::Koa) => {
                let prefix = self.argument(arguments, 0);
                self.routers[id].prefix = self_path(&prefix);
            }
            _ => {}
        }
        Value::Router(id)
    }

    /// `router.route('/x').get(…)`
    pub(super) fn route_path_method(
        &mut self,
        id: RouterId,
        paths: &[PathText],
        name: &str,
        site: Site<'p>,
    ) -> Value<'p> {
        if METHODS.contains(&name) {
            paths.iter().for_each(|path| self.add(id, name, path.clone(), site));
        }
        Value::RoutePath(id, paths.into())
    }

    fn verb(&mut self, id: RouterId, name: &str, arguments: &[Argument<'p>], site: Site<'p>) -> Value<'p> {
        let framework = self.routers[id].framework;
        let first = self.argument(arguments, 0);
        // `app.get('view engine')` reads a setting.
        if framework == Framework::Express && name == "get" && arguments.len() == 1 && first.text().is_some() {
            return Value::unknown("it is a setting of the application");
        }
        if framework == Framework::Hono && matches!(first, Value::Function(_)) {
            self.add(id, name, Ok("".into()), site);
            return Value::Router(id);
        }
        let second = if framework == Framework::Koa { self.argument(arguments, 1) } else { Value::Nothing };
        let path = match (&first, &second) {
            // `router.get('name', '/path', handler)`
            (Value::Text(_), Value::Text(_)) => second,
            _ => first,
        };
        for path in self.paths(&path) {
            self.add(id, name, path, site);
        }
        Value::Router(id)
    }

    pub(super) fn add(&mut self, id: RouterId, method: &str, path: PathText, site: Site<'p>) {
        let method = match method.to_ascii_uppercase().as_str() {
            "DEL" => "DELETE".to_owned(),
            "ANY" => "ALL".to_owned(),
            other => other.to_owned(),
        };
        self.routers[id].registrations.push(Registration { method, path, site });
    }

    /// The paths that a value stands for: one, or several in an array.
    pub(super) fn paths(&mut self, value: &Value<'p>) -> Vec<PathText> {
        match value {
            Value::Array(items) => {
                let values: Vec<Value<'p>> = items.iter().map(|item| self.force(&item.value)).collect();
                values.iter().map(self_path).collect()
            }
            other => vec![self_path(other)],
        }
    }

    pub(super) fn mount(&mut self, id: RouterId, path: PathText, child: &Value<'p>, site: Site<'p>) {
        let child = match child {
            Value::Router(child) if *child == id => return,
            Value::Router(child) => Ok(*child),
            other => Err(other.reason()),
        };
        self.routers[id].mounts.push(Mount { path, child, site });
    }

    /// `app.use('/x', middleware, router)`
    fn use_router(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let first = self.argument(arguments, 0);
        let (paths, rest) = match &first {
            Value::Text(_) | Value::Pattern(_) => (vec![self_path(&first)], &arguments[1..]),
            Value::Array(_) if self.holds_texts(&first) => (self.paths(&first), &arguments[1..]),
            // An opaque value in front of a router is its path: `app.use(config.prefix, router)`.
            Value::Opaque(_) if arguments.len() > 1 && is_path_like(&arguments[0], &first) => {
                (vec![Err(first.reason())], &arguments[1..])
            }
            _ => (vec![Ok("".into())], arguments),
        };
        let handlers: Vec<Value<'p>> = rest.iter().map(|argument| self.force(&argument.value)).collect();
        for handler in handlers {
            for found in self.routers_in(&handler, 0) {
                paths.iter().for_each(|path| self.mount(id, path.clone(), &found, site));
            }
        }
    }

    fn holds_texts(&mut self, value: &Value<'p>) -> bool {
        let Value::Array(items) = value else { return false };
        items.first().is_some_and(|item| matches!(self.force(&item.value), Value::Text(_) | Value::Pattern(_)))
    }

    /// The routers that a handler is or wraps; one that may be a router and cannot be followed.
    fn routers_in(&mut self, value: &Value<'p>, depth: usize) -> Vec<Value<'p>> {
        match value {
            Value::Router(_) => vec![value.clone()],
            Value::Array(items) if depth < 4 => {
                let items: Vec<Value<'p>> = items.iter().map(|item| self.force(&item.value)).collect();
                items.iter().flat_map(|item| self.routers_in(item, depth + 1)).collect()
            }
            Value::Module(_) => {
                let default = self.member(value, "default");
                self.routers_in(&default, depth + 1)
            }
            Value::Opaque(opaque) => match &**opaque {
                super::Opaque::Call(_, arguments) if depth < 4 => {
                    let inner: Vec<Value<'p>> = arguments.iter().map(|argument| self.force(&argument.value)).collect();
                    let known = inner.iter().filter(|value| matches!(value, Value::Router(_)));
                    known.cloned().collect()
                }
                super::Opaque::Unknown(_) => vec![value.clone()],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// A child below `id`, with what `path` says before its paths.
    pub(super) fn child(&mut self, id: RouterId, path: PathText, site: Site<'p>) -> RouterId {
        let framework = self.routers[id].framework;
        let child = self.new_router(framework, Birth::Router, site);
        self.mount(id, path, &Value::Router(child), site);
        child
    }

    fn based(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) -> Value<'p> {
        let path = self.argument(arguments, 0);
        // `new Hono().basePath('/api')` is the application from then on, and mounted as a whole.
        if self.routers[id].registrations.is_empty() && self.routers[id].mounts.is_empty() {
            self.routers[id].prefix = joined(&self.routers[id].prefix, &self_path(&path));
            return Value::Router(id);
        }
        Value::Router(self.child(id, self_path(&path), site))
    }

    fn group(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let path = self.argument(arguments, 0);
        let child = self.child(id, self_path(&path), site);
        if let Some(callback) = arguments.last() {
            let callback = self.force(&callback.value);
            self.call(&callback, &[Argument::known(Value::Router(child))]);
        }
    }

    fn on(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let methods = self.argument(arguments, 0);
        let paths = self.argument(arguments, 1);
        let methods: Vec<String> =
            self.paths(&methods).into_iter().flatten().map(|method| method.to_string()).collect();
        for path in self.paths(&paths) {
            methods.iter().for_each(|method| self.add(id, method, path.clone(), site));
        }
    }

    fn openapi(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let route = self.argument(arguments, 0);
        for endpoint in self.endpoints(&route) {
            self.add(id, &endpoint.method, endpoint.path, site);
        }
    }

    pub(super) fn entry_value(&mut self, object: &Rc<Object<'p>>, key: &str) -> Value<'p> {
        object.entry(key).map_or(Value::Nothing, |entry| self.force(&entry.value))
    }

    /// `NestFactory.create(…)` returned this application.
    pub(super) fn nest_method(&mut self, index: usize, name: &str, arguments: &[Argument<'p>]) -> Value<'p> {
        let first = self.argument(arguments, 0);
        match name {
            "setGlobalPrefix" => {
                self.nest_apps[index].prefix = self_path(&first);
                let options = self.argument(arguments, 1);
                if let Value::Object(options) = &options {
                    let excluded = self.entry_value(options, "exclude");
                    self.nest_apps[index].excluded = self.paths(&excluded).into_iter().flatten().collect();
                }
            }
            "enableVersioning" => {
                self.nest_apps[index].versioning = self.nest_versioning(&first);
                if let Value::Object(options) = &first {
                    let default = self.entry_value(options, "defaultVersion");
                    let is_set = !matches!(default, Value::Nothing);
                    self.nest_apps[index].default_version = is_set.then(|| self_path(&default));
                }
            }
            "listen" => self.nest_apps[index].listens = true,
            _ => {}
        }
        Value::NestApp(index)
    }

    /// Only versions in the path matter, and a default version: `{ type: VersioningType.URI, defaultVersion: '1' }`.
    fn nest_versioning(&mut self, options: &Value<'p>) -> Option<PathText> {
        let Value::Object(options) = options else { return Some(Ok("v".into())) };
        let kind = self.entry_value(options, "type").describe();
        if !kind.ends_with("URI") && kind != "undefined" && kind != "0" {
            return None;
        }
        match self.entry_value(options, "prefix") {
            Value::Nothing => Some(Ok("v".into())),
            Value::Boolean(false) => Some(Ok("".into())),
            other => Some(self_path(&other)),
        }
    }
}

/// Whether what is not known is a path and not a handler: it is put together like a string, or called like one.
fn is_path_like(argument: &Argument<'_>, value: &Value<'_>) -> bool {
    const WORDS: &[&str] = &["process.env", "config", "path", "prefix", "url", "base", "root", "endpoint", "version"];
    let built = argument.value.source().is_some_and(|(expression, _)| {
        matches!(expression.kind, ExprKind::Template(..) | ExprKind::Binary(Binary::Add, ..))
    });
    let name = value.describe().to_lowercase();
    built || (!name.ends_with("(…)") && WORDS.iter().any(|word| name.contains(word)))
}

pub(super) fn self_path(value: &Value<'_>) -> PathText {
    match value {
        Value::Text(text) => Ok(Rc::clone(text)),
        Value::Pattern(pattern) => Err(format!("it is the regular expression /{pattern}/")),
        Value::Nothing => Ok("".into()),
        other => Err(other.reason()),
    }
}

/// One path below another.
pub fn joined(first: &PathText, second: &PathText) -> PathText {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok(format!("{first}/{second}").into()),
        (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
    }
}
