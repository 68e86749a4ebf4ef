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

/// Commands of tools whose migrations are code. A command ends where the shell begins another.
const CODE: &[&str] = &[
    r"\bknex\b[^&|;]*\bmigrate:latest\b",
    r"\btypeorm\S*\b[^&|;]*\bmigration:run\b",
    r"\bsequelize\S*\b[^&|;]*\bdb:migrate(?:\s|$)",
    r"\bmikro-orm\b[^&|;]*\bmigration:up\b",
    r"\bkysely\b[^&|;]*\bmigrate[: ]latest\b",
    r"\bnode-pg-migrate\b[^&|;]*\bup\b",
];

/// Scripts that only call the program of such a tool: the pattern of the text, words that give it
/// a command already, and the command to add.
const PROGRAMS: &[(&str, &str, &str)] = &[
    (
        r"\bnode-pg-migrate\b[^&|;]*$",
        r"\b(?:up|down|redo|create)\b",
        "up",
    ),
    (
        r"\bknex\b[^&|;]*$",
        r"\b(?:migrate|seed|init)\b",
        "migrate:latest",
    ),
];

/// Words in the names of scripts that do something else first, and migrate on the way.
const OTHER_WORK: &[&str] = &[
    "build",
    "ci",
    "dev",
    "e2e",
    "install",
    "postbuild",
    "postinstall",
    "prebuild",
    "predev",
    "prestart",
    "reset",
    "seed",
    "setup",
    "start",
    "test",
    "vercel",
];

/// Words in the names of scripts for a database that is thrown away.
const OF_TESTS: &[&str] = &["ci", "e2e", "test"];

/// A script of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// The command that runs it, typed at the root.
    pub command: String,
    name: String,
    text: String,
}

impl Script {
    /// Whether its name has one of `words`.
    fn is_named(&self, words: &[&str]) -> bool {
        let mut own = self.name.split([':', '-', '_', '.']);
        own.any(|word| words.contains(&word))
    }

    /// Whether migrations are what it is for: `build` may apply them, too, and is no command to
    /// migrate by.
    fn is_for_migrations(&self) -> bool {
        let is_called_so = self.name.contains("migrat") && !self.is_named(OF_TESTS);
        is_called_so || !self.is_named(OTHER_WORK)
    }

    /// The command that runs it with `argument`. Only npm needs to be told where its own arguments
    /// end.
    fn with(&self, argument: &str) -> String {
        let end = if self.command.starts_with("npm ") {
            " --"
        } else {
            ""
        };
        format!("{}{end} {argument}", self.command)
    }
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
                name: name.clone(),
                text: text.as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    scripts
}

/// The command that applies migrations of `layout`, if a script does.
pub(super) fn applying(scripts: &[Script], layout: Layout) -> Option<String> {
    let pattern = match layout {
        Layout::Prisma => r"\bprisma\b[^&|;]*\bmigrate deploy\b",
        Layout::Drizzle => r"\bdrizzle-kit\b[^&|;]*\smigrate\b",
        Layout::Sqlx => r"\bsqlx migrate run\b",
        Layout::Diesel => r"\bdiesel migration run\b",
        Layout::GolangMigrate => r"\bmigrate\b[^&|;]*\s-path\b[^&|;]*\bup\b",
        Layout::Supabase => r"\bsupabase (?:db push|migration up)\b",
        Layout::Dbmate => r"\bdbmate\b[^&|;]*\s(?:up|migrate)\b",
        Layout::NodePgMigrate => r"\bnode-pg-migrate\b[^&|;]*\sup\b",
        Layout::Flyway => r"(?:^|[\s/])(?:node-|pg-)?flyway\s(?:[^&|;]*\s)?migrate\b",
        Layout::Hasura => r"\bhasura migrate apply\b",
        Layout::Postgrator => r"(?:^|[\s/])postgrator\b",
    };
    matching(scripts, &[pattern])
}

/// Whether a script, or one that it runs, sets variables from a file over those that it is given:
/// `DATABASE_URL` of `.env` would win over that of the scratch database.
fn overrides_variables(scripts: &[Script], script: &Script) -> bool {
    let overrides = |text: &str| {
        (text.contains("env-cmd") && !text.contains("--no-override"))
            || (text.contains("dotenv") && text.contains(" -o "))
    };
    let runs = |other: &&Script| {
        let name = &other.name;
        ["run", "yarn", "pnpm"].iter().any(|manager| {
            let call = format!("{manager} {name}");
            let found = script.text.split_once(&call);
            found.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(' '))
        })
    };
    overrides(&script.text)
        || scripts
            .iter()
            .filter(runs)
            .any(|other| overrides(&other.text))
}

