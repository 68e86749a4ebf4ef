//! Programs and the contracts in them.

use super::{Contracts, read};
use crate::facts::Contract;
use crate::typescript::routes;
use crate::typescript::routes::test_utils::running;

fn contracts_of(files: &[(&str, &str)]) -> Contracts {
    running(files, |resolver, server, files| {
        let _ = routes::read(resolver, server, files);
        read(resolver, server, "", files)
    })
}

fn line(contract: &Contract) -> String {
    let name = |reference: &Option<crate::facts::ContractReference>| {
        reference
            .as_ref()
            .map_or("-".to_owned(), |reference| reference.name.clone())
    };
    let (request, response) = (name(&contract.request), name(&contract.response));
    format!(
        "{} = {} {} {request} {response}",
        contract.name, contract.method, contract.path
    )
}

fn of(text: &str) -> Vec<String> {
    contracts_of(&[("a.ts", text)])
        .contracts
        .iter()
        .map(line)
        .collect()
}

#[test]
fn registries_behind_casts() {
    let found = of(
        "import { z } from 'zod'; const V = '/api/v1'; const A = z.object({}); const B = A; type Req = {}; type Res = {};
         export const Users = {
           create: { method: 'POST', path: `${V}/users`, requestSchema: A, responseSchema: B } as unknown as Endpoint<Req, Res>,
           nested: { get: { method: 'get', path: (id: string) => `${V}/users/${id}` } as Endpoint<Req, Res> },
         } as const satisfies Registry;
         export const All = { users: Users };
         export const one: Route = { method: 'GET', url: '/one', response: z.array(A) };",
    );
    let expected = [
        "Users.create = POST /api/v1/users A B",
        "Users.nested.get = GET /api/v1/users/:id Req Res",
    ];
    assert_eq!(found, [&expected[..], &["one = GET /one - A"]].concat());
}

#[test]
fn contracts_stand_where_their_routers_are_mounted() {
    let found = of(
        "import { createRoute, OpenAPIHono } from '@hono/zod-openapi'; import { initContract } from '@ts-rest/core';
         import { createExpressEndpoints } from '@ts-rest/express'; import express, { Router } from 'express'; import { z } from 'zod';
         const all = createRoute({ method: 'get', path: '/', responses: {} });
         const books = new OpenAPIHono().openapi(all, h).openapi(createRoute({ method: 'get', path: '/{isbn}', responses: {} }), h);
         const app = new OpenAPIHono().basePath('/v1'); app.route('/books', books);
         const c = initContract(); export const shops = c.router({ one: { method: 'GET', path: '/shops/:id', responses: {} } });
         const server = express(); const inner = Router(); server.use('/api', inner); createExpressEndpoints(shops, h, inner);",
    );
    let mut found = found;
    found.sort();
    assert_eq!(
        found,
        [
            "GET /{isbn} = GET /v1/books/:isbn - -",
            "all = GET /v1/books - -",
            "shops.one = GET /api/shops/:id - -"
        ]
    );
}

/// Whoever mounts a router is called before whoever only makes one, in whichever file they stand.
#[test]
fn makers_of_routers_are_called_by_those_that_mount_them() {
    let found = contracts_of(&[
        (
            "a.ts",
            "import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
             export const books = () => new OpenAPIHono().openapi(createRoute({ method: 'get', path: '/{isbn}', responses: {} }), h);",
        ),
        (
            "index.ts",
            "import type { OpenAPIHono } from '@hono/zod-openapi'; import { books } from './a';
             export const register = (app: OpenAPIHono) => { app.route('/books', books()); };",
        ),
    ]);
    let found: Vec<_> = found.contracts.iter().map(line).collect();
    assert_eq!(found, ["GET /{isbn} = GET /books/:isbn - -"]);
}

/// A helper of one's own takes the route apart, and registers it when it is told to.
#[test]
fn contracts_are_followed_through_helpers() {
    let found = of(
        "import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
         const define = (prefix: string) => (args: { route: R; tool?: boolean }) => {
           const { route, tool = true } = args; const { name, ...rest } = route; const whole = { ...rest, operationId: name };
           const endpoint = { tool, mount(app, ...middlewares) { (app as any).openapi(middlewares.length > 0 ? { ...whole, middleware: middlewares } : whole, h); } };
           return endpoint;
         };
         const book = define('/books');
         const one = book({ route: createRoute({ method: 'get', path: '/{isbn}', name: 'one', responses: {} }) });
         export const books = () => { const app = new OpenAPIHono(); one.mount(app, limit('low')); return app; };
         const app = new OpenAPIHono(); app.route('/books', books());",
    );
    assert_eq!(found, ["GET /{isbn} = GET /books/:isbn - -"]);
}

