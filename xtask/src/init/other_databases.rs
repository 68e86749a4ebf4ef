//! Parts of a monorepo that belong to another database than the one whose migrations are proposed:
//! the migrations of SQLite that Cloudflare or Drizzle runs, and what lies in the packages of such
//! migrations.

use std::collections::BTreeSet;

use regex::Regex;

use super::code::package;
use super::read;
use crate::config::Layout;
use crate::layouts::detect::Layouts;
use crate::tree::{Tree, joined};

/// The keys of the configuration that name descriptions of tables.
const OF_TABLES: [&str; 5] = ["types", "drizzle", "typeorm", "mikroorm", "sequelize"];

/// Takes the migrations of SQLite out of `layouts`, and says of each which file tells it.
pub(super) fn without_sqlite(tree: &dyn Tree, files: &[String], mut layouts: Layouts) -> Layouts {
    let known = sqlite_folders(tree, files);
    let why = |folder: &str| {
        let found = known.iter().find(|(one, _)| one == folder);
        let drizzle = || uses_only_sqlite(tree, files, folder);
        found.map(|(_, why)| why.clone()).or_else(drizzle)
    };
    let told: Vec<(Layout, String, Option<String>)> = layouts
        .foreign
        .drain(..)
        .map(|(layout, folder)| {
            let why = why(&folder);
            (layout, folder, why)
        })
        .collect();
    for (layout, folder, why) in told {
        match why {
            Some(why) => layouts.other_engines.push((folder, why)),
            None => layouts.foreign.push((layout, folder)),
        }
    }
    layouts
}

