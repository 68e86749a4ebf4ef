//! A parser of OpenAPI and a validator of JSON Schema read our documents as db-inspect says: the same
//! operations, with the same names on both sides, and schemas that take and refuse the same objects.

use serde_json::Value;

use crate::oracle;
use crate::support::repository;

/// The documents; other files are parts of them.
const DOCUMENTS: &[&str] = &["shop.yaml", "library.json"];

#[test]
fn a_parser_of_openapi_reads_what_db_inspect_says() {
    let Some(oracle) = oracle::Oracle::find() else {
        return;
    };
    let fixtures = repository().join("xtask/tests/fixtures/openapi");
    let config = oracle.folder().join("openapi.toml");
    std::fs::write(&config, format!("openapi = {DOCUMENTS:?}")).expect("a file");
    let inspected = oracle::inspect_with(&fixtures, &config);
    assert_eq!(inspected["problems"], Value::Array(Vec::new()));
    assert_eq!(inspected["unresolvedEndpoints"], Value::Array(Vec::new()));
    let said = oracle.folder().join("said-openapi.json");
    std::fs::write(&said, inspected.to_string()).expect("a file");
    let arguments = [&fixtures, &said].map(|path| path.to_str().expect("UTF-8"));
    let documents = DOCUMENTS.iter().copied();
    let verdict = oracle.run("openapi.mjs", arguments.into_iter().chain(documents));
    let differences = verdict["differences"].as_array().expect("a list");
    let lines: Vec<&str> = differences.iter().filter_map(Value::as_str).collect();
    let checked = verdict["checked"].as_u64().expect("a number");
    assert!(
        lines.is_empty(),
        "{} of {checked} differ:\n{}",
        lines.len(),
        lines.join("\n")
    );
    assert!(checked >= 250, "only {checked} things were compared");
}