#[test]
fn contracts_that_nothing_leads_to_are_named() {
    let found = contracts_of(&[(
        "a.ts",
        "export const known = { method: 'GET', path: '/known' };
         for (const name of names) { registry.set(name, { method: 'POST', path: `/${name}` }); }
         export function later() { return { one: { method: 'GET', path: '/later' } }; }
         export const options = { method: 'GET', path: request.path }; fetch({ method: 'GET', url: '/u' });",
    )]);
    let named: Vec<&str> = found
        .unresolved
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(named, ["POST …", "GET /later", "options"]);
}

#[test]
fn contracts_are_read_beside_a_program_without_end() {
    let found = contracts_of(&[(
        "a.ts",
        "export const api = { list: { method: 'GET', path: '/jobs' } };
         function twice(n) { if (n > 0) { twice(n - 1); twice(n - 1); } }
         twice(30);",
    )]);
    assert_eq!(found.contracts.len(), 1);
}

#[test]
fn what_is_not_read_of_a_contract_is_named() {
    let found = contracts_of(&[(
        "a.ts",
        "import { initContract } from '@ts-rest/core'; import { far } from 'far'; import { z } from 'zod'; const c = initContract();
         export const api = c.router({
           gone: { method: 'DELETE', path: '/x/:id', body: c.noBody(), responses: { 204: c.noBody() } },
           typed: { method: 'GET', path: '/typed', responses: { 200: c.type<{ a: string }[]>() } },
           text: { method: 'GET', path: '/text', responses: { 200: z.string() } },
           unknown: { method: 'GET', path: '/unknown', responses: { 200: far({}) } } });",
    )]);
    let named: Vec<&str> = found
        .unresolved
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(named, ["api.unknown"]);
    let shapes: Vec<bool> = found
        .contracts
        .iter()
        .filter_map(|contract| contract.response_shape.as_ref())
        .map(|shape| shape.list)
        .collect();
    assert_eq!(shapes, [true]);
}

#[test]
fn contracts_of_orpc_are_served_by_it() {
    let found = contracts_of(&[(
        "a.ts",
        "import { oc } from '@orpc/contract'; import { os } from '@orpc/server'; import { z } from 'zod';
         const A = z.object({ a: z.string() }); const B = A.extend({ b: z.string() });
         export const contract = { find: oc.route({ method: 'GET', path: '/planets/{id}' }).input(A).output(B) };
         export const router = os.prefix('/v2').router({ add: os.route({ path: '/moons' }).input(A).handler(() => 1) });",
    )]);
    let lines: Vec<String> = found.contracts.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "contract.find = GET /planets/:id A B",
            "router.add = POST /v2/moons A -"
        ]
    );
    assert!(found.contracts.iter().all(|contract| contract.served));
}

#[test]
fn contract_libraries() {
    let found = of(
        "import { initContract } from '@ts-rest/core'; import { createRoute } from '@hono/zod-openapi'; import { endpoint } from './lib';
         import { makeApi } from '@zodios/core'; import { initTRPC } from '@trpc/server'; import { z } from 'zod';
         const S = z.object({}); const T = S; const c = initContract(); const t = initTRPC.create();
         export const inner = c.router({ get: c.query({ method: 'GET', path: '/:id', pathParams: S, responses: { 200: T } }) }, { pathPrefix: '/inner' });
         export const contract = c.router({ list: { method: 'GET', path: '/list', query: S, responses: { 200: z.array(T), 404: S } }, inner }, { pathPrefix: '/api' });
         export const route = createRoute({ method: 'put', path: '/books/{id}', request: { params: S, body: { content: { 'application/json': { schema: T } } } },
           responses: { 200: { description: 'ok', content: { 'application/json': { schema: S } } } } });
         export const api = makeApi([{ method: 'delete', path: '/z/:id', alias: 'removeZ', response: S }]);
         export const custom = endpoint({ method: 'PATCH', path: '/custom', input: S, output: T });
         export const procedures = t.router({ hello: t.procedure.meta({ openapi: { method: 'GET', path: '/hello' } }).input(S).output(T).query(() => 1) });
         export class Static { static readonly remove = { method: 'DELETE', path: '/static/:id' }; }
         registry.registerPath({ method: 'post', path: '/registered', request: { body: S }, responses: { 201: T } });
         export const paths = { '/p/:id': { get: { response: S }, post: {} }, 'PUT /q': { body: S } };",
    );
    let mut found = found;
    found.sort();
    assert_eq!(
        found,
        [
            "POST /registered = POST /registered S T",
            "Static.remove = DELETE /static/:id - -",
            "api.removeZ = DELETE /z/:id - S",
            "contract.inner.get = GET /api/inner/:id - T",
            "contract.list = GET /api/list S T",
            "custom = PATCH /custom S T",
            "paths./p/:id.get = GET /p/:id - S",
            "paths./p/:id.post = POST /p/:id - -",
            "paths.PUT /q = PUT /q S -",
            "procedures.hello = GET /hello S T",
            "route = PUT /books/:id T S",
        ]
        .map(str::to_owned)
        .to_vec()
    );
}

