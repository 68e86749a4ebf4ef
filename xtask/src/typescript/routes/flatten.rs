//! Routers → endpoints: each registration below each mount, from the applications down.

use std::collections::HashSet;
use std::rc::Rc;

use super::server::{Birth, Framework, Placement, RouterNode};
use super::{Routes, location, path};
use crate::facts::UnresolvedEndpoint;
use crate::typescript::endpoints::joined;
use crate::typescript::modules::Program;
use crate::typescript::values::{PathText, RouterId, Site};

/// How deep routers nest.
const DEPTH: usize = 24;

/// Adds the endpoints of `routers` to `found`; returns where contracts are offered.
pub(super) fn read<'p>(
    program: &Program<'_>,
    routers: &[RouterNode<'p>],
    found: &mut Routes,
) -> Vec<Placement<'p>> {
    let mounted: HashSet<RouterId> = routers
        .iter()
        .flat_map(|router| &router.mounts)
        .filter_map(|mount| mount.child.clone().ok())
        .collect();
    let has_application = routers.iter().any(is_application);
    let mut walk = MountWalk {
        program,
        routers,
        reached: HashSet::new(),
        placements: Vec::new(),
        found,
    };
    for (id, router) in routers.iter().enumerate() {
        let is_top =
            !mounted.contains(&id) && (router.framework == Framework::Hono || !has_application);
        if is_application(router) || is_top {
            walk.router(id, router.site, &Ok("".into()), 0);
        }
    }
    let (reached, placements) = (walk.reached, walk.placements);
    for (id, router) in routers
        .iter()
        .enumerate()
        .filter(|(id, _)| !reached.contains(id))
    {
        if !mounted.contains(&id) && !router.registrations.is_empty() {
            unmounted(program, router, found);
        }
    }
    placements
}

fn is_application(router: &RouterNode<'_>) -> bool {
    matches!(router.birth, Birth::Application | Birth::GivenApplication)
}

struct MountWalk<'w, 'p> {
    program: &'w Program<'w>,
    routers: &'w [RouterNode<'p>],
    reached: HashSet<RouterId>,
    placements: Vec<Placement<'p>>,
    found: &'w mut Routes,
}

impl<'p> MountWalk<'_, 'p> {
    fn router(&mut self, id: RouterId, application: Site<'p>, prefix: &PathText, depth: usize) {
        let Some(router) = self.routers.get(id).filter(|_| depth < DEPTH) else {
            return;
        };
        self.reached.insert(id);
        let prefix = below(prefix, &router.prefix);
        for registration in &router.registrations {
            let path = below(&prefix, &registration.path);
            self.found
                .add(self.program, &registration.method, &path, registration.site);
            if let Some(contract) = registration.contract {
                self.placements.push(Placement {
                    contract,
                    method: registration.method.clone(),
                    path,
                    application,
                });
            }
        }
        for mount in &router.mounts {
            match &mount.child {
                Ok(child) => {
                    let prefix = below(&prefix, &mount.path);
                    self.router(*child, application, &prefix, depth + 1);
                }
                Err(reason) => self.unknown_mount(mount.site, reason),
            }
        }
    }

    fn unknown_mount(&mut self, site: Site<'_>, reason: &str) {
        let Some(location) = location(self.program, site) else {
            return;
        };
        let name = format!("mount at {location}");
        let reason = format!("what is mounted here is not known: {reason}");
        self.found.unresolved.push(UnresolvedEndpoint {
            what: "mount",
            tail: None,
            name,
            location,
            reason,
        });
    }
}

fn below(prefix: &PathText, path: &PathText) -> PathText {
    match (prefix, path) {
        (Ok(prefix), Ok(path)) if prefix.is_empty() => Ok(Rc::clone(path)),
        _ => joined(prefix, path),
    }
}

fn unmounted(program: &Program<'_>, router: &RouterNode<'_>, found: &mut Routes) {
    for registration in &router.registrations {
        let Some(location) = location(program, registration.site) else {
            continue;
        };
        let path = registration.path.as_deref().unwrap_or("…");
        let tail = path::normalised(path)
            .ok()
            .and_then(|paths| paths.into_iter().next());
        let tail = tail.filter(|_| registration.path.is_ok());
        found.unresolved.push(UnresolvedEndpoint {
            what: "route",
            tail: tail.map(|path| (registration.method.clone(), path)),
            name: format!("{} {path}", registration.method),
            location,
            reason: "its router is not mounted on any application in the files of `routes`".into(),
        });
    }
}
