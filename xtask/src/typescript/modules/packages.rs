//! Packages of the monorepo, by the name in their `package.json`.

use std::collections::BTreeMap;

use globset::Glob;
use serde_json::Value;

use super::json;
use super::resolution::parent;
use crate::tree::{Tree, joined};

/// The packages of the monorepo.
#[derive(Debug, Default)]
pub(super) struct Packages {
    by_name: BTreeMap<String, WorkspacePackage>,
}

#[derive(Debug)]
struct WorkspacePackage {
    folder: String,
    manifest: Value,
}

impl Packages {
    /// Reads the packages that `workspaces` of the root's `package.json` or `pnpm-workspace.yaml`
    /// lists.
    pub fn read(tree: &dyn Tree) -> Self {
        let mut by_name = BTreeMap::new();
        for glob in workspace_globs(tree) {
            for path in expand(tree, &glob) {
                let Some(manifest) = json::read(tree, &path) else {
                    continue;
                };
                if let Some(name) = manifest["name"].as_str() {
                    let name = name.to_owned();
                    let folder = parent(&path).to_owned();
                    by_name.insert(name, WorkspacePackage { folder, manifest });
                }
            }
        }
        Self { by_name }
    }

    /// The places where `specifier` may be, best first, as paths below the root, with or without
    /// extension.
    pub fn candidates(&self, specifier: &str) -> Option<Vec<String>> {
        let (name, subpath) = split_name(specifier);
        let package = self.by_name.get(name)?;
        let entry = if subpath.is_empty() {
            ".".to_owned()
        } else {
            format!("./{subpath}")
        };
        let declared = package.declared(&entry);
        let sources = declared
            .iter()
            .filter_map(|target| source_of(target))
            .collect::<Vec<_>>();
        let usual = match subpath {
            "" => vec![
                "src/index".to_owned(),
                "index".to_owned(),
                "lib/index".to_owned(),
            ],
            subpath => vec![subpath.to_owned(), format!("src/{subpath}")],
        };
        // Declared targets come first. Built ones may not exist in a checkout, so their sources
        // follow.
        let all = declared.into_iter().chain(sources).chain(usual);
        Some(all.map(|target| joined(&package.folder, &target)).collect())
    }

    /// The places of the configuration that a `tsconfig.json` extends as `specifier`, best first:
    /// files with or without extension, or the folder of its package.
    pub fn configurations(&self, specifier: &str) -> Vec<String> {
        let mut places = self.candidates(specifier).unwrap_or_default();
        let (name, subpath) = split_name(specifier);
        if subpath.is_empty() {
            places.extend(self.by_name.get(name).map(|package| package.folder.clone()));
        }
        places
    }
}

impl WorkspacePackage {
    /// Returns the targets that the manifest declares for `entry`, which is `.` or `./x`.
    fn declared(&self, entry: &str) -> Vec<String> {
        let mut targets = Vec::new();
        match &self.manifest["exports"] {
            Value::Object(exports) => {
                for (key, value) in exports {
                    if key.starts_with('.')
                        && let Some(wild) = wild_part(key, entry)
                    {
                        leaves(value, wild, &mut targets);
                    }
                }
            }
            value => leaves(value, "", &mut targets),
        }
        if entry == "." {
            if let Value::Object(exports) = &self.manifest["exports"]
                && !exports.keys().any(|key| key.starts_with('.'))
            {
                leaves(&self.manifest["exports"], "", &mut targets);
            }
            for field in ["types", "typings", "module", "main"] {
                targets.extend(self.manifest[field].as_str().map(str::to_owned));
            }
        }
        targets
    }
}

/// The part of `entry` that the `*` of `pattern` stands for; none where they differ.
fn wild_part<'e>(pattern: &str, entry: &'e str) -> Option<&'e str> {
    match pattern.split_once('*') {
        Some((before, after)) => entry.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == entry).then_some(""),
    }
}

/// The versions of `package` that the manifest at `path` asks for.
pub(super) fn dependency(tree: &dyn Tree, path: &str, package: &str) -> Option<String> {
    let manifest = json::read(tree, path)?;
    let kinds = ["dependencies", "devDependencies", "peerDependencies"];
    kinds
        .iter()
        .find_map(|kind| manifest[kind][package].as_str())
        .map(str::to_owned)
}

/// The strings below conditions (`types`, `import`, `default`), with `*` filled in.
fn leaves(value: &Value, wild: &str, targets: &mut Vec<String>) {
    match value {
        Value::String(target) => targets.push(target.replace('*', wild)),
        Value::Object(conditions) => {
            for value in conditions.values() {
                leaves(value, wild, targets);
            }
        }
        Value::Array(items) => {
            for value in items {
                leaves(value, wild, targets);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the source of a built file. Manifests name the built one, and the source lies beside it.
fn source_of(target: &str) -> Option<String> {
    let target = target.trim_start_matches("./");
    let (folder, rest) = target.split_once('/')?;
    let stem = [".d.ts", ".d.mts", ".d.cts", ".mjs", ".cjs", ".js"]
        .iter()
        .find_map(|end| rest.strip_suffix(end))?;
    ["dist", "build", "lib", "out", "esm", "cjs"]
        .contains(&folder)
        .then(|| format!("src/{stem}"))
}

/// `@scope/name/sub/path` → `@scope/name`, `sub/path`.
fn split_name(specifier: &str) -> (&str, &str) {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier
        .match_indices('/')
        .nth(parts - 1)
        .map_or(specifier.len(), |(at, _)| at);
    (&specifier[..end], specifier[end..].trim_start_matches('/'))
}

fn workspace_globs(tree: &dyn Tree) -> Vec<String> {
    let manifest = json::read(tree, "package.json").unwrap_or_default();
    let workspaces = &manifest["workspaces"];
    let listed = workspaces
        .as_array()
        .or_else(|| workspaces["packages"].as_array());
    let mut globs: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if let Ok(bytes) = tree.read("pnpm-workspace.yaml") {
        globs.extend(pnpm_packages(&String::from_utf8_lossy(&bytes)));
    }
    globs
}

/// Reads the list under `packages:`. No other YAML is needed.
fn pnpm_packages(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let mut packages = Vec::new();
    if !lines.any(|line| line.trim_end() == "packages:") {
        return packages;
    }
    for line in lines {
        let line = line.trim();
        if let Some(item) = line.strip_prefix('-') {
            packages.push(item.trim().trim_matches(['\'', '"']).to_owned());
        } else if !line.is_empty() && !line.starts_with('#') {
            break;
        }
    }
    packages
}

/// The manifests of the packages that `glob` names.
fn expand(tree: &dyn Tree, glob: &str) -> Vec<String> {
    let glob = glob.trim_start_matches("./").trim_end_matches('/');
    if glob.starts_with('!') {
        return Vec::new();
    }
    let manifest = format!("{glob}/package.json");
    if !glob.contains(['*', '?', '[', '{']) {
        return if tree.is_file(&manifest) {
            vec![manifest]
        } else {
            Vec::new()
        };
    }
    let plain = glob.split(['*', '?', '[', '{']).next().unwrap_or_default();
    let folder = parent(plain);
    let Ok(pattern) = Glob::new(&manifest) else {
        return Vec::new();
    };
    let pattern = pattern.compile_matcher();
    let files = tree.files(folder).unwrap_or_default();
    files
        .into_iter()
        .filter(|file| file.ends_with("/package.json") && pattern.is_match(file))
        .collect()
}
