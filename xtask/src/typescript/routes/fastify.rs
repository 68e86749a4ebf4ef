//! Fastify: routes as objects, and plugins that are registered under a prefix.

use super::routers::{MethodCall, router};
use super::server::{Mount, Server};
use crate::typescript::endpoints::{path_of, paths_of};
use crate::typescript::values::{PathText, RouterId, Value};

impl<'p> Server<'p> {
    /// `fastify.route({ method, url })`
    pub(super) fn fastify_route(&self, id: RouterId, call: MethodCall<'_, 'p>) {
        let options = call.arguments.at(0);
        if !matches!(options, Value::Object(_)) {
            return self.add(id, "ALL", Err(options.reason()), call.site);
        }
        let entry = |key: &str| {
            call.resolver
                .entry_value(&options, key)
                .filter(|value| !value.is_nothing())
        };
        let methods = entry("method").unwrap_or(Value::Undefined);
        let path = entry("url")
            .or_else(|| entry("path"))
            .unwrap_or(Value::Undefined);
        for method in paths_of(call.resolver, &methods).into_iter().flatten() {
            for path in paths_of(call.resolver, &path) {
                self.add(id, &method, path, call.site);
            }
        }
    }

    /// `fastify.register(plugin, { prefix })`
    pub(super) fn fastify_register(&self, id: RouterId, call: MethodCall<'_, 'p>) {
        let prefix = call.resolver.entry_value(&call.arguments.at(1), "prefix");
        let prefix = prefix.map_or_else(|| Ok("".into()), |prefix| path_of(&prefix));
        let plugin = match call.arguments.at(0) {
            module @ Value::Module(_) => call.resolver.member(&module, "default").bare(),
            other => other,
        };
        match &plugin {
            Value::Function(..) => self.run_plugin(id, &plugin, prefix, call),
            Value::External(package, _)
                if matches!(&**package, "@fastify/autoload" | "fastify-autoload") =>
            {
                let reason = "its routes are loaded from a folder when the program runs".to_owned();
                self.mount_child(
                    id,
                    Mount {
                        path: prefix,
                        child: Err(reason),
                        site: call.site,
                    },
                );
            }
            Value::Unknown(_) => self.mount(id, prefix, &plugin, call.site),
            _ => {}
        }
    }

    fn run_plugin(
        &self,
        id: RouterId,
        plugin: &Value<'p>,
        prefix: PathText,
        call: MethodCall<'_, 'p>,
    ) {
        let instance = if self.is_transparent(plugin) {
            id
        } else {
            self.child(id, prefix, call.site)
        };
        call.resolver
            .call(plugin, &[router(instance), call.arguments.at(1)]);
    }

    /// `fp(plugin)`: the plugin registers on its parent.
    pub(super) fn make_transparent(&self, plugin: &Value<'p>) {
        if let Value::Function(_, function) = plugin {
            self.transparent
                .borrow_mut()
                .insert(std::ptr::from_ref(*function));
        }
    }

    fn is_transparent(&self, plugin: &Value<'p>) -> bool {
        matches!(plugin, Value::Function(_, function)
            if self.transparent.borrow().contains(&std::ptr::from_ref(*function)))
    }
}
