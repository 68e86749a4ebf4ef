//! Programs that handle a document: those that write it, and those that only read it, as generators
//! of clients do.

use regex::Regex;

use crate::init::read;
use crate::init::roles::is_test;
use crate::tree::Tree;

/// A program that writes files and has to do with APIs, or the configuration of a generator.
pub(super) struct Program {
    /// The file.
    pub file: String,
    text: String,
    is_configuration: bool,
}

/// How a program handles a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handling {
    /// It only reads it.
    Reads,
    /// It writes it, and does not read it.
    Writes,
    /// It does both, or names it in another way.
    Unknown,
}

/// The programs among `files`.
pub(super) fn programs(tree: &dyn Tree, files: &[String]) -> Vec<Program> {
    let is_program = |file: &str| {
        [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"]
            .iter()
            .any(|end| file.ends_with(end))
    };
    let mut programs = Vec::new();
    for file in files {
        let is_configuration = file.ends_with("tsoa.json");
        if !is_configuration && (!is_program(file) || is_test(file)) {
            continue;
        }
        let text = read(tree, file);
        let writes = [
            "writeFile",
            "outputFile",
            "outputJson",
            "Bun.write",
            "swaggerAutogen",
        ]
        .iter()
        .any(|call| text.contains(call));
        let is_of_api = ["openapi", "OpenApi", "OpenAPI", "swagger", "Swagger"]
            .iter()
            .any(|word| text.contains(word));
        if is_configuration || (writes && is_of_api) {
            programs.push(Program {
                file: file.clone(),
                text,
                is_configuration,
            });
        }
    }
    programs
}

/// The patterns of calls that read or write, up to the end of their first argument.
const READS: &str =
    r"\b\w*(?:read|load|parse|require|import|exists|bundle|dereference|validate|openapiTS)\w*";
const WRITES: &str = r"\b\w*(?:write|output|save|emit|autogen)\w*";

impl Program {
    /// How it handles the document that is called `name`; `None` where it does not name it.
    pub(super) fn handles(&self, name: &str) -> Option<Handling> {
        if !self.text.contains(name) {
            return None;
        }
        if self.is_configuration {
            return Some(Handling::Writes);
        }
        let does = |call: &str| self.calls_with(call, name).unwrap_or(false);
        Some(match (does(READS), does(WRITES)) {
            (true, false) => Handling::Reads,
            (false, true) => Handling::Writes,
            (true, true) | (false, false) => Handling::Unknown,
        })
    }

    /// Whether a call of this pattern has the document as its first argument: by its name, or by a
    /// variable whose value holds the name.
    fn calls_with(&self, call: &str, name: &str) -> Option<bool> {
        let variables = self.variables(name)?;
        let named = variables.iter().map(|variable| format!(r"\b{variable}\b"));
        let handles: Vec<String> = named.chain([regex::escape(name)]).collect();
        // A path is often put together in the argument: `join(root, 'openapi.json')`.
        let argument = r"(?:[^,;()]|\([^;()]*\)|\(|,\s*['\x22`])*?";
        let pattern = format!(r"(?i:{call})\s*\({argument}(?:{})", handles.join("|"));
        Some(Regex::new(&pattern).ok()?.is_match(&self.text))
    }

    /// The variables whose values hold `name`: of each place, the one that is declared last before it.
    fn variables(&self, name: &str) -> Option<Vec<String>> {
        // The path of a file is seldom put together in more text.
        const FAR: usize = 300;
        let declared = Regex::new(r"\b(?:const|let|var)\s+(\w+)[^=;]*=").ok()?;
        let mut variables = Vec::new();
        for (at, _) in self.text.match_indices(name) {
            let before = declared.captures_iter(&self.text[..at]).last();
            let Some((all, variable)) = before.and_then(|found| found.get(0).zip(found.get(1)))
            else {
                continue;
            };
            let between = &self.text[all.end()..at];
            if between.len() < FAR && !between.contains(';') {
                variables.push(variable.as_str().to_owned());
            }
        }
        Some(variables)
    }
}
