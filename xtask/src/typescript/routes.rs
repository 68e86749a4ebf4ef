//! The endpoints that a server offers: what is registered on its applications and routers, over all
//! mounts; the files of Next.js; the controllers of NestJS. A path or mount that is only known when
//! the program runs is said to be unresolved, with the reason, and everything below it; nothing is
//! guessed.

mod decorators;
mod fastify;
mod flatten;
mod frameworks;
mod handlers;
mod nest;
mod nest_application;
mod nest_modules;
mod next;
pub mod path;
mod routers;
mod server;
mod uncalled;

use std::collections::HashSet;

use super::collect::tags;
use super::modules::Program;
use super::resolve::Resolver;
use super::syntax::Module;
use super::values::Site;
use crate::facts::{Route, Tags, UnresolvedEndpoint};
use crate::source::{Location, Span};
pub use handlers::read as read_handlers;
pub use server::{NestEndpoint, Server};

/// The routes that were read, and those that could not be resolved.
#[derive(Debug, Default)]
pub struct Routes {
    /// Each endpoint once.
    pub routes: Vec<Route>,
    /// The routes and mounts that could not be followed.
    pub unresolved: Vec<UnresolvedEndpoint>,
}

/// Reads the routes of `files`, in which routes are declared or mounted. `resolver` runs the
/// program and tells `server` what it does. Needs [`super::parse::STACK_SIZE`] of stack.
#[must_use]
pub fn read<'p>(resolver: &Resolver<'p>, server: &Server<'p>, files: &[&str]) -> Routes {
    let mut found = Routes::default();
    let Some(running) = resolver.run_state() else {
        return found;
    };
    let modules: Vec<&'p Module> = files
        .iter()
        .filter_map(|file| resolver.program.load(file))
        .collect();
    modules.iter().for_each(|module| resolver.run(module));
    uncalled::run(resolver, running, server, &modules);
    next::run_catch_alls(resolver, &modules);
    let placements = flatten::read(resolver.program, &server.routers(), &mut found);
    server.placements.replace(placements);
    nest::read(resolver, server, &modules, &mut found);
    next::read(resolver.program, &modules, &mut found);
    if resolver.is_exhausted() {
        found.give_up(&modules);
    }
    found.sort();
    found
}

impl Routes {
    fn add(
        &mut self,
        program: &Program<'_>,
        method: &str,
        path: &Result<std::rc::Rc<str>, String>,
        site: Site<'_>,
    ) {
        let Some(module) = program.load(site.file) else {
            return;
        };
        let location = module.location(site.span);
        match path
            .as_deref()
            .map_err(Clone::clone)
            .and_then(path::normalised)
        {
            Ok(paths) => self.routes.extend(paths.into_iter().map(|path| Route {
                method: method.to_owned(),
                path,
                location: location.clone(),
                shared: false,
                inputs: Vec::new(),
                tags: tags(module, site.span),
            })),
            Err(reason) => self.unresolved.push(UnresolvedEndpoint {
                what: "route",
                tail: None,
                name: format!("{method} at {location}"),
                location,
                reason,
            }),
        }
    }

    fn give_up(&mut self, files: &[&Module]) {
        let Some(module) = files.first() else { return };
        let reason = "the program is too large to follow: some routes are missing".to_owned();
        let location = module.location(Span::default());
        self.unresolved.push(UnresolvedEndpoint {
            what: "route",
            tail: None,
            name: "all".into(),
            location,
            reason,
        });
    }

    /// By place; one that is reached twice counts once, and one that is reached at all is not
    /// unresolved.
    fn sort(&mut self) {
        let reached: HashSet<&Location> = self.routes.iter().map(|route| &route.location).collect();
        self.unresolved
            .retain(|one| one.what != "route" || !reached.contains(&one.location));
        self.routes.sort_by(|a, b| {
            (&a.location, &a.path, &a.method).cmp(&(&b.location, &b.path, &b.method))
        });
        self.routes.dedup_by(|a, b| {
            (&a.location, &a.path, &a.method) == (&b.location, &b.path, &b.method)
        });
        self.unresolved
            .sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
        self.unresolved.dedup();
    }
}

/// The comments before the line of a route, or behind it.
fn tags(module: &Module, span: Span) -> Tags {
    let line = module.location(span).line;
    let starts = module.comments.iter().filter_map(|comment| comment.before);
    let start = starts.rev().find(|start| {
        module
            .location(Span {
                start: *start,
                end: *start,
            })
            .line
            == line
    });
    tags::read(
        module,
        Span {
            start: start.unwrap_or(span.start),
            end: span.end,
        },
    )
}

fn location(program: &Program<'_>, site: Site<'_>) -> Option<Location> {
    program
        .load(site.file)
        .map(|module| module.location(site.span))
}

#[cfg(test)]
pub(crate) mod test_utils;
#[cfg(test)]
mod tests;
