//! Which files can matter: a walk of the configured folders, the globs of each role, and one
//! regular expression over the bytes of each file, the prefilter. A file that passes none of them
//! is not parsed, and leaves little in memory.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use rayon::prelude::*;
use regex::bytes::Regex;

use super::modules::Listing;
use crate::config::{Config, FilePatterns};
use crate::tree::{IgnoreRules, Tree};

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
    /// Classes that are tables by the decorators of an ORM.
    pub entities: bool,
}

impl Roles {
    /// Whether the file's types and schemas describe data: those of a file that only holds routes
    /// do not.
    #[must_use]
    pub fn describes_data(self) -> bool {
        self.types || self.validation || self.contracts || self.drizzle || self.entities
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
    /// The files with a role, in the order of their paths, whatever they contain.
    pub files: Vec<Candidate>,
    /// All of them.
    pub listing: Listing,
    /// How many have a role and are left out since git ignores them.
    pub ignored: usize,
}

/// Without one of these words a file declares no type and no value: the language has no other way
/// to. They are the language's words and not those of libraries, since a schema may come from
/// another file under any name. What code does with rows is read too (`row_uses`).
static DECLARES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\b(?:interface|type|class|enum|namespace|const|let|var|using|default)\b|\bexport\s*=|\bfunction\s+\w*[sS]chema\b|\.(?:values|insert|set|query|parse|safeParse)(?:Async)?\b").ok()
});

/// Finds the files of all roles below the configured folders. A folder that does not exist is an
/// error.
pub fn walk(tree: &dyn Tree, config: &Config) -> Result<Walked> {
    let sources = &config.sources;
    let roots: BTreeSet<&str> = sources
        .roles()
        .into_iter()
        .flat_map(FilePatterns::roots)
        .collect();
    let outermost = roots
        .iter()
        .filter(|root| !roots.iter().any(|other| is_inside(root, other)));
    let mut walked = Walked::default();
    for root in outermost {
        let files = tree.files(root).with_context(|| {
            format!("cannot list `{root}`, where the configuration says that TypeScript files are: correct `types`, `validation`, `contracts`, `routes`, `drizzle`, `typeorm`, `mikroorm` or `sequelize`")
        })?;
        walked
            .files
            .par_extend(files.par_iter().filter_map(|path| candidate(config, path)));
        walked.listing.add(root, files);
    }
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    walked.ignored = leave_out_ignored(tree.ignore_rules(), config, &mut walked.files);
    Ok(walked)
}

/// Leaves out the files that git ignores, such as what a build has written, and returns how many
/// they are. A file stays that matches a glob which matches ignored files alone: generated types
/// that are not committed are configured so.
fn leave_out_ignored(mut rules: IgnoreRules, config: &Config, files: &mut Vec<Candidate>) -> usize {
    let (ignored, mut kept): (Vec<_>, Vec<_>) = std::mem::take(files)
        .into_iter()
        .partition(|file| rules.is_ignored(&file.path));
    let mut left_out = 0;
    if !ignored.is_empty() {
        let matched: HashSet<GlobPlace> = kept
            .iter()
            .flat_map(|file| globs_of(config, &file.path))
            .collect();
        for file in ignored {
            let is_meant = globs_of(config, &file.path).any(|glob| !matched.contains(&glob));
            if is_meant {
                kept.push(file);
            } else {
                left_out += 1;
            }
        }
        kept.sort_by(|a, b| a.path.cmp(&b.path));
    }
    *files = kept;
    left_out
}

/// A configured glob, by its role and its place in the list of that role.
type GlobPlace = (usize, usize);

/// The globs that match the file `path`.
fn globs_of(config: &Config, path: &str) -> impl Iterator<Item = GlobPlace> {
    let path = globset::Candidate::new(path);
    let roles = config.sources.roles().map(|role| role.matching(&path));
    roles
        .into_iter()
        .enumerate()
        .flat_map(|(role, globs)| globs.into_iter().map(move |glob| (role, glob)))
}

fn candidate(config: &Config, path: &str) -> Option<Candidate> {
    let roles = is_source(path)
        .then(|| roles(config, path))
        .filter(|roles| roles.any())?;
    (!config.sources.excludes(path)).then(|| Candidate {
        path: path.to_owned(),
        roles,
    })
}

fn is_inside(root: &str, other: &str) -> bool {
    root != other
        && (other.is_empty()
            || root
                .strip_prefix(other)
                .is_some_and(|rest| rest.starts_with('/')))
}

fn roles(config: &Config, path: &str) -> Roles {
    let path = globset::Candidate::new(path);
    let [
        types,
        validation,
        contracts,
        routes,
        drizzle,
        typeorm,
        mikroorm,
        sequelize,
    ] = config.sources.roles().map(|role| role.matches(&path));
    Roles {
        types,
        validation,
        contracts,
        routes,
        drizzle,
        entities: typeorm || mikroorm || sequelize,
    }
}

fn is_source(path: &str) -> bool {
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Whether a file with these roles and `bytes` may hold anything that is read. A route may be
/// registered by any statement.
#[must_use]
pub fn may_matter(roles: Roles, bytes: &[u8]) -> bool {
    roles.routes
        || roles.contracts
        || DECLARES
            .as_ref()
            .is_none_or(|declares| declares.is_match(bytes))
}

/// Whether a change of the file can change what is read: files with a role and those that they may
/// import, and what says where imports lead. What `exclude` names has no role, but only
/// declarations (`*.d.ts`) are imported from there.
#[must_use]
pub fn concerns(config: &Config, path: &str) -> bool {
    let is_declaration = path.ends_with(".d.ts");
    let is_read = is_source(path) && (is_declaration || !config.sources.exclude.is_match(path));
    is_read || says_where_imports_lead(path.rsplit('/').next().unwrap_or(path))
}

fn says_where_imports_lead(name: &str) -> bool {
    let is_tsconfig = name.starts_with("tsconfig") && name.ends_with(".json");
    is_tsconfig || ["package.json", "pnpm-workspace.yaml"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_declare_nothing_are_left_out() {
        let data = Roles {
            types: true,
            ..Roles::default()
        };
        let matters = |text: &str| may_matter(data, text.as_bytes());
        for text in [
            "interface A {}",
            "export default make()",
            "export const A = B.extend({})",
            "export\n= make()",
            "export function userSchema() {}",
        ] {
            assert!(matters(text), "{text}");
        }
        for text in [
            "import { a } from './a'; a(1)",
            "export * from './a'",
            "export function prototype() {}",
        ] {
            assert!(!matters(text), "{text}");
        }
        assert!(may_matter(
            Roles {
                routes: true,
                ..data
            },
            b"register(app)"
        ));
    }

    #[test]
    fn roots_inside_others_are_walked_once() {
        assert!(
            is_inside("a/b", "a")
                && is_inside("a", "")
                && !is_inside("ab", "a")
                && !is_inside("a", "a")
        );
    }
}
