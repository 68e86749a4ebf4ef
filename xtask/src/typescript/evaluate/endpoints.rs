//! Endpoints in values: an object with a method and a path, wherever it stands in a registry, behind whatever function
//! of a contract library.

use std::rc::Rc;

use super::routers::{PathText, joined, self_path};
use super::scope::{Scope, Thunk};
use super::value::{Argument, Entry, Object, Opaque, Site, Value};
use super::{DEPTH, Evaluator};
use crate::typescript::syntax::{Expr, ExprKind};

/// An endpoint that a value describes.
#[derive(Debug, Clone)]
pub struct Endpoint<'p> {
    /// The keys on the way to it.
    pub keys: Vec<Rc<str>>,
    /// The last key, or the object itself.
    pub site: Site<'p>,
    /// Upper case.
    pub method: String,
    /// As it is written, prefixes included.
    pub path: PathText,
    /// What else is said of it: the entries of its object, or the calls of its chain by their names.
    pub parts: Vec<Entry<'p>>,
    /// The object, to tell one endpoint from another.
    pub object: Rc<Object<'p>>,
    /// The expression it is the value of, with the casts around it, and its scope.
    pub source: Option<(&'p Expr, Rc<Scope<'p>>)>,
    /// Whether it is the method of a procedure that implements it.
    pub served: bool,
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const PATH_KEYS: &[&str] = &["path", "url", "route", "endpoint", "uri", "pathname"];
const NAME_KEYS: &[&str] = &["alias", "operationId", "name", "id"];
const PREFIX_KEYS: &[&str] = &["pathPrefix", "prefix", "basePath"];

/// Whether `text` is an HTTP method, in either case.
fn is_method(text: &str) -> bool {
    METHODS.iter().any(|method| method.eq_ignore_ascii_case(text))
}

struct Walk<'p> {
    keys: Vec<Rc<str>>,
    site: Option<Site<'p>>,
    source: Option<(&'p Expr, Rc<Scope<'p>>)>,
    prefix: PathText,
    seen: Vec<*const Object<'p>>,
    found: Vec<Endpoint<'p>>,
}

/// How many steps a value counts for that is walked through: it takes longer than to evaluate an expression, and what is there
/// twice is walked through twice.
const WALKED: usize = 8;

