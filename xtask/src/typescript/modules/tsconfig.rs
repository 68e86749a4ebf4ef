//! `paths` and `baseUrl` of the `tsconfig.json` nearest to a file, and whether null is checked.

use serde_json::Value;

use super::json;
use super::resolution::parent;
use crate::tree::{Tree, joined};

/// The settings of a `tsconfig.json` for resolving module names.
#[derive(Debug, Default, Clone)]
pub(super) struct TsConfig {
    /// The folder that names may be relative to.
    base: Option<String>,
    /// Pattern → targets, as paths below the root.
    paths: Vec<(String, Vec<String>)>,
    /// `strict`
    strict: Option<bool>,
    /// `strictNullChecks`
    strict_null_checks: Option<bool>,
    /// Whether all that says it was read: the file is there, and what it extends.
    complete: bool,
}

/// The number of `extends` that are followed: more is a cycle.
const EXTENDS: u32 = 16;

impl TsConfig {
    /// Reads `path` and what it extends; `packages` lists the places of a configuration that is
    /// named like a package.
    pub fn read(tree: &dyn Tree, path: &str, packages: &dyn Fn(&str) -> Vec<String>) -> Self {
        let found = Self::read_within(tree, path, packages, EXTENDS);
        if found.paths.is_empty() && found.base.is_none() {
            let mut referenced = Self::referenced(tree, path, packages);
            referenced.take_strictness(&found);
            referenced
        } else {
            found
        }
    }

    fn read_within(
        tree: &dyn Tree,
        path: &str,
        packages: &dyn Fn(&str) -> Vec<String>,
        left: u32,
    ) -> Self {
        let Some(value) = json::read(tree, path).filter(|_| left > 0) else {
            return Self::default();
        };
        let folder = parent(path);
        let mut config = Self {
            complete: value["references"].is_null(),
            ..Self::default()
        };
        for extended in strings(&value["extends"]) {
            let Some(file) = extended_file(tree, folder, extended, packages) else {
                config.complete = false;
                continue;
            };
            config.merge(Self::read_within(tree, &file, packages, left - 1));
        }
        config.merge(Self::own(
            &value["compilerOptions"],
            folder,
            config.base.as_deref(),
        ));
        config
    }

    /// Reads the configurations to which the `tsconfig.json` of a solution refers: they hold the
    /// options.
    fn referenced(tree: &dyn Tree, path: &str, packages: &dyn Fn(&str) -> Vec<String>) -> Self {
        let value = json::read(tree, path).unwrap_or_default();
        for reference in value["references"].as_array().into_iter().flatten() {
            let Some(reference) = reference["path"].as_str() else {
                continue;
            };
            let mut file = joined(parent(path), reference);
            if !file.ends_with(".json") {
                file.push_str("/tsconfig.json");
            }
            // References to other folders are about the files there.
            if parent(&file) == parent(path) {
                let config = Self::read_within(tree, &file, packages, EXTENDS);
                if !config.paths.is_empty() {
                    return config;
                }
            }
        }
        Self::default()
    }

    fn own(options: &Value, folder: &str, inherited_base: Option<&str>) -> Self {
        let base = options["baseUrl"].as_str().map(|base| joined(folder, base));
        let relative_to = base
            .as_deref()
            .or(inherited_base)
            .unwrap_or(folder)
            .to_owned();
        let mut paths = Vec::new();
        for (pattern, targets) in options["paths"].as_object().into_iter().flatten() {
            let targets = strings(targets).map(|target| joined(&relative_to, target));
            paths.push((pattern.clone(), targets.collect()));
        }
        Self {
            base,
            paths,
            strict: options["strict"].as_bool(),
            strict_null_checks: options["strictNullChecks"].as_bool(),
            complete: true,
        }
    }

    // As in TypeScript, `paths` replace those of the extended configuration as a whole.
    fn merge(&mut self, over: Self) {
        if over.base.is_some() {
            self.base = over.base;
        }
        if !over.paths.is_empty() {
            self.paths = over.paths;
        }
        self.strict = over.strict.or(self.strict);
        self.strict_null_checks = over.strict_null_checks.or(self.strict_null_checks);
        self.complete &= over.complete;
    }

    fn take_strictness(&mut self, from: &Self) {
        self.strict = from.strict;
        self.strict_null_checks = from.strict_null_checks;
        self.complete = from.complete;
    }

    /// Whether a type without null excludes it. Where not all is known that says so, it does.
    pub fn checks_null(&self) -> bool {
        let said = self.strict_null_checks.or(self.strict);
        said.unwrap_or(!self.complete)
    }

    /// Whether `paths` says that `specifier` is a file of the monorepo. A pattern `*` alone does
    /// not say so, nor does one that leads to installed packages.
    pub fn claims(&self, specifier: &str) -> bool {
        let mut claims = false;
        for path in &self.paths {
            if let Some((length, targets)) = matches(path, specifier)
                && length > 0
            {
                if targets.iter().any(|target| target.contains("node_modules")) {
                    return false;
                }
                claims = true;
            }
        }
        claims
    }

    /// The places where `specifier` may be, best first, without extensions.
    pub fn candidates(&self, specifier: &str) -> Vec<String> {
        let mut matching = Vec::new();
        for path in &self.paths {
            matching.extend(matches(path, specifier));
        }
        // TypeScript prefers the pattern with the longest prefix.
        matching.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        let mut found = Vec::new();
        for (_, targets) in matching {
            found.extend(targets);
        }
        if let Some(base) = &self.base {
            found.push(joined(base, specifier));
        }
        found
    }
}

/// The length of the pattern before `*`, and the targets with `*` filled in.
fn matches(
    (pattern, targets): &(String, Vec<String>),
    specifier: &str,
) -> Option<(usize, Vec<String>)> {
    let Some((before, after)) = pattern.split_once('*') else {
        return (pattern == specifier).then(|| (usize::MAX, targets.clone()));
    };
    let wild = specifier.strip_prefix(before)?.strip_suffix(after)?;
    let filled = targets.iter().map(|target| target.replacen('*', wild, 1));
    Some((before.len(), filled.collect()))
}

fn extended_file(
    tree: &dyn Tree,
    folder: &str,
    extended: &str,
    packages: &dyn Fn(&str) -> Vec<String>,
) -> Option<String> {
    let bases = if extended.starts_with('.') {
        vec![joined(folder, extended)]
    } else {
        packages(extended)
    };
    for base in bases {
        let named = [
            format!("{base}.json"),
            format!("{base}/tsconfig.json"),
            base,
        ];
        for file in named {
            if file.ends_with(".json") && tree.is_file(&file) {
                return Some(file);
            }
        }
    }
    None
}

/// A string, or the strings of a list.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten();
    value
        .as_str()
        .into_iter()
        .chain(list.filter_map(Value::as_str))
}
