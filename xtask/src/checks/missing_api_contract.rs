//! An endpoint that the server offers has no API contract.
//!
//! ## Why
//! Clients of the endpoint guess what it takes and returns, and nothing notices when that changes.
//!
//! ## Example
//! ```ts
//! app.delete('/api/users/:id', remove);
//! ```
//! No contract has the method `DELETE` and the path `/api/users/:id` (the names of parameters do
//! not matter). An endpoint that needs none, like a health check, belongs in `ignored-routes`. One
//! that answers every method at a path and at all below it (`/rpc` and `/rpc/*`) hands requests over,
//! and needs none. More than two endpoints of an application that has no contracts are one finding,
//! and so are more than twenty of one that has some.

use std::collections::{BTreeMap, HashSet};

use super::endpoints::{are_judged, needs_contract, title};
use super::{Check, Model, wording};
use crate::facts::path::shape;
use crate::facts::{Facts, Route};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_API_CONTRACT",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_api_contract.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    if !are_judged(model.input.facts) {
        return Vec::new();
    }
    let facts = model.input.facts;
    let mut seen = HashSet::new();
    let routes = facts
        .routes
        .iter()
        .filter(|route| needs_contract(model.input.config, route));
    let endpoints = model.endpoints();
    let is_described = |route: &Route| endpoints.is_described(route);
    let lacked = model.lacked_prefixes();
    let lacks_prefix = |route: &Route| lacked.iter().any(|one| one.describes(route));
    let without = routes.filter(|route| !endpoints.is_handed_over(route));
    let without = without.filter(|route| {
        !is_described(route) && !elsewhere(facts, route).any(is_described) && !lacks_prefix(route)
    });
    let mut reported = HashSet::new();
    let once = without.filter(|route| {
        seen.insert((route.method.clone(), shape(&route.path)))
            && (!route.shared || reported.insert(&route.location))
    });
    let (ignored, once): (Vec<&Route>, Vec<&Route>) =
        once.partition(|route| model.ignores().is_ignored(&finding(route)));
    let mut applications: BTreeMap<String, Vec<&Route>> = BTreeMap::new();
    for route in once {
        let application = application(&route.location.file);
        applications.entry(application).or_default().push(route);
    }
    let has_contracts = |application: &str| {
        let mut routes = facts.routes.iter();
        routes.any(|route| {
            self::application(&route.location.file) == application && is_described(route)
        })
    };
    let mut found: Vec<Finding> = ignored.into_iter().map(finding).collect();
    for (application, routes) in applications {
        if routes.len() > FEW && !has_contracts(&application) || routes.len() > MANY {
            found.push(of_application(&application, &routes));
        } else {
            found.extend(routes.into_iter().map(finding));
        }
    }
    found
}

/// So many endpoints of an application without any contract are each worth a finding: more are
/// served to somebody for whom no contracts are written.
const FEW: usize = 2;

/// So many endpoints of an application with contracts are each worth a finding: where more have
/// none, contracts are written for some of the endpoints only.
const MANY: usize = 20;

/// The package of a monorepo that a file is in, as far as its path says.
fn application(file: &str) -> String {
    const GROUPS: &[&str] = &["apps", "packages", "services", "libs", "examples"];
    let mut folders = file.split('/');
    let depth = match folders.next() {
        Some(first) if GROUPS.contains(&first) => 2,
        Some(_) | None => 1,
    };
    let folders: Vec<&str> = file.split('/').collect();
    let inside = folders.len().saturating_sub(1).min(depth);
    match inside {
        0 => ".".to_owned(),
        depth => folders[..depth].join("/"),
    }
}

fn finding(route: &Route) -> Finding {
    let endpoint = title(&route.method, &route.path);
    CHECK
        .finding(
            &endpoint,
            format!("Endpoint '{endpoint}' has no API contract definition"),
        )
        .at(&route.location, format!("`{endpoint}` is offered here"))
        .with_help("add a contract with this method and path, or list the path in `ignored-routes`")
}

/// One finding about the endpoints of an application that have no contract.
fn of_application(application: &str, routes: &[&Route]) -> Finding {
    let endpoints: Vec<String> = routes
        .iter()
        .map(|route| title(&route.method, &route.path))
        .collect();
    let message = format!(
        "{} endpoints in `{application}` have no API contract definition: {}",
        routes.len(),
        wording::quoted_briefly(&endpoints)
    );
    let found = CHECK.finding(application, message);
    let first = routes.iter().zip(&endpoints).take(SHOWN);
    first
        .fold(found, |found, (route, endpoint)| {
            found.at(&route.location, format!("`{endpoint}` is offered here"))
        })
        .with_detail("endpoints", endpoints.clone())
        .with_help(
            "add contracts with these methods and paths, list the paths in `ignored-routes`, or \
             take files that need no contract out of `routes`",
        )
        .with_members(routes.iter().map(|route| finding(route)).collect())
}

