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
//! not matter). An endpoint that needs none, like a health check, belongs in `ignored-routes`.

use std::collections::HashSet;

use super::endpoints::{are_judged, needs_contract, title};
use super::{Check, Model};
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
    let without = routes.filter(|route| {
        !is_described(route) && !elsewhere(facts, route).any(is_described) && !lacks_prefix(route)
    });
    let mut reported = HashSet::new();
    let once = without.filter(|route| {
        seen.insert((route.method.clone(), shape(&route.path)))
            && (!route.shared || reported.insert(&route.location))
    });
    let finding = |route: &Route| {
        let endpoint = title(&route.method, &route.path);
        CHECK
            .finding(
                &endpoint,
                format!("Endpoint '{endpoint}' has no API contract definition"),
            )
            .at(&route.location, format!("`{endpoint}` is offered here"))
            .with_help(
                "add a contract with this method and path, or list the path in `ignored-routes`",
            )
    };
    once.map(finding).collect()
}

/// The same endpoint on other applications: one contract is enough.
fn elsewhere<'f>(facts: &'f Facts, route: &'f Route) -> impl Iterator<Item = &'f Route> {
    facts
        .routes
        .iter()
        .filter(|other| route.shared && other.location == route.location)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

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
        ],
    };

    const TWO_APPLICATIONS: &str = "import { NestFactory } from '@nestjs/core'; import { Controller, Get, Module } from '@nestjs/common';
        @Controller('users') export class Users { @Get() list() {} }
        @Module({ controllers: [Users] }) export class Root {}
        async function api() { const app = await NestFactory.create(Root); app.setGlobalPrefix('api'); await app.listen(1); }
        async function worker() { const app = await NestFactory.create(Root); await app.listen(2); }
        api(); worker();
        export const E = { get: { method: 'GET', path: '/api/users' } };";
    const TS: &str = "import express from 'express'; const app = express(); app.get('/x', h);
                      export const E = { get: { method: 'GET', path: '/y' } };";
    const HEALTH: &str =
        "import express from 'express'; const app = express(); app.get('/health/live', h).get('/y', h);
                          export const E = { get: { method: 'GET', path: '/y' } };";
    const FALLBACKS: &str = "import express from 'express'; const app = express();
                             app.options('/y', h).all('/api/*', h).all('/y', h).get('*', h);
                             export const E = { get: { method: 'GET', path: '/y/' } };";
}
