//! The driver whose values rows hold, and the parsers that a program gives it.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::read;
use crate::tree::Tree;

/// The types whose parsers programs replace, by the name or number that `setTypeParser` takes.
const PARSED_TYPES: &[(&str, &str, &str)] =
    &[("INT8", "20", "int8"), ("NUMERIC", "1700", "numeric")];

/// PostgreSQL types that a program parses itself, and the kind that they become.
pub(super) type Parsed = BTreeSet<(&'static str, &'static str)>;

/// The package of node-postgres.
const NODE_POSTGRES: &str = "pg";

/// Packages that ask PostgreSQL through a driver, which may be another package's.
const USERS: &[&str] = &[
    "@databases/pg",
    "@pgtyped/cli",
    "@pgtyped/runtime",
    "graphile-worker",
    "knex",
    "kysely",
    "massive",
    "node-pg-migrate",
    "postgraphile",
    "zapatos",
];

/// Other drivers for PostgreSQL, and what makes other values of a driver's.
const OTHERS: &[&str] = &[
    "@electric-sql/pglite",
    "@neondatabase/serverless",
    "@prisma/client",
    "@vercel/postgres",
    "drizzle-orm",
    "kysely-postgres-js",
    "pg-native",
    "pg-promise",
    "pg-types",
    "postgres",
    "prisma",
    "sequelize",
    "slonik",
    "typeorm",
];

/// The packages of these publishers are clients of their own.
const OTHER_PUBLISHERS: &[&str] = &["@mikro-orm/", "@supabase/"];

/// The parsers that the sources `files` set; `None` where one is not understood.
pub(super) fn parsers(tree: &dyn Tree, files: &[&String]) -> Option<Parsed> {
    let parser = Regex::new(r"\bsetTypeParser\s*\(\s*(?:[\w.]*\.)?(\w+)\s*,([^;]*)").ok()?;
    let mut all = Parsed::new();
    for file in files {
        let text = read(tree, file);
        // A pool or a query may have parsers of its own.
        if text.contains("getTypeParser") {
            return None;
        }
        let calls = text.matches("setTypeParser(").count();
        let read: Vec<_> = parser.captures_iter(&text).collect();
        if read.len() < calls {
            return None;
        }
        for found in read {
            all.insert((parsed_type(&found[1])?, kind(&found[2])?));
        }
    }
    Some(all)
}

/// The driver, where the packages of the monorepo depend on one only, and on nothing that makes
/// other values of its own.
pub(super) fn of_packages(tree: &dyn Tree, files: &[String]) -> Option<&'static str> {
    let mut is_used = false;
    for package in packages(tree, files) {
        is_used |= names(&package, "dependencies").any(|name| name == NODE_POSTGRES);
        if all_names(&package).any(|name| is_other(name)) {
            return None;
        }
    }
    is_used.then_some("node-postgres")
}

/// Whether a package depends on anything that asks PostgreSQL.
pub(super) fn is_used(tree: &dyn Tree, files: &[String]) -> bool {
    let asks =
        |name: &String| name == NODE_POSTGRES || USERS.contains(&name.as_str()) || is_other(name);
    packages(tree, files).any(|package| all_names(&package).any(asks))
}

/// What the `package.json` of each package holds.
fn packages(tree: &dyn Tree, files: &[String]) -> impl Iterator<Item = Value> {
    let is_package = |file: &&String| file.rsplit('/').next() == Some("package.json");
    let packages = files.iter().filter(is_package);
    packages.filter_map(move |file| serde_json::from_str(&read(tree, file)).ok())
}

fn all_names(package: &Value) -> impl Iterator<Item = &String> {
    let keys = ["dependencies", "devDependencies", "peerDependencies"];
    keys.into_iter().flat_map(|key| names(package, key))
}

fn names<'v>(package: &'v Value, key: &str) -> impl Iterator<Item = &'v String> + use<'v> {
    let names = package.get(key).and_then(Value::as_object);
    names.into_iter().flat_map(serde_json::Map::keys)
}

fn is_other(package: &str) -> bool {
    let is_published = |publisher: &&str| package.starts_with(*publisher);
    OTHERS.contains(&package) || OTHER_PUBLISHERS.iter().any(is_published)
}

fn parsed_type(name: &str) -> Option<&'static str> {
    let row = PARSED_TYPES
        .iter()
        .find(|row| row.0 == name || row.1 == name)?;
    Some(row.2)
}

fn kind(parser: &str) -> Option<&'static str> {
    if parser.contains("BigInt") {
        return Some("bigint");
    }
    let numbers = ["parseInt", "parseFloat", "Number"];
    numbers
        .iter()
        .any(|name| parser.contains(name))
        .then_some("number")
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposed;

    const POOL: (&str, &str) = (
        "packages/db/package.json",
        r#"{ "dependencies": { "pg": "^8.0.0" } }"#,
    );

    #[test]
    fn the_only_driver_of_all_packages_is_the_driver() {
        let api = (
            "apps/api/package.json",
            r#"{ "dependencies": { "zod": "4" } }"#,
        );
        let proposal = proposed(&[POOL, api]);
        assert_eq!(proposal.driver, Some("node-postgres"));
        assert_eq!(proposal.parsed, []);
        let parser = "import { types } from 'pg';\ntypes.setTypeParser(types.builtins.INT8, (text) => Number(text));";
        let proposal = proposed(&[POOL, ("packages/db/index.ts", parser)]);
        assert_eq!(proposal.parsed, [("int8", "number")]);
        let by_number = "types.setTypeParser(20, BigInt);";
        let by_number = proposed(&[POOL, ("packages/db/index.ts", by_number)]);
        assert_eq!(by_number.parsed, [("int8", "bigint")]);
        assert!(
            proposal
                .toml(None)
                .contains("driver = \"node-postgres\"\ntype-map")
        );
    }

    #[test]
    fn a_driver_beside_others_or_with_unknown_parsers_is_left_open() {
        for other in ["postgres", "drizzle-orm", "@supabase/supabase-js", "prisma"] {
            let package = format!(r#"{{ "devDependencies": {{ "{other}": "1" }} }}"#);
            let proposal = proposed(&[POOL, ("package.json", &package)]);
            assert_eq!(proposal.driver, None, "{other}");
        }
        let parsers = [
            "types.setTypeParser(types.builtins.TIMESTAMPTZ, Temporal.Instant.from);",
            "for (const oid of oids) types.setTypeParser(oid, parse);",
            "types.setTypeParser(oids['json'], String);",
            "new Pool({ types: { getTypeParser: () => String } });",
        ];
        for parser in parsers {
            let proposal = proposed(&[POOL, ("packages/db/index.ts", parser)]);
            assert_eq!(proposal.driver, None, "{parser}");
        }
        // Only tests connect with it.
        let test = ("package.json", r#"{ "devDependencies": { "pg": "8" } }"#);
        assert_eq!(proposed(&[test]).driver, None);
    }
}
