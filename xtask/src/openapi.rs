//! OpenAPI documents, 3.0 and 3.1, as people write them: their operations are contracts, and their
//! schemas declarations of what travels. Documents that a program generates from its routes are not
//! configured, since they would be compared with what they were made from. Reading never fails: a
//! file that is no document, and a part that cannot be understood, are facts too.

mod comments;
mod declared;
mod document;
mod documents;
mod json;
mod names;
mod objects;
mod operations;
mod parameters;
mod parse;
mod paths;
mod schemas;
mod servers;
mod sides;
mod syntax_error;
mod values;
mod yaml;

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::facts::{Facts, Origin, Problem, Requested};
use crate::readers::reader::{Input, Reader};
use crate::source::{LineIndex, Span};
use crate::tree::Tree;
use document::{Document, Place};
use documents::Documents;
use schemas::Schemas;

/// The stack of the thread that reads. The depth of documents and of their schemas is bounded, and
/// needs some megabytes in a debug build.
const STACK_SIZE: usize = 64 * 1024 * 1024;

/// The reader of OpenAPI documents.
#[derive(Debug, Clone, Copy)]
pub struct OpenApi;

impl Reader for OpenApi {
    fn origins(&self) -> &'static [Origin] {
        &[declared::ORIGIN]
    }

    fn read(&self, input: &Input<'_>) -> Result<Facts> {
        if input.config.sources.openapi.is_empty() {
            return Ok(Facts::default());
        }
        let files = configured(input.tree, input.config)?;
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(STACK_SIZE);
            let reading = builder
                .spawn_scoped(scope, || read(input, &files))
                .context("cannot start the thread that reads OpenAPI documents")?;
            match reading.join() {
                Ok(facts) => Ok(facts),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn concerns(&self, config: &Config, path: &str) -> bool {
        // A reference may lead to any of them.
        !config.sources.openapi.is_empty() && is_data(path)
    }
}

fn is_data(path: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// The files that the configuration names, in the order of their paths.
fn configured(tree: &dyn Tree, config: &Config) -> Result<BTreeSet<String>> {
    let patterns = &config.sources.openapi;
    let is_excluded = |file: &str| config.sources.exclude.is_match(file);
    let named = patterns.files().filter(|file| !is_excluded(file));
    let mut files: BTreeSet<String> = named.map(str::to_owned).collect();
    for folder in patterns.wild_roots() {
        let listed = tree.files(folder).with_context(|| {
            format!("cannot list `{folder}`, where the configuration says that OpenAPI documents are: correct `openapi`")
        })?;
        let is_meant = |file: &String| {
            is_data(file) && patterns.matches(&globset::Candidate::new(file)) && !is_excluded(file)
        };
        files.extend(listed.into_iter().filter(is_meant));
    }
    Ok(files)
}

/// Reads the configured `files`.
fn read(input: &Input<'_>, files: &BTreeSet<String>) -> Facts {
    let documents = Documents::new(input.tree, input.cache);
    let schemas = Schemas::new(&documents);
    let mut facts = Facts {
        requested: Requested {
            contracts: true,
            ..Requested::default()
        },
        files_walked: files.len(),
        ..Facts::default()
    };
    let mut roots = Vec::new();
    for file in files {
        let is_named = input.config.sources.openapi.files().any(|one| one == file);
        match root(input.tree, &documents, file, is_named) {
            Ok(root) => roots.extend(root),
            Err(problem) => facts.problems.push(problem),
        }
    }
    facts.files_parsed = roots.len();
    // The names of all documents before any use: what one calls `User` another may only refer to.
    for root in &roots {
        schemas.declare_components(*root);
    }
    for root in roots {
        let base = &input.config.contracts_base_path;
        let operations = operations::read(&schemas, root, base);
        facts.contracts.extend(operations.contracts);
        facts.unresolved_endpoints.extend(operations.unresolved);
    }
    facts.schemas = schemas.declarations();
    facts
}

/// The document in `file`. A file that a glob matches and that is none may be a part of one.
fn root<'d>(
    tree: &dyn Tree,
    documents: &'d Documents<'d>,
    file: &str,
    is_named: bool,
) -> Result<Option<Place<'d>>, Problem> {
    let nowhere = |message: &str| Problem {
        location: LineIndex::new(file.into(), "".into()).location(Span::default()),
        message: message.into(),
    };
    if !tree.is_file(file) {
        return Err(nowhere("the file does not exist: correct `openapi`"));
    }
    let document = documents.load(file).map_err(Clone::clone)?;
    match version(document) {
        Some(version) if version.starts_with("3.") => Ok(Some(document.root())),
        Some(version) => Err(nowhere(&format!(
            "the document is of OpenAPI `{version}`, and only 3.x is read: convert it"
        ))),
        // What swagger-jsdoc and others put together has its version in the program.
        None if is_named && document.root().get("paths").is_some() => Ok(Some(document.root())),
        None if is_named => Err(nowhere(
            "the file is no OpenAPI document: it has no key `openapi`",
        )),
        None => Ok(None),
    }
}

/// The version that a document says to be of: `3.0.3`, and of Swagger `2.0`.
fn version(document: &Document) -> Option<String> {
    let root = document.root();
    let said = root.get("openapi").or_else(|| root.get("swagger"))?;
    Some(match (said.text(), said.number()) {
        (Some(text), _) => text.to_owned(),
        // `3.1` without quotes is a number.
        (None, Some(number)) => format!("{number:.1}"),
        (None, None) => String::new(),
    })
}

#[cfg(test)]
mod tests;
