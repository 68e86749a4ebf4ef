//! The endpoints that contracts describe: objects with a method and a path, in registries, routers
//! of contract libraries, arrays, static members and calls; and pairs of `<Name>Request` and
//! `<Name>Response` types.

mod exchanges;
mod parts;
mod references;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::collect::tags;
use super::endpoints::{self, Endpoint};
use super::resolve::Resolver;
use super::routes::path;
use super::syntax::{ExprKind, Module, StatementKind};
use super::values::Site;
use crate::facts::{Contract, Exchange, UnresolvedEndpoint};

/// The contracts that were read, and those that could not be resolved.
#[derive(Debug, Default)]
pub struct Contracts {
    /// Each endpoint once, by place.
    pub contracts: Vec<Contract>,
    /// Types that come in pairs.
    pub exchanges: Vec<Exchange>,
    /// Contracts whose path is not known.
    pub unresolved: Vec<UnresolvedEndpoint>,
}

/// Reads the contracts of `files`; `resolver` runs the program. Needs [`super::parse::STACK_SIZE`]
/// of stack.
#[must_use]
pub fn read<'p>(resolver: &Resolver<'p>, files: &[&str]) -> Contracts {
    let mut found = Contracts::default();
    let mut seen = HashSet::new();
    let modules: Vec<&'p Module> = files
        .iter()
        .filter_map(|file| resolver.program.load(file))
        .collect();
    let endpoints: Vec<(String, Endpoint<'p>)> = modules
        .iter()
        .flat_map(|module| of_file(resolver, module))
        .collect();
    let endpoints = outermost(endpoints);
    // A registry of registries holds what another file declares: the name in that file is the
    // better one.
    let (own, others): (Vec<_>, Vec<_>) = endpoints
        .into_iter()
        .partition(|(_, endpoint)| is_own(endpoint));
    for (name, endpoint) in own.into_iter().chain(others) {
        let key = (
            endpoint.site,
            endpoint.method.clone(),
            endpoint.path.clone(),
        );
        let is_new = seen.insert(key);
        if is_new && !found.has_object(&endpoint) {
            found.add(resolver, name, &endpoint);
        }
    }
    found.exchanges = modules
        .iter()
        .flat_map(|module| exchanges::read(module))
        .collect();
    found
        .contracts
        .sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
    found
}

/// Removes the endpoints that also exist with the prefix of a router around them.
fn outermost(endpoints: Vec<(String, Endpoint<'_>)>) -> Vec<(String, Endpoint<'_>)> {
    let mut paths: HashMap<Site<'_>, HashSet<Rc<str>>> = HashMap::new();
    for (_, endpoint) in &endpoints {
        if let Ok(path) = &endpoint.path {
            paths
                .entry(endpoint.object)
                .or_default()
                .insert(Rc::clone(path));
        }
    }
    let is_inner = |endpoint: &Endpoint<'_>| {
        let (Ok(path), Some(others)) = (&endpoint.path, paths.get(&endpoint.object)) else {
            return false;
        };
        others
            .iter()
            .any(|other| other.len() > path.len() && other.ends_with(&**path))
    };
    endpoints
        .into_iter()
        .filter(|(_, endpoint)| !is_inner(endpoint))
        .collect()
}

/// Whether the endpoint was reached from the file in which it is written.
fn is_own(endpoint: &Endpoint<'_>) -> bool {
    endpoint
        .source
        .as_ref()
        .is_none_or(|(scope, _)| &*scope.module.path == endpoint.site.file)
}

/// The endpoints of a file's names and top-level calls, with their names.
fn of_file<'p>(resolver: &Resolver<'p>, module: &'p Module) -> Vec<(String, Endpoint<'p>)> {
    let mut found = Vec::new();
    for declared in resolver.top_level(module) {
        for mut endpoint in endpoints::of_declared(resolver, module, &declared) {
            if endpoint.keys.is_empty() {
                endpoint.site.span = declared.span;
            }
            found.push((joined(declared.name, &endpoint), endpoint));
        }
    }
    for statement in &module.statements {
        if let StatementKind::Expression(expression) = &statement.kind
            && matches!(expression.kind, ExprKind::Call(..))
        {
            for endpoint in endpoints::of_expression(resolver, module, expression) {
                found.push((
                    format!(
                        "{} {}",
                        endpoint.method,
                        endpoint.path.as_deref().unwrap_or("…")
                    ),
                    endpoint,
                ));
            }
        }
    }
    found
}

fn joined(name: &str, endpoint: &Endpoint<'_>) -> String {
    let name = (name != "default" || endpoint.keys.is_empty()).then_some(name);
    name.into_iter()
        .chain(endpoint.keys.iter().map(|key| &**key))
        .collect::<Vec<_>>()
        .join(".")
}

impl Contracts {
    /// Whether the same object was reached by another name.
    fn has_object(&self, endpoint: &Endpoint<'_>) -> bool {
        let site = endpoint.object;
        let is_same = |contract: &Contract| {
            &*contract.location.file == site.file
                && site.span.start <= contract.location.span.start
                && contract.location.span.end <= site.span.end
                && contract.method == endpoint.method
        };
        endpoint.site.file == site.file && self.contracts.iter().any(is_same)
    }

    fn add<'p>(&mut self, resolver: &Resolver<'p>, name: String, endpoint: &Endpoint<'p>) {
        let Some(module) = resolver.program.load(endpoint.site.file) else {
            return;
        };
        let location = module.location(endpoint.site.span);
        let parts = parts::read(resolver, endpoint);
        let paths = endpoint
            .path
            .as_deref()
            .map_err(Clone::clone)
            .and_then(path::normalised);
        let paths = match paths {
            Ok(paths) => paths,
            Err(reason) => {
                self.unresolved.push(UnresolvedEndpoint {
                    what: "contract",
                    tail: None,
                    name,
                    location,
                    reason,
                });
                return;
            }
        };
        self.contracts
            .extend(paths.into_iter().map(|path| Contract {
                name: name.clone(),
                method: endpoint.method.clone(),
                path,
                location: location.clone(),
                request: parts.request.clone(),
                response: parts.response.clone(),
                references: parts.references.clone(),
                parameters: parts.parameters.clone(),
                served: endpoint.served,
                tags: tags::read(module, endpoint.site.span),
            }));
    }
}

#[cfg(test)]
mod tests;
