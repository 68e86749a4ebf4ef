//! Prisma itself reads a schema as db-inspect says, and migrates to a database in which nothing is
//! found.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::oracle::{self, Oracle};
use crate::support;
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;

/// The schemas, each with its files and how much of it must be compared.
const SCHEMAS: [(&str, &[&str], u64); 2] = [
    ("everything", &["schema.prisma"], 400),
    (
        "several",
        &[
            "main.prisma",
            "models/account.prisma",
            "models/order.prisma",
        ],
        40,
    ),
];

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/prisma")
        .join(name)
}

#[test]
fn prismas_parser_reads_what_db_inspect_says() {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    for (name, files, at_least) in SCHEMAS {
        let root = fixtures(name);
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("prisma.toml");
        std::fs::write(&config, "prisma = ['**/*.prisma']\n").expect("a file");
        let said = folder.path().join("said.json");
        let inspected = oracle::inspect_with(&root, &config);
        assert_eq!(inspected["problems"], Value::Array(Vec::new()), "{name}");
        std::fs::write(&said, inspected.to_string()).expect("a file");
        let paths = [said.to_str().expect("UTF-8"), root.to_str().expect("UTF-8")];
        let verdict = oracle.run("prisma.mjs", paths.into_iter().chain(files.iter().copied()));
        let differences = verdict["differences"].as_array().expect("a list");
        assert!(differences.is_empty(), "{name}: {differences:#?}");
        let checked = verdict["checked"].as_u64().expect("a number");
        assert!(checked >= at_least, "{name}: only {checked} were compared");
    }
}

#[test]
fn nothing_is_found_in_the_database_that_prisma_itself_makes() {
    let (Some(scratch), Some(oracle)) = (support::shared(), Oracle::find()) else {
        return;
    };
    for (name, files, _) in SCHEMAS {
        let root = fixtures(name);
        let made = oracle.run(
            "prisma-ddl.mjs",
            [root.to_str().expect("UTF-8")]
                .into_iter()
                .chain(files.iter().copied()),
        );
        // Prisma writes no views.
        let view = "CREATE VIEW active_users AS SELECT 1 AS id, ''::text AS email;\n";
        let sql = format!("{}\n{view}", made["sql"].as_str().expect("SQL"));
        let repo = Monorepo::empty();
        repo.write("migrations/V1__prisma.sql", &sql);
        repo.write(
            "migrations/V1__prisma.down.sql",
            "-- irreversible: a test\n",
        );
        for file in files {
            let text = std::fs::read_to_string(root.join(file)).expect("a fixture");
            repo.write(&format!("prisma/{file}"), &text);
        }
        let major = support::major();
        repo.write(
            "db.toml",
            &format!("postgres = '{major}'\nprisma = ['prisma/**/*.prisma']\n"),
        );
        let database = Database::create(scratch, "prisma_oracle");
        let ran = database.run(&repo, &["db-verify"]).must_exit(0);
        let is_clean = ran
            .stdout
            .contains("Verification passed: 0 errors, 0 warnings");
        assert!(is_clean, "{name}: {}", ran.stdout);
        let tables = sql.matches("CREATE TABLE").count();
        let covered = format!("{tables} of {tables} tables have a type");
        assert!(ran.stdout.contains(&covered), "{name}: {}", ran.stdout);
    }
}
