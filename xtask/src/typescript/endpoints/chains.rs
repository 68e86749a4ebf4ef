//! Endpoints in calls: routers of contract libraries with their prefixes, and chains of methods that
//! describe one endpoint call by call.

use std::rc::Rc;

use super::{EndpointPart, EndpointWalk, PREFIX_KEYS, join_prefix, object_site, path_of};
use crate::typescript::values::{Arguments, PathText, Site, UnknownCall, Value};

/// The calls of a chain of methods, innermost first, by their names.
type MethodChain<'p> = Vec<(Rc<str>, Rc<UnknownCall<'p>>)>;

impl<'p> EndpointWalk<'_, 'p> {
    /// `c.router({ … }, { pathPrefix: '/api' })`, `endpoint({ … })`, `procedure.meta({ …
    /// }).input(…).query(…)`
    pub(super) fn call(&mut self, call: &Rc<UnknownCall<'p>>) {
        let chain = chain(call);
        if let Some((_, meta)) = chain.iter().find(|(name, _)| &**name == "meta")
            && let object @ Value::Object(_) = meta.arguments(self.resolver).at(0)
        {
            return self.procedure(&chain, &object);
        }
        let of_orpc = is_orpc(&chain);
        if of_orpc {
            let route = chain.iter().rev().find(|(name, _)| &**name == "route");
            if let Some((_, route)) = route {
                let described = route.arguments(self.resolver).at(0);
                return self.route_of_orpc(&chain, &described);
            }
        }
        let arguments = call.arguments(self.resolver);
        let around = self.prefix.clone();
        for (_, prefix) in chain
            .iter()
            .filter(|(name, _)| of_orpc && &**name == "prefix")
        {
            let prefix = path_of(&prefix.arguments(self.resolver).at(0));
            self.prefix = join_prefix(&self.prefix, &prefix);
        }
        if let Some(prefix) = self.prefix_option(&arguments) {
            self.prefix = join_prefix(&around, &prefix);
        }
        for at in 0..arguments.count() {
            self.value(&arguments.at(at));
        }
        self.prefix = around;
    }

    fn procedure(&mut self, chain: &MethodChain<'p>, meta: &Value<'p>) {
        let before = self.found.len();
        if let Some(site) = object_site(meta).filter(|_| self.meta(meta)) {
            self.implemented(chain, site, before);
        }
    }

    /// `oc.route({ method, path }).input(…).output(…)`; what says no method is a POST.
    fn route_of_orpc(&mut self, chain: &MethodChain<'p>, described: &Value<'p>) {
        let Some(path) = self.resolver.entry_value(described, "path") else {
            return;
        };
        let method = self.resolver.entry_value(described, "method");
        let method = method.as_ref().and_then(Value::as_str).unwrap_or("POST");
        let (method, before) = (method.to_ascii_uppercase(), self.found.len());
        if let Some(site) = object_site(described) {
            self.found(described, method, path_of(&path));
            self.implemented(chain, site, before);
        }
    }

    /// Gives the endpoints from the place `before` on what the calls of their chain say. The library
    /// itself answers there.
    fn implemented(&mut self, chain: &MethodChain<'p>, site: Site<'p>, before: usize) {
        let said = chain
            .iter()
            .filter(|(name, _)| matches!(&**name, "input" | "output"));
        let parts = said.map(|(name, call)| {
            let arguments = call.arguments(self.resolver);
            let source = arguments
                .source(0)
                .map(|(scope, expression)| (scope.clone(), expression));
            EndpointPart {
                key: Rc::clone(name),
                site,
                value: arguments.at(0),
                source,
            }
        });
        let parts: Vec<EndpointPart<'p>> = parts.collect();
        for endpoint in &mut self.found[before..] {
            endpoint.parts.clone_from(&parts);
            endpoint.served = true;
        }
    }

    /// `api.users`, where `api` is `c.router({ users: c.router({ … }) }, { pathPrefix: '/api' })`.
    pub(super) fn part_of_router(&mut self, router: &Value<'p>, name: &Rc<str>) {
        let Some((prefix, part)) = self.routed(router, name) else {
            return;
        };
        let around = self.prefix.clone();
        self.prefix = join_prefix(&around, &prefix);
        self.entry(Rc::clone(name), None, &part);
        self.prefix = around;
    }

    /// The member `name` of a router, and the prefix that stands before its paths.
    fn routed(&self, router: &Value<'p>, name: &str) -> Option<(PathText, Value<'p>)> {
        let (prefix, router) = match router {
            Value::Method(outer, name) => self.routed(outer, name)?,
            router => (Ok("".into()), router.clone()),
        };
        let Value::Called(call) = &router else {
            return Some((prefix, self.resolver.member(&router, name).bare()));
        };
        if !matches!(&call.callee, Value::Method(_, method) if &**method == "router") {
            return None;
        }
        let arguments = call.arguments(self.resolver);
        let own = self.prefix_option(&arguments);
        let prefix = own.map_or_else(|| prefix.clone(), |own| join_prefix(&prefix, &own));
        Some((prefix, self.resolver.member(&arguments.at(0), name).bare()))
    }

    fn prefix_option(&self, arguments: &Arguments<'_, 'p>) -> Option<PathText> {
        if arguments.count() < 2 {
            return None;
        }
        let options = arguments.at(1);
        let prefix = PREFIX_KEYS
            .iter()
            .find_map(|key| self.resolver.entry_value(&options, key))?;
        Some(path_of(&prefix))
    }
}

/// Whether a chain of calls begins with what a package of oRPC exports.
fn is_orpc(chain: &MethodChain<'_>) -> bool {
    let Some((_, first)) = chain.first() else {
        return false;
    };
    let mut root = &first.callee;
    while let Value::Method(of, _) = root {
        root = of;
    }
    matches!(root, Value::External(package, _) if package.starts_with("@orpc/"))
}

/// The calls of `a.b(…).c(…)`, innermost first, by the names of their members.
fn chain<'p>(call: &Rc<UnknownCall<'p>>) -> MethodChain<'p> {
    let mut calls = Vec::new();
    let mut next = Some(call);
    while let Some(call) = next.take() {
        match &call.callee {
            Value::Method(of, name) => {
                calls.push((Rc::clone(name), Rc::clone(call)));
                if let Value::Called(inner) = &**of {
                    next = Some(inner);
                }
            }
            Value::External(_, path) => {
                calls.extend(path.last().map(|name| (Rc::clone(name), Rc::clone(call))))
            }
            _ => {}
        }
    }
    calls.reverse();
    calls
}
