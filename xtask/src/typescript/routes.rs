//! The endpoints that a server offers: what is registered on its applications and routers, over all mounts; the files
//! of Next.js; the controllers of NestJS. A path or mount that is only known when the program runs is said to be
//! unresolved, with the reason, and everything below it; nothing is guessed.

mod flatten;
mod nest;
mod next;
pub mod path;
mod uncalled;

use std::collections::HashSet;

use super::collect::tags;
use super::evaluate::{Evaluator, Site};
use super::facts::{Route, Tags, UnresolvedEndpoint};
use super::syntax::Module;
use crate::source::{Location, Span};

/// What was read.
#[derive(Debug, Default)]
pub struct Routes {
    /// Each endpoint once.
    pub routes: Vec<Route>,
    /// What could not be followed.
    pub unresolved: Vec<UnresolvedEndpoint>,
}

/// Reads the routes of `files`, in which routes are declared or mounted. Needs [`super::parse::STACK_SIZE`] of stack.
#[must_use]
pub fn read(evaluator: &mut Evaluator<'_>, files: &[&str]) -> Routes {
    let mut found = Routes::default();
    files.iter().for_each(|file| evaluator.run(file));
    files.iter().for_each(|file| uncalled::run(evaluator, file));
    flatten::read(evaluator, &mut found);
    nest::read(evaluator, files, &mut found);
    next::read(evaluator, files, &mut found);
    if evaluator.exhausted() {
        found.give_up(evaluator, files);
    }
    found.sort();
    found
}

impl Routes {
    fn add(
        &mut self,
        evaluator: &Evaluator<'_>,
        method: &str,
        path: &Result<std::rc::Rc<str>, String>,
        site: Site<'_>,
    ) {
        let Some(module) = evaluator.program().load(site.file) else { return };
        let location = module.location(site.span);
        match path.as_deref().map_err(Clone::clone).and_then(path::normalised) {
            Ok(paths) => self.routes.extend(paths.into_iter().map(|path| Route {
                method: method.to_owned(),
                path,
                location: location.clone(),
                shared: false,
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

    fn give_up(&mut self, evaluator: &Evaluator<'_>, files: &[&str]) {
        let Some(file) = files.first() else { return };
        let site = Site { file, span: Default::default() };
        if let Some(location) = location(evaluator, site) {
            let reason = "the program is too large to follow: some routes are missing".to_owned();
            self.unresolved.push(UnresolvedEndpoint {
                what: "route",
                tail: None,
                name: "all".into(),
                location,
                reason,
            });
        }
    }

    /// By place; one that is reached twice counts once, and one that is reached at all is not unresolved.
    fn sort(&mut self) {
        let reached: HashSet<&Location> = self.routes.iter().map(|route| &route.location).collect();
        self.unresolved.retain(|one| one.what != "route" || !reached.contains(&one.location));
        self.routes.sort_by(|a, b| (&a.location, &a.path, &a.method).cmp(&(&b.location, &b.path, &b.method)));
        self.routes.dedup_by(|a, b| (&a.location, &a.path, &a.method) == (&b.location, &b.path, &b.method));
        self.unresolved.sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
        self.unresolved.dedup();
    }
}

/// The comments before the line of a route, or behind it.
fn tags(module: &Module, span: Span) -> Tags {
    let line = module.location(span).line;
    let starts = module.comments.iter().filter_map(|comment| comment.before);
    let start = starts.rev().find(|start| module.location(Span { start: *start, end: *start }).line == line);
    tags::read(module, Span { start: start.unwrap_or(span.start), end: span.end })
}

fn location(evaluator: &Evaluator<'_>, site: Site<'_>) -> Option<Location> {
    evaluator.program().load(site.file).map(|module| module.location(site.span))
}

#[cfg(test)]
mod tests;
