//! Which contract describes which route: the same method, and the same path but for the names of
//! its parameters.

mod bases;
mod prefix;

use std::collections::HashMap;

use crate::config::Config;
use crate::facts::path::shape;
use crate::facts::{Contract, Facts, Route};
use bases::Bases;
pub(super) use prefix::{LackedPrefix, lacked};

/// Whether routes and contracts are configured, and contracts with endpoints were read: without
/// them nothing can be missing.
pub(super) fn are_judged(facts: &Facts) -> bool {
    facts.requested.routes && facts.requested.contracts && !facts.contracts.is_empty()
}

/// Whether a contract may be asked of `route`: one that answers to whatever nobody else answers
/// cannot have one.
pub(super) fn needs_contract(config: &Config, route: &Route) -> bool {
    let is_fallback = route.path.contains('*');
    let is_protocol = matches!(route.method.as_str(), "HEAD" | "OPTIONS");
    !is_fallback && !is_protocol && !config.ignored_routes.is_match(&route.path)
}

/// The routes and contracts, by the shapes of their paths. Comparing each route with each contract
/// would take minutes where there are thousands of both.
#[derive(Debug)]
pub(super) struct Endpoints<'f> {
    routes: HashMap<String, Vec<&'f Route>>,
    contracts: HashMap<String, Vec<&'f Contract>>,
    /// The paths below which a route hands every request over to procedures: `/api/rest` of
    /// `app.all('/api/rest/*', (c) => handler.handle(c.req.raw))`.
    handed_over: Vec<&'f str>,
    bases: Bases<'f>,
    /// Whether documents beside the program are to describe the routes.
    has_documents: bool,
}

impl<'f> Endpoints<'f> {
    /// The endpoints of `facts`.
    pub(super) fn new(facts: &'f Facts) -> Self {
        let mut endpoints = Self {
            routes: HashMap::new(),
            contracts: HashMap::new(),
            handed_over: facts.routes.iter().filter_map(handed_over).collect(),
            bases: Bases::default(),
            has_documents: facts.contracts.iter().any(|one| one.in_document),
        };
        for route in &facts.routes {
            let known = endpoints.routes.entry(shape(&route.path));
            known.or_default().push(route);
            if let Some(path) = with_last_parameter(route) {
                let known = endpoints.routes.entry(shape(&path));
                known.or_default().push(route);
            }
        }
        let bases = bases::of_documents(facts, &endpoints.routes);
        for contract in &facts.contracts {
            let path = bases.path(contract);
            let known = endpoints.contracts.entry(shape(path));
            known.or_default().push(contract);
        }
        Self { bases, ..endpoints }
    }

    /// The path at which `contract` is to be offered.
    pub(super) fn path<'c>(&self, contract: &'c Contract) -> &'c str {
        self.bases.path(contract)
    }

    /// Whether some contract describes `route`. Beside a document the handler's own signature is
    /// none: else no document would lack a route of NestJS.
    pub(super) fn is_described(&self, route: &Route) -> bool {
        let alike = self.contracts.get(&shape(&route.path));
        let describes = |one: &&&Contract| {
            let is_itself = one.served && one.location == route.location;
            route.answers(one) && !(self.has_documents && is_itself)
        };
        alike.is_some_and(|alike| alike.iter().any(|one| describes(&one)))
    }

    /// Whether `route` is the path itself below which every request is handed over: `ALL /api/rpc`
    /// beside `ALL /api/rpc/*`. As that one, it is no endpoint of its own.
    pub(super) fn is_handed_over(&self, route: &Route) -> bool {
        let path = route.path.trim_end_matches('/');
        route.method == "ALL" && self.handed_over.contains(&path)
    }

    /// The one route that offers `contract` and whose handlers validate something; none where
    /// several do.
    pub(super) fn validating_route(&self, contract: &Contract) -> Option<&'f Route> {
        let alike = self.routes.get(&shape(self.path(contract)))?;
        let mut validating = alike
            .iter()
            .filter(|route| route.answers(contract) && !route.inputs.is_empty());
        let first = validating.next()?;
        validating.next().is_none().then_some(*first)
    }

    /// Whether some route offers `contract`.
    pub(super) fn is_offered(&self, contract: &Contract) -> bool {
        let alike = self.routes.get(&shape(self.path(contract)));
        alike.is_some_and(|alike| alike.iter().any(|one| one.answers(contract)))
            || self.is_offered_by_procedure(contract)
    }

    /// Whether a procedure that states its own method and path offers `contract` below a path at
    /// which requests are handed over.
    fn is_offered_by_procedure(&self, contract: &Contract) -> bool {
        let path = self.path(contract);
        self.handed_over.iter().any(|start| {
            let tail = path
                .strip_prefix(start)
                .filter(|tail| tail.starts_with('/'));
            let procedures = tail.and_then(|tail| self.contracts.get(&shape(tail)));
            let is_it = |one: &&Contract| one.served && one.method == contract.method;
            procedures.is_some_and(|procedures| procedures.iter().any(is_it))
        })
    }
}

/// The path with a parameter for the rest of it: what a route calls `/files/*`, a contract calls
/// `/files/{name}`. A route for whatever nobody else answers is none of them.
fn with_last_parameter(route: &Route) -> Option<String> {
    let start = route.path.strip_suffix("/*")?;
    let is_fallback = start.is_empty() || start.contains('*') || route.method == "ALL";
    (!is_fallback).then(|| format!("{start}/:"))
}

/// The path below which a route answers to everything. One for whatever nobody else answers is none.
fn handed_over(route: &Route) -> Option<&str> {
    let start = route.path.strip_suffix("/*")?;
    let is_named = !start.is_empty() && !start.contains('*');
    (is_named && route.method == "ALL").then_some(start)
}

/// Why it is not known whether the route of `contract` exists.
pub(super) fn may_be_unread<'f>(facts: &'f Facts, contract: &Contract) -> Option<&'f str> {
    let hides = |tail: &Option<(String, String)>| match tail {
        None => true,
        Some((method, path)) => {
            *method == contract.method
                && (path == "/" || shape(&contract.path).ends_with(&shape(path)))
        }
    };
    let unresolved = facts
        .unresolved_endpoints
        .iter()
        .filter(|one| one.what != "contract");
    unresolved
        .into_iter()
        .find(|one| hides(&one.tail))
        .map(|one| one.reason.as_str())
}

/// How people call an endpoint: `GET /api/users/:id`.
pub(super) fn title(method: &str, path: &str) -> String {
    format!("{method} {path}")
}
