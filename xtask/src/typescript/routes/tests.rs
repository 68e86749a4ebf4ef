//! Programs and the routes they offer.

use super::test_utils::running;
use super::{Routes, read};

/// Reads the routes of `files`, all of which have the role.
pub(crate) fn routes_of(files: &[(&str, &str)]) -> Routes {
    running(files, read)
}

fn listed(files: &[(&str, &str)]) -> Vec<String> {
    let found = routes_of(files);
    let routes = found
        .routes
        .iter()
        .map(|route| format!("{} {}", route.method, route.path));
    let unresolved = found.unresolved.iter().map(|one| format!("? {}", one.name));
    let mut all: Vec<String> = routes.chain(unresolved).collect();
    all.sort();
    all
}

fn of(text: &str) -> Vec<String> {
    listed(&[("a.ts", text)])
}

const EXPRESS: &str =
    "import express, { Router, type Express, type Application } from 'express';\n";

fn express(text: &str) -> Vec<String> {
    of(&format!("{EXPRESS}{text}"))
}

#[test]
fn express_routes_mounts_and_chains() {
    let found = express(
        "const app = express();
         const users = Router({ mergeParams: true });
         users.get('/', list).post('/', create);
         users.route('/:id').get(one).delete(remove);
         users.all(['/x', '/y'], any);
         app.use('/api/users', auth, users);
         app.get('/health', (req, res) => res.json({}));",
    );
    let expected = [
        "ALL /api/users/x",
        "ALL /api/users/y",
        "DELETE /api/users/:id",
        "GET /api/users",
    ];
    assert_eq!(
        found,
        [
            &expected[..],
            &["GET /api/users/:id", "GET /health", "POST /api/users"]
        ]
        .concat()
    );
}

#[test]
fn what_is_no_router_has_no_routes() {
    let found = express(
        "import axios from 'axios'; import request from 'supertest';
         const app = express(); const cache = new Map();
         app.set('port', 1); app.get('port'); app.get('/x', (req, res) => { req.get('/header'); res.get('/h'); });
         axios.get('/users', {}); cache.get('/key'); request(app).get('/y'); fetch('/z');
         function helper(req, get) { get('/w', 1); }",
    );
    assert_eq!(found, ["GET /x"]);
}

#[test]
fn routers_are_followed_across_files() {
    let found = listed(&[
        (
            "server/app.ts",
            "import express from 'express'; import * as billing from './billing'; import { V1 } from './paths';
             import users, { router as named } from './users'; import { made } from './barrel';
             const app = express();
             app.use(`${V1}/users`, users); app.use('/named', named); app.use(billing.prefix, billing.default);
             app.use('/made', made({ db: 1 })); app.use('/lazy', (await import('./lazy')).default);
             app.use('/old', require('./old'));",
        ),
        ("server/paths.ts", "const VERSION = 'v1'; export const V1 = '/api/' + VERSION;"),
        (
            "server/users.ts",
            "import { Router } from 'express'; export const router = Router(); router.get('/a', h); export default router;",
        ),
        (
            "server/billing.ts",
            "import { Router } from 'express'; export const prefix = '/billing'; const r = Router(); r.post('/pay', h); export default r;",
        ),
        ("server/barrel.ts", "export * from './factory';"),
        (
            "server/factory.ts",
            "import * as e from 'express'; export function made(deps) { const r = e.Router(); r.put('/', h); return r; }",
        ),
        ("server/lazy.ts", "import e from 'express'; export default e.Router().get('/', h);"),
        (
            "server/old.js",
            "const express = require('express'); const r = express.Router(); r.patch('/:id', h); module.exports = r;",
        ),
    ]);
    let expected = [
        "GET /api/v1/users/a",
        "GET /lazy",
        "GET /named/a",
        "PATCH /old/:id",
        "POST /billing/pay",
        "PUT /made",
    ];
    assert_eq!(found, expected);
}

