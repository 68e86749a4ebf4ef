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
//! is only known when the program runs may lead there. A procedure that states its method and path
//! (oRPC) offers it below a path at which a route hands every request over
//! (`app.all('/api/rest/*', …)`). Where most contracts of a file lack the same prefix of their routes'
//! paths, one finding says so for all of them. Likewise where none of the endpoints of a file has a
//! route: its server is not among the `routes`, or others run it.

use std::collections::{BTreeMap, HashSet};

use super::endpoints::{LackedPrefix, are_judged, may_be_unread, title};
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
    if !are_judged(model.input.facts) || facts.routes.is_empty() {
        return Vec::new();
    }
    let unserved = facts.contracts.iter().filter(|contract| !contract.served);
    let endpoints = model.endpoints();
    let without = unserved.filter(|contract| !endpoints.is_offered(contract));
    let lacked = model.lacked_prefixes();
    let lacking: HashSet<*const Contract> = lacked
        .iter()
        .flat_map(|one| &one.contracts)
        .map(|contract| std::ptr::from_ref(*contract))
        .collect();
    let lacks = |contract: &Contract| lacking.contains(&std::ptr::from_ref(contract));
    let judged = without.filter(|contract| may_be_unread(facts, contract).is_none());
    let prefixes = lacked.iter().filter_map(of_prefix);
    let mut alone: BTreeMap<&str, Vec<&Contract>> = BTreeMap::new();
    for contract in judged.filter(|contract| !lacks(contract)) {
        alone.entry(contract.document()).or_default().push(contract);
    }
    let mut found: Vec<Finding> = prefixes.collect();
    for (document, contracts) in alone {
        let beside = facts
            .contracts
            .iter()
            .filter(|one| one.document() == document);
        let alone = |contract: &&Contract| finding(contract, endpoints.path(contract));
        // None of a document's endpoints has a route: it is of a server that is not read.
        let is_unserved = contracts.len() == beside.count();
        let (ignored, contracts): (Vec<_>, Vec<_>) = contracts
            .into_iter()
            .partition(|contract| model.ignores().is_ignored(&alone(contract)));
        found.extend(ignored.iter().map(alone));
        if contracts.len() > FEW && is_unserved {
            let members = contracts.iter().map(alone).collect();
            found.push(of_document(document, &contracts).with_members(members));
        } else {
            found.extend(contracts.iter().map(alone));
        }
    }
    found
}

/// So many contracts are each worth a finding. More that are all of a file have one cause.
const FEW: usize = 3;

fn of_document(document: &str, contracts: &[&Contract]) -> Finding {
    let first = contracts[0];
    let endpoints: Vec<String> = contracts
        .iter()
        .map(|contract| title(&contract.method, &contract.path))
        .collect();
    let message = format!(
        "None of the {} endpoints of `{document}` is offered by a route",
        contracts.len()
    );
    CHECK
        .finding(document, message)
        .with_declaration(&first.name)
        .at(
            &first.location,
            format!("`{}` is the first of them", endpoints[0]),
        )
        .with_detail("endpoints", endpoints)
        .with_help(
            "add the files of its server to `routes`; if it describes a server that others run, \
             leave it out of the configuration",
        )
}

fn of_prefix(lacked: &LackedPrefix<'_>) -> Option<Finding> {
    let LackedPrefix {
        prefix,
        contracts,
        beside,
        ..
    } = lacked;
    let first = contracts.first()?;
    let count = contracts.len();
    let who = match (count, *beside) {
        (1, 1) => format!("Contract '{}' lacks", first.name),
        (count, all) if count == all => format!("All {count} contracts lack"),
        (count, all) => format!("{count} of {all} contracts lack"),
    };
    let message = format!("{who} the prefix `{prefix}` of the routes");
    let endpoint = title(&first.method, &first.path);
    let found = CHECK
        .finding(&endpoint, message)
        .with_declaration(&first.name)
        .at(
            &first.location,
            format!("`{endpoint}` is offered at `{prefix}{}`", first.path),
        )
        .with_help(format!(
            "set `contracts-base-path = \"{prefix}\"`, or write the prefix in the contracts"
        ));
    Some(found)
}

