//! The configured files → facts: each file that the prefilter lets through is parsed, and all that
//! it declares is taken.

mod groups;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Result;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::collect::{self, Links};
use super::discover::{self, Candidate, Roles};
use super::modules::Program;
use super::resolve::Resolver;
use super::syntax::Module;
use super::{contracts, drizzle, entities, routes, row_uses};
use crate::config::{Config, OrmNaming};
use crate::facts::{Facts, Problem, Requested};
use crate::prisma::client::Clients;
use crate::readers::cache::Cache;
use crate::readers::reader::Input;
use crate::source::{LineIndex, Span};
use crate::tree::Tree;

/// Whether a file with these roles and bytes is read.
type Prefilter = fn(Roles, &[u8]) -> bool;

/// Reads the configured files. What the cache has from an earlier time is used again, and what is
/// parsed now is kept in it. Needs [`super::parse::STACK_SIZE`] of stack.
pub(super) fn read(input: &Input<'_>, prefilter: Prefilter) -> Result<Facts> {
    let Input {
        tree,
        config,
        cache,
    } = *input;
    let walked = discover::walk(tree, config)?;
    let mut facts = Facts {
        requested: requested(config),
        files_walked: walked.files.len(),
        files_ignored: walked.ignored,
        ..Facts::default()
    };
    let clients = Clients::new(tree, config);
    let program = Program::new(tree)
        .knowing(walked.listing)
        .offering(&clients)
        .remembering(cache);
    let reading = SourceReading {
        tree,
        program: &program,
        cache,
        prefilter,
        base_path: &config.contracts_base_path,
        reads_handlers: !config.sources.openapi.is_empty(),
        naming: config.orm_naming,
    };
    let files = reading.parse(walked.files, &mut facts.problems);
    reading.share(&files);
    reading.take(files, &mut facts);
    let modules = program.into_modules();
    // Freeing the trees that are left takes a good part of the time that reading took. A process
    // that reads once ends soon, and need not; for one that goes on nobody need wait.
    match cache {
        None => std::mem::forget(modules),
        Some(_) => drop(std::thread::spawn(|| drop(modules))),
    }
    Ok(facts)
}

fn requested(config: &Config) -> Requested {
    let sources = &config.sources;
    Requested {
        types: !sources.types.is_empty(),
        validation: !sources.validation.is_empty(),
        tables: !sources.drizzle.is_empty()
            || !sources.typeorm.is_empty()
            || !sources.mikroorm.is_empty()
            || !sources.sequelize.is_empty(),
        routes: !sources.routes.is_empty(),
        contracts: !sources.contracts.is_empty(),
    }
}

/// A file that the prefilter left out, with the roles that it had then, as it is kept in the cache.
struct LeftOut(Roles);

/// The tree, program, cache and prefilter that files are read with.
struct SourceReading<'r, 't> {
    tree: &'r dyn Tree,
    program: &'r Program<'t>,
    cache: Option<&'r Cache>,
    prefilter: Prefilter,
    /// The base path of contracts.
    base_path: &'r str,
    /// Whether a document says what routes take, beside which their handlers are read.
    reads_handlers: bool,
    /// The names that ORMs give.
    naming: OrmNaming,
}

