//! Which controllers a NestJS application serves: those of its root module, and of the modules that
//! this imports.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::typescript::decorators::Decorators;
use crate::typescript::endpoints::{joined, path_of};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::ClassDecl;
use crate::typescript::values::{PathText, UnknownCall, Value};
use crate::typescript::vocabulary::Library;

/// How many modules are looked into: a guard against modules that make modules.
const MODULES: usize = 10_000;

/// The deepest nesting of paths of modules.
const DEPTH: usize = 8;

/// The controllers of an application.
#[derive(Debug, Default)]
pub struct Served {
    /// Controllers with the modules that hold them.
    controllers: HashMap<*const ClassDecl, HashSet<*const ClassDecl>>,
    /// `RouterModule.register([{ path: 'admin', module: AdminModule }])`
    paths: HashMap<*const ClassDecl, PathText>,
}

impl Served {
    /// The paths that modules put before those of `controller`; none where the application is not
    /// known to serve it.
    #[must_use]
    pub fn paths(&self, controller: &ClassDecl) -> Vec<PathText> {
        let modules = self.controllers.get(&std::ptr::from_ref(controller));
        let path = |module| {
            self.paths
                .get(module)
                .cloned()
                .unwrap_or_else(|| Ok("".into()))
        };
        modules.into_iter().flatten().map(path).collect()
    }
}

/// Collects what the application with the module `root` serves, as far as its modules can be
/// followed.
pub(super) fn served<'p>(resolver: &Resolver<'p>, root: &Value<'p>) -> Served {
    let mut served = Served::default();
    let mut seen = HashSet::new();
    let mut left = vec![root.clone()];
    for _ in 0..MODULES {
        let Some(module) = left.pop() else { break };
        match &module {
            Value::Class(scope, class) if seen.insert(std::ptr::from_ref(*class)) => {
                for options in module_options(resolver, scope, class) {
                    module_parts(resolver, &options, class, &mut served, &mut left);
                }
            }
            // The result of `static forRoot()`.
            Value::Object(_) => {
                if let Some(Value::Class(scope, class)) = resolver.entry_value(&module, "module") {
                    module_parts(resolver, &module, class, &mut served, &mut left);
                    left.push(Value::Class(scope, class));
                }
            }
            Value::Array(_) => left.extend(resolver.elements_of(&module)),
            Value::Called(call) => package_module(resolver, call, &mut served, &mut left),
            _ => {}
        }
    }
    served
}

fn module_options<'p>(
    resolver: &Resolver<'p>,
    scope: &Scope<'p>,
    class: &'p ClassDecl,
) -> Vec<Value<'p>> {
    let calls = Decorators::read(resolver, scope, &class.decorators);
    let modules = calls
        .of(Library::Nest)
        .filter(|call| &*call.name == "Module");
    let options = modules.map(|call| call.arguments(resolver).at(0));
    options
        .filter(|options| matches!(options, Value::Object(_)))
        .collect()
}

fn module_parts<'p>(
    resolver: &Resolver<'p>,
    options: &Value<'p>,
    module: &ClassDecl,
    served: &mut Served,
    imports: &mut Vec<Value<'p>>,
) {
    imports.extend(resolver.entry_value(options, "imports"));
    let controllers = resolver.entry_value(options, "controllers");
    for controller in controllers
        .iter()
        .flat_map(|controllers| resolver.elements_of(controllers))
    {
        if let Value::Class(_, class) = controller {
            served
                .controllers
                .entry(std::ptr::from_ref(class))
                .or_default()
                .insert(module);
        }
    }
}

/// `forwardRef(() => Users)`, `ConditionalModule.registerWhen(Users, …)`,
/// `RouterModule.register([…])`
fn package_module<'p>(
    resolver: &Resolver<'p>,
    call: &Rc<UnknownCall<'p>>,
    served: &mut Served,
    left: &mut Vec<Value<'p>>,
) {
    let name = call
        .callee
        .external()
        .map(|(_, name)| name)
        .unwrap_or_default();
    let first = call.arguments(resolver).at(0);
    match (name.as_str(), &first) {
        ("forwardRef", Value::Function(..)) => left.push(resolver.call(&first, &[]).bare()),
        ("RouterModule.register" | "RouterModule.forRoutes", _) => {
            module_paths(resolver, &first, &Ok("".into()), served, 0);
        }
        (_, Value::Class(..) | Value::Object(_) | Value::Called(_)) => left.push(first),
        _ => {}
    }
}

fn module_paths<'p>(
    resolver: &Resolver<'p>,
    routes: &Value<'p>,
    above: &PathText,
    served: &mut Served,
    depth: usize,
) {
    for route in resolver
        .elements_of(routes)
        .iter()
        .filter(|_| depth < DEPTH)
    {
        let entry = |key: &str| resolver.entry_value(route, key).unwrap_or(Value::Undefined);
        let path = joined(above, &path_of(&entry("path")));
        if let Value::Class(_, module) = entry("module") {
            served.paths.insert(module, path.clone());
        }
        module_paths(resolver, &entry("children"), &path, served, depth + 1);
    }
}
