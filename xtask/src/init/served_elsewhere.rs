//! Monorepos whose server is written in another language: its manifest names a driver for
//! PostgreSQL, and no package of TypeScript does. Types and schemas there are of what the server's
//! API sends, though they are called like tables.

use serde_json::Value;

use super::driver;
use super::read;
use crate::tree::Tree;

/// The roles that describe rows by their names alone.
const BY_NAME: [&str; 2] = ["types", "validation"];

/// Manifests of other languages, and the words by which they name a driver or an ORM.
const MANIFESTS: &[(&str, &[&str])] = &[
    (
        "Cargo.toml",
        &[
            "diesel",
            "refinery",
            "sea-orm",
            "sqlx",
            "tokio-postgres",
            "postgres",
        ],
    ),
    (
        "go.mod",
        &["jackc/pgx", "lib/pq", "go-pg/pg", "gorm.io/driver/postgres"],
    ),
    ("pyproject.toml", &["asyncpg", "psycopg", "sqlalchemy"]),
    ("requirements.txt", &["asyncpg", "psycopg", "sqlalchemy"]),
    ("Gemfile", &["'pg'", "\"pg\""]),
    ("pom.xml", &["org.postgresql"]),
    ("build.gradle", &["org.postgresql"]),
    ("build.gradle.kts", &["org.postgresql"]),
    ("mix.exs", &[":postgrex"]),
    ("composer.json", &["doctrine/", "laravel/framework"]),
];

/// The manifest of the program that uses the database, where nothing in TypeScript does.
pub(super) fn manifest(tree: &dyn Tree, files: &[String]) -> Option<String> {
    let found = files.iter().find(|file| names_driver(tree, file))?;
    let is_used =
        driver::is_used(tree, files) || files.iter().any(|file| brings_driver(tree, file));
    (!is_used).then(|| found.clone())
}

/// Whether `key` is a role that such a monorepo has no use for.
pub(super) fn is_by_name(key: &str) -> bool {
    BY_NAME.contains(&key)
}

fn names_driver(tree: &dyn Tree, file: &str) -> bool {
    let name = file.rsplit('/').next();
    let manifest = MANIFESTS.iter().find(|(known, _)| Some(*known) == name);
    manifest.is_some_and(|(_, drivers)| {
        let text = read(tree, file);
        let is_name = |character: char| character.is_alphanumeric() || "-_".contains(character);
        drivers.iter().any(|driver| {
            text.match_indices(driver).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + driver.len()..].chars().next();
                // `sqlx` is no part of another name. Names that end with a sign need no end.
                let ends = !driver.ends_with(is_name) || !after.is_some_and(is_name);
                ends && !before.is_some_and(is_name)
            })
        })
    })
}

/// Whether a program needs no package for PostgreSQL: Deno's and Bun's have their own.
fn brings_driver(tree: &dyn Tree, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    match name {
        "deno.json" | "deno.jsonc" | "bun.lock" | "bun.lockb" | "bunfig.toml" => true,
        "package.json" => {
            let package = serde_json::from_str::<Value>(&read(tree, file));
            package.is_ok_and(|package| package.pointer("/devDependencies/bun-types").is_some())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposed;

    const TYPE: (&str, &str) = (
        "web/src/types.ts",
        "export interface User { id: number; name: string }",
    );
    const MIGRATION: (&str, &str) = (
        "server/migrations/20240101000000_users.sql",
        "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
    );

    #[test]
    fn types_beside_a_server_in_another_language_are_of_its_api() {
        let web = (
            "web/package.json",
            r#"{ "dependencies": { "react": "19" } }"#,
        );
        let rust = (
            "server/Cargo.toml",
            "[dependencies]\nsqlx = { version = \"0.8\" }",
        );
        let of_api = proposed(&[TYPE, MIGRATION, web, rust]);
        assert_eq!(of_api.served_by.as_deref(), Some("server/Cargo.toml"));
        assert!(of_api.roles.iter().all(|(key, ..)| *key != "types"));
        // The TypeScript asks the database, too.
        let api = ("api/package.json", r#"{ "dependencies": { "pg": "8" } }"#);
        let both = proposed(&[TYPE, MIGRATION, web, rust, api]);
        assert_eq!(both.served_by, None);
        assert!(both.roles.iter().any(|(key, ..)| *key == "types"));
        // Another program of Rust.
        let other = ("tool/Cargo.toml", "[dependencies]\nsqlx-like = \"1\"");
        let alone = proposed(&[TYPE, MIGRATION, web, other]);
        assert_eq!(alone.served_by, None);
        let bun = ("bun.lock", "");
        assert_eq!(proposed(&[TYPE, MIGRATION, rust, bun]).served_by, None);
    }
}
