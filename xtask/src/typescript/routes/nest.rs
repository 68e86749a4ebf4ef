//! Controllers of NestJS, below the application's prefix and version.

use std::rc::Rc;

use super::decorators::{Verb, verbs};
use super::nest_modules::{Served, served};
use super::server::{NestApp, NestEndpoint, Server};
use super::{Routes, path};
use crate::typescript::endpoints::joined;
use crate::typescript::resolve::Resolver;
use crate::typescript::syntax::{ClassDecl, Module};
use crate::typescript::values::{PathText, Value};

pub(super) fn read<'p>(
    resolver: &Resolver<'p>,
    server: &Server<'p>,
    files: &[&'p Module],
    found: &mut Routes,
) {
    let mut apps = server.nest_apps();
    // Some are made to write documentation, or to work off queues. None is seen to listen where a
    // helper does that.
    if apps.iter().any(|app| app.listens) {
        apps.retain(|app| app.listens);
    }
    let apps: Vec<_> = apps
        .into_iter()
        .map(|app| (served(resolver, &app.root), app))
        .collect();
    for module in files {
        for declared in resolver.top_level(module) {
            let Some(Value::Class(scope, class)) = resolver.peek(module, &declared) else {
                continue;
            };
            if class.decorators.is_empty() {
                continue;
            }
            for verb in verbs(resolver, &scope, class) {
                let paths = paths(&apps, class, &verb);
                for path in &paths {
                    server.nest_endpoints.borrow_mut().push(NestEndpoint {
                        class: (scope.clone(), class),
                        member: verb.member,
                        method: verb.method.clone(),
                        path: path.clone(),
                        site: verb.site,
                    });
                }
                let first = found.routes.len();
                paths
                    .iter()
                    .for_each(|path| found.add(resolver.program, &verb.method, path, verb.site));
                found.routes[first..]
                    .iter_mut()
                    .for_each(|route| route.shared = paths.len() > 1);
            }
        }
    }
}

/// The paths of `verb` on each application that serves its class. Modules cannot always be
/// followed: one that no application is known to serve is on all of them, if they agree on its
/// path.
fn paths<'p>(apps: &[(Served, NestApp<'p>)], class: &ClassDecl, verb: &Verb<'p>) -> Vec<PathText> {
    let mut known: Vec<PathText> = Vec::new();
    for (served, app) in apps {
        known.extend(
            served
                .paths(class)
                .iter()
                .map(|module| full_path(app, module, verb)),
        );
    }
    if !known.is_empty() {
        known.dedup();
        return known;
    }
    let mut possible = apps
        .iter()
        .map(|(_, app)| full_path(app, &Ok("".into()), verb));
    let first = possible.next().unwrap_or_else(|| verb.path.clone());
    if possible.any(|other| other != first) {
        return vec![Err(
            "several NestJS applications have different prefixes, and none is known to serve it"
                .into(),
        )];
    }
    vec![first]
}

fn full_path(app: &NestApp<'_>, module: &PathText, verb: &Verb<'_>) -> PathText {
    let version = match &app.versioning {
        None => Ok("".into()),
        Some(prefix) => version(
            prefix,
            verb.version.as_ref().or(app.default_version.as_ref()),
        ),
    };
    let below = joined(module, &verb.path);
    let versioned = joined(&version, &below);
    let excluded = |path: &Rc<str>| {
        let same = |excluded: &Rc<str>| path::normalised(excluded) == path::normalised(path);
        app.excluded.iter().any(same)
    };
    if below.as_ref().is_ok_and(excluded) {
        return versioned;
    }
    joined(&app.prefix, &versioned)
}

fn version(prefix: &PathText, version: Option<&PathText>) -> PathText {
    match (prefix, version) {
        (_, None) => Ok("".into()),
        (Ok(prefix), Some(Ok(version))) => Ok(format!("{prefix}{version}").into()),
        (Err(reason), _) | (_, Some(Err(reason))) => Err(reason.clone()),
    }
}
