//! Zod itself, version 3 and 4, takes and refuses sample values as db-inspect says that it would.

use serde_json::Value;

use crate::oracle;

#[test]
fn zod_3_does_what_db_inspect_says() {
    judge("zod3", &["zod", "zod3"], 900);
}

#[test]
fn zod_4_does_what_db_inspect_says() {
    judge("zod", &["zod", "zod3", "zod4", "orm"], 1_500);
}

/// Lets the version `package` judge the schemas in these folders of the fixtures.
fn judge(package: &str, folders: &[&str], at_least: u64) {
    let Some(oracle) = oracle::Oracle::find() else {
        return;
    };
    let fixtures = oracle::fixtures();
    let said = oracle.folder().join(format!("said-{package}.json"));
    std::fs::write(&said, oracle::inspect(&fixtures).to_string()).expect("a file");
    let files = oracle::typescript_files(&fixtures);
    let inside = |file: &&String| {
        folders
            .iter()
            .any(|folder| file.split('/').next() == Some(folder))
    };
    let files: Vec<&str> = files.iter().filter(inside).map(String::as_str).collect();
    let fixtures = fixtures.to_str().expect("UTF-8");
    let said = said.to_str().expect("UTF-8");
    let verdict = oracle.run(
        "zod.mjs",
        [fixtures, package, said].into_iter().chain(files),
    );
    let differences = verdict["differences"].as_array().expect("a list");
    let checked = verdict["checked"].as_u64().expect("a number");
    let lines: Vec<&str> = differences.iter().filter_map(Value::as_str).collect();
    assert!(
        lines.is_empty(),
        "{} of {checked} values are judged differently:\n{}",
        lines.len(),
        lines.join("\n")
    );
    assert!(checked >= at_least, "only {checked} values were judged");
}
