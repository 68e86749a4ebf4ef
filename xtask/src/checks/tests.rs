//! Tests of `checks`.

use super::*;
use crate::report::Verification;

#[test]
fn every_check_is_named_after_its_file_and_documented() {
    for check in CHECKS {
        let documentation = check.documentation();
        assert!(
            check.source.contains(&format!("kind: \"{}\"", check.kind)),
            "{check:?} includes another file"
        );
        assert!(
            check.summary().ends_with('.'),
            "{check:?} begins with a sentence"
        );
        for part in ["## Why", "## Example"] {
            assert!(
                documentation.contains(part),
                "{check:?} has no `{part}` in its `//!`"
            );
        }
    }
}

#[test]
fn the_types_of_the_specification_stop_a_migration() {
    let of_specification = [
        "MISSING_TYPE",
        "MISSING_FIELD_IN_TYPE",
        "MISSING_FIELD_IN_SCHEMA",
        "TYPE_MISMATCH",
        "NULLABILITY_MISMATCH",
        "MISSING_API_CONTRACT",
        "MISSING_VALIDATION_SCHEMA",
    ];
    for kind in of_specification {
        let check = CHECKS
            .iter()
            .find(|check| check.kind == kind)
            .expect("a check of the specification");
        assert!(
            check.critical && check.severity == Severity::Error,
            "{kind}"
        );
    }
}

#[test]
fn every_file_of_a_check_is_registered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
    for entry in std::fs::read_dir(folder).expect("the checks") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        if stem != "tests" && text.contains("const CHECK: Check") {
            let kind = stem.to_uppercase();
            assert!(
                CHECKS.iter().any(|check| check.kind == kind),
                "`{stem}` is not registered as `{kind}`"
            );
        }
    }
}

#[test]
fn every_check_finds_what_it_must_and_nothing_else() {
    let mut wrong = Vec::new();
    for check in CHECKS {
        let (failing, passing) = (check.cases.failing, check.cases.passing);
        assert!(
            !failing.is_empty() && !passing.is_empty(),
            "{check:?} has no cases"
        );
        let missed = failing.iter().filter_map(|case| case.not_found(check));
        let alarms = passing.iter().filter_map(|case| case.false_alarm());
        wrong.extend(
            missed
                .chain(alarms)
                .map(|text| format!("{}: {text}", check.kind)),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// A controller states its requests once: comparing its contract with its route would compare it with
/// itself.
#[test]
fn a_controller_is_not_compared_with_itself() {
    const CONTROLLER: &str = "import { NestFactory } from '@nestjs/core'; import { Body, Controller, Get, Module, Post } from '@nestjs/common';
        import { IsString } from 'class-validator';
        export class NewNote { @IsString() text: string }
        @Controller('notes') export class Notes { @Get() list() {} @Post() add(@Body() note: NewNote) {} }
        @Module({ controllers: [Notes] }) export class Root {}
        NestFactory.create(Root).then((app) => app.listen(1));";
    let report = report_of(CONTROLLER, "routes = ['**/*.ts']\nvalidation = ['**/*.ts']");
    let coverage = &report.coverage;
    assert!(coverage.contracts > 0, "{coverage:?}");
    assert_eq!(coverage.contracts_of_routes, coverage.contracts);
    assert_eq!(
        report.not_judged(Category::ApiContracts),
        Some("each contract is the declaration of its own route")
    );
}

#[test]
fn contracts_that_nothing_was_compared_with_have_not_passed() {
    const CONTRACTS: &str = "export const E = { get: { method: 'GET', path: '/weather' } };";
    let report = report_of(CONTRACTS, "contracts = ['**/*.ts']");
    let coverage = &report.coverage;
    assert_eq!((coverage.contracts, coverage.routes), (1, 0));
    assert_eq!(
        report.not_judged(Category::ApiContracts),
        Some("no route was read, and no contract is about a table")
    );
}

/// The report about one file, without a table.
fn report_of(ts: &str, configuration: &str) -> Verification {
    let config = test_utils::config(configuration);
    let (facts, schema) = (test_utils::facts(ts, &config), test_utils::schema(""));
    let (findings, coverage) = verify(&Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &Provenance::default(),
    });
    Verification {
        findings,
        coverage,
        ..Verification::empty("a test")
    }
}
