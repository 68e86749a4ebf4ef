//! The applications and routers that a running program makes, and the routes that it registers on
//! them.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::frameworks;
use super::routers::MethodCall;
use crate::source::Span;
use crate::typescript::endpoints::Endpoint;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{ClassDecl, ClassMember, Function, Module, TypeNode};
use crate::typescript::values::{Arguments, Effects, Handle, PathText, RouterId, Site, Value};

/// The framework whose rules a router follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Express, and what is compatible with it.
    Express,
    /// Fastify.
    Fastify,
    /// Hono; Elysia.
    Hono,
    /// Koa and its router.
    Koa,
}

/// How a router came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// `express()`: requests arrive here.
    Application,
    /// `Router()`: requests arrive where it is mounted.
    Router,
    /// A parameter or field that is declared to be an application, and nobody here gives.
    GivenApplication,
    /// The same, of a router or a plugin's instance.
    GivenRouter,
}

/// An application or router.
#[derive(Debug)]
pub struct RouterNode<'p> {
    /// The framework whose rules it follows.
    pub framework: Framework,
    /// How it came to be.
    pub birth: Birth,
    /// Where.
    pub site: Site<'p>,
    /// Stands before every path of it.
    pub prefix: PathText,
    /// The routes that it answers to.
    pub registrations: Vec<Registration<'p>>,
    /// The routers below it.
    pub mounts: Vec<Mount<'p>>,
}

/// A route of a router.
#[derive(Debug, Clone)]
pub struct Registration<'p> {
    /// Upper case; `ALL`.
    pub method: String,
    /// As it is written.
    pub path: PathText,
    /// Where.
    pub site: Site<'p>,
    /// The object of the contract that it was made of, as in `app.openapi(contract, …)`.
    pub contract: Option<Site<'p>>,
}

/// The path at which a server offers what a contract describes: mounts are part of it.
#[derive(Debug, Clone)]
pub struct Placement<'p> {
    /// The object of the contract.
    pub contract: Site<'p>,
    /// Upper case.
    pub method: String,
    /// With the prefixes of all routers around it.
    pub path: PathText,
    /// The application or outermost router.
    pub application: Site<'p>,
}

/// A router below another.
#[derive(Debug, Clone)]
pub struct Mount<'p> {
    /// As it is written; empty for none.
    pub path: PathText,
    /// Which, or why that is not known.
    pub child: Result<RouterId, String>,
    /// Where.
    pub site: Site<'p>,
}

/// A NestJS application.
#[derive(Clone)]
pub struct NestApp<'p> {
    /// Its root module.
    pub root: Value<'p>,
    /// Whether it is seen to listen.
    pub listens: bool,
    /// `setGlobalPrefix('api')`; empty for none.
    pub prefix: PathText,
    /// The paths that it leaves alone.
    pub excluded: Vec<Rc<str>>,
    /// The version that stands in paths by default: `v1`.
    pub versioning: Option<PathText>,
    /// `defaultVersion: '1'`
    pub default_version: Option<PathText>,
}

/// An endpoint of a NestJS controller.
#[derive(Clone)]
pub struct NestEndpoint<'p> {
    /// The controller, with the scope it was declared in.
    pub class: (Scope<'p>, &'p ClassDecl),
    /// The method that answers.
    pub member: &'p ClassMember,
    /// Upper case; `ALL`.
    pub method: String,
    /// With all prefixes.
    pub path: PathText,
    /// Where it is declared.
    pub site: Site<'p>,
}

/// The applications and routers of a program.
#[derive(Default)]
pub struct Server<'p> {
    pub(super) routers: RefCell<Vec<RouterNode<'p>>>,
    pub(super) nest_apps: RefCell<Vec<NestApp<'p>>>,
    /// The functions that fastify-plugin wraps: they register on their parent.
    pub(super) transparent: RefCell<FxHashSet<*const Function>>,
    /// The contracts that routers were made of.
    pub(super) contracts: RefCell<Vec<Endpoint<'p>>>,
    /// Where these are offered, once all mounts are known.
    pub(super) placements: RefCell<Vec<Placement<'p>>>,
    /// The endpoints of NestJS's controllers.
    pub(super) nest_endpoints: RefCell<Vec<NestEndpoint<'p>>>,
}

impl<'p> Server<'p> {
    /// Every application and router that was made.
    pub fn routers(&self) -> Ref<'_, Vec<RouterNode<'p>>> {
        self.routers.borrow()
    }

