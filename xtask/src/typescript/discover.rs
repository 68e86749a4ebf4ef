//! Which files can matter: a walk of the configured folders, the globs of each role, and one regular expression over
//! the bytes of each file; where only some types are asked for, also their names. A file that passes none of them is not
//! parsed, and leaves little in memory.

mod names;
mod statement;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use rayon::prelude::*;
use regex::bytes::Regex;

use super::demand::Demand;
use super::modules::Listing;
use crate::config::{Config, FilePatterns};
use crate::tree::Tree;
pub use names::Found;

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
}

/// The files that a walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Those with a role, in the order of their paths, whatever is in them.
    pub files: Vec<Candidate>,
    /// All of them.
    pub listing: Listing,
}

/// Without one of these words no type, schema or table is declared.
static DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:interface|type|class|enum|namespace|object|zod)\b|\bpg[A-Z]\w*\(|(?:Table|Schema|Object)\b|\bz\.|\.(?:extend|merge|pick|omit|partial|required)\(").ok()
});

/// Without one of these no route is declared.
static ROUTES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(?:get|post|put|patch|delete|all|head|options|route|use|register|on|mount)\b\s*[(<:=]|\bmethods?\b|Router|\bApp\b|Server\b|NestFactory|setGlobalPrefix|@\w*Controller\b|\bas\s+(?:GET|POST|PUT|PATCH|DELETE)\b|\{[^}]*\b(?:GET|POST|PUT|PATCH|DELETE)\b[^}]*\}\s*=|export\s+(?:async\s+)?(?:function|const)\s+(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"#).ok()
});

/// Finds the files of all roles below the configured folders. A folder that does not exist is an error.
pub fn walk(tree: &dyn Tree, config: &Config) -> Result<Walked> {
    let sources = &config.sources;
    let roots: BTreeSet<&str> = sources.roles().into_iter().flat_map(FilePatterns::roots).collect();
    let outermost = roots.iter().filter(|root| !roots.iter().any(|other| is_inside(root, other)));
    let mut walked = Walked::default();
    for root in outermost {
        let files = tree.files(root).with_context(|| {
            format!("cannot list `{root}`, where the configuration says that TypeScript files are: correct `types`, `validation`, `contracts`, `routes` or `drizzle`")
        })?;
        walked.files.par_extend(files.par_iter().filter_map(|path| candidate(config, path)));
        walked.listing.add(root, files);
    }
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

fn candidate(config: &Config, path: &str) -> Option<Candidate> {
    let roles = is_source(path).then(|| roles(config, path)).filter(|roles| roles.any())?;
    (!config.sources.excludes(path)).then(|| Candidate { path: path.to_owned(), roles })
}

fn is_inside(root: &str, other: &str) -> bool {
    root != other && (other.is_empty() || root.strip_prefix(other).is_some_and(|rest| rest.starts_with('/')))
}

fn roles(config: &Config, path: &str) -> Roles {
    let path = globset::Candidate::new(path);
    let [types, validation, contracts, routes, drizzle] = config.sources.roles().map(|role| role.matches(&path));
    Roles { types, validation, contracts, routes, drizzle }
}

fn is_source(path: &str) -> bool {
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end))
}

/// What a file with these roles and `bytes` may declare.
pub fn look(roles: Roles, bytes: &[u8], demand: &dyn Demand) -> Found {
    let has_routes = (roles.routes || roles.contracts) && has(&ROUTES, bytes);
    // A contract may name any type.
    let wants_all = demand.is_for_all() || roles.contracts || has_routes;
    if !roles.describes_data() || wants_all && !has(&DATA, bytes) {
        return if has_routes { Found::Types } else { Found::Names(Vec::new()) };
    }
    match names::look(bytes, &|name| !wants_all && demand.wants(name)) {
        Found::Names(_) if wants_all => Found::Types,
        found => found,
    }
}

fn has(regex: &LazyLock<Option<Regex>>, bytes: &[u8]) -> bool {
    regex.as_ref().is_none_or(|regex| regex.is_match(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::demand::Everything;
    use super::*;

    fn matter(text: &str) -> (bool, bool) {
        let data = Roles { types: true, ..Roles::default() };
        let routes = Roles { routes: true, ..Roles::default() };
        let matters = |roles| !matches!(look(roles, text.as_bytes(), &Everything), Found::Names(_));
        (matters(data), matters(routes))
    }

    #[test]
    fn files_without_a_declaration_or_route_are_left_out() {
        assert_eq!(matter("export const a = 1; console.log(a)"), (false, false));
        assert_eq!(matter("export interface A {}"), (true, false));
        assert!(!matter("import { text } from './helpers'; export const name = text();").0);
        assert!(matter("export const A = z.object({})").0 && matter("export const A = B.extend({})").0);
        assert_eq!(matter("router.get('/x', h)"), (false, true));
        assert_eq!(matter("export async function GET() {}"), (false, true));
        assert!(matter("@Controller(ROOT)\nexport class Keys { @Endpoint({ command }) make() {} }").1);
    }

    #[test]
    fn roots_inside_others_are_walked_once() {
        assert!(is_inside("a/b", "a") && is_inside("a", "") && !is_inside("ab", "a") && !is_inside("a", "a"));
    }
}