fn finding(contract: &Contract, path: &str) -> Finding {
    let endpoint = title(&contract.method, path);
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
        failing: &[
            Case::endpoints(
                "import express from 'express'; const app = express(); app.get('/users', h);
             export const E = { get: { method: 'GET', path: '/users' },
               archive: { method: 'POST', path: '/users/:id/archive' } };",
                3,
            ),
            // One cause, whatever the number of endpoints.
            Case::endpoints(LACKS_V1, 2),
            Case::endpoints(OF_ANOTHER_SERVER, 2),
            // The procedures to which requests are handed over do not have it.
            Case::endpoints(NOT_HANDED_OVER, 4),
        ],
        passing: &[
            Case {
                configuration: "routes = ['**/*.ts']\ncontracts = ['**/*.ts']\ncontracts-base-path = '/v1'",
                ..Case::passing("", BELOW_V1)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", MOUNTED)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", SERVERLESS)
            },
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
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", REST_OF_PATH)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", HANDED_OVER)
            },
        ],
    };

    const OF_ANOTHER_SERVER: &str = "import express from 'express'; const app = express(); app.get('/health', h); // db-verify-ignore MISSING_API_CONTRACT: of the platform
             export const Billing = { list: { method: 'GET', path: '/bills' }, one: { method: 'GET', path: '/bills/:id' },
               pay: { method: 'POST', path: '/bills/:id/payments' }, close: { method: 'POST', path: '/bills/:id/close' } };";
    const LACKS_V1: &str = "import express, { Router } from 'express'; const app = express(); const books = Router(); books.get('/books', h).get('/books/:isbn', h);
         export const E = { all: { method: 'GET', path: '/books' }, one: { method: 'GET', path: '/books/:id' } }; app.use('/v1', books);";
    const BELOW_V1: &str = "import express, { Router } from 'express'; const app = express(); const books = Router(); books.get('/books', h).get('/books/:isbn', h).post('/books', h);
         export const E = { all: { method: 'GET', path: '/books' },
           one: { method: 'GET', path: '/books/:id' }, add: { method: 'POST', path: '/v1/books' } }; app.use('/v1', books);";
    const MOUNTED: &str = "import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
         const all = createRoute({ method: 'get', path: '/', responses: {} });
         const books = new OpenAPIHono().openapi(all, h).openapi(createRoute({ method: 'get', path: '/{isbn}', responses: {} }), h);
         const shops = new OpenAPIHono().openapi(createRoute({ method: 'get', path: '/', responses: {} }), h);
         const app = new OpenAPIHono().basePath('/v1'); app.route('/books', books); app.route('/:city/shops', shops);";
    const SERVERLESS: &str = "import { initContract } from '@ts-rest/core'; import { fetchRequestHandler } from '@ts-rest/serverless/fetch'; import { Hono } from 'hono'; import { z } from 'zod';
         const c = initContract(); const app = new Hono();
         export const contract = c.router({ book: { method: 'GET', path: '/books/:isbn', pathParams: z.object({ isbn: z.string() }), responses: {} } }, { pathPrefix: '/:city' });
         app.all('*', (c) => fetchRequestHandler({ request: c.req.raw, contract, router, options: {} }));";
    const UNKNOWN_MOUNT: &str =
        "import express, { Router } from 'express'; const app = express(); app.get('/users', h); const r = Router(); r.get('/x', h); app.use(process.env.P, r);
         export const E = { get: { method: 'GET', path: '/users' }, x: { method: 'POST', path: '/v1/x' } };";
    const UNMOUNTED: &str =
        "import express, { Router } from 'express'; const app = express(); app.get('/users', h); export const r = Router(); r.get('/:id', h);
         export const E = { get: { method: 'GET', path: '/users' }, x: { method: 'GET', path: '/v1/x/:key' } };";
    const REST_OF_PATH: &str =
        "import express from 'express'; const app = express(); app.get('/files/:owner/*name', h); app.all('/*rest', h);
         export const E = { file: { method: 'GET', path: '/files/{owner}/{name}' } };";
    const HANDED_OVER: &str =
        "import { Hono } from 'hono'; import { os } from '@orpc/server'; const app = new Hono(); app.all('/api/rest/*', (c) => handle(c.req.raw));
         export const one = os.route({ method: 'GET', path: '/planets/{id}' }).handler(h);
         export const E = { one: { method: 'GET', path: '/api/rest/planets/:id' } };";
    const NOT_HANDED_OVER: &str =
        "import { Hono } from 'hono'; import { os } from '@orpc/server'; const app = new Hono(); app.all('/api/rest/*', (c) => handle(c.req.raw));
         export const one = os.route({ method: 'GET', path: '/planets/{id}' }).handler(h);
         export const E = { one: { method: 'GET', path: '/api/rest/planets/:id' },
           all: { method: 'GET', path: '/api/rest/moons' } };";
    const PROCEDURE: &str =
        "import express from 'express'; import { initTRPC } from '@trpc/server'; const t = initTRPC.create(); const app = express(); app.get('/users', h);
         export const E = { get: { method: 'GET', path: '/users' }, p: t.procedure.meta({ openapi: { method: 'GET', path: '/p' } }).query(q) };";
}
