//! Methods of a NestJS application: prefix, versions, listening.

use super::routers::MethodCall;
use super::server::Server;
use crate::typescript::endpoints::{path_of, paths_of};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::{Handle, PathText, Value};

impl<'p> Server<'p> {
    /// `NestFactory.create(…)` returned this application.
    pub(super) fn nest_method(
        &self,
        index: usize,
        name: &str,
        call: MethodCall<'_, 'p>,
    ) -> Value<'p> {
        let first = call.arguments.at(0);
        match name {
            "setGlobalPrefix" => {
                let excluded = call.resolver.entry_value(&call.arguments.at(1), "exclude");
                let excluded = excluded
                    .map(|excluded| paths_of(call.resolver, &excluded))
                    .unwrap_or_default();
                let mut apps = self.nest_apps.borrow_mut();
                apps[index].prefix = path_of(&first);
                apps[index].excluded = excluded.into_iter().flatten().collect();
            }
            "enableVersioning" => {
                let versioning = versioning(call.resolver, &first);
                let default = call.resolver.entry_value(&first, "defaultVersion");
                let mut apps = self.nest_apps.borrow_mut();
                apps[index].versioning = versioning;
                apps[index].default_version = default
                    .filter(|default| !default.is_nothing())
                    .map(|one| path_of(&one));
            }
            "listen" => self.nest_apps.borrow_mut()[index].listens = true,
            // A provider, as the service of the configuration: its values are only known later.
            "get" | "resolve" | "select" => {
                return Value::Unknown(
                    "it is what a provider returns when the program runs".into(),
                );
            }
            _ => {}
        }
        Value::Handle(Handle::NestApp(index))
    }
}

/// Only versions in the path matter, and a default version: `{ type: VersioningType.URI,
/// defaultVersion: '1' }`.
fn versioning<'p>(resolver: &Resolver<'p>, options: &Value<'p>) -> Option<PathText> {
    if !matches!(options, Value::Object(_)) {
        return Some(Ok("v".into()));
    }
    let kind = resolver
        .entry_value(options, "type")
        .map_or("0".to_owned(), |kind| kind.describe());
    if !kind.ends_with("URI") && kind != "undefined" && kind != "0" {
        return None;
    }
    match resolver.entry_value(options, "prefix") {
        None | Some(Value::Undefined | Value::Null) => Some(Ok("v".into())),
        Some(Value::Boolean(false)) => Some(Ok("".into())),
        Some(other) => Some(path_of(&other)),
    }
}