thread_local! {
    /// The bytes of the last file that was looked at, whose room is used again for the next.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A file that was parsed.
struct ParsedFile {
    roles: Roles,
    module: Arc<Module>,
}

/// The facts of one file, and links between declarations.
type FileFacts = (Facts, Links);

/// How many files a thread looks at before another one may take over: some take a hundred times as
/// long as others.
const AT_ONCE: usize = 8;

impl SourceReading<'_, '_> {
    /// Parses the files that the prefilter lets through, and returns these.
    fn parse(&self, files: Vec<Candidate>, problems: &mut Vec<Problem>) -> Vec<ParsedFile> {
        let parsed: Vec<_> = files
            .into_par_iter()
            .with_max_len(AT_ONCE)
            .map(|file| self.parse_one(file))
            .collect();
        let mut files = Vec::new();
        for parsed in parsed {
            match parsed {
                Ok(file) => files.extend(file),
                Err(problem) => problems.push(problem),
            }
        }
        files
    }

    /// Parses `file`; none where the prefilter leaves it out.
    fn parse_one(&self, file: Candidate) -> Result<Option<ParsedFile>, Problem> {
        let roles = file.roles;
        let known = self
            .cache
            .and_then(|cache| Some((cache, self.tree.stamp(&file.path)?)));
        if let Some((cache, stamp)) = known {
            if cache
                .get::<LeftOut>(&file.path, stamp)
                .is_some_and(|left_out| left_out.0 == roles)
            {
                return Ok(None);
            }
            if let Some(module) = cache.get::<Module>(&file.path, stamp) {
                return Ok(Some(ParsedFile { roles, module }));
            }
        }
        let mut buffer = BUFFER.take();
        let read = self.tree.read_in(&file.path, &mut buffer);
        let bytes = read.map_err(|error| unreadable(&file.path, &error.to_string()))?;
        let mut parsed = None;
        if (self.prefilter)(roles, bytes) {
            let stamp = known.map(|(_, stamp)| stamp);
            let module = self.program.parse(&file.path, bytes, stamp);
            parsed = Some(ParsedFile { roles, module });
        } else if let Some((cache, stamp)) = known {
            cache.keep(&file.path, stamp, Arc::new(LeftOut(roles)));
        }
        BUFFER.set(buffer);
        Ok(parsed)
    }

    /// Adds to the program the files that others refer to, and those that are run. Of the remaining
    /// ones only the facts are needed: each tree is freed when those are taken, since the trees and
    /// the facts of a large monorepo together would take twice the memory. A file that another one
    /// refers to in a way that is not foreseen here is parsed once more.
    fn share(&self, files: &[ParsedFile]) {
        let named: FxHashSet<&str> = files
            .par_iter()
            .flat_map_iter(|file| self.program.named_by(&file.module))
            .collect();
        for ParsedFile { roles, module } in files {
            let is_run = roles.routes || roles.contracts;
            if is_run || !module.ambient.is_empty() || named.contains(&*module.path) {
                self.program.add(module);
            }
        }
    }

    /// Adds to `facts` all that the parsed `files` declare.
    fn take(&self, files: Vec<ParsedFile>, facts: &mut Facts) {
        self.program
            .find_augmentations(files.iter().map(|file| &*file.module));
        facts.files_parsed = files.len();
        let (with_routes, with_contracts) = (
            paths(&files, |roles| roles.routes),
            paths(&files, |roles| roles.contracts),
        );
        let (parts, (routes, contracts)) = rayon::join(
            || self.collect(files),
            || self.endpoints(&with_routes, &with_contracts),
        );
        facts.routes = routes.routes;
        facts.contracts = contracts.contracts;
        facts.exchanges = contracts.exchanges;
        facts.unresolved_endpoints = [routes.unresolved, contracts.unresolved].concat();
        let unreadable = std::mem::take(&mut facts.problems);
        append(facts, parts).apply(facts);
        entities::merge_children(facts);
        drizzle::leave_unstated(&mut facts.tables);
        facts.problems.extend(unreadable);
    }

    /// The declarations of each of `files`.
    fn collect(&self, files: Vec<ParsedFile>) -> Vec<FileFacts> {
        groups::each(files, &|group| {
            let resolver = Resolver::new(self.program);
            group
                .iter()
                .map(|file| collect_from(file, self.naming, &resolver))
                .collect()
        })
    }

    /// Routes before contracts: reading a contract evaluates top-level calls a second time.
    fn endpoints(
        &self,
        with_routes: &[Arc<str>],
        with_contracts: &[Arc<str>],
    ) -> (routes::Routes, contracts::Contracts) {
        let with_routes: Vec<&str> = with_routes.iter().map(|path| &**path).collect();
        let with_contracts: Vec<&str> = with_contracts.iter().map(|path| &**path).collect();
        let server = Rc::new(routes::Server::default());
        let resolver = Resolver::running(self.program, server.clone());
        let mut routes = routes::read(&resolver, &server, &with_routes);
        if self.reads_handlers {
            routes::read_handlers(self.program, &with_routes, &mut routes.routes);
        }
        if with_routes.is_empty() {
            // Contracts may be mounted where nobody asks for routes.
            let _not_asked_for = routes::read(&resolver, &server, &with_contracts);
        }
        let contracts = contracts::read(&resolver, &server, self.base_path, &with_contracts);
        (routes, contracts)
    }
}

/// The paths of the files with a role.
fn paths(files: &[ParsedFile], has_role: fn(Roles) -> bool) -> Vec<Arc<str>> {
    let with_role = files.iter().filter(|file| has_role(file.roles));
    with_role
        .map(|file| Arc::clone(&file.module.path))
        .collect()
}

/// The declarations of `file`.
fn collect_from<'p>(file: &'p ParsedFile, naming: OrmNaming, resolver: &Resolver<'p>) -> FileFacts {
    let mut facts = Facts {
        problems: file.module.problems.clone(),
        ..Facts::default()
    };
    let links = collect::collect(resolver, &file.module, file.roles, naming, &mut facts);
    (facts.row_uses, facts.given) = row_uses::read(resolver, &file.module);
    (facts, links)
}

/// Adds what was read from files, and returns what they say about declarations of others.
fn append(facts: &mut Facts, parts: Vec<FileFacts>) -> Links {
    let mut links = Links::default();
    for (part, stated) in parts {
        facts.merge(part);
        links.extend(stated);
    }
    links
}

fn unreadable(path: &str, why: &str) -> Problem {
    let lines = LineIndex::new(path.into(), "".into());
    Problem {
        location: lines.location(Span::default()),
        message: format!("the file cannot be read: {why}"),
    }
}
