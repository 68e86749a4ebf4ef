//! The TypeScript compiler's own checker and db-inspect must say the same about every exported
//! object type of the fixtures: its fields, which may be absent, which may be null, and what they
//! hold.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::oracle;

/// At most this part of the fixtures' fields may be unresolved.
const UNRESOLVED: f64 = 0.03;

#[test]
fn the_compiler_and_db_inspect_agree_on_the_fixtures() {
    let Some(oracle) = oracle::Oracle::find() else {
        return;
    };
    let fixtures = oracle::fixtures();
    let files = oracle::typescript_files(&fixtures);
    let inspected = oracle::inspect(&fixtures);
    let compiled = oracle.types(&fixtures, "tsconfig.json", &files);
    let comparison = oracle::compare(&compiled, &inspected);
    println!("{}", comparison.summary());
    assert!(
        comparison.differences.is_empty(),
        "{}",
        comparison.differences.join("\n")
    );
    assert!(
        comparison.any_to_compiler.is_empty(),
        "{}",
        comparison.any_to_compiler.join("\n")
    );
    assert!(
        comparison.declarations >= 150,
        "only {} declarations",
        comparison.declarations
    );
    let unresolved = comparison.unresolved.len() as f64 / comparison.fields as f64;
    assert!(
        unresolved < UNRESOLVED,
        "{}\n{}",
        comparison.summary(),
        comparison.unresolved.join("\n")
    );
}

/// Any other tree: `ORACLE_TREE=<folder>` with `ORACLE_CONFIG=<file.toml>`. Prints the agreement,
/// and asserts nothing.
#[test]
#[ignore = "needs a tree to compare"]
fn agreement_on_another_tree() {
    let Some(oracle) = oracle::Oracle::find() else {
        return;
    };
    let root = std::path::PathBuf::from(std::env::var("ORACLE_TREE").expect("ORACLE_TREE"));
    let config = std::path::PathBuf::from(std::env::var("ORACLE_CONFIG").expect("ORACLE_CONFIG"));
    let inspected = oracle::inspect_with(&root, &config);
    let listed = inspected["types"]
        .as_array()
        .expect("types")
        .iter()
        .filter_map(|one| one["file"].as_str());
    let files: Vec<String> = listed
        .map(str::to_owned)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let tsconfig = std::env::var("ORACLE_TSCONFIG").unwrap_or_else(|_| "-".into());
    let comparison = oracle::compare(&oracle.types(&root, &tsconfig, &files), &inspected);
    println!(
        "{}\n{}",
        comparison.differences.join("\n"),
        comparison.summary()
    );
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for field in &comparison.unresolved {
        *reasons
            .entry(field.rsplit(": ").next().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    println!("{reasons:#?}");
    let _: &Value = &inspected;
}