    /// Every NestJS application that was made.
    pub fn nest_apps(&self) -> Vec<NestApp<'p>> {
        self.nest_apps.borrow().clone()
    }

    /// The endpoints of NestJS's controllers.
    pub fn nest_endpoints(&self) -> Vec<NestEndpoint<'p>> {
        self.nest_endpoints.borrow().clone()
    }

    /// The contracts that routers were made of, in the order of registration.
    pub fn contracts(&self) -> Vec<Endpoint<'p>> {
        self.contracts.borrow().clone()
    }

    /// Where the contract that is written at `object` is offered; nowhere if no router was made of
    /// it.
    pub fn placements(&self, object: Site<'p>, method: &str) -> Vec<Placement<'p>> {
        let placements = self.placements.borrow();
        let of_contract = placements
            .iter()
            .filter(|one| one.contract == object && one.method == method);
        of_contract.cloned().collect()
    }

    pub(super) fn new_router(
        &self,
        framework: Framework,
        birth: Birth,
        site: Site<'p>,
    ) -> RouterId {
        let mut routers = self.routers.borrow_mut();
        routers.push(RouterNode {
            framework,
            birth,
            site,
            prefix: Ok("".into()),
            registrations: Vec::new(),
            mounts: Vec::new(),
        });
        routers.len() - 1
    }

    pub(super) fn framework(&self, id: RouterId) -> Framework {
        self.routers.borrow()[id].framework
    }

    pub(super) fn set_prefix(&self, id: RouterId, prefix: PathText) {
        self.routers.borrow_mut()[id].prefix = prefix;
    }

    /// Registers a route on the router `id`.
    pub(super) fn add(&self, id: RouterId, method: &str, path: PathText, site: Site<'p>) {
        self.register(id, method, path, site, None);
    }

    /// Registers what `endpoint` of a contract describes on the router `id`.
    pub(super) fn add_endpoint(&self, id: RouterId, endpoint: Endpoint<'p>, site: Site<'p>) {
        let path = endpoint.path.clone();
        self.register(id, &endpoint.method, path, site, Some(endpoint.object));
        self.contracts.borrow_mut().push(endpoint);
    }

    fn register(
        &self,
        id: RouterId,
        method: &str,
        path: PathText,
        site: Site<'p>,
        contract: Option<Site<'p>>,
    ) {
        let method = match method.to_ascii_uppercase().as_str() {
            "DEL" => "DELETE".to_owned(),
            "ANY" => "ALL".to_owned(),
            other => other.to_owned(),
        };
        self.routers.borrow_mut()[id]
            .registrations
            .push(Registration {
                method,
                path,
                site,
                contract,
            });
    }

    /// Mounts `child` below the router `id`.
    pub(super) fn mount(&self, id: RouterId, path: PathText, child: &Value<'p>, site: Site<'p>) {
        let child = match child {
            Value::Handle(Handle::Router(child)) if *child == id => return,
            Value::Handle(Handle::Router(child)) => Ok(*child),
            other => Err(other.reason()),
        };
        self.mount_child(id, Mount { path, child, site });
    }

    pub(super) fn mount_child(&self, id: RouterId, mount: Mount<'p>) {
        self.routers.borrow_mut()[id].mounts.push(mount);
    }
}

impl<'p> Effects<'p> for Server<'p> {
    fn call(
        &self,
        resolver: &Resolver<'p>,
        (package, name): (&str, &str),
        arguments: &Arguments<'_, 'p>,
        site: Site<'p>,
    ) -> Option<Value<'p>> {
        self.framework_call(
            (package, name),
            MethodCall {
                resolver,
                arguments,
                site,
            },
        )
    }

    fn method(
        &self,
        resolver: &Resolver<'p>,
        handle: &Handle,
        name: &str,
        arguments: &Arguments<'_, 'p>,
        site: Site<'p>,
    ) -> Value<'p> {
        let call = MethodCall {
            resolver,
            arguments,
            site,
        };
        match handle {
            Handle::Router(id) => self.router_method(*id, name, call),
            Handle::RoutePath(id, paths) => self.route_path_method(*id, paths, name, site),
            Handle::NestApp(index) => self.nest_method(*index, name, call),
        }
    }

    fn given(
        &self,
        resolver: &Resolver<'p>,
        module: &'p Module,
        declared: &TypeNode,
        span: Span,
    ) -> Option<Value<'p>> {
        let (framework, birth) = frameworks::router_type(resolver, module, declared)?;
        let id = self.new_router(
            framework,
            birth,
            Site {
                file: &module.path,
                span,
            },
        );
        Some(Value::Handle(Handle::Router(id)))
    }
}
