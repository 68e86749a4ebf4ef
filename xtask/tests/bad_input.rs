//! The response to bad input: one paragraph that names the object and the next step, exit code 2,
//! and nothing changed.

use crate::support;
use crate::support::monorepo::{Monorepo, Ran};

/// Runs the tool, which must fail with `parts` in its error and leave the monorepo as it was.
fn refused(repo: &Monorepo, arguments: &[&str], parts: &[&str]) {
    let before = repo.contents();
    let ran = repo.run(arguments);
    ran.must_fail(parts);
    assert_eq!(repo.contents(), before, "{arguments:?} changed files");
}

#[test]
fn a_url_that_is_none_is_named() {
    let repo = Monorepo::sample();
    for command in ["db-migrate", "db-rollback", "db-status"] {
        refused(
            &repo,
            &[command, "--database-url", "nonsense"],
            &["`--database-url`", "postgresql://"],
        );
    }
}

#[test]
fn a_refused_connection_names_the_server_and_no_password() {
    let repo = Monorepo::sample();
    let url = "postgresql://ada:hunter2@localhost:1/parliament";
    let ran = repo.run(&["db-migrate", "--database-url", url]);
    let error = ran.must_fail(&["localhost", "1", "parliament", "refused"]);
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn an_unknown_migration_is_named_with_the_nearest() {
    let Some(scratch) = support::scratch() else {
        return;
    };
    let repo = Monorepo::sample();
    let url = support::url(&scratch);
    let target = ["--database-url", url.as_str()];
    refused(
        &repo,
        &[&["db-migrate", "add_user_boi"][..], &target].concat(),
        &["`add_user_boi`", "add_user_bio"],
    );
    repo.run(&[&["db-migrate"][..], &target].concat())
        .must_exit(0);
    refused(
        &repo,
        &[&["db-rollback", "add_user_boi"][..], &target].concat(),
        &["`add_user_boi`", "add_user_bio"],
    );
}

#[test]
fn an_unknown_configuration_key_is_named_with_the_nearest() {
    let repo = Monorepo::sample();
    repo.edit("Cargo.toml", "\nmigrations = ", "\nmigratoins = ");
    refused(
        &repo,
        &["db-verify"],
        &[
            "`migratoins`",
            "did you mean `migrations`?",
            "Cargo.toml`: line ",
        ],
    );
}

#[test]
fn an_unknown_type_of_finding_is_named_with_the_nearest() {
    let repo = Monorepo::sample();
    repo.edit(
        "Cargo.toml",
        "\nmigrations = ",
        "\nseverity = { TYPE_MISMACH = \"off\" }\nmigrations = ",
    );
    refused(
        &repo,
        &["db-verify"],
        &[
            "in `Cargo.toml`: `severity.TYPE_MISMACH`",
            "did you mean `TYPE_MISMATCH`?",
        ],
    );
    repo.edit("Cargo.toml", "TYPE_MISMACH", "MIGRATION_EDITED");
    repo.run(&["db-verify", "--offline"]).must_exit(0);
}

#[test]
fn a_missing_folder_of_sources_is_named() {
    let repo = Monorepo::sample();
    repo.edit(
        "Cargo.toml",
        "shared-types/src/contracts/**",
        "shared-types/src/contract/**",
    );
    refused(
        &repo,
        &["db-verify"],
        &["shared-types/src/contract", "contracts"],
    );
}

#[test]
fn a_missing_folder_of_migrations_is_named() {
    let repo = Monorepo::sample();
    repo.edit(
        "Cargo.toml",
        "migrations = \"migrations\"",
        "migrations = \"db/migrations\"",
    );
    for command in ["db-verify", "db-migrate", "db-status", "db-snapshot"] {
        refused(&repo, &[command], &["`db/migrations`"]);
    }
}

#[test]
fn typescript_that_cannot_be_parsed_is_named_with_its_line() {
    let repo = Monorepo::sample();
    repo.edit(
        "shared-types/src/tables/user.ts",
        "export interface UserRow extends Timestamps {",
        "export interface {",
    );
    refused(
        &repo,
        &["db-verify"],
        &["shared-types/src/tables/user.ts:6:"],
    );
}

#[test]
fn a_corrupt_snapshot_is_named_with_the_command_that_rewrites_it() {
    let repo = Monorepo::sample();
    for text in ["{", "[]", "", "{\"tables\": 3}", "<<<<<<< HEAD\n"] {
        repo.write("snapshots/schema.json", text);
        refused(
            &repo,
            &["db-verify", "--offline"],
            &["snapshots/schema.json", "cargo xtask db-snapshot"],
        );
    }
}

#[test]
fn a_missing_monorepo_is_named() {
    let repo = Monorepo::sample();
    refused(
        &repo,
        &["-C", "nowhere", "db-verify"],
        &["`nowhere`", "`-C`"],
    );
    refused(
        &repo,
        &["--config", "nowhere.toml", "db-verify"],
        &["nowhere.toml", "--config"],
    );
}

#[test]
fn bad_arguments_exit_with_2() {
    let repo = Monorepo::sample();
    for arguments in [
        &["db-verfy"][..],
        &["db-verify", "--format", "yaml"],
        &["db-migrate", "--sideways"],
        &[],
    ] {
        let Ran { code, stderr, .. } = repo.run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn sql_that_fails_is_shown_with_its_place_and_nothing_is_applied() {
    let Some(scratch) = support::scratch() else {
        return;
    };
    let repo = Monorepo::sample();
    repo.edit(
        "migrations/V6__create_bill_sponsors_and_versions.sql",
        "CREATE TABLE bill_versions",
        "CREATE TABLE bills",
    );
    let url = support::url(&scratch);
    let ran = repo.run(&["db-migrate", "--database-url", &url]);
    let at = "migrations/V6__create_bill_sponsors_and_versions.sql:14:";
    ran.must_fail_at_length(&[at, "relation \"bills\" already exists", "42P07"]);
    assert!(ran.stdout.contains("Nothing was applied"), "{}", ran.stdout);
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
                  AND relname IN ('users', 'bills', 'bill_sponsors')";
    let count: i64 = support::connect(&scratch)
        .query_one(tables, &[])
        .expect("a count")
        .get(0);
    assert_eq!(count, 0, "something was applied");
}

#[test]
fn a_wrong_password_names_the_role_and_no_password() {
    let Some(scratch) = support::scratch() else {
        return;
    };
    // The cluster trusts everybody: this makes it ask one role for a password.
    let ask = "CREATE ROLE ada LOGIN PASSWORD 'analytical';
        DO $$ BEGIN
            EXECUTE format(
                'COPY (VALUES (''local all ada scram-sha-256''), (''local all all trust'')) TO %L',
                current_setting('hba_file')
            );
            PERFORM pg_reload_conf();
        END $$;";
    support::connect(&scratch)
        .batch_execute(ask)
        .expect("the rules can be written");
    let url =
        support::url(&scratch).replacen("postgresql://postgres@", "postgresql://ada:hunter2@", 1);
    let repo = Monorepo::sample();
    let ran = repo.run(&["db-status", "--database-url", &url]);
    let error = ran.must_fail(&["ada", "password", "28P01"]);
    assert!(!error.contains("hunter2"), "{error}");
}
