//! class-validator itself takes and refuses sample values as db-inspect says that it would.

use serde_json::Value;

use crate::oracle;

#[test]
fn class_validator_does_what_db_inspect_says() {
    let Some(oracle) = oracle::Oracle::find() else {
        return;
    };
    let fixtures = oracle::decorated("class_validator");
    let said = oracle.folder().join("said-class-validator.json");
    std::fs::write(&said, oracle::inspect(&fixtures).to_string()).expect("a file");
    let files = oracle::typescript_files(&fixtures);
    let verdict = oracle.run(
        "class_validator.mjs",
        [
            fixtures.to_str().expect("UTF-8"),
            said.to_str().expect("UTF-8"),
        ]
        .into_iter()
        .chain(files.iter().map(String::as_str)),
    );
    let differences = verdict["differences"].as_array().expect("a list");
    let lines: Vec<&str> = differences.iter().filter_map(Value::as_str).collect();
    let count = |key: &str| verdict[key].as_u64().expect("a number");
    assert!(
        lines.is_empty(),
        "{} of {} values are judged differently:\n{}",
        lines.len(),
        count("checked"),
        lines.join("\n")
    );
    assert!(count("fields") >= 120, "only {} fields", count("fields"));
    assert!(count("checked") >= 1_300, "only {}", count("checked"));
}