#[test]
fn factories_classes_and_tables_of_routes() {
    let found = express(
        "class Base { constructor(protected app: Application) { this.configure(); } configure() {} }
         class Users extends Base { configure() { this.app.route('/users').get(h); } }
         class Bills { public path = '/bills'; public router = Router(); constructor() { this.init(); }
           private init() { this.router.get(this.path, this.list); this.router.post(`${this.path}/:id`, h); } list = () => {}; }
         class App { public app: Express; constructor(controllers: any[]) { this.app = express(); this.mount(controllers); }
           private mount(controllers) { controllers.forEach((controller) => { this.app.use('/', controller.router); }); } }
         const server = new App([new Bills()]); new Users(server.app);
         const table = [{ path: '/t1', router: made() }, { path: '/t2', router: made() }];
         function made() { const router = Router(); router.get('/x', h); return router; }
         for (const { path, router } of table) server.app.use(path, router);
         Object.entries({ a: made() }).forEach(([name, router]) => server.app.use(`/${name}`, router));",
    );
    assert_eq!(
        found,
        [
            "GET /a/x",
            "GET /bills",
            "GET /t1/x",
            "GET /t2/x",
            "GET /users",
            "POST /bills/:id"
        ]
    );
}

#[test]
fn values_in_paths_are_those_of_the_program() {
    let found = express(
        "enum Version { One = 1, Two } const isNew = true; const app = express();
         app.get(`/v${Version.Two}`, h); app.get(isNew ? '/new' : '/old', h); app.get(process.env.A ? '/a' : '/b', h);
         function made(prefix = '/default', { name = 'none' } = {}) { const r = Router(); r.get(`${prefix}/${name}`, h); return r; }
         app.use(made()); app.use(made('/given', { name: 'x' }));",
    );
    assert_eq!(
        found,
        [
            "? GET at a.ts:3:83",
            "GET /default/none",
            "GET /given/x",
            "GET /new",
            "GET /v2"
        ]
    );
}

#[test]
fn files_run_that_pass_a_router_on() {
    let found = listed(&[
        (
            "app.ts",
            "import express from 'express'; import { router } from './src'; const app = express(); app.use('/api', router);",
        ),
        ("src/index.ts", "export * from './routes';"),
        (
            "src/routes/index.ts",
            "import { router } from './router'; router.get('/x', h); export { router };",
        ),
        (
            "src/routes/router.ts",
            "import { Router } from 'express'; export const router = Router();",
        ),
    ]);
    assert_eq!(found, ["GET /api/x"]);
}

#[test]
fn what_is_assigned_counts() {
    let found = express(
        "let app: Express; function build() { app = express(); return { app, path: '/a' }; } const built = build();
         built.path = '/b'; built.app.get(built.path, h); class Paths {} Paths.users = '/users'; app.get(Paths.users, h);",
    );
    assert_eq!(found, ["GET /b", "GET /users"]);
}

#[test]
fn functions_that_take_the_application() {
    let found = express(
        "export function registerRoutes(app: Express) { app.get('/a', h); more(app); }
         function more(app: Express) { app.get('/b', h); }",
    );
    assert_eq!(found, ["GET /a", "GET /b"]);
}

#[test]
fn what_is_only_known_at_run_time_is_said() {
    let found = routes_of(&[(
        "a.ts",
        "import express, { Router } from 'express'; const app = express(); const r = Router(); r.get('/x', h);
         app.use(process.env.PREFIX, r); app.get(`/${config.name}`, h); app.get(/^\\/ab/, h); app.get('/ok', h);
         const lost = Router(); lost.get('/y', h);",
    )]);
    assert_eq!(found.routes.len(), 1);
    let reasons: Vec<&str> = found
        .unresolved
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`process.env.PREFIX` is only known when the program runs",
            "`config.name` is only known when the program runs",
            "it is the regular expression /^\\/ab/",
            "its router is not mounted on any application in the files of `routes`",
        ]
    );
}

