//! The configured files → facts. Where only some types are asked for it takes two steps: what the first facts name may be
//! declared in files in which nobody asked for anything ([`named`]).

mod groups;
mod named;

use std::cell::Cell;
use std::sync::Arc;

use anyhow::Result;
use rayon::prelude::*;

use super::cache::Cache;
use super::collect::{self, Links, Selection};
use super::demand::Demand;
use super::discover::{self, Candidate, Found};
use super::facts::{Facts, Problem};
use super::modules::Program;
use super::resolve::Resolver;
use super::syntax::Text;
use super::{contracts, evaluate, routes};
use crate::config::Config;
use crate::source::{LineIndex, Location, Span};
use crate::tree::Tree;

/// Reads the files of `tree`. Needs [`super::parse::STACK_SIZE`] of stack.
pub(super) fn read(tree: &dyn Tree, config: &Config, demand: &dyn Demand, cache: Option<&Cache>) -> Result<Facts> {
    let (walked, ()) = rayon::join(|| discover::walk(tree, config), || demand.prepare());
    let walked = walked?;
    let mut facts = Facts { files_walked: walked.files.len(), ..Facts::default() };
    let program = Program::new(tree).knowing(walked.listing).remembering(cache).asked_for(demand);
    let reading = Reading { tree, program: &program, demand, cache };
    let files = reading.look_at(walked.files, &mut facts);
    let links = reading.take_asked(&files.asked, &mut facts);
    if !demand.is_for_all() {
        reading.take_named(&files, &links, &mut facts);
    }
    links.apply(&mut facts);
    drop(files);
    let modules = program.into_modules();
    // Freeing every tree takes a good part of the time that reading took. A process that reads once ends soon, and need not;
    // for one that goes on nobody need wait.
    match cache {
        None => std::mem::forget(modules),
        Some(_) => drop(std::thread::spawn(|| drop(modules))),
    }
    Ok(facts)
}

/// What files are read with.
struct Reading<'r, 't> {
    tree: &'r dyn Tree,
    program: &'r Program<'t>,
    demand: &'r dyn Demand,
    cache: Option<&'r Cache>,
}

/// The files with a role.
#[derive(Default)]
struct Files {
    /// Those that are parsed.
    asked: Vec<Candidate>,
    /// Those that declare types, and none that is asked for.
    unasked: Vec<Unasked>,
}

/// A file, and the names of the types that it may declare.
type Unasked = (Candidate, Arc<[Text]>);

enum Looked {
    Asked(Candidate),
    Unasked(Candidate, Arc<[Text]>),
}

