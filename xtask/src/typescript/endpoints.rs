//! Endpoints in values: an object with a method and a path, wherever it stands in a registry,
//! behind whatever function of a contract library.

mod chains;

use std::rc::Rc;

use super::resolve::{Resolver, Scope};
use super::syntax::{Expr, Module};
use super::values::{
    ClassInstance, ObjectEntry, ObjectValue, PathText, Site, TopLevel, Value, member_name,
};

/// An endpoint that a value describes.
#[derive(Clone)]
pub struct Endpoint<'p> {
    /// The keys on the way to it.
    pub keys: Vec<Rc<str>>,
    /// The last key, or the object itself.
    pub site: Site<'p>,
    /// Upper case.
    pub method: String,
    /// As it is written, prefixes included.
    pub path: PathText,
    /// As its own object says it, without the prefixes of routers around it.
    pub own_path: PathText,
    /// The rest of its description: the entries of its object, or the calls of its chain by their
    /// names.
    pub parts: Vec<EndpointPart<'p>>,
    /// Where its object is written, to tell one endpoint from another.
    pub object: Site<'p>,
    /// The expression it is the value of, with the casts around it, and its scope.
    pub source: Option<ScopedExpression<'p>>,
    /// Whether it is the method of a procedure that implements it.
    pub served: bool,
}

/// A statement about an endpoint, under its key.
#[derive(Clone)]
pub struct EndpointPart<'p> {
    /// The key.
    pub key: Rc<str>,
    /// Where the key stands.
    pub site: Site<'p>,
    /// The value.
    pub value: Value<'p>,
    /// The expression that it is the value of.
    pub source: Option<ScopedExpression<'p>>,
}

/// An expression, and the scope in which it stands.
pub type ScopedExpression<'p> = (Scope<'p>, &'p Expr);

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const PATH_KEYS: &[&str] = &["path", "url", "route", "endpoint", "uri", "pathname"];
const NAME_KEYS: &[&str] = &["alias", "operationId", "name", "id"];
const PREFIX_KEYS: &[&str] = &["pathPrefix", "prefix", "basePath"];

/// The deepest nesting of registries that is looked into.
const DEPTH: usize = 24;

/// How many steps a value counts for that is walked through: it takes longer than to evaluate an
/// expression, and what is there twice is walked through twice.
const WALKED: usize = 8;

/// The endpoints that `value` describes, in order.
pub fn of<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Vec<Endpoint<'p>> {
    let mut walk = EndpointWalk {
        resolver,
        keys: Vec::new(),
        calls: 0,
        site: None,
        source: None,
        prefix: Ok("".into()),
        seen: Vec::new(),
        found: Vec::new(),
    };
    walk.value(value);
    walk.found
}

/// The endpoints of a declaration of `module`.
pub fn of_declared<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    declared: &TopLevel<'p>,
) -> Vec<Endpoint<'p>> {
    // A function's body is not a registry; looking into handlers would run the program.
    if declared.is_function() {
        return Vec::new();
    }
    let value = resolver.top_level_value(module, declared);
    let source = declared
        .source()
        .map(|source| (Scope::module(module), source));
    with_source(of(resolver, &value), source)
}

/// The endpoints of `expression`, which stands at the top of `module`.
pub fn of_expression<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    expression: &'p Expr,
) -> Vec<Endpoint<'p>> {
    let scope = Scope::module(module);
    let value = resolver.value(&scope, expression);
    with_source(of(resolver, &value), Some((scope, expression)))
}

/// Gives `source` to those endpoints of which no nearer one is known.
fn with_source<'p>(
    mut endpoints: Vec<Endpoint<'p>>,
    source: Option<ScopedExpression<'p>>,
) -> Vec<Endpoint<'p>> {
    for endpoint in endpoints
        .iter_mut()
        .filter(|endpoint| endpoint.source.is_none())
    {
        endpoint.source.clone_from(&source);
    }
    endpoints
}

/// The path that a value is.
pub(super) fn path_of(value: &Value<'_>) -> PathText {
    match value {
        Value::String(text) => Ok(Rc::clone(text)),
        Value::Regex(source, _) => Err(format!("it is the regular expression /{source}/")),
        Value::Null | Value::Undefined => Ok("".into()),
        other => Err(other.reason()),
    }
}

