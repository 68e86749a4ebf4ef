//! The main job as a newcomer does it: verify, migrate, look, roll back, migrate again; on the
//! embedded PostgreSQL and on a server that somebody else runs.

use crate::support;
use crate::support::monorepo::Monorepo;
use serde_json::Value;

#[test]
fn the_main_job_runs_on_the_embedded_database() {
    if support::scratch().is_none() {
        return;
    }
    main_job(&Monorepo::sample(), &[]);
}

#[test]
fn the_main_job_runs_on_the_database_of_a_url() {
    let Some(scratch) = support::scratch() else {
        return;
    };
    let url = support::url(&scratch);
    main_job(&Monorepo::sample(), &["--database-url", &url]);
}

fn main_job(repo: &Monorepo, target: &[&str]) {
    let run = |arguments: &[&str]| repo.run(&[arguments, target].concat());
    run(&["db-verify"]).must_exit(0);

    let migrated = run(&["db-migrate"]).must_exit(0);
    let steps = [
        "STEP 1: PRE-MIGRATION VERIFICATION",
        "STEP 2: APPLYING MIGRATION",
        "STEP 3: POST-MIGRATION VERIFICATION",
    ];
    must_hold(
        &migrated.stdout,
        &[&steps[..], &["MIGRATION COMPLETED SUCCESSFULLY"]].concat(),
    );
    assert!(
        !migrated.stdout.contains("warning"),
        "an empty database is no drift:\n{}",
        migrated.stdout
    );
    assert_eq!(
        report(repo, "migration-result.json")["success"],
        Value::Bool(true)
    );

    must_hold(
        &run(&["db-status"]).must_exit(0).stdout,
        &["V1__create_shared_types", "V18__add_user_bio"],
    );

    let undone = run(&["db-rollback"]).must_exit(0);
    must_hold(
        &undone.stdout,
        &[
            "V18__add_user_bio",
            "STEP 4: ANALYZING RESTORATION",
            "ROLLBACK COMPLETED SUCCESSFULLY",
        ],
    );
    assert_eq!(
        report(repo, "rollback-result.json")["success"],
        Value::Bool(true)
    );

    let again = run(&["db-migrate"]).must_exit(0);
    must_hold(
        &again.stdout,
        &["V18__add_user_bio", "MIGRATION COMPLETED SUCCESSFULLY"],
    );
    assert!(
        !again.stdout.contains("V17__prioritise_bills"),
        "only the pending migration is applied:\n{}",
        again.stdout
    );
    run(&["db-migrate"]).must_exit(0);
}

fn must_hold(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

fn report(repo: &Monorepo, name: &str) -> Value {
    let text = repo.read(&format!("target/db-reports/{name}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}