#[test]
fn a_default_is_what_a_setting_falls_back_to() {
    let found = express("const app = express(); app.get(`${process.env.BASE ?? '/api'}/x`, h);");
    assert_eq!(found, ["GET /api/x"]);
}

#[test]
fn fastify() {
    let found = of(
        "import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'; import fp from 'fastify-plugin';
         const app = Fastify().withTypeProvider<X>();
         app.route({ method: ['GET', 'HEAD'], url: '/a', handler });
         app.register(users, { prefix: '/users' }); app.register(fp(async (f) => { f.get('/flat', h); }), { prefix: '/no' });
         async function users(fastify: FastifyInstance) { fastify.get('/:id', {}, h); fastify.register(inner, { prefix: 'in' }); }
         const inner: FastifyPluginAsync = async (fastify) => { fastify.post<{ Body: B }>('/', h); };",
    );
    assert_eq!(
        found,
        [
            "GET /a",
            "GET /flat",
            "GET /users/:id",
            "HEAD /a",
            "POST /users/in"
        ]
    );
}

#[test]
fn a_plugin_that_a_framework_loads() {
    let found = of("import { FastifyPluginAsync } from 'fastify';
         const routes: FastifyPluginAsync = async (fastify) => { fastify.get('/a', h); }; export default routes;");
    assert_eq!(found, ["GET /a"]);
}

#[test]
fn hono_and_koa() {
    let found = of(
        "import { Hono } from 'hono';
         const books = new Hono().get('/', h).get('/:id{[0-9]+}', h);
         const app = new Hono().basePath('/api'); app.use('*', cors()); app.route('/books', books).on(['PUT', 'DELETE'], '/x', h);
         export default app;",
    );
    assert_eq!(
        found,
        [
            "DELETE /api/x",
            "GET /api/books",
            "GET /api/books/:id",
            "PUT /api/x"
        ]
    );
    let found = of(
        "import Koa from 'koa'; import Router from '@koa/router';
         const router = new Router({ prefix: '/v1' }); const inner = new Router();
         inner.get('named', '/deep', h); router.get('/a', h).del('/b', h); router.use('/in', inner.routes(), inner.allowedMethods());
         const app = new Koa(); app.use(router.routes()).use(router.allowedMethods());",
    );
    assert_eq!(found, ["DELETE /v1/b", "GET /v1/a", "GET /v1/in/deep"]);
}

#[test]
fn nest_controllers() {
    let found = listed(&[
        (
            "main.ts",
            "import { NestFactory } from '@nestjs/core'; import { VersioningType } from '@nestjs/common';
             async function bootstrap() { const app = await NestFactory.create(AppModule);
               app.setGlobalPrefix('api', { exclude: ['health'] });
               app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }); await app.listen(3000); }
             bootstrap();",
        ),
        (
            "users.controller.ts",
            "import { Controller, Get, Post, Version, applyDecorators } from '@nestjs/common'; import { PATHS } from './paths';
             const Own = (path: string) => applyDecorators(Get(path), Guard());
             @Controller(PATHS.users) export class Users {
               @Get() list() {} @Get(':id') one() {} @Version('2') @Post('bulk') bulk() {} @Own('mine') mine() {} helper() {} }",
        ),
        ("paths.ts", "export const PATHS = { users: 'users' } as const;"),
    ]);
    let expected = [
        "GET /api/v1/users",
        "GET /api/v1/users/:id",
        "GET /api/v1/users/mine",
        "POST /api/v2/users/bulk",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_prefix_that_a_provider_returns_is_not_known() {
    let found = routes_of(&[(
        "main.ts",
        "import { NestFactory } from '@nestjs/core'; import { Controller, Get } from '@nestjs/common';
         @Controller('users') export class Users { @Get() list() {} }
         const app = await NestFactory.create(AppModule); const settings = app.get(Settings);
         app.setGlobalPrefix(settings.getOrThrow('prefix'), { exclude: ['/'] });",
    )]);
    assert_eq!(found.routes, []);
    let [route] = found.unresolved.as_slice() else {
        panic!("{:#?}", found.unresolved);
    };
    assert!(
        route.reason.contains("returns when the program runs"),
        "{}",
        route.reason
    );
}

#[test]
fn several_applications_serve_the_controllers_of_their_own_modules() {
    let found = listed(&[
        (
            "main.ts",
            "import { NestFactory } from '@nestjs/core'; import { Api, Worker } from './modules';
             async function api() { const app = await NestFactory.create(Api); app.setGlobalPrefix('api'); }
             async function worker() { await NestFactory.create(Worker); }
             api(); worker();",
        ),
        (
            "modules.ts",
            "import { Module, Controller, Get, forwardRef } from '@nestjs/common';
             import { RouterModule } from '@nestjs/core'; import { ConditionalModule } from '@nestjs/config';
             @Controller('users') export class Users { @Get() list() {} }
             @Controller('health') export class Health { @Get() check() {} }
             @Controller('stats') export class Stats { @Get() all() {} }
             @Controller('jobs') export class Jobs { @Get() all() {} }
             @Controller('lost') export class Lost { @Get() all() {} }
             @Module({ controllers: [Health] }) export class HealthModule {}
             @Module({}) export class StatsModule { static forRoot() { return { module: StatsModule, controllers: [Stats] }; } }
             @Module({ imports: [forwardRef(() => Api)], controllers: [Users] }) export class UsersModule {}
             const ALL = [UsersModule, HealthModule];
             @Module({ imports: [...ALL, ConditionalModule.registerWhen(StatsModule.forRoot(), 'STATS'),
               RouterModule.register([{ path: 'admin', children: [{ path: 'inner', module: StatsModule }] }])] })
             export class Api {}
             @Module({ imports: [HealthModule], controllers: [Jobs] }) export class Worker {}",
        ),
    ]);
    let expected = [
        "? ALL at",
        "GET /api/admin/inner/stats",
        "GET /api/health",
        "GET /api/users",
        "GET /health",
        "GET /jobs",
    ];
    let shortened = found.iter().map(|line| {
        if line.starts_with("? GET") {
            "? ALL at"
        } else {
            line.as_str()
        }
    });
    assert_eq!(shortened.collect::<Vec<_>>(), expected);
}

#[test]
fn routers_of_files_that_are_not_there_are_said() {
    let found = listed(&[
        ("tsconfig.json", "{ \"compilerOptions\": { \"paths\": { \"@server/*\": [\"./server/*\"] } } }"),
        (
            "server/index.ts",
            "import express from 'express'; import { users } from '@server/users'; import { gone } from '@server/gone';
             import helmet from 'helmet';
             const app = express(); app.use(helmet); app.use('/users', users); app.use('/gone', gone);",
        ),
        ("server/users.ts", "import { Router } from 'express'; export const users = Router(); users.get('/', h);"),
    ]);
    assert_eq!(found, ["? mount at server/index.ts:3:84", "GET /users"]);
}

#[test]
fn next_files() {
    let found = listed(&[
        (
            "apps/web/app/(shop)/api/users/[id]/route.ts",
            "export async function GET() {} const h = 1; export { h as POST };",
        ),
        (
            "src/pages/api/files/[...slug].ts",
            "export default async function handler(req, res) {}",
        ),
        (
            "src/pages/api/index.ts",
            "const h = wrap(x); export default h;",
        ),
        ("apps/web/app/page.tsx", "export function GET() {}"),
    ]);
    assert_eq!(
        found,
        [
            "ALL /api",
            "ALL /api/files/*",
            "GET /api/users/:id",
            "POST /api/users/:id"
        ]
    );
}

#[test]
fn a_file_of_next_receives_its_methods_below_its_folder() {
    const CONTRACTS: &str =
        "import { initContract } from '@ts-rest/core'; const c = initContract();
         const users = c.router({
           all: { method: 'GET', path: '/', responses: {} },
           add: { method: 'POST', path: '/', responses: {} },
           remove: { method: 'DELETE', path: '/:id', responses: {} },
         }, { pathPrefix: '/c/:city/users' });
         const away = c.router({ gone: { method: 'GET', path: '/away', responses: {} } });
         export const api = c.router({ v0: c.router({ users, away }) }, { pathPrefix: '/api' });";
    let handler =
        "import { createNextHandler } from '@ts-rest/serverless/next'; import { api } from './api';
         const handler = createNextHandler(api.v0.users, {}, { handlerType: 'app-router' });
         createNextHandler(api.v0.away, {}, {});
         export { handler as GET, handler as POST };";
    let found = listed(&[
        ("app/api/c/[town]/users/[...rest]/api.ts", CONTRACTS),
        ("app/api/c/[town]/users/[...rest]/route.ts", handler),
    ]);
    assert_eq!(
        found,
        [
            "GET /api/c/:city/users",
            "GET /api/c/:town/users/*",
            "POST /api/c/:city/users",
            "POST /api/c/:town/users/*",
        ]
    );
}

/// A function that answers to all paths may call much of the application, which takes no steps from
/// the routes of others.
#[test]
fn a_catch_all_of_next_leaves_the_steps_to_others() {
    let mut text = "export async function GET() { f0(); }\n".to_owned();
    for at in 0..30 {
        let next = at + 1;
        text += &format!("function f{at}() {{ f{next}(); f{next}(); }}\n");
    }
    text += "function f30() {}";
    let found = listed(&[
        ("app/api/files/[...path]/route.ts", text.as_str()),
        (
            "app/server.ts",
            "import express from 'express'; const app = express(); app.get('/users', h); app.listen(1);",
        ),
    ]);
    assert_eq!(found, ["GET /api/files/*", "GET /users"]);
}

#[test]
fn programs_that_never_end_are_left() {
    express(
        "const app = express(); function a(x) { return b(x) + b(x); } function b(x) { return a(x) + a(x); } app.get(a('/x'), h);",
    );
    express(
        "const a = b; const b = a; const app = express(); app.get(a, h); app.use(app); const r = Router(); r.use('/x', r); app.use(r);",
    );
}

#[test]
fn factories_that_nobody_calls_and_tags() {
    let found = routes_of(&[(
        "a.ts",
        "import express, { Router } from 'express';
         export function createApp(services) {
           const app = express();
           app.use('/users', users());
           return app;
         }
         export function users() { const router = Router();
           // db-verify-ignore MISSING_API_CONTRACT: internal
           router.get('/x', h);
           return router; }",
    )]);
    assert_eq!(found.routes.len(), 1);
    assert_eq!(
        (found.routes[0].path.as_str(), found.unresolved.len()),
        ("/users/x", 0)
    );
    assert_eq!(found.routes[0].tags.ignores[0].reason, "internal");
}

#[test]
fn decorators_that_choose_by_what_they_are_given_are_followed() {
    let found = routes_of(&[(
        "a.ts",
        "import { Controller, Delete, Get, Post, applyDecorators } from '@nestjs/common';
         function pick(method) { switch (method) { case 'get': case 'read': return Get; case 'delete': { return Delete; } default: return Post; } }
         function Endpoint(options) { return applyDecorators(pick(options.method.toLowerCase())(options.path)); }
         @Controller('x') export class X {
           @Endpoint({ method: 'POST', path: 'y' }) y() {} @Endpoint({ method: 'read', path: 'z' }) z() {}
           @Endpoint({ method: 'delete', path: 'y' }) d() {} @Endpoint({ method: process.env.METHOD, path: 'n' }) n() {} }",
    )]);
    let paths: Vec<_> = found
        .routes
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(paths, ["POST /x/y", "GET /x/z", "DELETE /x/y"]);
    assert_eq!(found.unresolved.len(), 1);
}