impl<'p> Evaluator<'p> {
    /// The endpoints that `value` describes, in order.
    pub fn endpoints(&mut self, value: &Value<'p>) -> Vec<Endpoint<'p>> {
        let mut walk = Walk {
            keys: Vec::new(),
            site: None,
            source: None,
            prefix: Ok("".into()),
            seen: Vec::new(),
            found: Vec::new(),
        };
        self.walk(value, &mut walk);
        walk.found
    }

    fn walk(&mut self, value: &Value<'p>, walk: &mut Walk<'p>) {
        if walk.keys.len() > DEPTH / 2 || !self.spend(WALKED) {
            return;
        }
        match value {
            Value::Object(object) => self.walk_object(object, walk),
            Value::Array(items) => self.walk_array(items, walk),
            Value::Opaque(opaque) => {
                if let Opaque::Call(callee, arguments) = &**opaque {
                    self.walk_call(callee, arguments, walk);
                }
            }
            Value::Instance(instance) => {
                let fields: Vec<_> = instance.fields.borrow().clone().into_iter().collect();
                for (key, value) in fields {
                    walk.keys.push(key);
                    self.walk(&value, walk);
                    walk.keys.pop();
                }
            }
            Value::Class(class) => {
                for member in class.class.members.iter().filter(|member| member.is_static) {
                    let Some(key) = super::classes::name(member) else { continue };
                    let site = Site { file: class.scope.file, span: member.property.key.span };
                    let value = self.member(value, key);
                    self.walk_entry(key.into(), Some(site), &value, walk);
                }
            }
            Value::Text(_)
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Nothing
            | Value::Pattern(_)
            | Value::Function(_)
            | Value::Module(_)
            | Value::Router(_)
            | Value::RoutePath(..)
            | Value::NestApp(_) => {}
        }
    }

    fn walk_entry(&mut self, key: Rc<str>, site: Option<Site<'p>>, value: &Value<'p>, walk: &mut Walk<'p>) {
        let around = std::mem::replace(&mut walk.site, site);
        walk.keys.push(key);
        self.walk(value, walk);
        walk.keys.pop();
        walk.site = around;
    }

    fn walk_object(&mut self, object: &Rc<Object<'p>>, walk: &mut Walk<'p>) {
        if walk.seen.contains(&Rc::as_ptr(object)) {
            return;
        }
        walk.seen.push(Rc::as_ptr(object));
        if let Some((method, path)) = self.method_and_path(object) {
            let path = join_prefix(&walk.prefix, &path);
            let parts = object.entries.borrow().clone();
            self.found(walk, object, method, path, parts);
        } else if self.walk_meta(object, walk) {
        } else {
            let entries = object.entries.borrow().clone();
            for entry in entries {
                self.walk_named(entry, walk);
            }
        }
        walk.seen.pop();
    }

    /// As [`Evaluator::endpoints`], of an expression at the top of `file`.
    pub fn top_level_endpoints(&mut self, file: &str, expression: &'p Expr) -> Vec<Endpoint<'p>> {
        let Some(loaded) = self.loaded(file) else { return Vec::new() };
        let thunk = Thunk::pending(expression, &loaded.scope);
        self.endpoints_of(&thunk)
    }

    /// As [`Evaluator::endpoints`], of a name.
    pub fn endpoints_of(&mut self, thunk: &Thunk<'p>) -> Vec<Endpoint<'p>> {
        if is_function(thunk) {
            return Vec::new();
        }
        let value = self.force(thunk);
        let source = thunk.source().map(|(expression, scope)| (expression, Rc::clone(scope)));
        let mut endpoints = self.endpoints(&value);
        for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.source.is_none()) {
            endpoint.source.clone_from(&source);
        }
        endpoints
    }

    fn walk_named(&mut self, entry: Entry<'p>, walk: &mut Walk<'p>) {
        let source = entry.value.source().map(|(expression, scope)| (expression, Rc::clone(scope)));
        let around = std::mem::replace(&mut walk.source, source);
        self.walk_named_inside(entry, walk);
        walk.source = around;
    }

    fn walk_named_inside(&mut self, entry: Entry<'p>, walk: &mut Walk<'p>) {
        // A function's body is not a registry; looking into handlers would evaluate the program.
        if is_function(&entry.value) {
            return;
        }
        let value = self.force(&entry.value);
        let keyed = entry.key.split_once(' ').filter(|(method, path)| is_method(method) && path.starts_with('/'));
        match (&value, keyed) {
            // { 'GET /users': { … } }
            (Value::Object(object), Some((method, path))) => {
                walk.keys.push(entry.key.clone());
                let site = walk.site.replace(entry.site);
                let path = join_prefix(&walk.prefix, &Ok(path.into()));
                let parts = object.entries.borrow().clone();
                self.found(walk, object, method.to_ascii_uppercase(), path, parts);
                walk.site = site;
                walk.keys.pop();
            }
            // { '/users': { get: { … } } }
            (Value::Object(object), None) if entry.key.starts_with('/') && self.walk_methods(&entry, object, walk) => {}
            _ => self.walk_entry(entry.key.clone(), Some(entry.site), &value, walk),
        }
    }

    fn walk_methods(&mut self, entry: &Entry<'p>, object: &Rc<Object<'p>>, walk: &mut Walk<'p>) -> bool {
        let entries = object.entries.borrow().clone();
        let methods: Vec<Entry<'p>> = entries.into_iter().filter(|entry| is_method(&entry.key)).collect();
        for method in &methods {
            let Value::Object(operation) = self.force(&method.value) else { continue };
            let path = join_prefix(&walk.prefix, &Ok(entry.key.clone()));
            let around = walk.site.replace(method.site);
            walk.keys.extend([entry.key.clone(), method.key.clone()]);
            let parts = operation.entries.borrow().clone();
            self.found(walk, &operation, method.key.to_ascii_uppercase(), path, parts);
            walk.keys.truncate(walk.keys.len() - 2);
            walk.site = around;
        }
        !methods.is_empty()
    }

    /// `{ openapi: { method, path } }`, as tRPC's `.meta(…)` takes it.
    fn walk_meta(&mut self, object: &Rc<Object<'p>>, walk: &mut Walk<'p>) -> bool {
        let Value::Object(inner) = self.entry_value(object, "openapi") else { return false };
        let Some((method, path)) = self.method_and_path(&inner) else { return false };
        let path = join_prefix(&walk.prefix, &path);
        self.found(walk, &inner, method, path, Vec::new());
        true
    }

    fn found(
        &mut self,
        walk: &mut Walk<'p>,
        object: &Rc<Object<'p>>,
        method: String,
        path: PathText,
        parts: Vec<Entry<'p>>,
    ) {
        let site = walk.site.unwrap_or(object.site);
        let object = Rc::clone(object);
        let source = walk.source.clone();
        let served = false;
        walk.found.push(Endpoint { keys: walk.keys.clone(), site, method, path, parts, object, source, served });
    }

    fn walk_array(&mut self, items: &[Argument<'p>], walk: &mut Walk<'p>) {
        for (index, item) in items.iter().enumerate() {
            if is_function(&item.value) {
                continue;
            }
            let source = item.value.source().map(|(expression, scope)| (expression, Rc::clone(scope)));
            let around = std::mem::replace(&mut walk.source, source);
            let value = self.force(&item.value);
            let named = match &value {
                Value::Object(object) => NAME_KEYS.iter().find_map(|key| self.entry_value(object, key).text().cloned()),
                _ => None,
            };
            let key = named.unwrap_or_else(|| format!("{index}").into());
            self.walk_entry(key, None, &value, walk);
            walk.source = around;
        }
    }

    /// `c.router({ … }, { pathPrefix: '/api' })`, `endpoint({ … })`, `procedure.meta({ … }).input(…).query(…)`
    fn walk_call(&mut self, callee: &Value<'p>, arguments: &[Argument<'p>], walk: &mut Walk<'p>) {
        let chain = self.chain(callee, arguments);
        if let Some((_, meta)) = chain.iter().find(|(name, _)| &**name == "meta")
            && let Some(first) = meta.first()
            && let Value::Object(object) = self.force(&first.value)
        {
            let before = walk.found.len();
            if self.walk_meta(&object, walk) {
                let said = chain.iter().filter(|(name, _)| matches!(&**name, "input" | "output"));
                let parts = said.filter_map(|(name, arguments)| {
                    let first = arguments.first()?;
                    Some(Entry { key: Rc::clone(name), site: object.site, value: first.value.clone() })
                });
                let parts: Vec<Entry<'p>> = parts.collect();
                for endpoint in &mut walk.found[before..] {
                    endpoint.parts.clone_from(&parts);
                    endpoint.served = true;
                }
            }
            return;
        }
        let prefix = self.prefix_option(arguments);
        let around = walk.prefix.clone();
        if let Some(prefix) = prefix {
            walk.prefix = join_prefix(&around, &prefix);
        }
        for argument in arguments.iter().filter(|argument| !is_function(&argument.value)) {
            let value = self.force(&argument.value);
            self.walk(&value, walk);
        }
        walk.prefix = around;
    }

    /// The calls of `a.b(…).c(…)`, innermost first, by the names of their members.
    fn chain(&mut self, callee: &Value<'p>, arguments: &[Argument<'p>]) -> Vec<(Rc<str>, Vec<Argument<'p>>)> {
        let mut calls = Vec::new();
        let mut next = Some((callee.clone(), arguments.to_vec()));
        while let Some((callee, arguments)) = next.take() {
            let Value::Opaque(opaque) = &callee else { break };
            let Opaque::Member(of, name) = &**opaque else { break };
            calls.push((name.clone(), arguments));
            if let Value::Opaque(inner) = of
                && let Opaque::Call(callee, arguments) = &**inner
            {
                next = Some((callee.clone(), arguments.clone()));
            }
        }
        calls.reverse();
        calls
    }

    fn prefix_option(&mut self, arguments: &[Argument<'p>]) -> Option<PathText> {
        let options = arguments.get(1)?;
        let Value::Object(options) = self.force(&options.value) else { return None };
        let found = PREFIX_KEYS.iter().find_map(|key| options.entry(key))?;
        let value = self.force(&found.value);
        Some(self_path(&value))
    }

    fn method_and_path(&mut self, object: &Rc<Object<'p>>) -> Option<(String, PathText)> {
        let method = object.entry("method").filter(|entry| !is_function(&entry.value))?;
        let path = PATH_KEYS.iter().find_map(|key| object.entry(key))?;
        let method = self.force(&method.value).text().filter(|text| is_method(text))?.to_ascii_uppercase();
        let path = match self.force(&path.value) {
            Value::Function(closure) => {
                let names = closure.function.parameters.iter().enumerate();
                let names = names.map(|(index, parameter)| match &parameter.name {
                    Some(name) => format!(":{name}"),
                    None => format!(":parameter{index}"),
                });
                let arguments = names.map(|name| Argument::known(Value::Text(name.into())));
                self_path(&self.call_closure(&closure, None, &arguments.collect::<Vec<_>>()))
            }
            Value::Nothing => return None,
            other => self_path(&other),
        };
        Some((method, path))
    }
}

fn is_function(thunk: &Thunk<'_>) -> bool {
    let kind = thunk.source().map(|(expression, _)| &expression.kind);
    matches!(kind, Some(ExprKind::Function(_)))
}

fn join_prefix(prefix: &PathText, path: &PathText) -> PathText {
    match prefix {
        Ok(prefix) if prefix.is_empty() => path.clone(),
        prefix => joined(prefix, path),
    }
}