/// The paths that a value stands for: one, or several in an array.
pub(super) fn paths_of<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Vec<PathText> {
    let Value::Array(array) = value else {
        return vec![path_of(value)];
    };
    let mut paths: Vec<PathText> = resolver.elements_of(value).iter().map(path_of).collect();
    paths.extend(array.open.as_ref().map(|why| Err(why.to_string())));
    paths
}

/// One path below another.
pub(super) fn joined(first: &PathText, second: &PathText) -> PathText {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok(format!("{first}/{second}").into()),
        (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
    }
}

/// The members of an object or module as parts.
pub(super) fn parts_of<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Vec<EndpointPart<'p>> {
    let around = object_site(value);
    let part = |entry: ObjectEntry<'p>| {
        let site = entry.place.as_ref().map(|place| place.site()).or(around)?;
        let source = entry.place.map(|place| (place.scope, place.value));
        Some(EndpointPart {
            key: entry.name,
            site,
            value: entry.value.bare(),
            source,
        })
    };
    resolver
        .entries(value)
        .into_iter()
        .filter_map(part)
        .collect()
}

fn object_site<'p>(value: &Value<'p>) -> Option<Site<'p>> {
    match value {
        Value::Object(object) => site_of(object),
        Value::Module(module) => Some(Site {
            file: &module.path,
            span: Default::default(),
        }),
        Value::Namespace(scope, namespace) => Some(Site {
            file: &scope.module.path,
            span: namespace.name.span,
        }),
        _ => None,
    }
}

/// The place of an object literal; of an object that was not written as one, its first key.
fn site_of<'p>(object: &ObjectValue<'p>) -> Option<Site<'p>> {
    object.site.or_else(|| {
        object
            .entries
            .iter()
            .find_map(|entry| entry.place.as_ref())
            .map(|place| place.site())
    })
}

/// Whether `text` is an HTTP method, in either case.
pub(super) fn is_method(text: &str) -> bool {
    METHODS
        .iter()
        .any(|method| method.eq_ignore_ascii_case(text))
}

struct EndpointWalk<'r, 'p> {
    resolver: &'r Resolver<'p>,
    keys: Vec<Rc<str>>,
    /// How deep calls are nested that are walked through.
    calls: usize,
    site: Option<Site<'p>>,
    source: Option<ScopedExpression<'p>>,
    prefix: PathText,
    seen: Vec<*const ObjectValue<'p>>,
    found: Vec<Endpoint<'p>>,
}

