//! Configurations, snapshots and baselines with anything in them: each is read or refused with a
//! reason, and what is read is written as it is read again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use xtask::internals::config::Config;
use xtask::internals::report::Baseline;
use xtask::internals::schema::snapshot::Snapshot;
use xtask::internals::tree::MemoryTree;

use crate::support::monorepo::Monorepo;
use crate::support::random::{Random, inputs};
use crate::support::repository;

/// How many inputs every run tries; `.ci/fuzz` tries 100,000.
const FEW: usize = 1_500;

const FRAGMENTS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "=",
    "\n",
    "'",
    "'''",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "\u{0}",
    "é",
    "\\u0000",
    "\\ud800",
    "../",
    "/",
    "**",
    "{a,b}",
    "[!",
    "[[a]]",
    "[a.b]",
    "#",
    "<<<<<<< HEAD\n",
    "$",
    "\u{feff}",
    "{{{{{{{{",
    "[[[[[[[[",
];

/// Every key of the configuration with a value.
const KEYS: &str = r#"
postgres = "15"
migrations = "migrations"
snapshot = "snapshots/schema.json"
baseline = "db-baseline.json"
report-dir = "target/db-reports"
history-table = "ops.history"
scratch-setup = ["setup.sql"]
foreign-namespaces = ["auth"]
accepted-drift = [{ object = "publication analytics", reason = "made by hand" }]
namespaces = ["public"]
ignored-tables = ["old_users"]
ignored-routes = ["/health", "/internal/**"]
types = ["src/{tables,domain}/**/*.ts"]
validation = ["src/validation/*.ts"]
contracts = ["src/contracts/**"]
routes = ["src/routes/**"]
exclude = ["**/*.test.ts"]
severity = { MISSING_TYPE = "off", TYPE_MISMATCH = "warning" }
"#;

/// Reads a text, or says why not.
type Read = fn(&str) -> Result<(), String>;

fn read_configuration(text: &str) -> Result<(), String> {
    let tree = MemoryTree::new([("db.toml", text)]);
    let read = Config::of_tree(&tree, Path::new("/monorepo"), None);
    read.map(drop).map_err(|error| format!("{error:#}"))
}

fn read_snapshot(text: &str) -> Result<(), String> {
    let read = Snapshot::parse(text, "schema.json").map_err(|error| format!("{error:#}"))?;
    let written = read.to_text();
    let again = Snapshot::parse(&written, "schema.json")
        .map_err(|error| format!("BUG: written and not read: {error:#}"))?;
    assert_eq!(
        again.to_text(),
        written,
        "what is written is read as it was"
    );
    Ok(())
}

fn read_baseline(text: &str) -> Result<(), String> {
    let written = Baseline::parse(text)?.to_text();
    let again =
        Baseline::parse(&written).map_err(|error| format!("BUG: written and not read: {error}"))?;
    assert_eq!(
        again.to_text(),
        written,
        "what is written is read as it was"
    );
    Ok(())
}

/// A baseline as the tool writes it.
fn real_baseline() -> String {
    let repo = Monorepo::sample();
    repo.edit(
        "shared-types/src/tables/user.ts",
        "  last_login_at: Date | null;",
        "  last_login_at: Date;",
    );
    repo.run(&["db-verify", "--offline", "--update-baseline"])
        .must_exit(0);
    let config = Config::load(&repo.path(""), None).expect("the sample is configured");
    repo.read(&config.baseline)
}

#[test]
fn hostile_files_are_read_or_refused() {
    let snapshot =
        std::fs::read_to_string(repository().join("snapshots/schema.json")).expect("the sample");
    let kinds: [(&str, String, Read); 3] = [
        ("configuration", KEYS.to_owned(), read_configuration),
        ("snapshot", snapshot, read_snapshot),
        ("baseline", real_baseline(), read_baseline),
    ];
    for (name, real, read) in &kinds {
        assert_eq!(read(real), Ok(()), "the real {name}");
    }
    let mut random = Random::seeded(16);
    for number in 0..inputs(FEW) {
        let (name, real, read) = random.pick(&kinds);
        let text = match random.below(8) {
            0 => (0..random.below(40))
                .map(|_| *random.pick(FRAGMENTS))
                .collect(),
            _ => random.mutated(real, FRAGMENTS),
        };
        match catch_unwind(AssertUnwindSafe(|| read(&text))) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                assert!(
                    !why.trim().is_empty() && !why.starts_with("BUG"),
                    "input {number}, a {name}: {why}\n{text}"
                )
            }
            Err(_) => panic!("input {number}, a {name}, makes it panic: {text:?}"),
        }
    }
}
