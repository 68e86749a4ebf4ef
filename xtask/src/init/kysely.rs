//! The tables that a program gives to Kysely: the interface in `Kysely<Database>`, and the driver
//! below it.

use std::collections::BTreeSet;

use regex::Regex;

use super::read;
use crate::tree::Tree;

/// A program's use of Kysely, as far as it is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KyselyUse {
    /// The files that declare an interface of all tables, or the type of one of them.
    pub(super) files: Vec<String>,
    /// The driver below it, where it is seen.
    pub(super) driver: Option<&'static str>,
}

/// Looks for `Kysely<…>` in the sources `files`.
pub(super) fn find(tree: &dyn Tree, files: &[&String]) -> KyselyUse {
    let Some(patterns) = Patterns::new() else {
        return KyselyUse::default();
    };
    let mut names = BTreeSet::new();
    let mut drivers = BTreeSet::new();
    for file in files {
        let text = read(tree, file);
        if text.contains("Kysely<") {
            let given = patterns.given.captures_iter(&text);
            names.extend(given.map(|found| found[1].to_owned()));
        }
        if text.contains("PostgresDialect") && text.contains("kysely") {
            drivers.insert("node-postgres");
        }
        if text.contains("PostgresJSDialect") {
            drivers.insert("postgres-js");
        }
    }
    if names.is_empty() {
        return KyselyUse::default();
    }
    let declaring = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let declares = |file: &&&String| patterns.declares_any(&read(tree, file), names);
        files
            .iter()
            .filter(declares)
            .map(|file| (*file).clone())
            .collect()
    };
    let lists = declaring(&names);
    let texts = lists.iter().map(|file| read(tree, file));
    let listed = texts.flat_map(|text| patterns.listed(&text, &names));
    let listed: BTreeSet<String> = listed.collect();
    let files = lists.union(&declaring(&listed)).cloned().collect();
    KyselyUse {
        files,
        driver: drivers.first().copied().filter(|_| drivers.len() == 1),
    }
}

/// The database other than PostgreSQL that Kysely is given, and the file that does; `None` where one
/// gives it PostgreSQL, or none gives it anything.
pub(super) fn other_engine<'f>(
    tree: &dyn Tree,
    sources: impl Iterator<Item = &'f String>,
) -> Option<(String, &'static str)> {
    const POSTGRES: &[&str] = &["Postgres", "postgres", "\"pg\"", "'pg'", "Neon", "PGlite"];
    const OTHERS: &[(&str, &str)] = &[
        ("MysqlDialect", "MySQL"),
        ("mysql2", "MySQL"),
        ("SqliteDialect", "SQLite"),
        ("better-sqlite3", "SQLite"),
        ("D1Dialect", "SQLite"),
        ("LibsqlDialect", "SQLite"),
        ("MssqlDialect", "SQL Server"),
    ];
    let mut other = None;
    for file in sources {
        let text = read(tree, file);
        if !text.contains("kysely") {
            continue;
        }
        if POSTGRES.iter().any(|word| text.contains(word)) {
            return None;
        }
        if !text.contains("ialect") {
            continue;
        }
        let found = OTHERS.iter().find(|(word, _)| text.contains(word));
        other = other.or_else(|| found.map(|(_, engine)| (file.clone(), *engine)));
    }
    other
}

struct Patterns {
    given: Regex,
    declared: Regex,
    member: Regex,
}

impl Patterns {
    fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            given: regex(r"\bKysely<\s*(\w+)\s*>")?,
            declared: regex(r"\b(?:interface|type)\s+(\w+)\b[^;{]*\{")?,
            member: regex(r"\w\W*?:\s*(\w+)\s*[;,\n}]")?,
        })
    }

    fn declares_any(&self, text: &str, names: &BTreeSet<String>) -> bool {
        let mut declared = self.declared.captures_iter(text);
        declared.any(|found| names.contains(&found[1]))
    }

    /// The types of the members of those interfaces in `text` that have one of `names`.
    fn listed(&self, text: &str, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut listed = BTreeSet::new();
        for found in self.declared.captures_iter(text) {
            let (Some(whole), true) = (found.get(0), names.contains(&found[1])) else {
                continue;
            };
            let rest = &text[whole.end()..];
            let body = &rest[..rest.find('}').map_or(rest.len(), |end| end + 1)];
            let members = self.member.captures_iter(body);
            listed.extend(members.map(|member| member[1].to_owned()));
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> KyselyUse {
        let tree = MemoryTree::new(files.iter().copied());
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files: Vec<_> = names.iter().collect();
        find(&tree, &files)
    }

    const TABLES: (&str, &str) = (
        "src/tables.ts",
        "import { Users } from './users';\nexport interface Database {\n  users: Users;\n}",
    );

    #[test]
    fn the_interface_that_kysely_is_given_is_found_with_its_driver() {
        let opened = "import { Kysely, PostgresDialect } from 'kysely';
             import type { Database } from './tables';
             export const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });";
        let users = ("src/users.ts", "export interface Users { id: string }");
        let used = found(&[TABLES, ("src/db.ts", opened), users]);
        assert_eq!(used.files, ["src/tables.ts", "src/users.ts"]);
        assert_eq!(used.driver, Some("node-postgres"));
    }

    #[test]
    fn a_program_on_another_database_is_known_by_its_dialect() {
        let other = |files: &[(&str, &str)]| {
            let tree = MemoryTree::new(files.iter().copied());
            other_engine(&tree, tree.files("").expect("in memory").iter())
        };
        let mysql = (
            "kysely.config.ts",
            "import { defineConfig } from 'kysely-ctl';\nexport default defineConfig({ dialect: 'mysql2' });",
        );
        let known = Some(("kysely.config.ts".to_owned(), "MySQL"));
        assert_eq!(other(&[mysql]), known);
        let opened = "import { Kysely, PostgresDialect } from 'kysely';\nnew Kysely({ dialect: new PostgresDialect() });";
        assert_eq!(other(&[mysql, ("src/db.ts", opened)]), None);
        let vercel = "import { createKysely } from '@vercel/postgres-kysely';";
        assert_eq!(other(&[mysql, ("src/db.ts", vercel)]), None);
        assert_eq!(
            other(&[("src/a.ts", "import { sql } from 'kysely';")]),
            None
        );
    }

    #[test]
    fn nothing_is_said_without_kysely() {
        let used = found(&[
            TABLES,
            ("src/a.ts", "import { PostgresDialect } from 'kysely';"),
        ]);
        assert_eq!(used, KyselyUse::default());
    }
}
