//! The TypeScript side: which files can matter ([`discover`]), how they are parsed ([`parse`]) and follow each other
//! ([`modules`]), what their types and constants mean ([`resolve`], [`values`]), what their [`routes`] and
//! [`contracts`] come to ([`evaluate`]), and what their declarations say ([`facts`]). Reading TypeScript never fails: what cannot be read is
//! a fact too.

pub mod cache;
pub mod collect;
pub mod contracts;
pub mod discover;
pub mod drizzle;
pub mod evaluate;
pub mod external;
pub mod facts;
pub mod kinds;
pub mod modules;
pub mod parse;
pub mod resolve;
pub mod routes;
pub mod syntax;
pub mod values;
pub mod zod;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::config::Config;
use crate::source::{LineIndex, Span};
use crate::tree::Tree;
use cache::Cache;
use collect::Links;
use discover::Candidate;
use facts::{Facts, Problem};
use modules::Program;
use resolve::Resolver;

/// Reads the configured files of `tree`. Fails only where a configured folder does not exist.
pub fn read(tree: &dyn Tree, config: &Config) -> Result<Facts> {
    read_with(tree, config, None)
}

/// As [`read`], with what `cache` still has of an earlier time, which it keeps for a later one.
pub fn read_with(tree: &dyn Tree, config: &Config, cache: Option<&Cache>) -> Result<Facts> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(parse::STACK_SIZE).build();
    pool.context("cannot start the threads that read TypeScript")?.install(|| read_all(tree, config, cache))
}

fn read_all(tree: &dyn Tree, config: &Config, cache: Option<&Cache>) -> Result<Facts> {
    let walked = discover::walk(tree, config)?;
    let files_walked = walked.files.len();
    let program = Program::new(tree).knowing(walked.listing).remembering(cache);
    let read: Vec<_> = walked.files.into_par_iter().map(|file| read_file(tree, &program, cache, file)).collect();
    let (read, unreadable): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    let candidates: Vec<Candidate> = read.into_iter().filter_map(Result::ok).flatten().collect();
    program.find_augmentations(candidates.iter().map(|candidate| &*candidate.path));
    let (parts, found): (Vec<(Facts, Links)>, _) = rayon::join(
        || candidates.par_iter().map(|candidate| file_facts(&program, candidate)).collect(),
        || endpoints(&program, &candidates),
    );
    let mut facts = Facts { files_walked, files_parsed: candidates.len(), ..Facts::default() };
    let mut links = Links::default();
    for (part, stated) in parts {
        append(&mut facts, part);
        links.extend(stated);
    }
    links.apply(&mut facts);
    let (routes, contracts) = found;
    facts.routes = routes.routes;
    facts.contracts = contracts.contracts;
    facts.exchanges = contracts.exchanges;
    facts.unresolved_endpoints = [routes.unresolved, contracts.unresolved].concat();
    facts.problems.extend(unreadable.into_iter().filter_map(Result::err));
    drop(candidates);
    let modules = program.into_modules();
    // Freeing every tree takes a good part of the time that reading took. A process that reads once ends soon, and need not;
    // for one that goes on nobody need wait.
    match cache {
        None => std::mem::forget(modules),
        Some(_) => drop(std::thread::spawn(|| drop(modules))),
    }
    Ok(facts)
}

/// Parses `file` if it can matter: its bytes are dropped before the next one is read.
fn read_file(
    tree: &dyn Tree,
    program: &Program<'_>,
    cache: Option<&Cache>,
    file: Candidate,
) -> Result<Option<Candidate>, Problem> {
    let known = cache.and_then(|cache| Some((cache, tree.stamp(&file.path)?)));
    match known {
        Some((cache, stamp)) if cache.is_irrelevant(&file, stamp) => return Ok(None),
        Some((cache, stamp)) if cache.module(&file.path, stamp).is_some() => return Ok(Some(file)),
        Some(_) | None => {}
    }
    let bytes = discover::read(tree, &file).map_err(|error| unreadable(&file.path, &error.to_string()))?;
    match (bytes, known) {
        (Some(bytes), _) => {
            program.add(&file.path, &bytes, known.map(|(_, stamp)| stamp));
            Ok(Some(file))
        }
        (None, Some((cache, stamp))) => {
            cache.keep_irrelevant(&file, stamp);
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}

/// Routes before contracts: reading a contract evaluates top-level calls a second time.
fn endpoints(program: &Program<'_>, candidates: &[Candidate]) -> (routes::Routes, contracts::Contracts) {
    let files = |has_role: fn(&discover::Roles) -> bool| -> Vec<&str> {
        let candidates = candidates.iter().filter(|candidate| has_role(&candidate.roles));
        candidates.map(|candidate| &*candidate.path).collect()
    };
    let mut evaluator = evaluate::Evaluator::new(program);
    let routes = routes::read(&mut evaluator, &files(|roles| roles.routes));
    let contracts = contracts::read(&mut evaluator, &files(|roles| roles.contracts));
    (routes, contracts)
}

fn file_facts(program: &Program<'_>, candidate: &Candidate) -> (Facts, Links) {
    let mut facts = Facts::default();
    let links = program.load(&candidate.path).map(|module| {
        let resolver = Resolver::new(program);
        collect::collect(&resolver, module, candidate.roles, &mut facts)
    });
    (facts, links.unwrap_or_default())
}

fn append(facts: &mut Facts, part: Facts) {
    facts.types.extend(part.types);
    facts.schemas.extend(part.schemas);
    facts.tables.extend(part.tables);
    facts.enums.extend(part.enums);
    facts.routes.extend(part.routes);
    facts.contracts.extend(part.contracts);
    facts.problems.extend(part.problems);
}

fn unreadable(path: &str, why: &str) -> Problem {
    let lines = LineIndex::new(path.into(), "".into());
    Problem { location: lines.location(Span::default()), message: format!("the file cannot be read: {why}") }
}