/// So many of the endpoints are shown in their places.
const SHOWN: usize = 3;

/// The same endpoint on other applications: one contract is enough.
fn elsewhere<'f>(facts: &'f Facts, route: &'f Route) -> impl Iterator<Item = &'f Route> {
    facts
        .routes
        .iter()
        .filter(|other| route.shared && other.location == route.location)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{self, Case, Cases, ENDPOINTS};
    use crate::checks::{Input, verify};
    use crate::schema::model::Schema;
    use crate::schema::provenance::Provenance;

    #[test]
    fn an_application_without_contracts_is_one_finding() {
        const SHOP: &str = "import express from 'express'; const app = express(); app.get('/users', h); app.get('/old', h);\n\
            export const E = { get: { method: 'GET', path: '/users' } };";
        const DOCS: &str = "import express from 'express'; const app = express(); app.get('/a', h); app.get('/b', h); app.get('/c', h);";
        let config = test_utils::config(ENDPOINTS);
        let files = [("apps/shop/app.ts", SHOP), ("apps/docs/app.ts", DOCS)];
        let (found, _coverage) = verify(&Input {
            schema: &Schema::default(),
            facts: &crate::typescript::test_utils::read(files, &config),
            config: &config,
            provenance: &Provenance::default(),
        });
        let messages: Vec<String> = found.into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            messages,
            [
                "Endpoint 'GET /old' has no API contract definition",
                "3 endpoints in `apps/docs` have no API contract definition: 'GET /a', 'GET /b', 'GET /c'"
            ]
        );
    }

    pub const CASES: Cases = Cases {
        failing: &[
            Case::endpoints(
                "import express from 'express'; const app = express();
                 app.get('/users/:id', h);
                 app.post('/users', h);
                 export const E = { get: { method: 'GET', path: '/users/:userId' } };",
                3,
            ),
            Case::endpoints(
                "import express from 'express'; const app = express();
                 app.put('/users/:id', h).get('/users/:id', h);
                 export const E = { get: { method: 'GET', path: '/users/:id' } };",
                2,
            ),
        ],
        passing: &[
            // Nothing is configured as a route, or as a contract.
            Case {
                configuration: "contracts = ['**/*.ts']",
                ..Case::passing("", TS)
            },
            Case {
                configuration: "routes = ['**/*.ts']",
                ..Case::passing("", TS)
            },
            Case {
                configuration: "routes = ['**/*.ts']\ncontracts = ['**/*.ts']\nignored-routes = ['/health/**']",
                ..Case::passing("", HEALTH)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", FALLBACKS)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", TWO_APPLICATIONS)
            },
            // One handler for a path and for all that is below it.
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", HANDED_OVER)
            },
        ],
    };

    const TWO_APPLICATIONS: &str = "import { NestFactory } from '@nestjs/core'; import { Controller, Get, Module } from '@nestjs/common';
        @Controller('users') export class Users { @Get() list() {} }
        @Module({ controllers: [Users] }) export class Root {}
        async function api() { const app = await NestFactory.create(Root); app.setGlobalPrefix('api'); await app.listen(1); }
        async function worker() { const app = await NestFactory.create(Root); await app.listen(2); }
        api(); worker();
        export const E = { get: { method: 'GET', path: '/api/users' } };";
    const HANDED_OVER: &str = "import express from 'express'; const app = express();
        app.all('/rpc', h).all('/rpc/*', h).get('/y', h);
        export const E = { get: { method: 'GET', path: '/y' } };";
    const TS: &str = "import express from 'express'; const app = express(); app.get('/x', h);
                      export const E = { get: { method: 'GET', path: '/y' } };";
    const HEALTH: &str =
        "import express from 'express'; const app = express(); app.get('/health/live', h).get('/y', h);
                          export const E = { get: { method: 'GET', path: '/y' } };";
    const FALLBACKS: &str = "import express from 'express'; const app = express();
                             app.options('/y', h).all('/api/*', h).all('/y', h).get('*', h);
                             export const E = { get: { method: 'GET', path: '/y/' } };";
}
