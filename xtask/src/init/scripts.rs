//! Finds the command by which a monorepo migrates, in the scripts of its packages.

use regex::Regex;
use serde::Deserialize;

use super::read;
use crate::config::Layout;
use crate::tree::Tree;

/// The lock file of each package manager, and how it runs a script of the package in a folder.
const MANAGERS: &[(&str, &str, &str)] = &[
    ("pnpm-lock.yaml", "pnpm run", "pnpm --dir {dir} run"),
    ("yarn.lock", "yarn run", "yarn --cwd {dir} run"),
    ("bun.lock", "bun run", "bun run --cwd {dir}"),
    ("bun.lockb", "bun run", "bun run --cwd {dir}"),
    ("package-lock.json", "npm run", "npm --prefix {dir} run"),
];

/// The manager where no lock file tells.
const DEFAULT_MANAGER: (&str, &str) = ("npm run", "npm --prefix {dir} run");

/// Commands of tools whose migrations are code.
const CODE: &[&str] = &[
    r"\bknex\b.*\bmigrate:latest\b",
    r"\btypeorm\S*\b.*\bmigration:run\b",
    r"\bsequelize\S*\b.*\bdb:migrate(?:\s|$)",
    r"\bmikro-orm\b.*\bmigration:up\b",
    r"\bkysely\b.*\bmigrate[: ]latest\b",
    r"\bnode-pg-migrate\b.*\bup\b",
];

/// A script of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// The command that runs it, typed at the root.
    pub command: String,
    text: String,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    scripts: serde_json::Map<String, serde_json::Value>,
}

/// The scripts of all packages, those of the root first.
pub(super) fn find(tree: &dyn Tree, files: &[String]) -> Vec<Script> {
    let manager = MANAGERS
        .iter()
        .find(|(lock, ..)| files.iter().any(|file| file == lock));
    let (run, run_in) = manager.map_or(DEFAULT_MANAGER, |(_, run, run_in)| (*run, *run_in));
    let mut packages: Vec<&String> = files
        .iter()
        .filter(|file| *file == "package.json" || file.ends_with("/package.json"))
        .collect();
    packages.sort_by_key(|file| file.matches('/').count());
    let mut scripts = Vec::new();
    for file in packages {
        // A package that cannot be read proposes nothing.
        let Ok(package) = serde_json::from_str::<Package>(&read(tree, file)) else {
            continue;
        };
        let run = match file.rsplit_once('/') {
            Some((dir, _)) => run_in.replace("{dir}", dir),
            None => run.to_owned(),
        };
        for (name, text) in &package.scripts {
            scripts.push(Script {
                command: format!("{run} {name}"),
                text: text.as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    scripts
}

/// The command that applies migrations of `layout`, if a script does.
pub(super) fn applying(scripts: &[Script], layout: Layout) -> Option<String> {
    let pattern = match layout {
        Layout::Prisma => r"\bprisma\b.*\bmigrate deploy\b",
        Layout::Drizzle => r"\bdrizzle-kit\b.*\bmigrate\b",
        Layout::Sqlx => r"\bsqlx migrate run\b",
        Layout::Diesel => r"\bdiesel migration run\b",
        Layout::GolangMigrate => r"\bmigrate\b.*\s-path\b.*\bup\b",
        Layout::Supabase => r"\bsupabase (?:db push|migration up)\b",
        Layout::Dbmate => r"\bdbmate\b.*\b(?:up|migrate)\b",
        Layout::NodePgMigrate => r"\bnode-pg-migrate\b.*\bup\b",
        Layout::Flyway => r"\bflyway\b.*\bmigrate\b",
        Layout::Hasura => r"\bhasura migrate apply\b",
    };
    matching(scripts, &[pattern])
}

/// The command that runs migrations that are code, if a script does.
pub(super) fn replaying(scripts: &[Script]) -> Option<String> {
    matching(scripts, CODE)
}

fn matching(scripts: &[Script], patterns: &[&str]) -> Option<String> {
    let patterns: Vec<Regex> = patterns
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect();
    let does = |script: &&Script| patterns.iter().any(|one| one.is_match(&script.text));
    scripts
        .iter()
        .find(does)
        .map(|script| script.command.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn scripts(files: &[(&str, &str)]) -> Vec<Script> {
        let tree = MemoryTree::new(files.iter().copied());
        find(&tree, &tree.files("").expect("in memory"))
    }

    #[test]
    fn a_script_is_run_by_the_manager_of_the_lock_file() {
        let inner = r#"{ "scripts": { "up": "dotenv -- prisma migrate deploy" } }"#;
        let below = scripts(&[("pnpm-lock.yaml", ""), ("packages/db/package.json", inner)]);
        assert_eq!(
            applying(&below, Layout::Prisma).as_deref(),
            Some("pnpm --dir packages/db run up")
        );
        assert_eq!(applying(&below, Layout::Drizzle), None);
        let root = scripts(&[("package.json", inner)]);
        assert_eq!(
            applying(&root, Layout::Prisma).as_deref(),
            Some("npm run up")
        );
    }

    #[test]
    fn code_is_known_by_the_command_that_runs_it() {
        for (text, is_code) in [
            ("knex --knexfile k.ts migrate:latest", true),
            (
                "npm run typeorm -- migration:run -d src/data-source.ts",
                true,
            ),
            ("sequelize-cli db:migrate", true),
            ("sequelize-cli db:migrate:undo", false),
            ("typeorm migration:generate", false),
        ] {
            let package = serde_json::json!({ "scripts": { "migrate": text } }).to_string();
            let found = scripts(&[("package.json", &package)]);
            assert_eq!(replaying(&found).is_some(), is_code, "{text}");
        }
    }
}