impl<'p> EndpointWalk<'_, 'p> {
    fn value(&mut self, value: &Value<'p>) {
        if self.keys.len() > DEPTH || self.calls > DEPTH || !self.resolver.spend(WALKED) {
            return;
        }
        match value {
            Value::Object(object) => self.object(value, object),
            Value::Namespace(..) => parts_of(self.resolver, value)
                .into_iter()
                .for_each(|part| self.part(part)),
            Value::Array(_) => self.array(value),
            Value::Called(call) => {
                self.calls += 1;
                self.call(call);
                self.calls -= 1;
            }
            Value::Instance(instance) => self.instance(instance),
            Value::Method(of, name) => self.part_of_router(of, name),
            Value::Class(scope, class) => {
                for member in class.members.iter().filter(|member| member.is_static) {
                    let Some(key) = member_name(member) else {
                        continue;
                    };
                    let site = Site {
                        file: &scope.module.path,
                        span: member.property.key.span,
                    };
                    let value = self.resolver.member(value, key).bare();
                    self.entry(key.into(), Some(site), &value);
                }
            }
            _ => {}
        }
    }

    fn instance(&mut self, instance: &ClassInstance<'p>) {
        for (key, value) in instance.fields() {
            self.keys.push(key);
            self.value(&value);
            self.keys.pop();
        }
    }

    fn entry(&mut self, key: Rc<str>, site: Option<Site<'p>>, value: &Value<'p>) {
        let around = std::mem::replace(&mut self.site, site);
        self.keys.push(key);
        self.value(value);
        self.keys.pop();
        self.site = around;
    }

    fn object(&mut self, value: &Value<'p>, object: &Rc<ObjectValue<'p>>) {
        if self.seen.contains(&Rc::as_ptr(object)) {
            return;
        }
        self.seen.push(Rc::as_ptr(object));
        if let Some((method, path)) = self.method_and_path(value) {
            self.found(value, method, path);
        } else if !self.meta(value) {
            parts_of(self.resolver, value)
                .into_iter()
                .for_each(|part| self.part(part));
        }
        self.seen.pop();
    }

    fn part(&mut self, part: EndpointPart<'p>) {
        let around = std::mem::replace(&mut self.source, part.source.clone());
        self.named(part);
        self.source = around;
    }

    fn named(&mut self, part: EndpointPart<'p>) {
        let keyed = part
            .key
            .split_once(' ')
            .filter(|(method, path)| is_method(method) && path.starts_with('/'));
        match (&part.value, keyed) {
            // { 'GET /users': { procedure: 'users.list' } } says what a server calls.
            (Value::Object(_), Some(_))
                if self
                    .resolver
                    .entry_value(&part.value, "procedure")
                    .is_some() => {}
            // { 'GET /users': { … } }
            (Value::Object(_), Some((method, path))) => {
                self.keys.push(part.key.clone());
                let around = self.site.replace(part.site);
                self.found(&part.value, method.to_ascii_uppercase(), Ok(path.into()));
                self.site = around;
                self.keys.pop();
            }
            // { '/users': { get: { … } } }
            (Value::Object(_), None) if part.key.starts_with('/') && self.methods(&part) => {}
            _ => self.entry(part.key.clone(), Some(part.site), &part.value),
        }
    }

    fn methods(&mut self, part: &EndpointPart<'p>) -> bool {
        let mut methods = parts_of(self.resolver, &part.value);
        methods.retain(|method| is_method(&method.key));
        for method in &methods {
            if !matches!(method.value, Value::Object(_)) {
                continue;
            }
            let path = Ok(part.key.clone());
            let around = self.site.replace(method.site);
            self.keys.extend([part.key.clone(), method.key.clone()]);
            self.found(&method.value, method.key.to_ascii_uppercase(), path);
            self.keys.truncate(self.keys.len() - 2);
            self.site = around;
        }
        !methods.is_empty()
    }

    /// `{ openapi: { method, path } }`, as tRPC's `.meta(…)` takes it.
    fn meta(&mut self, object: &Value<'p>) -> bool {
        let Some(inner) = self.resolver.entry_value(object, "openapi") else {
            return false;
        };
        let Some((method, path)) = self.method_and_path(&inner) else {
            return false;
        };
        self.found(&inner, method, path);
        if let Some(last) = self.found.last_mut() {
            last.parts.clear();
        }
        true
    }

    fn found(&mut self, object: &Value<'p>, method: String, own_path: PathText) {
        let Some(written) = object_site(object) else {
            return;
        };
        self.found.push(Endpoint {
            keys: self.keys.clone(),
            site: self.site.unwrap_or(written),
            method,
            path: join_prefix(&self.prefix, &own_path),
            own_path,
            parts: parts_of(self.resolver, object),
            object: written,
            source: self.source.clone(),
            served: false,
        });
    }

    fn array(&mut self, value: &Value<'p>) {
        let Value::Array(array) = value else { return };
        for (index, item) in self.resolver.elements_of(value).iter().enumerate() {
            let around = std::mem::replace(&mut self.source, array.source(index));
            let names = NAME_KEYS
                .iter()
                .filter_map(|key| self.resolver.entry_value(item, key));
            let name = names.filter_map(|name| name.as_str().map(Rc::from)).next();
            self.entry(
                name.unwrap_or_else(|| format!("{index}").into()),
                None,
                item,
            );
            self.source = around;
        }
    }

    fn method_and_path(&mut self, object: &Value<'p>) -> Option<(String, PathText)> {
        let method = self.resolver.entry_value(object, "method")?;
        let path = PATH_KEYS
            .iter()
            .find_map(|key| self.resolver.entry_value(object, key))?;
        let method = method
            .as_str()
            .filter(|text| is_method(text))?
            .to_ascii_uppercase();
        let path = match &path {
            Value::Function(_, function) => {
                let names = function.parameters.iter().enumerate();
                let names = names.map(|(index, parameter)| match &parameter.name {
                    Some(name) => format!(":{name}"),
                    None => format!(":parameter{index}"),
                });
                let arguments: Vec<Value<'p>> =
                    names.map(|name| Value::String(name.into())).collect();
                path_of(&self.resolver.call(&path, &arguments))
            }
            nothing if nothing.is_nothing() => return None,
            other => path_of(other),
        };
        Some((method, path))
    }
}

fn join_prefix(prefix: &PathText, path: &PathText) -> PathText {
    match prefix {
        Ok(prefix) if prefix.is_empty() => path.clone(),
        prefix => joined(prefix, path),
    }
}
