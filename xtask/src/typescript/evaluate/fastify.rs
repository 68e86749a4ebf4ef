//! Fastify: routes as objects, and plugins that are registered under a prefix.

use std::rc::Rc;

use super::routers::{Mount, PathText, RouterId, self_path};
use super::value::{Argument, Closure, Site, Value};
use super::{Evaluator, Opaque};

impl<'p> Evaluator<'p> {
    /// `fastify.route({ method, url })`
    pub(super) fn fastify_route(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let options = self.argument(arguments, 0);
        let Value::Object(options) = &options else {
            return self.add(id, "ALL", Err(options.reason()), site);
        };
        let methods = self.entry_value(options, "method");
        let path = match self.entry_value(options, "url") {
            Value::Nothing => self.entry_value(options, "path"),
            url => url,
        };
        for method in self.paths(&methods).into_iter().flatten() {
            for path in self.paths(&path) {
                self.add(id, &method, path, site);
            }
        }
    }

    /// `fastify.register(plugin, { prefix })`
    pub(super) fn fastify_register(&mut self, id: RouterId, arguments: &[Argument<'p>], site: Site<'p>) {
        let plugin = self.argument(arguments, 0);
        let options = self.argument(arguments, 1);
        let prefix = match &options {
            Value::Object(options) => match self.entry_value(options, "prefix") {
                Value::Nothing => Ok("".into()),
                prefix => self_path(&prefix),
            },
            _ => Ok("".into()),
        };
        let plugin = match plugin {
            Value::Module(_) => self.member(&plugin, "default"),
            other => other,
        };
        match plugin {
            Value::Function(closure) => self.run_plugin(id, &closure, prefix, options, site),
            Value::Opaque(opaque) if loads_files(&opaque) => {
                let reason = "its routes are loaded from a folder when the program runs".to_owned();
                self.routers[id].mounts.push(Mount { path: prefix, child: Err(reason), site });
            }
            Value::Opaque(opaque) if matches!(&*opaque, Opaque::Unknown(_)) => {
                self.mount(id, prefix, &Value::Opaque(opaque), site);
            }
            _ => {}
        }
    }

    fn run_plugin(
        &mut self,
        id: RouterId,
        plugin: &Rc<Closure<'p>>,
        prefix: PathText,
        options: Value<'p>,
        site: Site<'p>,
    ) {
        let instance = if plugin.transparent { id } else { self.child(id, prefix, site) };
        self.call_closure(plugin, None, &[Argument::known(Value::Router(instance)), Argument::known(options)]);
    }
}

fn loads_files(opaque: &Opaque<'_>) -> bool {
    matches!(opaque, Opaque::Export(module, _) if matches!(&**module, "@fastify/autoload" | "fastify-autoload"))
}