/// The command that runs migrations that are code, if a script does.
pub(super) fn replaying(scripts: &[Script]) -> Option<String> {
    matching(scripts, CODE).or_else(|| PROGRAMS.iter().find_map(|program| called(scripts, program)))
}

/// The command that calls a program through a script, with the command that the script leaves out.
fn called(scripts: &[Script], (program, commands, added): &(&str, &str, &str)) -> Option<String> {
    let (program, commands) = (Regex::new(program).ok()?, Regex::new(commands).ok()?);
    let without_command = |script: &&Script| {
        let found = program.find(&script.text);
        found.is_some_and(|found| {
            !commands.is_match(&script.text[found.start()..].replace("node-pg-migrate", ""))
        })
    };
    let script = scripts.iter().find(without_command)?;
    Some(script.with(added))
}

/// The command that runs the program `file` and no other work, if a script does.
pub(super) fn running(scripts: &[Script], file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    // It may run as it is, or as what it was compiled to.
    let pattern = format!(r"(?:^|[\s/]){}(?:\.\w+)?(?:\s|$)", regex::escape(stem));
    matching(scripts, &[&pattern])
}

fn matching(scripts: &[Script], patterns: &[&str]) -> Option<String> {
    let patterns: Vec<Regex> = patterns
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect();
    let does = |script: &&Script| {
        script.is_for_migrations()
            && patterns.iter().any(|one| one.is_match(&script.text))
            && !overrides_variables(scripts, script)
    };
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
            ("knex seed:run && tsx migrate:latest", false),
            ("node-pg-migrate -m migrations -j ts", true),
            ("node-pg-migrate create", false),
        ] {
            let package = serde_json::json!({ "scripts": { "migrate": text } }).to_string();
            let found = scripts(&[("package.json", &package)]);
            assert_eq!(replaying(&found).is_some(), is_code, "{text}");
        }
    }

    #[test]
    fn a_script_that_only_calls_the_program_is_given_the_command() {
        let text = r#"{ "scripts": { "migrate": "node-pg-migrate -m migrations -j ts" } }"#;
        let npm = scripts(&[("package.json", text)]);
        assert_eq!(replaying(&npm).as_deref(), Some("npm run migrate -- up"));
        let pnpm = scripts(&[("package.json", text), ("pnpm-lock.yaml", "")]);
        assert_eq!(replaying(&pnpm).as_deref(), Some("pnpm run migrate up"));
    }

    #[test]
    fn a_script_is_known_by_the_program_that_it_runs() {
        let runs = |text: &str| {
            let package = serde_json::json!({ "scripts": { "db:migrate": text } }).to_string();
            running(&scripts(&[("package.json", &package)]), "src/db/migrate.ts").is_some()
        };
        assert!(runs("tsx src/db/migrate.ts") && runs("node dist/db/migrate.js"));
        assert!(!runs("prisma migrate-all") && !runs("tsx src/premigrate.ts"));
    }

    #[test]
    fn a_script_that_builds_is_no_command_to_migrate_by() {
        let applies = |name: &str, text: &str, layout| {
            let package = serde_json::json!({ "scripts": { name: text } }).to_string();
            applying(&scripts(&[("package.json", &package)]), layout).is_some()
        };
        let deploy = "prisma migrate deploy && next build";
        assert!(!applies("build", deploy, Layout::Prisma));
        assert!(applies("db:deploy", deploy, Layout::Prisma));
        assert!(applies("dev:migrate", deploy, Layout::Prisma));
        assert!(!applies("migrate:e2e", deploy, Layout::Prisma));
        let other = "nx run example-prisma-flyway:prisma-migrate-dev --create-only";
        assert!(!applies("migrate", other, Layout::Flyway));
        assert!(applies(
            "migrate",
            "flyway -url=$URL migrate",
            Layout::Flyway
        ));
    }

    #[test]
    fn a_script_that_takes_its_variables_from_a_file_runs_elsewhere() {
        let replays = |typeorm: &str| {
            let text = serde_json::json!({ "scripts": {
                "typeorm": typeorm,
                "migration:run": "npm run typeorm -- migration:run",
            } });
            replaying(&scripts(&[("package.json", &text.to_string())])).is_some()
        };
        assert!(replays("ts-node ./node_modules/typeorm/cli.js"));
        assert!(replays(
            "env-cmd --no-override -- ts-node ./node_modules/typeorm/cli.js"
        ));
        assert!(!replays("env-cmd -- ts-node ./node_modules/typeorm/cli.js"));
    }
}