#[test]
fn names_that_do_not_exist_are_told() {
    let found = contracts_of(&[
        (
            "a.ts",
            "import { Here, Gone } from './schemas'; import { generated } from './generated'; import { z, Package } from 'zod'; import * as s from './schemas';
             export const E = { get: { method: 'GET', path: '/x', request: Gone, response: z.object({ a: Here, b: s.Other, c: s.Here, d: generated, e: Typo, f: Package }) } as Endpoint<Here, Nope> };",
        ),
        ("schemas.ts", "export const Here = 1;"),
    ]);
    let missing: Vec<&str> = found.contracts[0]
        .references
        .iter()
        .filter(|one| !one.resolved)
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(missing, ["Gone", "s.Other", "Typo", "Nope"]);
}

#[test]
fn schemas_of_path_parameters() {
    let found = contracts_of(&[(
        "a.ts",
        "import { z } from 'zod'; export const P = z.object({ id: z.string() });
         export const E = { a: { method: 'GET', path: '/x/:id', params: P }, b: { method: 'GET', path: '/y/:id', pathParams: z.object({ other: z.string() }) } };",
    )]);
    let parameters: Vec<_> = found
        .contracts
        .iter()
        .map(|contract| contract.parameters.clone().unwrap())
        .collect();
    assert_eq!(parameters[0].declaration.as_ref().unwrap().name, "P");
    assert_eq!(parameters[1].keys.as_ref().unwrap(), &["other"]);
}

#[test]
fn what_is_no_contract() {
    let found = of(
        "export const fetcher = async () => fetch({ method: 'GET', path: '/x' }); export const options = { method: 'GET' };
         export const point = { path: '/x' }; export enum M { GET = 'GET' } const table = { method: 'insert', path: '/x' };",
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn pairs_of_types() {
    let found = contracts_of(&[(
        "a.ts",
        "export interface CreateUserRequest { a: string } export type CreateUserResponse = { id: string }; export interface LonelyRequest {}",
    )]);
    assert_eq!(
        found
            .exchanges
            .iter()
            .map(|exchange| exchange.name.as_str())
            .collect::<Vec<_>>(),
        ["CreateUser"]
    );
}

#[test]
fn a_path_that_is_not_known_is_said() {
    let found = contracts_of(&[(
        "a.ts",
        "export const E = { a: { method: 'GET', path: `${config.base}/x` } };",
    )]);
    assert_eq!((found.contracts.len(), found.unresolved.len()), (0, 1));
}

#[test]
fn methods_of_controllers_are_contracts_where_they_say_what_comes_in_or_goes_out() {
    let found = of(
        "import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
         import { ApiOkResponse } from '@nestjs/swagger';
         class UserDto {} class CreateUserDto {} class ListDto {}
         @Controller('users')
         export class UsersController {
           @Post() create(@Body() dto: CreateUserDto): Promise<UserDto> {}
           @Get() list(@Query() query: ListDto): Promise<UserDto[]> {}
           @Get(':id') @ApiOkResponse({ type: UserDto }) get(@Param('id') id: string) {}
           @Delete(':id') remove() {}
         }",
    );
    let expected = [
        "UsersController.create = POST /users CreateUserDto UserDto",
        "UsersController.list = GET /users ListDto UserDto",
        "UsersController.get = GET /users/:id - UserDto",
    ];
    assert_eq!(found, expected);
}
