//! Which controllers a NestJS application serves: those of its root module, and of the modules that this imports.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::Evaluator;
use super::routers::{PathText, joined, self_path};
use super::value::{Argument, ClassValue, Object, Opaque, Value};
use crate::typescript::syntax::ClassDecl;

/// How many modules are looked into: a guard against modules that make modules.
const MODULES: usize = 10_000;

/// The controllers of an application.
#[derive(Debug, Default)]
pub struct Served {
    /// Controllers with the modules that hold them.
    controllers: HashMap<*const ClassDecl, HashSet<*const ClassDecl>>,
    /// `RouterModule.register([{ path: 'admin', module: AdminModule }])`
    paths: HashMap<*const ClassDecl, PathText>,
}

impl Served {
    /// The paths that modules put before those of `controller`; none where the application is not known to serve it.
    #[must_use]
    pub fn paths(&self, controller: &ClassDecl) -> Vec<PathText> {
        let modules = self.controllers.get(&std::ptr::from_ref(controller));
        let path = |module| self.paths.get(module).cloned().unwrap_or_else(|| Ok("".into()));
        modules.into_iter().flatten().map(path).collect()
    }
}

impl<'p> Evaluator<'p> {
    /// What the application with the module `root` serves, as far as its modules can be followed.
    pub fn served(&mut self, root: &Value<'p>) -> Served {
        let mut served = Served::default();
        let mut seen = HashSet::new();
        let mut left = vec![root.clone()];
        for _ in 0..MODULES {
            let Some(module) = left.pop() else { break };
            match module {
                Value::Class(class) if seen.insert(std::ptr::from_ref(class.class)) => {
                    for options in self.module_options(&class) {
                        self.module_parts(&options, class.class, &mut served, &mut left);
                    }
                }
                // What `static forRoot()` returns.
                Value::Object(dynamic) => {
                    if let Value::Class(class) = self.entry_value(&dynamic, "module") {
                        self.module_parts(&dynamic, class.class, &mut served, &mut left);
                        left.push(Value::Class(class));
                    }
                }
                Value::Array(modules) => left.extend(modules.iter().map(|module| self.force(&module.value))),
                Value::Opaque(opaque) => {
                    if let Opaque::Call(callee, arguments) = &*opaque {
                        self.package_module(callee, arguments, &mut served, &mut left);
                    }
                }
                _ => {}
            }
        }
        served
    }

    fn module_options(&mut self, class: &Rc<ClassValue<'p>>) -> Vec<Rc<Object<'p>>> {
        let calls = self.decorators(&class.class.decorators, &class.scope);
        let modules = calls.into_iter().filter(|(name, _)| name == "Module");
        let options = modules.filter_map(|(_, arguments)| match self.argument(&arguments, 0) {
            Value::Object(options) => Some(options),
            _ => None,
        });
        options.collect()
    }

    fn module_parts(
        &mut self,
        options: &Rc<Object<'p>>,
        module: &ClassDecl,
        served: &mut Served,
        imports: &mut Vec<Value<'p>>,
    ) {
        imports.push(self.entry_value(options, "imports"));
        let Value::Array(controllers) = self.entry_value(options, "controllers") else { return };
        for controller in controllers.iter() {
            if let Value::Class(class) = self.force(&controller.value) {
                served.controllers.entry(std::ptr::from_ref(class.class)).or_default().insert(module);
            }
        }
    }

    /// `forwardRef(() => Users)`, `ConditionalModule.registerWhen(Users, …)`, `RouterModule.register([…])`
    fn package_module(
        &mut self,
        callee: &Value<'p>,
        arguments: &[Argument<'p>],
        served: &mut Served,
        left: &mut Vec<Value<'p>>,
    ) {
        let name = callee.external().map(|(_, name)| name).unwrap_or_default();
        let first = self.argument(arguments, 0);
        match (name.as_str(), &first) {
            ("forwardRef", Value::Function(_)) => left.push(self.call(&first, &[])),
            ("RouterModule.register" | "RouterModule.forRoutes", _) => {
                self.module_paths(&first, &Ok("".into()), served, 0);
            }
            (_, Value::Class(_) | Value::Object(_) | Value::Opaque(_)) => left.push(first),
            _ => {}
        }
    }

    fn module_paths(&mut self, routes: &Value<'p>, above: &PathText, served: &mut Served, depth: usize) {
        let Value::Array(routes) = routes else { return };
        for route in routes.iter().filter(|_| depth < 8) {
            let Value::Object(route) = self.force(&route.value) else { continue };
            let path = joined(above, &self_path(&self.entry_value(&route, "path")));
            if let Value::Class(module) = self.entry_value(&route, "module") {
                served.paths.insert(module.class, path.clone());
            }
            let children = self.entry_value(&route, "children");
            self.module_paths(&children, &path, served, depth + 1);
        }
    }
}
