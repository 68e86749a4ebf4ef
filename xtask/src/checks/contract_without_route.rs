//! A contract describes an endpoint that the server does not offer.
//!
//! ## Why
//! Clients are written against the contract, and are answered with 404.
//!
//! ## Example
//! ```ts
//! export const UserEndpoints = { archive: { method: 'POST', path: '/api/users/:id/archive' } };
//! ```
//! No router registers `POST /api/users/:id/archive`. It is not judged while a mount or path that
//! is only known when the program runs may lead there.

use super::endpoints::{are_judged, describes, may_be_unread, title};
use super::{Check, Model};
use crate::facts::Contract;
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "CONTRACT_WITHOUT_ROUTE",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: false,
    source: include_str!("contract_without_route.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let facts = model.input.facts;
    if !are_judged(model) || facts.routes.is_empty() {
        return Vec::new();
    }
    let unserved = facts.contracts.iter().filter(|contract| !contract.served);
    let without =
        unserved.filter(|contract| !facts.routes.iter().any(|route| describes(contract, route)));
    let judged = without.filter(|contract| may_be_unread(facts, contract).is_none());
    judged.map(finding).collect()
}

fn finding(contract: &Contract) -> Finding {
    let endpoint = title(&contract.method, &contract.path);
    CHECK
        .finding(
            &endpoint,
            format!(
                "Contract '{}' describes an endpoint that no route offers",
                contract.name
            ),
        )
        .with_declaration(&contract.name)
        .at(
            &contract.location,
            format!("`{endpoint}` is described here"),
        )
        .with_help("correct the method or path, or remove the contract")
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

    pub const CASES: Cases = Cases {
        failing: &[Case::endpoints(
            "import express from 'express'; const app = express(); app.get('/users', h);
             export const E = { get: { method: 'GET', path: '/users' },
               archive: { method: 'POST', path: '/users/:id/archive' } };",
            3,
        )],
        passing: &[
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", UNKNOWN_MOUNT)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", UNMOUNTED)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", PROCEDURE)
            },
        ],
    };

    const UNKNOWN_MOUNT: &str =
        "import express, { Router } from 'express'; const app = express(); app.get('/users', h); const r = Router(); r.get('/x', h); app.use(process.env.P, r);
         export const E = { get: { method: 'GET', path: '/users' }, x: { method: 'POST', path: '/v1/x' } };";
    const UNMOUNTED: &str =
        "import express, { Router } from 'express'; const app = express(); app.get('/users', h); export const r = Router(); r.get('/:id', h);
         export const E = { get: { method: 'GET', path: '/users' }, x: { method: 'GET', path: '/v1/x/:key' } };";
    const PROCEDURE: &str =
        "import express from 'express'; import { initTRPC } from '@trpc/server'; const t = initTRPC.create(); const app = express(); app.get('/users', h);
         export const E = { get: { method: 'GET', path: '/users' }, p: t.procedure.meta({ openapi: { method: 'GET', path: '/p' } }).query(q) };";
}
