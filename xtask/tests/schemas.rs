//! Every JSON that the tool writes is what its published schema in `schemas/` says, and SARIF what
//! OASIS says.

use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::{Registry, Resource, Validator};
use serde_json::{Value, json};

use crate::support::monorepo::Monorepo;
use crate::support::repository;

/// The reports in `snapshots/reports/` by the beginnings of their names, the longest first, and
/// their schemas.
const REPORTS: &[(&str, &str)] = &[
    ("verification_", "verification"),
    ("migration_", "migration"),
    ("rollback_test", "rollback-test"),
    ("rollback_", "rollback"),
    ("status_", "status"),
    ("inspect", "inspect"),
];

fn schemas() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(repository().join("schemas")).expect("`schemas/`");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let name = |path: &Path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8")
            .to_owned()
    };
    files.iter().map(|path| (name(path), read(path))).collect()
}

fn read(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The validator of `schemas/<name>.schema.json`. What it refers to is found beside it.
pub fn validator(name: &str) -> Validator {
    let file = format!("{name}.schema.json");
    let mut registry = Registry::new();
    for (other, schema) in schemas() {
        registry = registry
            .add(
                format!("json-schema:///{other}"),
                Resource::from_contents(schema),
            )
            .expect("a schema");
    }
    let registry = registry.prepare().expect("a registry");
    let reference = json!({ "$ref": format!("json-schema:///{file}") });
    jsonschema::options()
        .with_registry(&registry)
        .build(&reference)
        .expect("a schema")
}

/// The document `value` must be what its schema says.
#[track_caller]
pub fn must_be_valid(validator: &Validator, what: &str, value: &Value) {
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}:\n{}", errors.join("\n"));
}

/// The documents in `snapshots/reports/` of one format.
fn locked_in(format: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(repository().join("snapshots/reports")).expect("the reports") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("UTF-8")
            .to_owned();
        let Some(name) = name.strip_suffix(&format!(".{format}.snap")) else {
            continue;
        };
        let text = std::fs::read_to_string(&path).expect("readable");
        let body = text
            .splitn(3, "---\n")
            .nth(2)
            .expect("a snapshot has a head");
        found.push((
            name.to_owned(),
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{name}: {error}")),
        ));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[test]
fn the_schemas_are_schemas_and_named_after_their_files() {
    let all = schemas();
    assert!(all.len() >= 8, "{all:?}");
    for (name, schema) in all {
        assert!(
            jsonschema::meta::is_valid(&schema),
            "{name} is no JSON Schema"
        );
        assert_eq!(schema["$id"], json!(name));
    }
}

#[test]
fn every_report_is_what_its_schema_says() {
    let reports = locked_in("json");
    assert!(reports.len() >= 10, "{}", reports.len());
    for (name, report) in &reports {
        let known = REPORTS.iter().find(|(start, _)| name.starts_with(start));
        let (_, schema) = known.unwrap_or_else(|| panic!("which schema is `{name}` of?"));
        must_be_valid(&validator(schema), name, report);
    }
}

#[test]
fn a_report_that_is_not_complete_is_refused() {
    let validator = validator("verification");
    let (_, report) = locked_in("json")
        .into_iter()
        .find(|(name, _)| name == "verification_failed")
        .expect("a report");
    for (change, wrong) in [
        ("a missing key", {
            let mut wrong = report.clone();
            wrong.as_object_mut().expect("an object").remove("summary");
            wrong
        }),
        ("an unknown key", {
            let mut wrong = report.clone();
            wrong["summary"]["total"] = json!(3);
            wrong
        }),
        ("a wrong type", {
            let mut wrong = report;
            wrong["typeAlignment"]["errors"][0]["locations"][0]["line"] = json!("4");
            wrong
        }),
    ] {
        assert!(!validator.is_valid(&wrong), "{change} is not noticed");
    }
}

#[test]
fn what_commands_print_and_what_is_committed_is_valid() {
    must_be_valid(
        &validator("snapshot"),
        "snapshots/schema.json",
        &read(&repository().join("snapshots/schema.json")),
    );
    let repo = Monorepo::sample();
    let inspection = validator("inspect");
    must_be_valid(
        &inspection,
        "db-inspect",
        &repo.run(&["db-inspect", "--format", "json"]).json(),
    );
    must_be_valid(
        &inspection,
        "db-inspect routes",
        &repo
            .run(&["db-inspect", "routes", "--format", "json"])
            .json(),
    );
    repo.edit(
        "shared-types/src/tables/user.ts",
        "  failed_logins: number;",
        "  failed_logins: string;",
    );
    let ran = repo.run(&["db-verify", "--format", "json"]).must_exit(1);
    must_be_valid(&validator("verification"), "db-verify", &ran.json());
    repo.run(&["db-verify", "--update-baseline"]).must_exit(0);
    must_be_valid(
        &validator("baseline"),
        "the baseline",
        &read(&repo.path("snapshots/baseline.json")),
    );
    let accepted = repo.run(&["db-verify", "--format", "json"]).must_exit(0);
    must_be_valid(
        &validator("verification"),
        "db-verify with a baseline",
        &accepted.json(),
    );
}

/// The schema of OASIS, in the source of a crate that is a dependency for nothing else.
fn sarif_schema() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(repository())
        .args(["metadata", "--format-version", "1", "--locked"]);
    let output = cargo.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .expect("the crate");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let text =
        std::fs::read_to_string(manifest.parent().expect("a folder").join("src/schema.json"))
            .expect("the schema");
    // A bracket that closes nothing: a regular expression in a browser, and in few other places.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn sarif_is_valid() {
    let validator = jsonschema::draft7::new(&sarif_schema()).expect("a schema");
    assert!(
        !validator.is_valid(&json!({ "version": "2.1.0", "runs": [{}] })),
        "the schema refuses something"
    );
    let reports = locked_in("sarif");
    assert!(reports.len() >= 3, "{}", reports.len());
    reports
        .iter()
        .for_each(|(name, report)| must_be_valid(&validator, name, report));
    let repo = Monorepo::sample();
    repo.edit(
        "shared-types/src/tables/user.ts",
        "  failed_logins: number;",
        "  failed_logins: string;",
    );
    must_be_valid(
        &validator,
        "db-verify",
        &repo
            .run(&["db-verify", "--format", "sarif"])
            .must_exit(1)
            .json(),
    );
}
