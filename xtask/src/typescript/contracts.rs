//! The endpoints that contracts describe: objects with a method and a path, in registries, routers
//! of contract libraries, arrays, static members and calls; and pairs of `<Name>Request` and
//! `<Name>Response` types.

mod exchanges;
mod nest;
mod nest_inputs;
mod parts;
mod references;
mod unread;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::collect::tags;
use super::endpoints::{self, Endpoint};
use super::resolve::Resolver;
use super::routes::{Server, path};
use super::syntax::{ExprKind, Module, StatementKind};
use super::values::{PathText, Site};
use crate::facts::path::{below, parameters};
use crate::facts::{Contract, Exchange, RequestPart, UnresolvedEndpoint};
use crate::source::Location;

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

/// Reads the contracts of `files`; `resolver` ran the program, and `server` knows what that made of
/// contracts. `base` stands before the paths of contracts that no router was made of. Needs
/// [`super::parse::STACK_SIZE`] of stack.
#[must_use]
pub fn read<'p>(
    resolver: &Resolver<'p>,
    server: &Server<'p>,
    base: &str,
    files: &[&str],
) -> Contracts {
    // A program whose routes are too many to follow must not take the contracts along.
    resolver.begin();
    let mut found = Contracts::default();
    let mut seen = HashSet::new();
    let modules: Vec<&'p Module> = files
        .iter()
        .filter_map(|file| resolver.program.load(file))
        .collect();
    let mut endpoints = Vec::new();
    for module in &modules {
        endpoints.extend(of_file(resolver, module));
    }
    let reached: HashSet<Site<'p>> = endpoints
        .iter()
        .map(|(_, endpoint)| endpoint.object)
        .chain(server.contracts().iter().map(|endpoint| endpoint.object))
        .collect();
    for module in &modules {
        found.unresolved.extend(unread::read(module, &reached));
    }
    let endpoints = outermost(endpoints);
    // A registry of registries holds what another file declares: the name in that file is the
    // better one.
    let (own, others): (Vec<_>, Vec<_>) = endpoints
        .into_iter()
        .partition(|(_, endpoint)| is_own(endpoint));
    let named: HashSet<Site<'p>> = own
        .iter()
        .chain(&others)
        .map(|(_, endpoint)| endpoint.object)
        .collect();
    let mut in_place = registered_in_place(server, files);
    in_place.retain(|(_, endpoint)| !named.contains(&endpoint.object));
    for (name, endpoint) in own.into_iter().chain(others).chain(in_place) {
        let key = (
            endpoint.site,
            endpoint.method.clone(),
            endpoint.path.clone(),
        );
        let is_new = seen.insert(key);
        if is_new && !found.has_object(&endpoint) {
            let paths = paths(server, base, &endpoint);
            found.add(resolver, name, &endpoint, paths);
        }
    }
    found.contracts.extend(nest::read(resolver, server));
    for module in &modules {
        found.exchanges.extend(exchanges::read(module));
    }
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
    let mut outermost = endpoints;
    outermost.retain(|(_, endpoint)| {
        let (Ok(path), Some(others)) = (&endpoint.path, paths.get(&endpoint.object)) else {
            return true;
        };
        let is_around = |other: &Rc<str>| other.len() > path.len() && other.ends_with(&**path);
        !others.iter().any(is_around)
    });
    outermost
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
                found.push((title(&endpoint), endpoint));
            }
        }
    }
    found
}

/// The contracts of `files` that stand in the call that makes a route of them:
/// `app.openapi(createRoute({ … }), …)`.
fn registered_in_place<'p>(server: &Server<'p>, files: &[&str]) -> Vec<(String, Endpoint<'p>)> {
    let mut found = Vec::new();
    for endpoint in server.contracts() {
        if files.contains(&endpoint.object.file) {
            found.push((title(&endpoint), endpoint));
        }
    }
    found
}

fn title(endpoint: &Endpoint<'_>) -> String {
    let path = endpoint.path.as_deref().unwrap_or("…");
    format!("{} {path}", endpoint.method)
}

/// A path of a contract, and the application that offers it there, where one was made of it.
type ContractPath<'p> = (PathText, Option<Site<'p>>);

/// The paths at which `endpoint` is offered.
fn paths<'p>(server: &Server<'p>, base: &str, endpoint: &Endpoint<'p>) -> Vec<ContractPath<'p>> {
    let mut paths: Vec<ContractPath<'p>> = Vec::new();
    for placed in server.placements(endpoint.object, &endpoint.method) {
        let path = (placed.path, Some(placed.application));
        if path.0.is_ok() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        let path = endpoint.path.as_ref().map_err(Clone::clone);
        paths.push((path.map(|path| below(base, path).into()), None));
    }
    paths
}

/// The parameters of `path` that are none of the contract's own.
fn inherited(endpoint: &Endpoint<'_>, path: &str) -> Vec<String> {
    let own = endpoint.own_path.as_deref().unwrap_or("");
    let own = path::normalised(own).unwrap_or_default();
    let mut inherited = Vec::new();
    for parameter in parameters(path) {
        let is_own = |own: &String| parameters(own).any(|own| own == parameter);
        if !own.iter().any(is_own) {
            inherited.push(parameter.to_owned());
        }
    }
    inherited
}

fn joined(name: &str, endpoint: &Endpoint<'_>) -> String {
    let mut names = Vec::new();
    if name != "default" || endpoint.keys.is_empty() {
        names.push(name);
    }
    names.extend(endpoint.keys.iter().map(|key| &**key));
    names.join(".")
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

    fn add<'p>(
        &mut self,
        resolver: &Resolver<'p>,
        name: String,
        endpoint: &Endpoint<'p>,
        paths: Vec<ContractPath<'p>>,
    ) {
        let Some(module) = resolver.program.load(endpoint.site.file) else {
            return;
        };
        let location = module.location(endpoint.site.span);
        let parts = parts::read(resolver, endpoint, &name);
        for (side, reason) in &parts.unread {
            self.unresolved.push(UnresolvedEndpoint {
                what: "contract",
                tail: None,
                name: name.clone(),
                location: location.clone(),
                reason: format!("its {side} is not read: {reason}"),
            });
        }
        let contract = |path: String, application: Option<Location>| {
            let mut parameters = parts.parameters.clone();
            if let Some(parameters) = &mut parameters {
                parameters.inherited = inherited(endpoint, &path);
            }
            Contract {
                name: name.clone(),
                method: endpoint.method.clone(),
                path,
                alternatives: Vec::new(),
                document: None,
                location: location.clone(),
                request: parts.request.clone(),
                response: parts.response.clone(),
                request_shape: parts.request_shape.clone(),
                response_shape: parts.response_shape.clone(),
                references: parts.references.clone(),
                parameters,
                request_part: parts.request_part.unwrap_or(RequestPart::Body),
                inputs: parts.inputs.clone(),
                in_document: false,
                served: endpoint.served,
                application,
                tags: tags::read(module, endpoint.site.span),
            }
        };
        for (path, application) in paths {
            let application = application.and_then(|site| {
                let module = resolver.program.load(site.file)?;
                Some(module.location(site.span))
            });
            match path
                .as_deref()
                .map_err(Clone::clone)
                .and_then(path::normalised)
            {
                Ok(paths) => {
                    let each = paths.into_iter();
                    self.contracts
                        .extend(each.map(|path| contract(path, application.clone())));
                }
                Err(reason) => self.unresolved.push(UnresolvedEndpoint {
                    what: "contract",
                    tail: None,
                    name: name.clone(),
                    location: location.clone(),
                    reason,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests;