/// The folders that configurations name as migrations of SQLite, and how that is known.
fn sqlite_folders(tree: &dyn Tree, files: &[String]) -> Vec<(String, String)> {
    let (Ok(of_wrangler), Ok(of_drizzle)) = (
        Regex::new(r#""?migrations_dir"?\s*[:=]\s*["']([^"']+)["']"#),
        Regex::new(r#"\bout\s*:\s*["'`]([^"'`]+)["'`]"#),
    ) else {
        return Vec::new();
    };
    let mut folders = Vec::new();
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        if ["wrangler.toml", "wrangler.json", "wrangler.jsonc"].contains(&name) {
            let text = read(tree, file);
            if !text.contains("d1_databases") {
                continue;
            }
            let named = of_wrangler
                .captures_iter(&text)
                .map(|found| found[1].to_owned());
            let mut named: Vec<String> = named.collect();
            // Without the key it is this folder, where that is there.
            if named.is_empty() {
                named.push("migrations".to_owned());
            }
            let why = format!("SQLite: `{file}` gives it to Cloudflare's D1");
            let found = named.iter();
            folders.extend(found.map(|named| (joined(folder, named), why.clone())));
        } else if name.starts_with("drizzle") && name.contains(".config.") {
            let text = read(tree, file);
            let is_sqlite = ["sqlite", "turso", "d1-http"]
                .iter()
                .any(|word| text.contains(word));
            if is_sqlite && !text.contains("postgres") {
                let why = format!("SQLite, as `{file}` says");
                let named = of_drizzle.captures_iter(&text);
                folders.extend(named.map(|found| (joined(folder, &found[1]), why.clone())));
            }
        }
    }
    folders
}

/// Whether the package that holds the migrations in `folder` declares tables of SQLite with Drizzle,
/// and none of PostgreSQL.
fn uses_only_sqlite(tree: &dyn Tree, files: &[String], folder: &str) -> Option<String> {
    let package = format!("{}/", package_of(files, folder)?);
    let mut sqlite = None;
    for file in files {
        if !file.starts_with(&package) || !file.ends_with(".ts") {
            continue;
        }
        let text = read(tree, file);
        if text.contains("drizzle-orm/pg-core") {
            return None;
        }
        if sqlite.is_none() && text.contains("sqliteTable(") {
            sqlite = Some(format!("SQLite, whose tables `{file}` declares"));
        }
    }
    sqlite
}

/// The packages that hold migrations of other databases, and not those that are `proposed`. What
/// describes tables there describes those of that database. `has_none` is whether there is no source
/// of migrations at all for PostgreSQL.
pub(super) fn packages(
    files: &[String],
    layouts: &Layouts,
    (proposed, has_none): (Option<&str>, bool),
) -> Vec<String> {
    let others = layouts
        .other_engines
        .iter()
        .map(|(folder, _)| folder)
        .chain(layouts.foreign.iter().map(|(_, folder)| folder))
        .filter(|folder| Some(folder.as_str()) != proposed);
    let is_apart = |package: &String| {
        let inside = format!("{package}/");
        proposed.is_none_or(|proposed| !format!("{proposed}/").starts_with(&inside))
    };
    let packages = others.filter_map(|folder| match package_of(files, folder) {
        // Without any for PostgreSQL, all that the monorepo describes is of the other database.
        None if has_none => Some(String::new()),
        found => found,
    });
    let packages: BTreeSet<String> = packages.filter(is_apart).collect();
    packages.into_iter().collect()
}

/// The package that holds `folder`; none where that is the whole monorepo.
fn package_of(files: &[String], folder: &str) -> Option<String> {
    let (package, _) = package(&format!("{folder}/x"), files);
    (!package.is_empty()).then_some(package)
}

/// The files of a role without those that describe tables of another database.
pub(super) fn without(packages: &[String], key: &str, mut files: Vec<String>) -> Vec<String> {
    if OF_TABLES.contains(&key) {
        let is_inside = |file: &String| {
            let mut packages = packages.iter();
            packages.any(|package| package.is_empty() || file.starts_with(&format!("{package}/")))
        };
        files.retain(|file| !is_inside(file));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::detect;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> (Layouts, Vec<String>) {
        let tree = MemoryTree::new(files.iter().copied());
        let files = tree.files("").expect("in memory");
        let layouts = without_sqlite(&tree, &files, detect::find(&tree, &files));
        let proposed = layouts.foreign.first().map(|(_, folder)| folder.clone());
        let proposed = proposed.as_deref();
        let packages = packages(&files, &layouts, (proposed, proposed.is_none()));
        (layouts, packages)
    }

    #[test]
    fn migrations_that_cloudflare_runs_are_of_sqlite() {
        let sql = "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL);";
        let (layouts, packages) = found(&[
            ("package.json", "{}"),
            ("packages/d1/package.json", "{}"),
            ("packages/d1/migrations/0001_a.sql", sql),
            ("packages/db/package.json", "{}"),
            ("packages/db/migrations/0001_a.sql", sql),
            (
                "apps/worker/wrangler.toml",
                "[[d1_databases]]\nbinding = \"DB\"\nmigrations_dir = \"../../packages/d1/migrations\"\n",
            ),
        ]);
        assert_eq!(
            layouts.foreign,
            [(Layout::Sqlx, "packages/db/migrations".to_owned())]
        );
        let why = "SQLite: `apps/worker/wrangler.toml` gives it to Cloudflare's D1".to_owned();
        assert_eq!(
            layouts.other_engines,
            [("packages/d1/migrations".to_owned(), why)]
        );
        assert_eq!(packages, ["packages/d1"]);
        let types = vec![
            "packages/d1/src/a.ts".to_owned(),
            "packages/db/src/a.ts".to_owned(),
        ];
        assert_eq!(
            without(&packages, "types", types.clone()),
            ["packages/db/src/a.ts"]
        );
        assert_eq!(without(&packages, "validation", types.clone()), types);
    }

    #[test]
    fn only_the_folder_that_cloudflare_is_given_is_of_sqlite() {
        let sql = "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL);";
        let of = |wrangler: &str| {
            let (layouts, _) = found(&[
                ("wrangler.toml", wrangler),
                ("d1/migrations/0001_a.sql", sql),
                ("migrations/0001_a.sql", sql),
            ]);
            let folders = layouts.other_engines.into_iter().map(|(folder, _)| folder);
            folders.collect::<Vec<_>>()
        };
        let named = "[[d1_databases]]\nmigrations_dir = \"d1/migrations\"\n";
        assert_eq!(of(named), ["d1/migrations"]);
        assert_eq!(of("[[d1_databases]]\nbinding = \"DB\"\n"), ["migrations"]);
        assert_eq!(of("name = \"worker\"\n"), [""; 0]);
    }

    #[test]
    fn tables_of_sqlite_tell_whose_migrations_lie_beside_them() {
        let (layouts, _) = found(&[
            ("packages/db/package.json", "{}"),
            (
                "packages/db/migrations/0001_a.sql",
                "CREATE TABLE users (id TEXT);",
            ),
            (
                "packages/db/src/users.ts",
                "import { sqliteTable } from 'drizzle-orm/sqlite-core';\nexport const users = sqliteTable('users', {});",
            ),
        ]);
        assert!(layouts.foreign.is_empty());
        assert_eq!(
            layouts.other_engines[0].1,
            "SQLite, whose tables `packages/db/src/users.ts` declares"
        );
    }

    #[test]
    fn the_package_of_the_proposed_migrations_is_never_left_out() {
        let (_, packages) = found(&[
            ("package.json", "{}"),
            ("migrations/0001_a.sql", "SELECT 1;"),
            ("migrations/0002_a.sql", "SELECT 1;"),
            ("supabase/migrations/20240101000000_a.sql", "SELECT 1;"),
            ("apps/billing/package.json", "{}"),
            ("apps/billing/migrations/0001_a.sql", "SELECT 1;"),
        ]);
        assert_eq!(packages, ["apps/billing"]);
        let (_, whole) = found(&[
            ("package.json", "{}"),
            ("db/migrations/0001_a.sql", "CREATE TABLE `a` (id int);"),
        ]);
        assert_eq!(
            without(&whole, "types", vec!["src/a.ts".to_owned()]),
            [""; 0]
        );
    }
}
