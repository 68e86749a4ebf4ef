//! Modules import each other in one direction: a circle of files can only be understood, tested and
//! changed as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

/// Where circles are still allowed, and why.
const ALLOWED: &[(&str, &str)] = &[
    (
        "cli",
        "the options of each command are part of the command line",
    ),
    (
        "commands",
        "the options of each command are part of the command line",
    ),
    (
        "config",
        "how sources are configured is read with the configuration",
    ),
    (
        "layouts",
        "sources and what they are read into are one idea in two files",
    ),
    (
        "postgres",
        "connections, clusters and addresses are to be taken apart",
    ),
    (
        "typescript",
        "types, values, schemas and tables are evaluated by one evaluator, and hold each other",
    ),
];

#[test]
fn modules_import_each_other_in_one_direction() {
    let modules = modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(
        modules.len() > 300,
        "the sources were not found: {}",
        modules.len()
    );
    let imports: BTreeMap<&str, BTreeSet<&str>> = modules
        .iter()
        .map(|(name, text)| (name.as_str(), imports(name, text, &modules)))
        .collect();
    let is_allowed = |name: &str| {
        ALLOWED
            .iter()
            .any(|(start, _)| name.split("::").next() == Some(start))
    };
    let circles: Vec<String> = imports
        .keys()
        .filter(|name| !is_allowed(name))
        .filter_map(|name| {
            Some(format!(
                "{name} → {}",
                way_back(name, &imports)?.join(" → ")
            ))
        })
        .collect();
    assert!(
        circles.is_empty(),
        "{} modules in circles:\n{}",
        circles.len(),
        circles.join("\n")
    );
}

#[test]
fn imports_are_found_in_every_form() {
    let modules: BTreeMap<String, String> = ["a", "a::b", "a::c", "d"]
        .into_iter()
        .map(|name| (name.to_owned(), String::new()))
        .collect();
    let text = "use super::{c::{self, X}, Y};\npub use crate::d::Z;\n// use crate::a;\nfn f() { crate::d::g() }";
    assert_eq!(
        imports("a::b", text, &modules),
        BTreeSet::from(["a", "a::c", "d"])
    );
    let parent = "mod b;\npub use b::X;\nuse c::Y;";
    assert_eq!(
        imports("a", parent, &modules),
        BTreeSet::from(["a::c"]),
        "showing a child is no use of it"
    );
}

/// The text of each module without its tests, by its path in the crate.
fn modules(folder: &Path) -> BTreeMap<String, String> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the sources can be listed"));
    let sources = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "rs"));
    sources
        .map(|file| {
            let path = file
                .path()
                .strip_prefix(folder)
                .expect("below the folder")
                .with_extension("");
            let text = std::fs::read_to_string(file.path()).expect("readable source");
            let tests = text.find("\n#[cfg(test)]\nmod ").unwrap_or(text.len());
            (
                path.to_string_lossy().replace(['/', '\\'], "::"),
                text[..tests].to_owned(),
            )
        })
        .filter(|(name, _)| !name.ends_with("::tests") && !name.ends_with("test_utils"))
        .collect()
}

/// The modules that the module `name` uses.
fn imports<'m>(name: &str, text: &str, modules: &'m BTreeMap<String, String>) -> BTreeSet<&'m str> {
    let comments = Regex::new("//[^\n]*").expect("a pattern");
    let text = comments.replace_all(text, "");
    let uses = Regex::new(r"(pub(?:\([a-z]+\))?\s+)?use\s+([^;]+);").expect("a pattern");
    let inline = Regex::new(r"\b(?:crate|super)(?:::\w+)+").expect("a pattern");
    let mut found = BTreeSet::new();
    for statement in uses.captures_iter(&text) {
        for path in expand(&statement[2]) {
            let module = resolve(name, &path, modules);
            let shows_child = statement.get(1).is_some()
                && module.is_some_and(|module| module.starts_with(&format!("{name}::")));
            found.extend(module.filter(|_| !shows_child));
        }
    }
    let code = uses.replace_all(&text, "");
    found.extend(
        inline
            .find_iter(&code)
            .filter_map(|path| resolve(name, path.as_str(), modules)),
    );
    found.remove(name);
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expand(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or(tree).trim().to_owned()];
    };
    let body = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
    for character in body.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if character == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(character);
        }
    }
    parts.push(part);
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    parts
        .flat_map(expand)
        .map(|path| format!("{}{path}", head.trim()))
        .collect()
}

/// The module that a path leads to, or into.
fn resolve<'m>(name: &str, path: &str, modules: &'m BTreeMap<String, String>) -> Option<&'m str> {
    let mut at: Vec<&str> = name.split("::").collect();
    let mut segments = path.split("::").map(str::trim).peekable();
    match segments.peek().copied() {
        Some("crate") => {
            segments.next();
            at.clear();
        }
        Some("super") => {
            while segments.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        Some(child) if modules.contains_key(&format!("{name}::{child}")) => {}
        _external => return None,
    }
    let mut found = modules
        .get_key_value(&at.join("::"))
        .map(|(name, _)| name.as_str());
    for segment in segments {
        at.push(segment);
        match modules.get_key_value(&at.join("::")) {
            Some((deeper, _)) => found = Some(deeper),
            None => break,
        }
    }
    found
}

/// The shortest way by which a module imports itself.
fn way_back<'m>(
    name: &'m str,
    imports: &BTreeMap<&'m str, BTreeSet<&'m str>>,
) -> Option<Vec<&'m str>> {
    let mut ways: Vec<Vec<&str>> = imports[name].iter().map(|next| vec![*next]).collect();
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        if let Some(way) = ways.iter().find(|way| way.last() == Some(&name)) {
            return Some(way.clone());
        }
        let mut longer = Vec::new();
        for way in &ways {
            let last = way.last().copied().unwrap_or(name);
            let nexts = imports.get(last).into_iter().flatten();
            longer.extend(
                nexts
                    .filter(|next| seen.insert(**next))
                    .map(|next| [way.as_slice(), &[*next]].concat()),
            );
        }
        ways = longer;
    }
    None
}
