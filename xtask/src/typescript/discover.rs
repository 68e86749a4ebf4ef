//! Which files can matter: a walk of the configured folders, the globs of each role, and one regular expression over
//! the bytes of each file. A file that passes none of them is not parsed, and leaves nothing in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use rayon::prelude::*;
use regex::bytes::Regex;

use crate::config::{Config, FilePatterns};
use crate::tree::Tree;

/// The roles of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles {
    /// Row types, insert types, domain types.
    pub types: bool,
    /// Zod schemas.
    pub validation: bool,
    /// API contracts.
    pub contracts: bool,
    /// Routes of the server.
    pub routes: bool,
    /// Drizzle tables.
    pub drizzle: bool,
}

impl Roles {
    /// Whether the file's types and schemas describe data: those of a file that only holds routes do not.
    #[must_use]
    pub fn describes_data(self) -> bool {
        self.types || self.validation || self.contracts || self.drizzle
    }

    fn any(self) -> bool {
        self.describes_data() || self.routes
    }
}

/// A file that can matter.
#[derive(Debug)]
pub struct Candidate {
    /// The path below the root.
    pub path: String,
    /// Its roles.
    pub roles: Roles,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files that can matter.
#[derive(Debug, Default)]
pub struct Discovered {
    /// In the order of their paths.
    pub candidates: Vec<Candidate>,
    /// How many files have a role, whatever is in them.
    pub walked: usize,
    /// Those that could not be read: path and reason.
    pub unreadable: Vec<(String, String)>,
}

/// Without one of these words no type, schema or table is declared.
static DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:interface|type|class|enum|namespace|object|zod)\b|\bpg[A-Z]\w*\(|(?:Table|Schema|Object)\b|\bz\.|\.(?:extend|merge|pick|omit|partial|required)\(").ok()
});

/// Without one of these no route is declared.
static ROUTES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:get|post|put|patch|delete|all|head|options|route|use|register|on|mount)\b\s*[(<:=]|\bmethods?\b|Router|\bApp\b|Server\b|NestFactory|setGlobalPrefix|\bas\s+(?:GET|POST|PUT|PATCH|DELETE)\b|\{[^}]*\b(?:GET|POST|PUT|PATCH|DELETE)\b[^}]*\}\s*=|export\s+(?:async\s+)?(?:function|const)\s+(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"#).ok()
});

/// Finds the files of all roles below the configured folders. A folder that does not exist is an error.
pub fn discover(tree: &dyn Tree, config: &Config) -> Result<Discovered> {
    let files = files(tree, config)?;
    let walked = files.len();
    let read: Vec<_> = files.into_par_iter().map(|(path, roles)| read(tree, path, roles)).collect();
    let mut discovered = Discovered { walked, ..Discovered::default() };
    for found in read {
        match found {
            Ok(candidate) => discovered.candidates.extend(candidate),
            Err(unreadable) => discovered.unreadable.push(unreadable),
        }
    }
    Ok(discovered)
}

/// Every file with a role.
fn files(tree: &dyn Tree, config: &Config) -> Result<BTreeMap<String, Roles>> {
    let sources = &config.sources;
    let roots: BTreeSet<&str> = sources.roles().into_iter().flat_map(FilePatterns::roots).collect();
    let outermost = roots.iter().filter(|root| !roots.iter().any(|other| is_inside(root, other)));
    let mut found = BTreeMap::new();
    for root in outermost {
        let files = tree.files(root).with_context(|| {
            format!("cannot list `{root}`, where the configuration says that TypeScript files are: correct `types`, `validation`, `contracts`, `routes` or `drizzle`")
        })?;
        for path in files {
            let roles = roles(config, &path);
            if roles.any() && is_source(&path) && !sources.exclude.is_match(&path) {
                found.insert(path, roles);
            }
        }
    }
    Ok(found)
}

fn is_inside(root: &str, other: &str) -> bool {
    root != other && (other.is_empty() || root.strip_prefix(other).is_some_and(|rest| rest.starts_with('/')))
}

fn roles(config: &Config, path: &str) -> Roles {
    let sources = &config.sources;
    Roles {
        types: sources.types.matches(path),
        validation: sources.validation.matches(path),
        contracts: sources.contracts.matches(path),
        routes: sources.routes.matches(path),
        drizzle: sources.drizzle.matches(path),
    }
}

fn is_source(path: &str) -> bool {
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end))
}

fn read(tree: &dyn Tree, path: String, roles: Roles) -> Result<Option<Candidate>, (String, String)> {
    match tree.read(&path) {
        Ok(bytes) => Ok(can_matter(roles, &bytes).then_some(Candidate { path, roles, bytes })),
        Err(error) => Err((path, error.to_string())),
    }
}

fn can_matter(roles: Roles, bytes: &[u8]) -> bool {
    let matches = |regex: &LazyLock<Option<Regex>>| regex.as_ref().is_none_or(|regex| regex.is_match(bytes));
    (roles.describes_data() && matches(&DATA)) || ((roles.routes || roles.contracts) && matches(&ROUTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(text: &str) -> (bool, bool) {
        let data = Roles { types: true, ..Roles::default() };
        let routes = Roles { routes: true, ..Roles::default() };
        (can_matter(data, text.as_bytes()), can_matter(routes, text.as_bytes()))
    }

    #[test]
    fn files_without_a_declaration_or_route_are_left_out() {
        assert_eq!(matter("export const a = 1; console.log(a)"), (false, false));
        assert_eq!(matter("export interface A {}"), (true, false));
        assert!(!matter("import { text } from './helpers'; export const name = text();").0);
        assert!(matter("export const A = z.object({})").0 && matter("export const A = B.extend({})").0);
        assert_eq!(matter("router.get('/x', h)"), (false, true));
        assert_eq!(matter("export async function GET() {}"), (false, true));
    }

    #[test]
    fn roots_inside_others_are_walked_once() {
        assert!(is_inside("a/b", "a") && is_inside("a", "") && !is_inside("ab", "a") && !is_inside("a", "a"));
    }
}