thread_local! {
    /// The bytes of the last file that was looked at, whose room is used again for the next.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A file, and what is taken from it.
type Job<'f> = (&'f Candidate, Selection<'f>);

/// What was taken.
type Part = (Facts, Links);

/// How many files a thread looks at before another one may take over: some take a hundred times as long as others.
const AT_ONCE: usize = 8;

impl Reading<'_, '_> {
    fn look_at(&self, files: Vec<Candidate>, facts: &mut Facts) -> Files {
        let looked: Vec<_> = files.into_par_iter().with_max_len(AT_ONCE).map(|file| self.look(file)).collect();
        let mut files = Files::default();
        for looked in looked {
            match looked {
                Ok(Looked::Asked(file)) => files.asked.push(file),
                Ok(Looked::Unasked(file, names)) if !names.is_empty() => files.unasked.push((file, names)),
                Ok(Looked::Unasked(..)) => {}
                Err(problem) => facts.problems.push(problem),
            }
        }
        files
    }

    /// Parses `file` if it matters.
    fn look(&self, file: Candidate) -> Result<Looked, Problem> {
        let known = self.cache.and_then(|cache| Some((cache, self.tree.stamp(&file.path)?)));
        if let Some((cache, stamp)) = known {
            if let Some(names) = cache.unasked(&file, stamp, self.demand.fingerprint()) {
                return Ok(Looked::Unasked(file, names));
            }
            if cache.module(&file.path, stamp).is_some() {
                return Ok(Looked::Asked(file));
            }
        }
        let mut buffer = BUFFER.take();
        let read = self.tree.read_in(&file.path, &mut buffer);
        let bytes = read.map_err(|error| unreadable(&file.path, &error.to_string()))?;
        let looked = match discover::look(file.roles, bytes, self.demand) {
            found @ (Found::Schemas | Found::Types) => {
                let schemas = found == Found::Schemas;
                self.program.add(&file.path, bytes, schemas, known.map(|(_, stamp)| stamp));
                Looked::Asked(file)
            }
            Found::Names(names) => {
                let names: Arc<[Text]> = names.into();
                if let Some((cache, stamp)) = known {
                    cache.keep_unasked(&file, stamp, self.demand.fingerprint(), &names);
                }
                Looked::Unasked(file, names)
            }
        };
        BUFFER.set(buffer);
        Ok(looked)
    }

    /// The first step: what is asked for in `files`, and all their schemas, tables, sets of values and endpoints.
    fn take_asked(&self, files: &[Candidate], facts: &mut Facts) -> Links {
        self.program.find_augmentations(files.iter().map(|file| &*file.path));
        let asked = |_file: &str, name: &str| self.demand.asks_for(name);
        let selection = Selection { types: &asked, values: true, constants: true };
        let jobs: Vec<_> = files.iter().map(|file| (file, selection)).collect();
        let (parts, (routes, contracts)) = rayon::join(|| self.collect(&jobs), || self.endpoints(files));
        facts.files_parsed = files.len();
        facts.routes = routes.routes;
        facts.contracts = contracts.contracts;
        facts.exchanges = contracts.exchanges;
        facts.unresolved_endpoints = [routes.unresolved, contracts.unresolved].concat();
        let unreadable = std::mem::take(&mut facts.problems);
        let links = append(facts, parts);
        facts.problems.extend(unreadable);
        links
    }

    /// What is selected of each of `files`.
    fn collect(&self, files: &[Job<'_>]) -> Vec<Part> {
        groups::each(files, self.program, &|group| {
            let resolver = Resolver::new(self.program);
            group.iter().map(|(file, selection)| collect_from(file, &resolver, *selection)).collect()
        })
    }

    /// Routes before contracts: reading a contract evaluates top-level calls a second time.
    fn endpoints(&self, files: &[Candidate]) -> (routes::Routes, contracts::Contracts) {
        let with = |has_role: fn(&discover::Roles) -> bool| -> Vec<&str> {
            files.iter().filter(|file| has_role(&file.roles)).map(|file| &*file.path).collect()
        };
        let mut evaluator = evaluate::Evaluator::new(self.program);
        let routes = routes::read(&mut evaluator, &with(|roles| roles.routes));
        let contracts = contracts::read(&mut evaluator, &with(|roles| roles.contracts));
        (routes, contracts)
    }
}

/// What `file` declares.
fn collect_from<'p>(file: &Candidate, resolver: &Resolver<'p>, selection: Selection<'_>) -> Part {
    let mut facts = Facts::default();
    let Some(module) = resolver.program.load(&file.path) else { return Part::default() };
    if selection.values {
        facts.problems.extend(module.problems.iter().cloned());
    }
    let links = collect::collect(resolver, module, file.roles, selection, &mut facts);
    (facts, links)
}

/// Adds what was read from files, and returns what they say about declarations of others.
fn append(facts: &mut Facts, parts: Vec<Part>) -> Links {
    let mut links = Links::default();
    for (part, stated) in parts {
        facts.types.extend(part.types);
        facts.schemas.extend(part.schemas);
        facts.tables.extend(part.tables);
        facts.enums.extend(part.enums);
        facts.problems.extend(part.problems);
        links.extend(stated);
    }
    links
}

fn in_source(one: &Location, other: &Location) -> std::cmp::Ordering {
    (&one.file, one.span.start).cmp(&(&other.file, other.span.start))
}

fn unreadable(path: &str, why: &str) -> Problem {
    let lines = LineIndex::new(path.into(), "".into());
    Problem { location: lines.location(Span::default()), message: format!("the file cannot be read: {why}") }
}
